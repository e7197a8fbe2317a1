"""One question, answered over one snapshot: as asked, and where that finds next to nothing, relaxed.

Relaxing goes in two steps: words may be spelt otherwise, then one of the words is enough. What only these find
stands below, marked. Totals and facets are those of the question as asked, unless that finds nothing at all.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import tantivy

from siss.adapters.tantivy.compile import Compiler, Found, Snapshot, hit_count
from siss.adapters.tantivy.listing import list_sorted
from siss.adapters.tantivy.ranking import rank
from siss.index.plan import All, Tree, plan_query, rows_of, words_of
from siss.index.relax import ENOUGH, relaxations
from siss.model.hit import EngineAnswer, EngineHit, FacetCount
from siss.model.query import FacetField, Query, SortField
from siss.ports.fulltext import MOST_COUNTED, EngineRequest

_FACETS: Final = {
    FacetField.MIME: "mime",
    FacetField.KIND: "kind",
    FacetField.TAGS: "tags",
    FacetField.EXT: "ext",
    FacetField.FOLDER: "parent",
    FacetField.LEVEL: "level",
    FacetField.SCHEMA_ID: "content_id",
}
_FACET_VALUES: Final = 60_000


def answer(snapshot: Snapshot, request: EngineRequest) -> EngineAnswer:
    """Hits, totals, facets and the words to mark."""
    query = request.query
    compiler = Compiler(snapshot, request.scopes)
    tree = plan_query(query)
    found = compiler.find(tree)
    hits, total = _list(compiler, tree, found, request)
    counted, marked_tree, relaxed = found, tree, False
    exact = found.exact
    if total == 0 or (len(hits) < min(ENOUGH, request.limit) and request.after is None and _is_ranked(query)):
        files = snapshot.file_count if request.scopes is None else _count(snapshot.files, compiler.find(All(())))
        loose_total = 0
        for looser in relaxations(tree, query, compiler.vocabulary, files):
            more = compiler.find(looser)
            added, looser_total = _list(compiler, looser, more, request)
            known = {_identity(hit) for hit in hits}
            fresh = [replace(hit, relaxed=True) for hit in added if _identity(hit) not in known]
            if fresh:
                hits = (hits + fresh)[: request.limit]
                relaxed, marked_tree = True, looser
            if total == 0 and looser_total:
                counted, exact, loose_total = more, more.exact, looser_total
            if len(hits) >= min(ENOUGH, request.limit):
                break
        total = total or loose_total
    return EngineAnswer(
        hits=tuple(hits),
        total=total,
        total_relation="eq" if exact else "gte",
        facets=_facets(snapshot.files, counted, request) if query.facets else None,
        highlights=compiler.words.marked(words_of(marked_tree)) if query.highlight else (),
        phrases=rows_of(marked_tree) if query.highlight else (),
        relaxed=relaxed,
    )


def _list(compiler: Compiler, tree: Tree, found: Found, request: EngineRequest) -> tuple[list[EngineHit], int]:
    if _is_ranked(request.query):
        return rank(compiler, tree, found, request.limit, explain=request.query.explain)
    hits = list_sorted(compiler, tree, found, request.query.sort, request.limit, request.after)
    return hits, _count(compiler.snapshot.files, found)


def _is_ranked(query: Query) -> bool:
    return query.sort.field is SortField.RELEVANCE


def _identity(hit: EngineHit) -> tuple[bool, int]:
    return (True, hit.files[0][0]) if hit.content_id is None else (False, hit.content_id)


def _count(searcher: tantivy.Searcher, found: Found) -> int:
    return hit_count(searcher.search(found.everything, 1, count=True))


def _facets(
    searcher: tantivy.Searcher, found: Found, request: EngineRequest
) -> dict[FacetField, tuple[FacetCount, ...]]:
    wanted = {}
    for facet in request.query.facets:
        size = MOST_COUNTED if facet is FacetField.SCHEMA_ID else request.facet_limit
        wanted[facet.value] = {"terms": {"field": _FACETS[facet], "size": size, "segment_size": _FACET_VALUES}}
    counted = searcher.aggregate(found.everything, wanted)
    facets: dict[FacetField, tuple[FacetCount, ...]] = {}
    for facet in request.query.facets:
        counts = [_count_of(bucket) for bucket in counted[facet.value]["buckets"] if bucket["key"]]
        facets[facet] = tuple(sorted(counts, key=lambda count: (-count.count, count.value)))
    return facets


def _count_of(bucket: Mapping[str, Any]) -> FacetCount:
    key = bucket["key"]
    return FacetCount(key if isinstance(key, str) else str(int(key)), int(bucket["doc_count"]))
