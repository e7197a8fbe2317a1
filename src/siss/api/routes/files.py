"""Files: lists, one, its chunks, coverage and versions; and what is known of any path."""

import time
import uuid
from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from siss.api.errors import documented
from siss.api.models.coverage import FileCoverage, PathCoverage
from siss.api.models.files import ChunkList, FileDetail, FilePage, VersionList
from siss.api.models.parameters import Cursor, Folder
from siss.api.preconditions import details_response
from siss.api.render.coverage import file_coverage, path_answer
from siss.api.render.files import chunk_page, versions
from siss.api.state import asking, json_response, note, principal_of, state_of
from siss.app.coverage import cover_file, explain_path
from siss.app.files import MAX_PAGE, describe_file, list_files, list_versions, page_chunks
from siss.model.content import Kind
from siss.model.coverage import Extent
from siss.model.file import FileStatus
from siss.model.query import Sort, SortField
from siss.ports.catalog import FileFilter

router = APIRouter(tags=["files"])

Value = TypeVar("Value")


class FilesParams(BaseModel):
    """What ``GET /files`` takes. A list of values of one field means any of them."""

    model_config = ConfigDict(extra="forbid")

    mime: list[str] | None = Field(None, examples=[["application/json"]])
    kind: list[Kind] | None = Field(None, examples=[["log"]])
    tag: list[str] | None = None
    status: list[FileStatus] | None = None
    extent: list[Extent] | None = Field(None, description="How much can be found by content.")
    folder: Folder = None
    name: str | None = None
    hidden: bool = Field(default=False, description="Files that a critical secret hides, too; for admins.")
    sort: Literal["name", "path", "size", "modified", "indexed"] = "path"
    order: Literal["asc", "desc"] = "asc"
    cursor: Cursor = None
    size: int = Field(50, ge=1, le=MAX_PAGE)


class ChunksParams(BaseModel):
    """What ``GET /files/{id}/chunks`` takes."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(-1, ge=-1, lt=1 << 31, description="Number of the chunk to go on after; -1 is the start.")
    cursor: Cursor = None
    size: int = Field(50, ge=1, le=MAX_PAGE)


class VersionsParams(BaseModel):
    """What ``GET /files/{id}/versions`` takes."""

    model_config = ConfigDict(extra="forbid")

    cursor: Cursor = None
    size: int = Field(MAX_PAGE, ge=1, le=MAX_PAGE)


def _tuple(values: Sequence[Value] | None) -> tuple[Value, ...] | None:
    return tuple(values) if values else None


@router.get("/files", response_model=FilePage, responses=documented(400, 503), summary="List files")
async def get_files(request: Request, params: Annotated[FilesParams, Query()]) -> Response:
    """Files by filter, in the order of a field, a page at a time (`cursor` names the next one)."""
    state = state_of(request)
    began = time.perf_counter()
    where = FileFilter(
        mime=_tuple(params.mime),
        kind=_tuple(params.kind),
        tags=_tuple(params.tag),
        status=_tuple(params.status),
        extent=_tuple([extent.value for extent in params.extent or []]),
        folder=params.folder,
        name=params.name,
    )
    sort = Sort(SortField(params.sort), params.order == "desc")
    page = await list_files(
        state.services, asking(request, hidden=params.hidden), where, sort, params.cursor, params.size
    )
    note(request, results=page.total)
    return json_response(state.render.file_list(page, round((time.perf_counter() - began) * 1000, 2)))


@router.get("/files/{id}", response_model=FileDetail, responses=documented(400, 404, 503), summary="One file")
async def get_file(
    request: Request,
    id: uuid.UUID,
    hidden: Annotated[bool, Query(description="Also one that a critical secret hides; for admins.")] = False,
) -> Response:
    """Metadata, coverage in short, number of chunks and versions, and the other paths of the same bytes."""
    state = state_of(request)
    principal = asking(request, hidden=hidden)
    return details_response(state, await describe_file(state.services, principal, id))


@router.get(
    "/files/{id}/chunks", response_model=ChunkList, responses=documented(400, 404, 503), summary="Chunks of a file"
)
async def get_chunks(
    request: Request,
    id: uuid.UUID,
    params: Annotated[ChunksParams, Query()],
) -> Response:
    """Chunks in order with place, lines, times, levels and the beginning of their text."""
    state = state_of(request)
    page = await page_chunks(state.services, principal_of(request), id, params.after, params.size, params.cursor)
    return json_response(chunk_page(page))


@router.get(
    "/files/{id}/coverage",
    response_model=FileCoverage,
    responses=documented(400, 404, 503),
    summary="What of a file is indexed",
)
async def get_coverage(request: Request, id: uuid.UUID) -> Response:
    """The ledger: whole, in part or not at all, the bytes covered, and a reason for each gap."""
    state = state_of(request)
    return json_response(file_coverage(await cover_file(state.services, principal_of(request), id)))


@router.get(
    "/files/{id}/versions",
    response_model=VersionList,
    responses=documented(400, 404, 503),
    summary="Earlier contents of a file",
)
async def get_versions(
    request: Request,
    id: uuid.UUID,
    params: Annotated[VersionsParams, Query()],
) -> Response:
    """Hash, size and time of the bytes that the file had before, newest first."""
    state = state_of(request)
    found = await list_versions(state.services, principal_of(request), id, params.cursor, params.size)
    return json_response(versions(*found))


@router.get(
    "/coverage", response_model=PathCoverage, responses=documented(400, 404, 503), summary="What is known of a path"
)
async def get_path_coverage(
    request: Request,
    path: Annotated[str, Query(min_length=1, max_length=5000, examples=["/volume1/data/logs/app.log"])],
) -> Response:
    """A file with its coverage, or why the path was not taken; 404 says what is known of its root."""
    state = state_of(request)
    return json_response(path_answer(state.render, await explain_path(state.services, principal_of(request), path)))
