"""Synonyms: what else is meant by a word."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from siss.api.errors import documented
from siss.api.models.parameters import Cursor
from siss.api.models.synonyms import SynonymBody, SynonymItem, SynonymList
from siss.api.state import json_response, note, principal_of, state_of
from siss.app import synonyms

router = APIRouter(tags=["synonyms"])


class SynonymsParams(BaseModel):
    """What ``GET /synonyms`` takes."""

    model_config = ConfigDict(extra="forbid")

    cursor: Cursor = None
    size: int = Field(100, ge=1, le=synonyms.MAX_PAGE)


@router.get("/synonyms", response_model=SynonymList, responses=documented(400, 503), summary="List synonyms")
async def get_synonyms(request: Request, params: Annotated[SynonymsParams, Query()]) -> Response:
    """What was said of terms, in their order."""
    page = await synonyms.list_synonyms(state_of(request).services, principal_of(request), params.cursor, params.size)
    items = [asdict(synonym) for synonym in page.synonyms]
    return json_response({"total": page.total, "cursor": page.cursor, "items": items})


@router.put("/synonyms", response_model=SynonymItem, responses=documented(400, 403, 409, 503), summary="Set synonyms")
async def put_synonyms(request: Request, body: Annotated[SynonymBody, Body()]) -> Response:
    """In place of what was said of the term before. Searches that begin after the answer use it."""
    note(request, term=body.term)
    made = await synonyms.put_synonym(
        state_of(request).services, principal_of(request), body.term, body.synonyms, two_way=body.two_way
    )
    return json_response(asdict(made))


@router.delete(
    "/synonyms/{term:path}",
    response_model=SynonymItem,
    responses=documented(400, 403, 404, 503),
    summary="Take synonyms back",
)
async def delete_synonyms(request: Request, term: str) -> Response:
    """Searches that begin after the answer mean the term alone again. Answers what was said of it."""
    gone = await synonyms.delete_synonym(state_of(request).services, principal_of(request), term)
    return json_response(asdict(gone))
