"""What files name: lists of things, the page about one, the files that name it, the things of one file."""

import time
import uuid
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from siss.api.errors import documented
from siss.api.models.entities import EntityDetail, EntityPage, NamedPage, NamingFilePage
from siss.api.models.parameters import Cursor, PageParams
from siss.api.render import entities as render
from siss.api.state import asking, principal_of, state_of, timed_response
from siss.app.entities import MAX_PAGE, describe_entity, list_entities, list_named, list_naming_files
from siss.model.entity import EntityType, Name
from siss.ports.entities import EntityFilter

router = APIRouter(tags=["entities"])

_VALUE: Final = "In the form that lists show; slashes in it escaped as `%2F`."

Value = Annotated[str, Path(description=_VALUE, examples=["db-prod-01.example.com"])]


class EntitiesParams(BaseModel):
    """What ``GET /entities`` takes. Different parameters must all hold."""

    model_config = ConfigDict(extra="forbid")

    type: EntityType | None = Field(None, examples=["hostname"])
    value: str | None = Field(
        None,
        max_length=1024,
        description="`*` and `?` are wildcards, case does not matter: `db-prod*`, `*.example.com`, `*prod*`. "
        "A network or a range of addresses is as `network`.",
        examples=["db-prod*"],
    )
    network: str | None = Field(
        None,
        max_length=100,
        description="Addresses only: `10.0.0.0/8`, `2001:db8::/32`, `10.0.0.1-10.0.0.9`.",
        examples=["10.0.0.0/8"],
    )
    sort: Literal["value", "files"] = Field(
        "value",
        description="By type and value (a network: by address); `files`: those that most files name, one page.",
    )
    cursor: Cursor = None
    size: int = Field(50, ge=1, le=MAX_PAGE)


class NamedParams(PageParams):
    """What ``GET /files/{id}/entities`` takes."""

    type: list[EntityType] = Field([], description="Only of these types.", examples=[["hostname"]])
    hidden: bool = Field(default=False, description="Also of a file that a critical secret hides; for admins.")


@router.get("/entities", response_model=EntityPage, responses=documented(400, 503), summary="List what files name")
async def get_entities(request: Request, params: Annotated[EntitiesParams, Query()]) -> Response:
    """Hosts, addresses, users, versions and all else that files name, by type and value, with the number of files."""
    began = time.perf_counter()
    where = EntityFilter(params.type, params.value or None, params.network)
    found = await list_entities(
        state_of(request).services,
        principal_of(request),
        where,
        by_files=params.sort == "files",
        cursor=params.cursor,
        size=params.size,
    )
    return timed_response(request, render.entity_list(found), began)


@router.get(
    "/entities/{type}/{value:path}/files",
    response_model=NamingFilePage,
    responses=documented(400, 404, 503),
    summary="Files that name a thing",
)
async def get_naming_files(
    request: Request,
    type: EntityType,
    value: Value,
    params: Annotated[PageParams, Query()],
) -> Response:
    """The files that name it, the latest first, with the first place in each and the words around it."""
    if not _raw_path(request).endswith(b"/files"):  # the path /srv/files, not the files of /srv
        return await get_entity(request, type, f"{value}/files")
    began = time.perf_counter()
    state = state_of(request)
    found = await list_naming_files(
        state.services, principal_of(request), Name.typed(type, value), params.cursor, params.size
    )
    return timed_response(request, render.naming_files(state.render, found), began)


@router.get(
    "/entities/{type}/{value:path}",
    response_model=EntityDetail,
    responses=documented(400, 404, 503),
    summary="All about one thing",
)
async def get_entity(
    request: Request,
    type: EntityType,
    value: Value,
) -> Response:
    """Files, first and last seen, mentions a day, what is named beside it (rarest first), its ports."""
    began = time.perf_counter()
    state = state_of(request)
    found = await describe_entity(state.services, principal_of(request), Name.typed(type, value))
    return timed_response(request, render.entity_detail(state.render, found), began)


@router.get(
    "/files/{id}/entities",
    response_model=NamedPage,
    responses=documented(400, 403, 404, 503),
    summary="What a file names",
)
async def get_file_entities(
    request: Request,
    id: uuid.UUID,
    params: Annotated[NamedParams, Query()],
) -> Response:
    """Everything that was found in the file, by type and value, with the first places."""
    began = time.perf_counter()
    types = tuple(dict.fromkeys(params.type)) or None
    found = await list_named(
        state_of(request).services,
        asking(request, hidden=params.hidden),
        id,
        types,
        params.cursor,
        params.size,
    )
    return timed_response(request, render.file_entities(found), began)


def _raw_path(request: Request) -> bytes:
    raw: Any = request.scope.get("raw_path") or request.scope["path"].encode()
    return bytes(raw).partition(b"?")[0]
