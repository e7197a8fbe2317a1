"""The plan of a query, as engines run it: analysed, flattened, with the conditions on one chunk grouped.

Words without a letter or digit ask for nothing and drop out. ``time`` and ``level`` filters that are joined by AND
must hold in one chunk together. Relaxing a plan respells its words and then lets some be missing; filters, scopes,
phrases and NOT stay as they are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from siss.index.analyser import AnalysedWord, phrase_terms, query_terms, too_long
from siss.index.wildcards import MOST_WORDS, wild_pattern, wild_words
from siss.model.query import And, Contents, Match, Node, Not, Or, Phrase, Query, Range, Word
from siss.model.structure import StructureQuery

Spelling = tuple[str, float]

LEAST_OPEN: Final = 3
"""The fewest letters of a word that is being typed for it to match the beginnings of longer words."""


@dataclass(frozen=True, slots=True)
class WordLeaf:
    """A word. ``prefix``: it may go on. ``exact``: it may not be respelt or left out (it was quoted).

    ``alternatives``: other spellings that may stand for it, with their weights (0 to 1). ``wild``: a pattern of which
    any term may stand for it (``siss.index.wildcards``).
    """

    word: AnalysedWord
    prefix: bool = False
    exact: bool = False
    alternatives: tuple[Spelling, ...] = ()
    wild: str = ""


@dataclass(frozen=True, slots=True)
class PhraseLeaf:
    """Two or more tokens in a row within a chunk, a name, or one line of what describes a file."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileTest:
    """A filter on the file."""

    test: Match | Range | Contents


@dataclass(frozen=True, slots=True)
class ChunkTest:
    """Filters that hold together in one chunk of the file."""

    tests: tuple[Match | Range, ...]


@dataclass(frozen=True, slots=True)
class All:
    """All of them; every file where there are none."""

    nodes: "tuple[Tree, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of them; no file where there are none."""

    nodes: "tuple[Tree, ...]"


@dataclass(frozen=True, slots=True)
class No:
    """Not this, anywhere in the file."""

    node: "Tree"


Tree = WordLeaf | PhraseLeaf | FileTest | ChunkTest | All | Some | No


def plan_query(query: Query) -> Tree:
    """The tree that engines evaluate."""
    wild = len(wild_words(query.where)) <= MOST_WORDS
    tree = _plan(query.where, wild) if query.where is not None else None
    if tree is None:
        return All(())
    return _open_last(tree)[0] if query.last_is_prefix else tree


def leaves(tree: Tree) -> Iterator[WordLeaf | PhraseLeaf | ChunkTest]:
    """The leaves that a matching file may contain, in the order of the query, without those under NOT."""
    match tree:
        case WordLeaf() | PhraseLeaf() | ChunkTest():
            yield tree
        case All(nodes) | Some(nodes):
            for node in nodes:
                yield from leaves(node)
        case _:
            return


def words_of(tree: Tree) -> tuple[WordLeaf, ...]:
    """The words that a matching file may contain."""
    return tuple(leaf for leaf in leaves(tree) if isinstance(leaf, WordLeaf))


def adjacent_words(tree: Tree) -> list[tuple[str, str]]:
    """Pairs of simple words that stand side by side in the query: files with both together rank higher."""
    nodes = tree.nodes if isinstance(tree, All | Some) else ()
    pairs = [pair for node in nodes for pair in adjacent_words(node)]
    for left, right in pairwise(nodes):
        if isinstance(left, WordLeaf) and isinstance(right, WordLeaf) and left.word.simple and right.word.simple:
            pairs.append((left.word.tokens[0], right.word.tokens[0]))
    return pairs


def rows_of(tree: Tree) -> tuple[tuple[str, ...], ...]:
    """Phrases and compounds, as lists of words that are highlighted when they stand in a row."""
    rows: dict[tuple[str, ...], None] = {}
    for leaf in leaves(tree):
        match leaf:
            case PhraseLeaf(tokens):
                rows[tokens] = None
            case WordLeaf(word) if not word.simple:
                rows[word.tokens] = None
            case _:
                pass
    return tuple(rows)


def respell(tree: Tree, spellings: Callable[[str], tuple[Spelling, ...]]) -> Tree:
    """The same with other spellings of each word that is not under NOT.

    A compound may also be there as its words anywhere in the file, ``getUserName`` as ``get user name``.
    """
    match tree:
        case WordLeaf(word, exact=False):
            if word.simple:
                spelt = replace(tree, alternatives=spellings(word.tokens[0]))
                return Some((spelt, PhraseLeaf(word.parts))) if len(word.parts) > 1 else spelt
            apart = (WordLeaf(AnalysedWord((token,)), alternatives=spellings(token)) for token in word.tokens)
            return Some((tree, All(tuple(apart))))
        case All(nodes):
            return All(tuple(respell(node, spellings) for node in nodes))
        case Some(nodes):
            return Some(tuple(respell(node, spellings) for node in nodes))
        case _:
            return tree


def leave_out(tree: Tree, droppable: Callable[[WordLeaf], bool]) -> Tree | None:
    """The same plan, but one of its outermost words is enough; None if it has fewer than two.

    ``droppable``: words so common that finding them alone means nothing; they only help to rank.
    """
    if not isinstance(tree, All):
        return None
    words = [node for node in tree.nodes if isinstance(node, WordLeaf) and not node.exact]
    if len(words) < 2:
        return None
    words = [part for word in words for part in _apart(word)]
    telling = [word for word in words if not droppable(word)] or words
    others = tuple(node for node in tree.nodes if not (isinstance(node, WordLeaf) and not node.exact))
    return All((Some(tuple(telling)), *others))


def _apart(leaf: WordLeaf) -> list[WordLeaf]:
    """Split ``two-dimensional`` into its words; a token with digits, dots or slashes is a name and stays whole."""
    ident = leaf.word.ident or ""
    if leaf.prefix or not ident.replace("-", "").isalpha():
        return [leaf]
    return [WordLeaf(AnalysedWord((token,))) for token in leaf.word.tokens]


def _plan(node: Node, wild: bool) -> Tree | None:
    match node:
        case Word(text, prefix):
            word = query_terms(text)
            if not word.simple and any(map(too_long, word.tokens)):
                return All(_apart_in_file(word.tokens))
            pattern = wild_pattern(node) if wild else ""
            return WordLeaf(word, prefix or word.open_end, wild=pattern) if word.tokens else None
        case Phrase(text):
            return _phrase(phrase_terms(text))
        case Match(field) | Range(field):
            return ChunkTest((node,)) if field.of_chunk else FileTest(node)
        case Contents():
            return FileTest(node)
        case StructureQuery():
            raise AssertionError("the catalog answers it first")
        case And(nodes):
            return _conjunction([planned for part in nodes if (planned := _plan(part, wild)) is not None])
        case Or(nodes):
            found = tuple(planned for part in nodes if (planned := _plan(part, wild)) is not None)
            return (found[0] if len(found) == 1 else Some(found)) if found else None
        case Not(inner):
            planned = _plan(inner, wild)
            return No(planned) if planned is not None else None


def _phrase(tokens: tuple[str, ...]) -> Tree | None:
    if not tokens:
        return None
    if len(tokens) > 1 and not any(map(too_long, tokens)):
        return PhraseLeaf(tokens)
    words = _apart_in_file(tokens, exact=True)
    return words[0] if len(words) == 1 else All(words)


def _apart_in_file(tokens: tuple[str, ...], *, exact: bool = False) -> tuple[WordLeaf, ...]:
    """A token that is too long for the body has no position: such tokens must stand in the file, each by itself."""
    words = map(query_terms, tokens)
    return tuple(WordLeaf(word, prefix=word.open_end, exact=exact) for word in words)


def _conjunction(nodes: list[Tree]) -> Tree | None:
    flat: list[Tree] = []
    tests: list[Match | Range] = []
    for node in nodes:
        for part in node.nodes if isinstance(node, All) else (node,):
            if isinstance(part, ChunkTest):
                tests.extend(part.tests)
            else:
                flat.append(part)
    if tests:
        flat.append(ChunkTest(tuple(tests)))
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def _open_last(tree: Tree) -> tuple[Tree, bool]:
    """The tree with its last word as a prefix, and whether there was a last word."""
    match tree:
        case WordLeaf(word):
            token = word.tokens[-1]
            if word.simple and not tree.exact and len(token) >= LEAST_OPEN and not token.isdigit():
                return replace(tree, prefix=True), True
            return tree, True
        case All(nodes) | Some(nodes):
            for at in reversed(range(len(nodes))):
                opened, done = _open_last(nodes[at])
                if done:
                    changed = (*nodes[:at], opened, *nodes[at + 1 :])
                    return (All(changed) if isinstance(tree, All) else Some(changed)), True
            return tree, False
        case PhraseLeaf():
            return tree, True
        case _:
            return tree, False
