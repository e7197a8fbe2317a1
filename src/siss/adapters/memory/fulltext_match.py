"""Whether a file matches a plan, and how well: the full-text port's meaning, over values in memory."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from siss.errors import InvalidQueryError
from siss.index.analyser import cut_tokens, fold, phrase_terms, too_long
from siss.index.documents import FileLabels, trim_path
from siss.index.plan import All, ChunkTest, FileTest, No, PhraseLeaf, Some, Tree, WordLeaf, leaves
from siss.index.wildcards import wild_matcher
from siss.model.content import Chunk, levels_of
from siss.model.ids import ContentId, FileId, Generation
from siss.model.ingest import FileDocument
from siss.model.query import Contents, Field, Match, Range

_LIKE: Final = 0.2
"""Weight of a term that a pattern with wildcards stands for."""


@dataclass(frozen=True, slots=True)
class HeldWords:
    """A text as an engine sees it: ``tokens`` in order, and the compounds and parts that stand ``beside`` them."""

    tokens: tuple[str, ...]
    beside: frozenset[str] = frozenset()

    def terms(self) -> set[str]:
        """All that can be found here."""
        return {token for token in self.tokens if not too_long(token)} | self.beside

    def weight(self, leaf: WordLeaf) -> float:
        """1 for the word itself, less for what may stand for it, 0 where there is nothing of it."""
        own = leaf.word.ident or leaf.word.tokens[0]
        terms = self.terms()
        if own in terms:
            return 1.0
        longer = 0.5 if leaf.prefix and any(term.startswith(leaf.word.tokens[0]) for term in terms) else 0.0
        return max([longer, *(weight for term, weight in leaf.alternatives if term in terms)])

    def has_like(self, pattern: str) -> bool:
        """Whether a term is as a pattern with wildcards says; none is like an empty one."""
        return bool(pattern) and any(map(wild_matcher(pattern).fullmatch, self.terms()))

    def has_row(self, tokens: Sequence[str], *, open_end: bool = False) -> bool:
        """Whether these tokens follow each other; the last may go on where ``open_end`` says so."""
        last = len(tokens) - 1
        for at in range(len(self.tokens) - last):
            end = self.tokens[at + last]
            ends = end.startswith(tokens[last]) if open_end else end == tokens[last]
            if ends and self.tokens[at : at + last] == tuple(tokens[:last]):
                return True
        return False


@dataclass(frozen=True, slots=True)
class HeldChunk:
    """A chunk with its words."""

    chunk: Chunk
    generation: Generation
    words: HeldWords


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file; ``parts``: the words of each ``PART_CHUNKS`` chunks of its content."""

    document: FileDocument
    labels: FileLabels
    parts: tuple[HeldWords, ...]

    def lines(self) -> Iterator[HeldWords]:
        """Its name, folders, tags and so on, each by itself, and the compounds in them."""
        for text in (self.labels.name, *self.labels.about):
            yield HeldWords(tuple(cut_tokens(text)))
        yield HeldWords((), frozenset(self.labels.labels.split()))


@dataclass(slots=True)
class State:
    """What is written or shown."""

    files: dict[FileId, HeldFile] = field(default_factory=dict)
    chunks: dict[ContentId, tuple[HeldChunk, ...]] = field(default_factory=dict)

    def chunks_of(self, file: HeldFile) -> tuple[HeldChunk, ...]:
        """The chunks of a file's content."""
        content_id = file.document.content_id
        return () if content_id is None else self.chunks.get(content_id, ())


def matches(state: State, file: HeldFile, tree: Tree) -> bool:
    """Whether a file is what a plan asks for."""
    match tree:
        case All(nodes):
            return all(matches(state, file, node) for node in nodes)
        case Some(nodes):
            return any(matches(state, file, node) for node in nodes)
        case No(node):
            return not matches(state, file, node)
        case FileTest(test):
            return passes(file, test)
        case ChunkTest(tests):
            return any(all(_chunk_passes(held.chunk, test) for test in tests) for held in state.chunks_of(file))
        case _:
            return leaf_weight(state, file, tree) > 0


def leaf_weight(state: State, file: HeldFile, leaf: WordLeaf | PhraseLeaf) -> float:
    """How well a file has a word or phrase, 0 to 1."""
    match leaf:
        case WordLeaf(word) if word.simple:
            return max(words.weight(leaf) for words in (*file.parts, *file.lines()))
        case WordLeaf(word, prefix):
            beside = (term for words in file.parts for term in words.beside)
            if word.ident and any(term.startswith(word.ident) if prefix else term == word.ident for term in beside):
                return 1.0
            if _has_row(state, file, word.tokens, open_end=prefix):
                return 1.0
            return _LIKE * any(words.has_like(leaf.wild) for words in (*file.parts, *file.lines()))
        case PhraseLeaf(tokens):
            return float(_has_row(state, file, tokens, open_end=False))


def chunk_weight(held: HeldChunk, tree: Tree) -> float | None:
    """How much of a plan stands in a chunk; None where it fails a filter on chunks that must hold."""
    total = 0.0
    for leaf in leaves(tree):
        match leaf:
            case WordLeaf(word) if word.simple:
                total += held.words.weight(leaf)
            case WordLeaf(word, prefix):
                total += held.words.has_row(word.tokens, open_end=prefix) or _LIKE * held.words.has_like(leaf.wild)
            case PhraseLeaf(tokens):
                total += 2 * held.words.has_row(tokens)
            case ChunkTest(tests):
                holds = all(_chunk_passes(held.chunk, test) for test in tests)
                if not holds and (tree == leaf or (isinstance(tree, All) and leaf in tree.nodes)):
                    return None
                total += holds
    return total


def in_scope(file: HeldFile, scopes: Sequence[str]) -> bool:
    """Whether a file is one of these paths or in one of these folders."""
    return any(trim_path(scope) in {file.labels.path, *file.labels.folders} for scope in scopes)


def passes(file: HeldFile, test: Match | Range | Contents) -> bool:
    """Whether a filter on files lets one through. Raises ``InvalidQueryError`` for a value its field cannot have."""
    document, labels = file.document, file.labels
    numbers = {
        Field.SIZE: document.size,
        Field.MODIFIED: document.modified_us,
        Field.INDEXED: document.indexed_us,
        Field.ID: document.file_id,
    }
    match test:
        case Contents(ids):
            return document.content_id in ids
        case Range(name, lower, upper) if name in numbers:
            return (lower is None or lower <= numbers[name]) and (upper is None or numbers[name] < upper)
        case Match(name, value) if name in numbers:
            return numbers[name] == _number(name, value)
        case Match(Field.PATH, value, glob):
            return _path_passes(labels, value, glob=glob)
        case Match(Field.NAME, value, glob):
            tokens = () if glob else phrase_terms(value)
            named = bool(tokens) and HeldWords(tuple(cut_tokens(labels.name))).has_row(tokens)
            return named or _equals(labels.name_key, fold(value), glob=glob)
        case Match(Field.TAG, value, glob):
            return any(_equals(tag, fold(value), glob=glob) for tag in labels.tag_keys)
        case Match(Field.EXT, value, glob):
            return _equals(labels.ext, fold(value).removeprefix("."), glob=glob)
        case Match(Field.MIME | Field.KIND as name, value, glob):
            return _equals(labels.mime if name is Field.MIME else labels.kind, fold(value), glob=glob)
        case _:
            raise _refused(test)


def _chunk_passes(chunk: Chunk, test: Match | Range) -> bool:
    match test:
        case Range(Field.TIME, lower, upper):
            if chunk.time_min_us is None:
                return False
            last = chunk.time_min_us if chunk.time_max_us is None else chunk.time_max_us
            return (lower is None or last >= lower) and (upper is None or chunk.time_min_us < upper)
        case Match(Field.LEVEL, value, glob):
            return any(_equals(level.value, fold(value), glob=glob) for level in levels_of(chunk.level_mask))
        case _:
            raise _refused(test)


def _has_row(state: State, file: HeldFile, tokens: Sequence[str], *, open_end: bool) -> bool:
    places = (*(held.words for held in state.chunks_of(file)), *file.lines())
    return any(words.has_row(tokens, open_end=open_end) for words in places)


def _path_passes(labels: FileLabels, value: str, *, glob: bool) -> bool:
    if glob:
        return _equals(labels.path, value if value.startswith(("/", "*", "?")) else f"*/{value}", glob=True)
    path = trim_path(value)
    if path.startswith("/"):
        return path in {labels.path, *labels.folders}
    parent, _, name = path.rpartition("/")
    named = labels.name_key == fold(name) and (not parent or labels.parent.endswith(f"/{parent}"))
    return named or any(folder.endswith(f"/{path}") for folder in labels.folders)


def _equals(held: str, wanted: str, *, glob: bool) -> bool:
    if not glob:
        return held == wanted
    pieces = {"*": ".*", "?": "."}
    pattern = "".join(pieces.get(letter) or re.escape(letter) for letter in wanted)
    return re.fullmatch(pattern, held, re.DOTALL) is not None


def _number(name: Field, value: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise InvalidQueryError(f"{name.value}: {value!r} is not a whole number.", expression=value) from error


def _refused(test: Match | Range) -> InvalidQueryError:
    what = "range" if isinstance(test, Range) else "single value"
    return InvalidQueryError(f"{test.field.value}: cannot be asked for by a {what}.", expression=test.field.value)
