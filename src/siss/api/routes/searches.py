"""Saved searches."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from siss.api.errors import documented
from siss.api.models.parameters import Cursor, ShortPageParams
from siss.api.models.search import SearchPage
from siss.api.models.webhooks import SavedSearchBody, SavedSearchItem, SavedSearchList
from siss.api.render.search import search_answer
from siss.api.render.webhooks import saved_search
from siss.api.state import json_response, made_response, note, page_response, principal_of, state_of
from siss.app import searches

router = APIRouter(tags=["searches"])


class ResultParams(BaseModel):
    """What ``GET /searches/{id}/results`` takes."""

    model_config = ConfigDict(extra="forbid")

    cursor: Cursor = None
    size: int | None = Field(None, ge=1, le=100, description="Instead of the saved one.")


@router.get(
    "/searches",
    response_model=SavedSearchList,
    responses=documented(400, 503),
    summary="List saved searches",
)
async def get_searches(request: Request, params: Annotated[ShortPageParams, Query()]) -> Response:
    """One's own; everybody's for an admin who may see everything."""
    page = await searches.list_searches(state_of(request).services, principal_of(request), params.cursor, params.size)
    return page_response(request, page, saved_search)


@router.post(
    "/searches",
    status_code=201,
    response_model=SavedSearchItem,
    responses=documented(400, 409, 503),
    summary="Save a search",
)
async def post_search(request: Request, body: Annotated[SavedSearchBody, Body()]) -> Response:
    """A question as `POST /search` takes it, under a name."""
    made = await searches.save_search(state_of(request).services, principal_of(request), body.name, body.query)
    return made_response(saved_search(made), "searches")


@router.get(
    "/searches/{id}",
    response_model=SavedSearchItem,
    responses=documented(400, 404, 503),
    summary="One saved search",
)
async def get_search(request: Request, id: uuid.UUID) -> Response:
    """Its name and its question."""
    found = await searches.find_search(state_of(request).services, principal_of(request), id)
    return json_response(saved_search(found))


@router.delete(
    "/searches/{id}",
    response_model=SavedSearchItem,
    responses=documented(400, 404, 503),
    summary="Delete a saved search",
)
async def delete_search(request: Request, id: uuid.UUID) -> Response:
    """With the webhooks on it."""
    gone = await searches.delete_search(state_of(request).services, principal_of(request), id)
    return json_response(saved_search(gone))


@router.get(
    "/searches/{id}/results",
    response_model=SearchPage,
    responses=documented(400, 404, 410, 503),
    summary="What a saved search finds",
)
async def get_results(
    request: Request,
    id: uuid.UUID,
    params: Annotated[ResultParams, Query()],
) -> Response:
    """As `POST /search` answers, now, for who asks."""
    state = state_of(request)
    answer = await searches.run_search(state.services, principal_of(request), id, params.cursor, params.size)
    note(request, results=answer.total)
    return json_response(search_answer(state.render, answer))
