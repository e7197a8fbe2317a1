"""Relationships and the graph as JSON. ``siss.api.models.relationships`` describes the same shapes."""

from siss.api.render.encode import Json
from siss.api.render.entities import name
from siss.api.render.files import Renderer
from siss.app.relationships import Related, RelationshipList
from siss.model.file import FileRecord
from siss.model.relationship import EntityNode, FileNode, Graph, Tie
from siss.relate.describe import describe_tie


def related(render: Renderer, found: Related) -> Json:
    """``GET /files/{id}/related``."""
    return {
        **_end(found.file),
        "total": found.total,
        "cursor": found.cursor,
        "notes": found.notes,
        "items": [
            {
                **render.file(one.file),
                "copies": one.copies,
                "confidence": round(one.confidence, 3),
                "relationships": [_tie(tie) for tie in one.ties],
            }
            for one in found.files
        ],
    }


def relationship_list(found: RelationshipList) -> Json:
    """``GET /relationships``."""
    return {
        "cursor": found.cursor,
        "files": found.files,
        "items": [
            {**_tie(one.tie), "source": _end(one.source), "target": _end(one.target)} for one in found.relationships
        ],
    }


def graph(found: Graph) -> Json:
    """``GET /graph``."""
    return {
        "nodes": [_node(node) for node in found.nodes],
        "edges": [{"source": source, "target": target} for source, target in found.edges],
        "notes": found.notes,
    }


def _end(file: FileRecord) -> Json:
    return {"id": str(file.public_id), "path": file.shown}


def _tie(tie: Tie) -> Json:
    return {
        "relationship": tie.kind.value,
        "confidence": round(tie.confidence, 3),
        "direction": tie.direction.value,
        "description": describe_tie(tie),
        "shared": [{**name(one.name), "contents": one.contents} for one in tie.shared],
        "schema_name": tie.schema,
        "path": tie.path,
        "at": tie.at,
    }


def _node(node: EntityNode | FileNode) -> Json:
    if isinstance(node, FileNode):
        facts = {"kind": "file", "file_id": str(node.public_id), "path": node.shown, "files": node.copies}
        return {"id": node.id, "hop": node.hop, "files_relation": "eq", **facts}
    relation = "eq" if node.exact else "gte"
    return {
        "id": node.id,
        "hop": node.hop,
        "kind": "entity",
        **name(node.name),
        "files": node.files,
        "files_relation": relation,
    }
