"""Files, their chunks and versions as JSON. ``siss.api.models.files`` describes the same shapes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from siss.api.links import file_link
from siss.api.render.encode import Json
from siss.app.files import ChunkPage, FileDetails, FileList
from siss.discover.paths import map_path
from siss.model.content import Chunk, levels_of
from siss.model.file import FileRecord, FileVersion


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders answers for one service. ``path_map``: how users see its paths (``SISS_PATH_MAP``)."""

    path_map: Mapping[str, str]

    def file(self, file: FileRecord) -> Json:
        """A file in a list."""
        return {
            "id": str(file.public_id),
            "name": file.name,
            "path": file.shown,
            "path_on_client": map_path(file.shown, self.path_map) if self.path_map else None,
            "mime": file.mime,
            "kind": file.kind,
            "size": file.size,
            "sha256": None if file.sha256 is None else file.sha256.hex(),
            "schema_id": None if file.schema is None else str(file.schema),
            "tags": file.tags,
            "ai_summary": None,
            "status": file.status,
            "extent": file.extent,
            "modified_at": file.modified_at,
            "indexed_at": file.indexed_at,
            "download_url": f"{file_link(file.public_id)}/download",
        }

    def file_list(self, page: FileList, took_ms: float) -> Json:
        """``GET /files``."""
        return {
            "total": page.total,
            "cursor": page.cursor,
            "took_ms": took_ms,
            "items": [self.file(file) for file in page.files],
        }

    def details(self, details: FileDetails) -> Json:
        """``GET /files/{id}``."""
        file = details.file
        base = file_link(file.public_id)
        return {
            **self.file(file),
            "encoding": file.encoding,
            "compression": file.compression,
            "description": file.description,
            "discovered_at": file.discovered_at,
            "seen_at": file.seen_at,
            "chunks": file.chunk_count,
            "lines": file.line_count,
            "text_bytes": file.text_bytes,
            "versions": details.extent.versions,
            "other_paths": details.extent.other_paths,
            "removed_at": file.removed_at,
            "removed_by": file.removed_by,
            "coverage": {
                "extent": file.extent,
                "source_bytes": details.extent.source_bytes,
                "read_bytes": details.extent.read_bytes,
                "gaps": len(details.extent.reasons),
                "reasons": sorted({reason.value for reason in details.extent.reasons}),
            },
            "links": {name: f"{base}/{name}" for name in ("content", "download", "chunks", "coverage", "versions")},
        }


def chunk_page(page: ChunkPage) -> Json:
    """``GET /files/{id}/chunks``."""
    return {
        "id": str(page.file.public_id),
        "total": page.file.chunk_count,
        "after": page.after,
        "cursor": page.cursor,
        "items": [_chunk(chunk, preview) for chunk, preview in page.chunks],
    }


def _chunk(chunk: Chunk, preview: str) -> Json:
    times = (chunk.time_min_us, chunk.time_max_us)
    return {
        "chunk_index": chunk.seq,
        "line": chunk.line,
        "lines": chunk.lines,
        "span": {"start": chunk.source_start, "end": chunk.source_end},
        "text_span": {"start": chunk.start, "end": chunk.end},
        "label": chunk.label or None,
        "levels": [level.value for level in levels_of(chunk.level_mask)],
        "time_us": None if times[0] is None else {"min": times[0], "max": times[1]},
        "preview": preview,
    }


def versions(file: FileRecord, found: Iterable[FileVersion], cursor: str | None) -> Json:
    """``GET /files/{id}/versions``."""
    return {
        "id": str(file.public_id),
        "cursor": cursor,
        "items": [
            {
                "sha256": version.sha256.hex(),
                "size": version.size,
                "modified_at": version.modified_at,
                "captured_at": version.captured_at,
            }
            for version in found
        ],
    }
