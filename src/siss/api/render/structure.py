"""Answers about structure and schemas as JSON. ``siss.api.models.structure`` describes the same shapes."""

from siss.api.links import schema_link
from siss.api.render.encode import Json
from siss.api.render.files import Renderer
from siss.app.structure.ask import COUNTED
from siss.app.structure.schemas import SchemaDrift, SchemaFiles, SchemaList
from siss.discover.paths import map_path
from siss.model.schema import SchemaRecord
from siss.model.structure import StructureAnswer, StructureHit, StructureMatch


def structure_page(render: Renderer, answer: StructureAnswer) -> Json:
    """``POST /search/jsonpath`` and ``/search/xpath``."""
    return {
        "indexed": answer.indexed,
        "candidates": answer.candidates,
        "candidates_relation": "gte" if answer.candidates >= COUNTED else "eq",
        "evaluated": answer.evaluated,
        "given_up": answer.given_up,
        "unreadable": answer.unreadable,
        "problems": [{"path": path, "reason": reason} for path, reason in answer.problems],
        "timed_out": answer.timed_out,
        "cursor": answer.cursor,
        "took_ms": round(answer.took_ms, 2),
        "items": [_hit(render, hit) for hit in answer.hits],
    }


def _hit(render: Renderer, hit: StructureHit) -> Json:
    return {
        "id": str(hit.file_id),
        "name": hit.shown.rpartition("/")[2],
        "path": hit.shown,
        "path_on_client": map_path(hit.shown, render.path_map) if render.path_map else None,
        "mime": hit.mime,
        "other_paths": list(hit.other_paths),
        "total": hit.total,
        "matches": [_match(match) for match in hit.matches],
    }


def _match(match: StructureMatch) -> Json:
    return {
        "path": match.path,
        "value": match.value,
        "line": match.line,
        "span": None if match.source is None else {"start": match.source[0], "end": match.source[1]},
        "text_span": None if match.start is None else {"start": match.start, "end": match.end},
        "document": match.document,
    }


def schema_list(found: SchemaList) -> Json:
    """``GET /schemas``."""
    return {"total": found.total, "cursor": found.cursor, "items": [_schema(each) for each in found.schemas]}


def schema_detail(found: SchemaRecord) -> Json:
    """``GET /schemas/{id}`` and ``/files/{id}/schema``."""
    redirected = found.redirected_from
    return {
        **_schema(found),
        "redirected_from": None if redirected is None else str(redirected),
        "definition": found.definition,
    }


def schema_files(render: Renderer, found: SchemaFiles) -> Json:
    """``GET /schemas/{id}/files``."""
    return {
        "id": str(found.id),
        "cursor": found.cursor,
        "items": [{**render.file(file), "schema_id": str(found.id)} for file in found.files],
    }


def drift(found: SchemaDrift) -> Json:
    """``GET /schemas/{id}/drift``."""
    return {
        "id": str(found.id),
        "since": found.drift.since,
        "members_before": found.drift.members_before,
        "members_after": found.drift.members_after,
        "total": found.total,
        "cursor": found.cursor,
        "items": [
            {
                "path": each.path,
                "change": each.change,
                "before": each.before,
                "after": each.after,
                "text": each.text,
            }
            for each in found.drift.changes
        ],
    }


def _schema(found: SchemaRecord) -> Json:
    base = schema_link(found.id)
    return {
        "id": str(found.id),
        "name": found.name,
        "kind": found.kind.value,
        "mime": found.mime,
        "files": found.files,
        "shapes": found.shapes,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "links": {"self": base, "files": f"{base}/files", "drift": f"{base}/drift"},
    }
