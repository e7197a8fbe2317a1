"""Values as JSON: the one place that knows the shapes of answers. REST and the command line both go through it.

Dictionaries and orjson, not validated models, because a search must cost little; ``models/`` describes the same
shapes for OpenAPI, and a test holds the two together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from siss.app.coverage import Coverage, FolderCoverage, PathAnswer, describe_gap
from siss.app.files import ChunkPage, FileDetails, FileList
from siss.app.stats import IndexStats, Readiness
from siss.discover.paths import map_path
from siss.model.content import Chunk, levels_of
from siss.model.coverage import REASONS, Gap
from siss.model.file import FileRecord, FileVersion
from siss.model.hit import FacetCount, Hit, SearchAnswer
from siss.model.job import Job
from siss.model.query import FacetField
from siss.model.stats import IngestStatus

PREFIX: Final = "/api/v1"

Json = dict[str, Any]


def to_bytes(value: Any) -> bytes:
    """JSON in UTF-8; times in UTC end in ``Z``, and text that is not valid Unicode is escaped, not refused."""
    try:
        return orjson.dumps(value, option=orjson.OPT_UTC_Z)
    except TypeError:  # a lone surrogate: the only text that orjson refuses
        return orjson.dumps(_repair(value), option=orjson.OPT_UTC_Z)


def _repair(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_repair(key): _repair(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_repair(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders answers for one service. ``path_map``: how users see its paths (``SISS_PATH_MAP``)."""

    path_map: Mapping[str, str]

    def file(self, file: FileRecord) -> Json:
        """A file in a list."""
        public_id = str(file.public_id)
        return {
            "id": public_id,
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
            "download_url": f"{PREFIX}/files/{public_id}/download",
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
        base = f"{PREFIX}/files/{file.public_id}"
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
            "versions": details.versions,
            "other_paths": details.other_paths,
            "removed_at": file.removed_at,
            "removed_by": file.removed_by,
            "coverage": {
                "extent": file.extent,
                "source_bytes": details.source_bytes,
                "read_bytes": details.read_bytes,
                "gaps": len(details.gaps),
                "reasons": sorted({gap.reason.value for gap in details.gaps}),
            },
            "links": {name: f"{base}/{name}" for name in ("content", "download", "chunks", "coverage", "versions")},
        }

    def search(self, answer: SearchAnswer) -> Json:
        """``GET /search`` and ``POST /search``."""
        return {
            "total": answer.total,
            "total_relation": answer.total_relation,
            "relaxed": answer.relaxed,
            "cursor": answer.cursor,
            "took_ms": round(answer.took_ms, 2),
            "items": [self.hit(hit) for hit in answer.hits],
            "facets": facets(answer.facets),
            "notes": answer.notes,
        }

    def hit(self, hit: Hit) -> Json:
        """One result."""
        item = self.file(hit.file)
        item["other_paths"] = hit.other_paths
        item["chunk_match"] = _chunk_match(hit)
        item["score"] = round(hit.score, 6)
        item["relaxed"] = hit.relaxed
        if hit.explanation is not None:
            item["explanation"] = hit.explanation
        return item

    def coverage(self, coverage: Coverage) -> Json:
        """``GET /files/{id}/coverage``."""
        file = coverage.file
        return {
            "id": str(file.public_id),
            "path": file.shown,
            "status": file.status,
            "extent": file.extent,
            "size": file.size,
            "source_bytes": coverage.source_bytes,
            "read_bytes": coverage.read_bytes,
            "text_bytes": file.text_bytes,
            "chunks": file.chunk_count,
            "indexed_at": file.indexed_at,
            "gaps": [gap(line) for line in coverage.gaps],
        }

    def folder(self, folder: FolderCoverage) -> Json:
        """The coverage of a folder."""
        return {
            "files": folder.files,
            "whole": folder.whole,
            "partial": folder.partial,
            "none": folder.none,
            "failed": folder.failed,
            "pending": folder.pending,
            "lacking": [self.file(file) for file in folder.lacking],
            "skipped": dict(folder.skipped),
        }

    def path_answer(self, answer: PathAnswer) -> Json:
        """``GET /coverage?path=``."""
        return {
            "path": answer.path,
            "known": answer.known,
            "file": None if answer.coverage is None else self.file(answer.coverage.file),
            "coverage": None if answer.coverage is None else self.coverage(answer.coverage),
            "folder": None if answer.folder is None else self.folder(answer.folder),
            "skipped": None if answer.skipped is None else {"path": answer.skipped.shown, **gap(answer.skipped.gap)},
        }


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


def gap(line: Gap) -> Json:
    """One line of the coverage ledger."""
    span = None if line.start is None else {"start": line.start, "end": line.end}
    return {
        "reason": line.reason.value,
        "text": REASONS[line.reason],
        "detail": line.detail,
        "sentence": describe_gap(line),
        "span": span,
        "item": line.item,
        "lost": line.lost,
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


def job(found: Job) -> Json:
    """``GET /jobs/{id}``, and what requests for work answer."""
    return {**asdict(found), "id": str(found.id), "kind": found.kind.value, "state": found.state.value}


def ingest(status: IngestStatus, *, paused: bool) -> Json:
    """``GET /ingest/status``."""
    return {**asdict(status), "paused": paused}


def stats(found: IndexStats) -> Json:
    """``GET /stats``."""
    return {**asdict(found.corpus), "ingest": asdict(found.ingest)}


def readiness(found: Readiness, *, verbose: bool) -> Json:
    """``/readyz``."""
    body: Json = {"status": found.status}
    if verbose:
        body["components"] = [asdict(component) for component in found.components]
    return body
