"""The best chunk of each content that a page may show: where its words stand closest together.

Only the chunks of a few contents are looked at, so those lead and what ranks a chunk is asked of each. Contents of
large files, which have thousands of chunks, are looked for from the words' side, which may be rarer. What matches
without weight (the many words that a prefix stands for) is asked only of contents where nothing with weight stands.
"""

from collections.abc import Iterable
from typing import Final

from tantivy import Occur, Query

from siss.adapters.tantivy.candidates import Candidate
from siss.adapters.tantivy.compile import Compiler, chunks_of
from siss.adapters.tantivy.filters import chunk_filter, quiet
from siss.adapters.tantivy.words import near_each_other, phrase_in_chunk
from siss.index.plan import All, ChunkTest, PhraseLeaf, Tree, WordLeaf, adjacent_words, leaves
from siss.model.ids import CHUNK_BITS

Best = dict[int, tuple[float, int]]

_SEQ: Final = (1 << CHUNK_BITS) - 1
_PHRASE: Final = 2.0


def best_chunks(compiler: Compiler, tree: Tree, files: Iterable[Candidate]) -> Best:
    """Score and number of the best chunk of each file's content that has one."""
    parted = compiler.snapshot.last_parts
    small: list[int] = []
    large: list[int] = []
    for file in files:
        if file.content_id is not None:
            (large if file.file_id in parted else small).append(file.content_id)
    asked = list(leaves(tree))
    needed = [_holding(leaf) for leaf in asked if _is_needed(leaf, tree)]
    best: Best = {}
    for group, leads in ((small, True), (large, False)):
        if not group:
            continue
        among = chunks_of(group)
        ranked = [*_ranked(compiler, asked, among), *_neighbours(tree, among)]
        if needed:
            best |= _search(compiler, [*_all_of([*needed, among]), *_any_of(ranked)], group)
        elif ranked and leads:
            best |= _search(compiler, [(Occur.Must, among), *_any_of(ranked)], group, weighed=True)
        elif ranked:
            best |= _search(compiler, _all_of([among, Query.boolean_query(_any_of(ranked))]), group)
    missing = [content_id for content_id in (*small, *large) if content_id not in best]
    if missing and not needed and (others := list(_without_weight(compiler, asked))):
        best |= _search(compiler, _all_of([chunks_of(missing), Query.boolean_query(_any_of(others))]), missing)
    return best


def _search(
    compiler: Compiler, clauses: list[tuple[Occur, Query]], contents: list[int], *, weighed: bool = False
) -> Best:
    """The best chunks of these contents that a query finds. ``weighed``: chunks without a score are none."""
    searcher = compiler.snapshot.chunks
    best: Best = {}
    missing = contents
    while missing:
        # Hits come best first, so the first of a content is its best; one with many may hide the others' for a round.
        limit = 8 * len(missing) + 50
        within = clauses if missing is contents else [*clauses, (Occur.Must, chunks_of(missing))]
        hits = searcher.search(Query.boolean_query(within), limit, count=False).hits
        whole = len(hits) < limit
        if weighed:
            found = [hit for hit in hits if hit[0] > 0.0]
            whole, hits = whole or len(found) < len(hits), found
        keys = searcher.fast_field_values("key", [address for _, address in hits])
        first: Best = {}
        for (score, _), read in zip(hits, keys, strict=True):
            key = int(read or 0)
            known = first.get(content_id := key >> CHUNK_BITS)
            if known is None or (known[0] == score and key & _SEQ < known[1]):
                first[content_id] = (score, key & _SEQ)
        best |= first
        if whole:
            break
        missing = [content_id for content_id in missing if content_id not in best]
    return best


def _ranked(compiler: Compiler, asked: Iterable[WordLeaf | PhraseLeaf | ChunkTest], among: Query) -> Iterable[Query]:
    for leaf in asked:
        match leaf:
            case WordLeaf(word) if word.simple and word.ident is not None:
                pass  # too long for the body
            case WordLeaf(word) if word.simple:
                yield compiler.words.ranking_chunks(leaf)
            case WordLeaf():
                yield _within(compiler.words.row_in_chunk(leaf), among)
            case PhraseLeaf(tokens):
                yield Query.boost_query(_within(phrase_in_chunk(tokens), among), _PHRASE)
            case _:
                pass


def _neighbours(tree: Tree, among: Query) -> Iterable[Query]:
    return (_within(near_each_other(*pair), among) for pair in adjacent_words(tree))


def _without_weight(compiler: Compiler, asked: Iterable[WordLeaf | PhraseLeaf | ChunkTest]) -> Iterable[Query]:
    for leaf in asked:
        if isinstance(leaf, ChunkTest):
            yield _holding(leaf)
        elif isinstance(leaf, WordLeaf) and (leaf.wild or (leaf.word.simple and leaf.word.ident is None)):
            yield from compiler.words.filling_chunks(leaf)


def _is_needed(leaf: WordLeaf | PhraseLeaf | ChunkTest, tree: Tree) -> bool:
    """Whether a chunk must hold it: filters that are not one of several ways to match."""
    return isinstance(leaf, ChunkTest) and (tree == leaf or (isinstance(tree, All) and leaf in tree.nodes))


def _holding(leaf: WordLeaf | PhraseLeaf | ChunkTest) -> Query:
    assert isinstance(leaf, ChunkTest)
    return quiet(Query.boolean_query([(Occur.Must, chunk_filter(test)) for test in leaf.tests]))


def _within(query: Query, among: Query) -> Query:
    """Words in a row are compared by place: only in these chunks, or the engine looks far ahead for the next row."""
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, among)])


def _all_of(queries: Iterable[Query]) -> list[tuple[Occur, Query]]:
    return [(Occur.Must, query) for query in queries]


def _any_of(queries: Iterable[Query]) -> list[tuple[Occur, Query]]:
    return [(Occur.Should, query) for query in queries]
