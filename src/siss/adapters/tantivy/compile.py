"""A plan as engine queries over one snapshot of both indexes.

A file of one part (all but the largest) is matched by one boolean query. Those of several parts are few: for them
each leaf gives a set of files and the tree is worked out on sets, so that words may be in different parts and a file
counts once. Phrases and what else must stand in one chunk are looked for in the chunk index; the contents found
become a condition on files. At most ``CONTENT_CAP`` contents a leaf: beyond that the answer says "at least".
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import tantivy
from tantivy import Occur, Query

from siss.adapters.tantivy.documents import part_key
from siss.adapters.tantivy.filters import chunk_filter, file_filter, quiet, scope_filter
from siss.adapters.tantivy.schema import CHUNK_SCHEMA, FILE_SCHEMA
from siss.adapters.tantivy.vocabulary import IndexVocabulary
from siss.adapters.tantivy.words import Words, phrase_in_chunk, phrase_in_labels
from siss.index.plan import All, ChunkTest, FileTest, No, PhraseLeaf, Some, Tree, WordLeaf, leaves
from siss.model.query import Contents, Field, Match

CONTENT_CAP: Final = 60_000

_FEW_CONTENTS: Final = 50
"""So many are asked for by number as fast as it is found out which of them need not be."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Both indexes at one moment. ``last_parts``: the last part of each file that has more than one."""

    files: tantivy.Searcher
    chunks: tantivy.Searcher
    last_parts: dict[int, int]

    @property
    def file_count(self) -> int:
        """How many files there are."""
        return int(self.files.num_docs) - sum(self.last_parts.values())


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as conditions on file documents.

    ``content``: what any part may hold; ``file``: what the file as a whole has, asked of its last part.
    """

    content: Query | None
    file: Query | None


@dataclass(frozen=True, slots=True)
class Found:
    """The files that a plan matches.

    ``singles``: a query for those of one part, which scores; ``several``: the others; ``everything``: one query with
    one document a file, for counts and orders; ``exact``: nothing was cut off.
    """

    singles: Query
    several: frozenset[int]
    everything: Query
    exact: bool


@dataclass(slots=True)
class Compiler:
    """Compiles the plans of one request: the one asked for, and its relaxed forms."""

    snapshot: Snapshot
    scopes: tuple[str, ...] | None
    words: Words = field(init=False)
    vocabulary: IndexVocabulary = field(init=False)
    _leaves: dict[Tree, Leaf] = field(default_factory=dict)
    _capped: bool = False

    def __post_init__(self) -> None:
        scope = scope_filter(self.scopes) if self.scopes is not None else None
        self.vocabulary = IndexVocabulary(self.snapshot.files, scope)
        self.words = Words(self.snapshot.files, self.vocabulary)

    def find(self, tree: Tree) -> Found:
        """The files that match, within the scopes."""
        self._capped = False
        must = [(Occur.Must, self._single(tree))]
        scope = scope_filter(self.scopes) if self.scopes is not None else None
        if scope is not None:
            must.append((Occur.Must, scope))
        parted = self.snapshot.last_parts
        if not parted:
            query = Query.boolean_query(must)
            return Found(query, frozenset(), query, not self._capped)
        singles = Query.boolean_query([*must, (Occur.MustNot, one_of("file_id", parted))])
        several = self._several(tree)
        if scope is not None:
            several &= self._last_with(scope)
        if not several:
            return Found(singles, frozenset(), singles, not self._capped)
        representatives = one_of("part_key", (part_key(file, parted[file]) for file in several))
        everything = Query.boolean_query([(Occur.Should, singles), (Occur.Should, quiet(representatives))])
        return Found(singles, frozenset(several), everything, not self._capped)

    def score_parts(self, tree: Tree) -> Query:
        """What ranks a part of a large file: whatever of the plan it has."""
        clauses = []
        for leaf in leaves(tree):
            made = self._leaf(leaf)
            clauses += [(Occur.Should, query) for query in (made.content, made.file) if query is not None]
        return Query.boolean_query([*clauses, (Occur.Should, quiet(Query.all_query()))])

    def _single(self, tree: Tree) -> Query:
        match tree:
            case All(nodes):
                clauses = [
                    (Occur.MustNot, self._single(node.node))
                    if isinstance(node, No)
                    else (Occur.Must, self._single(node))
                    for node in nodes
                ]
                if all(isinstance(node, No) for node in nodes):
                    clauses.append((Occur.Must, quiet(Query.all_query())))
                return Query.boolean_query(clauses)
            case Some(nodes):
                return Query.boolean_query([(Occur.Should, self._single(node)) for node in nodes])
            case No(node):
                others = [(Occur.Must, Query.all_query()), (Occur.MustNot, self._single(node))]
                return quiet(Query.boolean_query(others))
            case _:
                leaf = self._leaf(tree)
                either = [query for query in (leaf.content, leaf.file) if query is not None]
                return either[0] if len(either) == 1 else Query.disjunction_max_query(either, 0.5)

    def _several(self, tree: Tree) -> set[int]:
        match tree:
            case All(nodes):
                found = set(self.snapshot.last_parts)
                for node in nodes:
                    found &= self._several(node)
                return found
            case Some(nodes):
                return set().union(*(self._several(node) for node in nodes))
            case No(node):
                return set(self.snapshot.last_parts) - self._several(node)
            case _:
                leaf = self._leaf(tree)
                found = self._last_with(leaf.file) if leaf.file is not None else set()
                if leaf.content is not None:
                    found |= self._files_with(leaf.content, one_of("file_id", self.snapshot.last_parts))
                return found

    def _last_with(self, query: Query) -> set[int]:
        parted = self.snapshot.last_parts
        return self._files_with(query, one_of("part_key", (part_key(file, last) for file, last in parted.items())))

    def _files_with(self, query: Query, among: Query) -> set[int]:
        both = Query.boolean_query([(Occur.Must, query), (Occur.Must, among)])
        limit = max(1, sum(last + 1 for last in self.snapshot.last_parts.values()))
        hits = self.snapshot.files.search(both, limit, count=False, order_by_field="file_id").hits
        return {int(file) for file, _ in hits}

    def _leaf(self, tree: WordLeaf | PhraseLeaf | FileTest | ChunkTest) -> Leaf:
        made = self._leaves.get(tree)
        if made is None:
            made = self._leaves[tree] = self._make(tree)
        return made

    def _make(self, tree: WordLeaf | PhraseLeaf | FileTest | ChunkTest) -> Leaf:
        match tree:
            case WordLeaf(word):
                content, labels = self.words.in_content(tree), self.words.in_labels(tree)
                if word.simple:
                    return Leaf(content, labels)
                return Leaf(content, self._spelt_anyhow(tree, labels))
            case PhraseLeaf(tokens):
                return Leaf(None, self._with_contents(phrase_in_chunk(tokens), phrase_in_labels(tokens)))
            case FileTest(test):
                held = one_of("content_id", test.ids) if isinstance(test, Contents) else file_filter(test)
                return Leaf(None, held)
            case ChunkTest((Match(Field.LEVEL, value, False),)):
                return Leaf(None, quiet(Query.term_query(FILE_SCHEMA, "level", value.lower())))
            case ChunkTest(tests):
                held = Query.boolean_query([(Occur.Must, chunk_filter(test)) for test in tests])
                return Leaf(None, self._with_contents(held))

    def _spelt_anyhow(self, leaf: WordLeaf, labels: Query) -> Query:
        """Files with a compound's words in a row in their content, or in their labels.

        Nearly all of them have it in one piece, which is one term: what is asked by its number is only the rest.
        """
        whole = self.words.in_one_piece(leaf)
        rest = self._contents(self.words.row_in_chunk(leaf))
        if len(rest) > _FEW_CONTENTS:
            rest = sorted(set(rest).difference(_contents_of(self.snapshot.files, whole)[0]))
        either = Query.boolean_query([(Occur.Should, whole), (Occur.Should, one_of("content_id", rest))])
        return Query.disjunction_max_query([Query.const_score_query(either, 1.0), labels])

    def _with_contents(self, chunks: Query, *others: Query) -> Query:
        """Files whose content has such a chunk, or that are found otherwise."""
        contents = self._contents(chunks)
        return Query.disjunction_max_query([Query.const_score_query(one_of("content_id", contents), 1.0), *others])

    def _contents(self, chunks: Query) -> list[int]:
        found, whole = _contents_of(self.snapshot.chunks, chunks)
        self._capped = self._capped or not whole
        return found


def _contents_of(searcher: tantivy.Searcher, query: Query) -> tuple[list[int], bool]:
    """The contents of the documents that match, and whether these are all."""
    counted = {"contents": {"terms": {"field": "content_id", "size": CONTENT_CAP, "segment_size": CONTENT_CAP}}}
    answer = searcher.aggregate(query, counted)["contents"]
    return [int(bucket["key"]) for bucket in answer["buckets"]], not answer.get("sum_other_doc_count")


def hit_count(result: tantivy.SearchResult) -> int:
    """How many documents matched, of a search that counted."""
    return int(result.count)  # type: ignore[attr-defined]  # it is there, its stub forgot it


def one_of(field_name: str, values: Iterable[int]) -> Query:
    """File documents with one of these numbers, quietly. A few are asked for one by one, which is faster."""
    listed = list(values)
    if not listed:
        return Query.empty_query()
    return quiet(_any(FILE_SCHEMA, field_name, listed))


def chunks_of(contents: Iterable[int]) -> Query:
    """The chunks of these contents, quietly."""
    return quiet(_any(CHUNK_SCHEMA, "content_id", list(contents)))


def _any(schema: tantivy.Schema, field_name: str, values: list[int]) -> Query:
    if len(values) > 1000:
        return Query.term_set_query(schema, field_name, values)
    return Query.boolean_query([(Occur.Should, Query.term_query(schema, field_name, value)) for value in values])
