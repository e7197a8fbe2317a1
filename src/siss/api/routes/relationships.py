"""How files belong together: the files related to one, all relationships, and the graph."""

import time
import uuid
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from siss.api.errors import documented
from siss.api.models.parameters import Cursor
from siss.api.models.relationships import GraphAnswer, RelatedPage, RelationshipPage
from siss.api.render import relationships as render
from siss.api.state import principal_of, state_of, timed_response
from siss.app.graph import MOST_HOPS, MOST_NODES, Start, explore_graph
from siss.app.relationships import MAX_PAGE, browse_relationships, related_files
from siss.errors import InvalidRequestError
from siss.model.entity import EntityType, Name
from siss.model.relationship import RelationshipKind
from siss.relate.graphml import write_graphml

router = APIRouter(tags=["relationships"])

_GRAPHML: Final = "application/graphml+xml"


class RelationshipsParams(BaseModel):
    """What ``GET /files/{id}/related`` and ``GET /relationships`` take."""

    model_config = ConfigDict(extra="forbid")

    type: list[RelationshipKind] = Field([], description="Only these relationships.")
    min_confidence: float = Field(0.0, ge=0, le=1, description="Only those that are at least so sure.")
    size: int = Field(50, ge=1, le=MAX_PAGE)
    cursor: Cursor = None


class GraphParams(BaseModel):
    """What ``GET /graph`` takes: a thing by type and value, or a file."""

    model_config = ConfigDict(extra="forbid")

    type: EntityType | None = Field(None, examples=["hostname"])
    value: str | None = Field(None, min_length=1, max_length=1024, examples=["db-prod-01.example.com"])
    file: uuid.UUID | None = Field(None, description="The id of a file, instead of type and value.")
    hops: int = Field(
        2, ge=1, le=MOST_HOPS, description="A hop leads from a thing to the files that name it, or back."
    )
    max_nodes: int = Field(200, ge=1, le=MOST_NODES)
    format: Literal["json", "graphml"] = "json"


@router.get(
    "/files/{id}/related",
    response_model=RelatedPage,
    responses=documented(400, 404, 503),
    summary="Files that belong to a file",
)
async def get_related(
    request: Request,
    id: uuid.UUID,
    params: Annotated[RelationshipsParams, Query()],
) -> Response:
    """Through rare names they share, services, credentials, their schema, versions, and paths that one names."""
    began = time.perf_counter()
    state = state_of(request)
    found = await related_files(
        state.services,
        principal_of(request),
        id,
        params.type,
        params.min_confidence,
        params.cursor,
        params.size,
    )
    return timed_response(request, render.related(state.render, found), began)


@router.get(
    "/relationships",
    response_model=RelationshipPage,
    responses=documented(400, 503),
    summary="Browse relationships",
)
async def get_relationships(request: Request, params: Annotated[RelationshipsParams, Query()]) -> Response:
    """All relationships, file by file, each once. They are worked out now; a page looks at 200 files at most."""
    began = time.perf_counter()
    found = await browse_relationships(
        state_of(request).services,
        principal_of(request),
        params.type,
        params.min_confidence,
        params.cursor,
        params.size,
    )
    return timed_response(request, render.relationship_list(found), began)


@router.get(
    "/graph",
    response_model=GraphAnswer,
    responses={**documented(400, 404, 503), 200: {"content": {_GRAPHML: {"schema": {"type": "string"}}}}},
    summary="The graph around a thing or a file",
)
async def get_graph(request: Request, params: Annotated[GraphParams, Query()]) -> Response:
    """Files and what they name, nearest and rarest first; `notes` says where a cap cut it.

    At most 20 files of the first name and 20 names of a file; names in more than 20 files are shown, not followed.
    What only one content names leads nowhere else, and is left out.
    """
    began = time.perf_counter()
    start = _start(params)
    found = await explore_graph(
        state_of(request).services, principal_of(request), start, params.hops, params.max_nodes
    )
    if params.format == "graphml":
        return Response(write_graphml(found), media_type=_GRAPHML)
    return timed_response(request, render.graph(found), began)


def _start(params: GraphParams) -> Start:
    if params.file is not None:
        if params.type is not None or params.value is not None:
            raise InvalidRequestError("file: a graph begins at one place: leave type and value out.", field="file")
        return Start(file=params.file)
    for field, given in (("type", params.type), ("value", params.value)):
        if given is None:
            raise InvalidRequestError(
                f"{field}: missing; a graph begins at a thing (type and value) or at a file.", field=field
            )
    assert params.type is not None
    assert params.value is not None
    return Start(name=Name.typed(params.type, params.value))
