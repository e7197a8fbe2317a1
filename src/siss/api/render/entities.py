"""What files name, as JSON. ``siss.api.models.entities`` describes the same shapes."""

from siss.api.links import entity_link
from siss.api.render.encode import Json
from siss.api.render.files import Renderer
from siss.app.entities import EntityFiles, EntityList, EntityPage, FileEntities, FileNaming
from siss.app.places import LocatedPlace
from siss.model.entity import Confidence, Name, Place
from siss.model.file import FileRecord
from siss.ports.entities import Count, EntitySummary, NearFinding, Neighbour


def entity_list(found: EntityList) -> Json:
    """``GET /entities``."""
    return {"cursor": found.cursor, "items": [summary(one) for one in found.entities]}


def naming_files(render: Renderer, found: EntityFiles) -> Json:
    """``GET /entities/{type}/{value}/files``."""
    return {
        **name(found.name),
        **_count("total", found.total),
        "cursor": found.cursor,
        "items": [_naming(render, file) for file in found.files],
    }


def file_entities(found: FileEntities) -> Json:
    """``GET /files/{id}/entities``."""
    return {
        "id": str(found.file.public_id),
        "path": found.file.shown,
        "cursor": found.cursor,
        "items": [
            {**name(one.named.name), **_mentions(one.named.count, one.named.confidence, one.named.places, one.first)}
            for one in found.entities
        ],
    }


def entity_detail(render: Renderer, page: EntityPage) -> Json:
    """``GET /entities/{type}/{value}``."""
    found = page.profile
    base = entity_link(found.name.type.value, found.name.value)
    return {
        **name(found.name),
        **_count("files", found.files),
        "mentions": found.mentions,
        "complete": found.complete,
        "first_seen": found.first_seen,
        "last_seen": found.last_seen,
        "days": [{"date": day, "mentions": count} for day, count in found.days],
        "neighbours": [_neighbour(near) for near in found.neighbours],
        "ports": [{"port": port, "mentions": count} for port, count in found.ports],
        "findings": [_finding(finding, page.paths.get(finding.file_id)) for finding in found.findings],
        "latest": [_naming(render, file) for file in page.latest],
        "links": {"self": base, "files": f"{base}/files"},
    }


def summary(found: EntitySummary) -> Json:
    """A thing in a list."""
    return {**name(found.name), **_count("files", found.files)}


def name(found: Name) -> Json:
    """A thing by its type and value."""
    return {"type": found.type.value, "value": found.value}


def _finding(finding: NearFinding, file: FileRecord | None) -> Json:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "count": finding.count,
        "line": finding.line,
        "file_id": None if file is None else str(file.public_id),
        "path": None if file is None else file.shown,
    }


def _neighbour(near: Neighbour) -> Json:
    return {**name(near.name), **_count("files", near.files), "shared": near.shared}


def _naming(render: Renderer, file: FileNaming) -> Json:
    naming = file.naming
    return {**render.file(file.file), **_mentions(naming.count, naming.confidence, naming.places, file.first)}


def _mentions(count: int, confidence: Confidence, places: tuple[Place, ...], first: LocatedPlace | None) -> Json:
    match = None
    if first is not None:
        match = {"line": first.line, "span": {"start": first.start, "end": first.end}, "context": first.context}
    return {
        "mentions": count,
        "confidence": confidence.name.lower(),
        "match": match,
        "places": [
            {
                "chunk_index": place.seq,
                "text_span": {"start": place.start, "end": place.end},
                "mentions": place.count,
            }
            for place in places
        ],
    }


def _count(key: str, count: Count) -> Json:
    return {key: count.value, f"{key}_relation": "eq" if count.exact else "gte"}
