"""The text of a file from local state, and its own bytes from the NAS."""

import uuid
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from siss.api.errors import documented, error_response
from siss.api.ranges import Selection, Version, disposition, is_expected, is_unchanged, select_range
from siss.api.state import ApiState, asking, principal_of, state_of
from siss.app.content import TextRange, locate_text, stream_text
from siss.app.files import find_file
from siss.app.raw import RawFile
from siss.errors import InvalidRequestError, PreconditionError, RangeError
from siss.model.file import FileRecord

router = APIRouter(tags=["files"])

_BINARY = "application/octet-stream"
_BYTES: Final[dict[str, Any]] = {"content": {"*/*": {}}}
"""Of whatever type the file is."""


class ContentParams(BaseModel):
    """What ``GET /files/{id}/content`` takes."""

    model_config = ConfigDict(extra="forbid")

    offset: int = Field(0, ge=0, lt=1 << 62, description="Byte of the UTF-8 text to begin at.")
    length: int | None = Field(None, ge=0, lt=1 << 62, description="How many bytes; all without it.")
    raw: bool = Field(default=False, description="The file's own bytes, read from the NAS, instead of the text.")
    hidden: bool = Field(default=False, description="Files that a critical secret hides, too; for admins.")


@router.get(
    "/files/{id}/content",
    response_class=Response,
    responses={
        200: {
            "description": "UTF-8 text; `X-Text-Range: START-END/TOTAL` says which bytes of it.",
            "content": {"text/plain": {"schema": {"type": "string"}}, _BINARY: {}},
        },
        206: {
            "description": "With `raw=true`: the range that was asked for",
            "content": {"text/plain": {"schema": {"type": "string"}}, _BINARY: {}},
        },
        304: {"description": "Unchanged"},
        **documented(400, 403, 404, 412, 416, 503),
    },
    summary="The text of a file",
)
@router.head("/files/{id}/content", include_in_schema=False)
async def get_content(
    request: Request,
    id: uuid.UUID,
    params: Annotated[ContentParams, Query()],
) -> Response:
    """The indexed text from local state, which never waits for the NAS; `raw=true` streams the file's own bytes."""
    state = state_of(request)
    file = await find_file(state.services, asking(request, hidden=params.hidden), id)
    if params.raw:
        if params.offset or params.length is not None:
            raise InvalidRequestError("With raw=true, ask for a part with a Range header.", field="raw")
        return await _send_raw(request, state, file, "inline")
    span = await locate_text(state.services, file, params.offset, params.length)
    version = Version(f'"t{file.content_generation}-{file.text_bytes}"', file.modified_at)
    headers = {
        "ETag": version.etag,
        "Last-Modified": version.last_modified,
        "Cache-Control": "private, no-cache",
        "X-Text-Range": f"{span.start}-{span.end}/{span.total}",
        "Content-Disposition": disposition("inline", file.name),
    }
    tags = request.headers.get("if-none-match")
    if tags is not None and is_unchanged({"if-none-match": tags}, version):
        return Response(status_code=304, headers=headers)
    return await _text_response(request, state, file, span, headers)


async def _text_response(
    request: Request, state: ApiState, file: FileRecord, span: TextRange, headers: Mapping[str, str]
) -> Response:
    kind = "text/plain; charset=utf-8"
    if request.method == "HEAD":
        return Response(headers=headers, media_type=kind)
    parts = stream_text(state.services, file, span)
    return await _begin(StreamingResponse(parts, headers=headers, media_type=kind))


async def _begin(response: StreamingResponse) -> Response:
    """The same with its first part read: what fails until then is answered as an error.

    An answer that has begun can only break off.
    """
    parts = aiter(response.body_iterator)
    first = await anext(parts, None)

    async def whole() -> AsyncIterator[str | bytes | memoryview]:
        if first is not None:
            yield first
        async for part in parts:
            yield part

    response.body_iterator = whole()
    return response


@router.get(
    "/files/{id}/download",
    response_class=Response,
    responses={
        200: {"description": "The file's current bytes", **_BYTES},
        206: {"description": "The range that was asked for", **_BYTES},
        304: {"description": "Unchanged"},
        **documented(400, 403, 404, 412, 416, 503),
    },
    summary="Download a file",
)
@router.head("/files/{id}/download", include_in_schema=False)
async def download(
    request: Request,
    id: uuid.UUID,
    hidden: Annotated[bool, Query(description="Also one that a critical secret hides; for admins.")] = False,
) -> Response:
    """The file's current bytes from the NAS, with ranges; 503 with `Retry-After: 30` while the NAS is away.

    The `ETag` is the SHA-256 while size and modification time are those that were indexed, and a weak one of size
    and time after the file changed.
    """
    state = state_of(request)
    file = await find_file(state.services, asking(request, hidden=hidden), id)
    return await _send_raw(request, state, file, "attachment")


async def _send_raw(
    request: Request, state: ApiState, file: FileRecord, kind: Literal["attachment", "inline"]
) -> Response:
    raw = await state.nas.open(state.services, principal_of(request), file)
    try:
        response = _answer_raw(request, state, raw, kind)
    except BaseException:
        raw.handle.close()
        raise
    return await _begin(response) if isinstance(response, StreamingResponse) else response


def _answer_raw(request: Request, state: ApiState, raw: RawFile, kind: Literal["attachment", "inline"]) -> Response:
    file, size = raw.file, raw.stat.size
    version = _version_of(raw)
    headers = {
        "ETag": version.etag,
        "Last-Modified": version.last_modified,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(kind, file.name),
    }
    if not is_expected(request.headers, version):
        raise PreconditionError("The file is not what it was when you looked: look again.", id=str(file.public_id))
    if is_unchanged(request.headers, version):
        raw.handle.close()
        return Response(status_code=304, headers=headers)
    try:
        chosen = select_range(request.headers, size, version)
    except RangeError as error:
        raw.handle.close()
        return error_response(error, {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"})
    headers["Content-Length"] = str(chosen.end - chosen.start)
    if chosen.status == 206:
        headers["Content-Range"] = f"bytes {chosen.start}-{chosen.end - 1}/{size}"
    return _stream(request, state, raw, chosen, headers, _media_type(file, kind))


def _stream(
    request: Request,
    state: ApiState,
    raw: RawFile,
    chosen: Selection,
    headers: Mapping[str, str],
    media_type: str,
) -> Response:
    if request.method == "HEAD":
        raw.handle.close()
        return Response(status_code=chosen.status, headers=headers, media_type=media_type)
    parts = state.nas.read(raw, chosen.start, chosen.end)
    return StreamingResponse(parts, chosen.status, headers=headers, media_type=media_type)


def _version_of(raw: RawFile) -> Version:
    modified = datetime.fromtimestamp(raw.stat.mtime_ns // 1_000_000_000, UTC)
    if raw.indexed and raw.file.sha256 is not None:
        return Version(f'"{raw.file.sha256.hex()}"', modified)
    return Version(f'W/"{raw.stat.size:x}-{raw.stat.mtime_ns:x}-{raw.stat.inode:x}"', modified)


def _media_type(file: FileRecord, kind: Literal["attachment", "inline"]) -> str:
    """A browser never runs what a file holds: shown inline it is plain text, or bytes."""
    if kind == "attachment":
        return file.mime or _BINARY
    if file.text_bytes == 0 or file.compression:
        return _BINARY
    return f"text/plain; charset={file.encoding or 'utf-8'}"
