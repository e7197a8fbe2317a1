"""Uploads, and what editors change of files."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Body, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from siss.api.errors import documented
from siss.api.guard import took_too_long
from siss.api.models.files import FileDetail
from siss.api.models.ingest import JobItem
from siss.api.multipart import Limits, Part, read_form
from siss.api.preconditions import IfMatch, details_response, precondition_of
from siss.api.render import status as render
from siss.api.render.encode import to_bytes
from siss.api.state import located_response, note, principal_of, state_of
from siss.app import edits, uploads
from siss.app.files import describe_file, describe_found
from siss.app.services import Services
from siss.app.uploads import Batch, Place, Wish
from siss.errors import InvalidRequestError
from siss.model.principal import Principal
from siss.model.upload import Existing, Staged
from siss.ports.idempotency import KeptAnswer

router = APIRouter(tags=["files"])

MOST_FILES: Final = 1000
"""Files of a batch."""
MOST_FIELDS: Final = 60
MOST_KEY: Final = 200

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=MOST_KEY,
        pattern=r"^[\x21-\x7e]+$",
        description="Sent again with the same request, the first answer is given again (for a day).",
    ),
]

_FIELDS: Final[dict[str, Any]] = {
    "folder": {"type": "string", "description": "Below the upload folder; made where it is not there."},
    "existing": {"type": "string", "enum": [each.value for each in Existing], "default": "fail"},
    "tags": {"type": "array", "items": {"type": "string"}, "description": "Again for several."},
    "description": {"type": "string"},
}


def _form(file: dict[str, Any], many: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {**file, "description": many}, **_FIELDS},
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


class LabelsBody(BaseModel):
    """What ``PATCH /files/{id}`` takes; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    tags: list[str] | None = Field(None, description="Instead of those it has.", examples=[["production"]])
    description: str | None = Field(None, description="Empty: none any more.")


@dataclass(slots=True)
class _Received:
    """What came of a form: files under temporary names, what is wanted of them, and where they go."""

    place: Place
    wish: Wish
    batch: Batch


@router.post(
    "/files",
    status_code=201,
    response_model=FileDetail,
    responses=documented(400, 403, 404, 408, 409, 413, 415, 422, 503, 507)
    | {200: {"model": FileDetail, "description": "These bytes had that name already"}},
    summary="Upload a file",
    openapi_extra=_form({"type": "string", "format": "binary"}, "The file, with its name."),
)
async def post_file(request: Request, idempotency_key: Key = None) -> Response:
    """Writes a file below the upload folder, whole or not at all, and has it indexed at once.

    `folder`, `existing` (`fail`, `rename`, `replace`), `tags` and `description` stand before or after the file.
    """
    state, principal = state_of(request), principal_of(request)
    services = state.services
    async with _receiving(request, services, principal, most=1) as got:
        ((staged, path),) = got.batch.files or [_no_file()]
        note(request, path=path)

        async def act() -> KeptAnswer:
            done = await uploads.place_upload(services, principal, got.place, staged, path, got.wish)
            got.batch.files.clear()
            detail = await describe_found(services, principal, done.file)
            return KeptAnswer(201 if done.created else 200, to_bytes(state.render.details(detail)))

        async with _in_time(services):
            known = uploads.fingerprint(got.wish, got.batch.files, batch=False)
            answer = await _once(services, principal, idempotency_key, known, act)
    note(request, results=1)
    return located_response(answer.body, answer.status, "files", orjson.loads(answer.body)["id"])


@router.post(
    "/files/batch",
    status_code=202,
    response_model=JobItem,
    responses=documented(400, 403, 404, 408, 409, 413, 415, 422, 503, 507),
    summary="Upload several files",
    openapi_extra=_form({"type": "array", "items": {"type": "string", "format": "binary"}}, "Again for each file."),
)
async def post_batch(request: Request, idempotency_key: Key = None) -> Response:
    """Takes up to 1,000 files; the job's `result` says of each what became of it."""
    principal = principal_of(request)
    services = state_of(request).services
    async with _receiving(request, services, principal, most=MOST_FILES) as got:

        async def act() -> KeptAnswer:
            job = await uploads.submit_batch(services, principal, got.batch, got.wish)
            got.batch.files.clear()
            return KeptAnswer(202, to_bytes(render.job(job)))

        async with _in_time(services):
            note(request, results=len(got.batch.files), paths=[path for _, path in got.batch.files])
            known = uploads.fingerprint(got.wish, got.batch.files, batch=True)
            answer = await _once(services, principal, idempotency_key, known, act)
    return located_response(answer.body, answer.status, "jobs", orjson.loads(answer.body)["id"])


@router.patch(
    "/files/{id}",
    response_model=FileDetail,
    responses=documented(400, 403, 404, 409, 412, 503),
    summary="Change tags and description",
)
async def patch_file(
    request: Request, id: uuid.UUID, body: Annotated[LabelsBody, Body()], if_match: IfMatch = None
) -> Response:
    """Tags can be filtered by (`tag:`) and are found by words, as the description is.

    With `If-Match` (the `ETag` of `GET /files/{id}`, or of the last change) only where nobody else changed it
    meanwhile (412).
    """
    state = state_of(request)
    details = await edits.change_labels(
        state.services, principal_of(request), id, body.tags, body.description, precondition_of(if_match)
    )
    return details_response(state, details)


@router.delete(
    "/files/{id}",
    response_model=FileDetail,
    responses=documented(400, 403, 404, 412, 503),
    summary="Take a file out of the index",
)
async def delete_file(request: Request, id: uuid.UUID, if_match: IfMatch = None) -> Response:
    """The file stays on the NAS, and out of the index until it is restored. `If-Match` as for changes."""
    state, principal = state_of(request), principal_of(request)
    await edits.remove_file(state.services, principal, id, precondition_of(if_match))
    return details_response(state, await describe_file(state.services, principal, id))


@router.post(
    "/files/{id}/restore",
    response_model=FileDetail,
    responses=documented(400, 403, 404, 409, 503),
    summary="Put a removed file into the index again",
)
async def post_restore(request: Request, id: uuid.UUID) -> Response:
    """The file is read anew."""
    state = state_of(request)
    return details_response(state, await edits.restore_file(state.services, principal_of(request), id))


def _no_file() -> tuple[Staged, str]:
    raise InvalidRequestError("The form holds no file: the field is called `file`.", field="file")


@contextlib.asynccontextmanager
async def _receiving(
    request: Request, services: Services, principal: Principal, most: int
) -> AsyncIterator[_Received]:
    """What a form brings. Whatever is left in the batch at the end is deleted."""
    settings = services.settings
    uploads.check_wish(services, principal, Wish())
    async with _in_time(services):
        place = await uploads.find_place(services)
    batch, fields = Batch(), dict[str, list[str]]()
    waiting: list[tuple[Staged, str]] = []
    limits = Limits(
        settings.upload_size,
        (settings.upload_size if most == 1 else settings.upload_batch_size) + (1 << 20),
        most + MOST_FIELDS,
        settings.body_timeout,
    )
    try:
        async for part in read_form(request, limits):
            if part.name != "file":
                await _take_field(part, fields)
                continue
            if part.filename is None:
                raise InvalidRequestError("A file has a name (`filename`).", field="file")
            if len(waiting) >= most:
                raise InvalidRequestError(f"The form holds more than {most:,} file(s).", field="file")
            folder = _only(fields, "folder")
            if folder is None:  # which may still come; checked before the file is received
                uploads.check_name(services, place, part.filename)
            else:
                uploads.check_target(services, principal, place, folder, part.filename)
            waiting.append((await uploads.receive(services, part.data, part.filename), part.filename))
        wish = uploads.check_wish(services, principal, _wish(fields))
        for staged, filename in waiting:
            batch.files.append((staged, uploads.check_target(services, principal, place, wish.folder, filename)))
        waiting.clear()
        yield _Received(place, wish, batch)
    finally:
        await asyncio.shield(uploads.discard_batch(services, Batch([*waiting, *batch.files])))


@contextlib.asynccontextmanager
async def _in_time(services: Services) -> AsyncIterator[None]:
    """The time limit of answers, which the guard leaves to uploads: how long bytes take to come is no fault."""
    seconds = services.settings.request_timeout or None
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise took_too_long(seconds) from error


async def _take_field(part: Part, fields: dict[str, list[str]]) -> None:
    name = part.name[:50]
    if name not in _FIELDS:
        raise InvalidRequestError(
            f"{name}: there is no such field; a form has file, {', '.join(_FIELDS)}.", field=name
        )
    if name in fields and _FIELDS[name]["type"] != "array":
        raise InvalidRequestError(f"{name}: given more than once.", field=name)
    fields.setdefault(name, []).append(await part.text())


def _wish(fields: dict[str, list[str]]) -> Wish:
    try:
        existing = Existing(_only(fields, "existing") or Existing.FAIL)
    except ValueError as error:
        raise InvalidRequestError("existing: one of fail, rename, replace.", field="existing") from error
    tags = fields.get("tags")
    return Wish(
        _only(fields, "folder") or "", existing, None if tags is None else tuple(tags), _only(fields, "description")
    )


def _only(fields: dict[str, list[str]], name: str) -> str | None:
    return fields[name][0] if name in fields else None


async def _once(
    services: Services,
    principal: Principal,
    key: str | None,
    known: bytes,
    act: Callable[[], Awaitable[KeptAnswer]],
) -> KeptAnswer:
    """Do it, or give the answer that it had before under the same key. ``known``: what tells it from another."""
    if key is None:
        return await act()
    before = await services.idempotency.begin(principal.subject, key, known)
    if before is not None:
        return before
    try:
        answer = await act()
    except BaseException:
        await asyncio.shield(services.idempotency.abandon(principal.subject, key))
        raise
    await services.idempotency.finish(principal.subject, key, answer)
    return answer
