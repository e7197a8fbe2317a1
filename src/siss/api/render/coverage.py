"""What was indexed of a file, a folder, a path, as JSON. ``siss.api.models.coverage`` describes the same shapes."""

from siss.api.render.encode import Json
from siss.api.render.files import Renderer
from siss.app.coverage import Coverage, FolderCoverage, PathAnswer, describe_gap
from siss.model.coverage import REASONS, Gap


def file_coverage(coverage: Coverage) -> Json:
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
        "gaps": [_gap(line) for line in coverage.gaps],
    }


def path_answer(render: Renderer, answer: PathAnswer) -> Json:
    """``GET /coverage?path=``."""
    return {
        "path": answer.path,
        "known": answer.known,
        "file": None if answer.coverage is None else render.file(answer.coverage.file),
        "coverage": None if answer.coverage is None else file_coverage(answer.coverage),
        "folder": None if answer.folder is None else _folder(render, answer.folder),
        "skipped": None if answer.skipped is None else {"path": answer.skipped.shown, **_gap(answer.skipped.gap)},
    }


def _folder(render: Renderer, folder: FolderCoverage) -> Json:
    return {
        "files": folder.files,
        "whole": folder.whole,
        "partial": folder.partial,
        "none": folder.none,
        "failed": folder.failed,
        "pending": folder.pending,
        "lacking": [render.file(file) for file in folder.lacking],
        "skipped": dict(folder.skipped),
    }


def _gap(line: Gap) -> Json:
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
