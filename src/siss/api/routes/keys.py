"""API keys: making, listing, rotating, ending."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from siss.api.errors import documented
from siss.api.models.access import KeyBody, KeyItem, KeyList, NewKey, RenewBody, RotateBody
from siss.api.models.parameters import Cursor
from siss.api.render import access as render
from siss.api.state import access_of, json_response, note, principal_of
from siss.app.keys import MAX_PAGE, create_key, page_keys, renew_key, revoke_key, rotate_key
from siss.model.principal import Role

router = APIRouter(tags=["keys"])


class KeysParams(BaseModel):
    """What ``GET /keys`` takes."""

    model_config = ConfigDict(extra="forbid")

    cursor: Cursor = None
    size: int = Field(MAX_PAGE, ge=1, le=MAX_PAGE)


Given = Annotated[str, Path(description="Id or name of a key.", max_length=200, examples=["backup job"])]


@router.get("/keys", response_model=KeyList, responses=documented(400, 403, 503), summary="List the keys")
async def get_keys(request: Request, params: Annotated[KeysParams, Query()]) -> Response:
    """Every key, ended ones too, oldest first. Their texts are stored nowhere."""
    found, cursor = await page_keys(access_of(request).keys, principal_of(request), params.cursor, params.size)
    note(request, results=len(found))
    return json_response({"cursor": cursor, "items": [render.api_key(key) for key in found]})


@router.post(
    "/keys",
    status_code=201,
    response_model=NewKey,
    responses=documented(400, 403, 409, 503),
    summary="Make a key",
)
async def post_key(request: Request, body: Annotated[KeyBody, Body()]) -> Response:
    """The answer holds the key's text, this once."""
    key, text = await create_key(
        access_of(request).keys,
        principal_of(request),
        body.name,
        Role(body.role),
        scopes=body.scopes,
        raw=body.raw,
        requests_per_minute=body.requests_per_minute,
        lifetime=None if body.expires_in is None else timedelta(seconds=body.expires_in),
    )
    note(request, key=key.id)
    return json_response({**render.api_key(key), "key": text}, 201)


@router.delete("/keys/{key}", response_model=KeyItem, responses=documented(403, 404, 503), summary="End a key")
async def delete_key(request: Request, key: Given) -> Response:
    """It is refused everywhere within a second. A name also ends keys in the grace of a rotation."""
    return json_response(render.api_key(await revoke_key(access_of(request).keys, principal_of(request), key)))


@router.post(
    "/keys/{key}/rotate",
    status_code=201,
    response_model=NewKey,
    responses=documented(400, 403, 404, 409, 503),
    summary="Replace a key",
)
async def post_rotate(request: Request, key: Given, body: Annotated[RotateBody | None, Body()] = None) -> Response:
    """A new key that may do what the old one may; the old one ends after the grace."""
    grace = timedelta(seconds=(body or RotateBody()).grace)
    new, text = await rotate_key(access_of(request).keys, principal_of(request), key, grace)
    note(request, new=new.id)
    return json_response({**render.api_key(new), "key": text}, 201)


@router.post(
    "/keys/{key}/renew",
    response_model=KeyItem,
    responses=documented(400, 403, 404, 409, 503),
    summary="Give a key a new end",
)
async def post_renew(request: Request, key: Given, body: Annotated[RenewBody | None, Body()] = None) -> Response:
    """Its text is good again within a second where it expired. A key that was revoked, or replaced, stays over."""
    wanted = (body or RenewBody()).expires_in
    lifetime = None if wanted is None else timedelta(seconds=wanted)
    renewed = await renew_key(access_of(request).keys, principal_of(request), key, lifetime)
    note(request, key=renewed.id)
    return json_response(render.api_key(renewed))
