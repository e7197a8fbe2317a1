"""Hits and facets as JSON. ``siss.api.models.search`` describes the same shapes."""

from collections.abc import Iterable, Mapping

from siss.api.render.encode import Json
from siss.api.render.files import Renderer
from siss.model.hit import FacetCount, Hit, SearchAnswer
from siss.model.query import FacetField


def search_answer(render: Renderer, answer: SearchAnswer) -> Json:
    """``GET /search`` and ``POST /search``."""
    return {
        "total": answer.total,
        "total_relation": answer.total_relation,
        "relaxed": answer.relaxed,
        "cursor": answer.cursor,
        "took_ms": round(answer.took_ms, 2),
        "items": [_hit(render, hit) for hit in answer.hits],
        "facets": facets(answer.facets),
        "notes": answer.notes,
    }


def _hit(render: Renderer, hit: Hit) -> Json:
    item = render.file(hit.file)
    item["other_paths"] = hit.other_paths
    item["chunk_match"] = _chunk_match(hit)
    item["score"] = round(hit.score, 6)
    item["relaxed"] = hit.relaxed
    if hit.explanation is not None:
        item["explanation"] = hit.explanation
    return item


def _chunk_match(hit: Hit) -> Json | None:
    if hit.chunk_seq is None:
        return None
    snippet = hit.snippet
    if snippet is None:
        return {
            "chunk_index": hit.chunk_seq,
            "highlight": None,
            "text": None,
            "line": None,
            "span": None,
            "text_span": None,
        }
    return {
        "chunk_index": hit.chunk_seq,
        "highlight": snippet.html,
        "text": snippet.text,
        "line": snippet.line,
        "span": {"start": snippet.start, "end": snippet.end},
        "text_span": {"start": snippet.text_start, "end": snippet.text_end},
    }


def facets(found: Mapping[FacetField, Iterable[FacetCount]]) -> Json:
    """Values and counts by field."""
    return {field.value: counts(values) for field, values in found.items()}


def counts(values: Iterable[FacetCount]) -> list[Json]:
    """Values and how many files have each."""
    return [{"value": value.value, "count": value.count} for value in values]
