"""Numbers about the index."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from siss.api.errors import documented
from siss.api.models.parameters import Cursor
from siss.api.models.search import FacetList
from siss.api.models.stats import Stats
from siss.api.render.search import counts
from siss.api.render.status import stats
from siss.api.state import json_response, principal_of, state_of
from siss.app.stats import MAX_PAGE, read_facet, read_stats
from siss.model.query import FacetField

router = APIRouter(tags=["stats"])


@router.get("/stats", response_model=Stats, responses=documented(503), summary="Numbers about the index")
async def get_stats(request: Request) -> Response:
    """Files, bytes and chunks, by status, type, coverage and reason; the roots; what indexing does now."""
    return json_response(stats(await read_stats(state_of(request).services, principal_of(request))))


@router.get(
    "/stats/facets/{field}", response_model=FacetList, responses=documented(400, 503), summary="Values of a field"
)
async def get_facet(
    request: Request,
    field: FacetField,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    cursor: Cursor = None,
) -> Response:
    """The commonest values of a field, and how many files have each."""
    page = await read_facet(state_of(request).services, principal_of(request), field, cursor, limit)
    return json_response({"field": field.value, "cursor": page.cursor, "values": counts(page.values)})
