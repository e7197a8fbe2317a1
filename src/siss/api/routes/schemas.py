"""Schemas: what files have in common, which files those are, and what changed in them."""

import time
import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from siss.api.errors import documented
from siss.api.models.parameters import Moment, PageParams
from siss.api.models.structure import DriftAnswer, SchemaDetail, SchemaFilePage, SchemaPage
from siss.api.render import structure as render
from siss.api.state import json_response, principal_of, state_of, timed_response
from siss.app.structure.schemas import (
    list_schema_files,
    list_schemas,
    read_drift,
    read_file_schema,
    read_schema,
)
from siss.model.content import Kind

router = APIRouter(tags=["schemas"])


class SchemasParams(PageParams):
    """What ``GET /schemas`` takes."""

    kind: Kind | None = Field(None, description="Only of this kind of file.", examples=["json"])


class DriftParams(PageParams):
    """What ``GET /schemas/{id}/drift`` takes."""

    since: Moment = Field(description="A time, in UTC where it names no zone.", examples=["2026-11-01T00:00:00Z"])


@router.get("/schemas", response_model=SchemaPage, responses=documented(400, 503), summary="List schemas")
async def get_schemas(request: Request, params: Annotated[SchemasParams, Query()]) -> Response:
    """What files of one kind have in common, those of most files first. They are made anew when indexing is idle."""
    began = time.perf_counter()
    services = state_of(request).services
    found = await list_schemas(services.structures, principal_of(request), params.kind, params.cursor, params.size)
    return timed_response(request, render.schema_list(found), began)


@router.get("/schemas/{id}", response_model=SchemaDetail, responses=documented(400, 404, 503), summary="One schema")
async def get_schema(request: Request, id: uuid.UUID) -> Response:
    """A JSON Schema that every member is valid under, or an element tree. Ids that were merged lead to their heir."""
    found = await read_schema(state_of(request).services.structures, principal_of(request), id)
    return json_response(render.schema_detail(found))


@router.get(
    "/schemas/{id}/files",
    response_model=SchemaFilePage,
    responses=documented(400, 404, 503),
    summary="The files of a schema",
)
async def get_schema_files(
    request: Request,
    id: uuid.UUID,
    params: Annotated[PageParams, Query()],
) -> Response:
    """Its members, in the order in which they were found first."""
    began = time.perf_counter()
    state = state_of(request)
    found = await list_schema_files(state.services, principal_of(request), id, params.cursor, params.size)
    return timed_response(request, render.schema_files(state.render, found), began)


@router.get(
    "/schemas/{id}/drift",
    response_model=DriftAnswer,
    responses=documented(400, 404, 503),
    summary="What changed in a schema",
)
async def get_drift(
    request: Request,
    id: uuid.UUID,
    params: Annotated[DriftParams, Query()],
) -> Response:
    """The members then against the members now, field by field: added, removed, other types, rarer, commoner."""
    began = time.perf_counter()
    found = await read_drift(
        state_of(request).services.structures,
        principal_of(request),
        id,
        params.since,
        params.cursor,
        params.size,
    )
    return timed_response(request, render.drift(found), began)


@router.get(
    "/files/{id}/schema",
    response_model=SchemaDetail,
    responses=documented(400, 404, 503),
    summary="The schema of a file",
)
async def get_file_schema(request: Request, id: uuid.UUID) -> Response:
    """The schema that the file is a member of: a JSON Schema that it is valid under, or an element tree (XML)."""
    found = await read_file_schema(state_of(request).services, principal_of(request), id)
    return json_response(render.schema_detail(found))
