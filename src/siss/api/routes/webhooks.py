"""Webhooks that are told what happens."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from siss.api.errors import documented
from siss.api.models.parameters import ShortPageParams
from siss.api.models.webhooks import (
    DeliveryList,
    NewWebhook,
    WebhookBody,
    WebhookChange,
    WebhookItem,
    WebhookList,
)
from siss.api.render.webhooks import delivery, webhook
from siss.api.state import json_response, made_response, page_response, principal_of, state_of
from siss.app import webhooks
from siss.model.event import EventFilter

router = APIRouter(tags=["webhooks"])


@router.get(
    "/webhooks",
    response_model=WebhookList,
    responses=documented(400, 503),
    summary="List webhooks",
)
async def get_webhooks(request: Request, params: Annotated[ShortPageParams, Query()]) -> Response:
    """One's own; everybody's for an admin who may see everything."""
    page = await webhooks.list_webhooks(state_of(request).services, principal_of(request), params.cursor, params.size)
    return page_response(request, page, webhook)


@router.post(
    "/webhooks",
    status_code=201,
    response_model=NewWebhook,
    responses=documented(400, 403, 404, 409, 503),
    summary="Have an address told what happens",
)
async def post_webhook(request: Request, body: Annotated[WebhookBody, Body()]) -> Response:
    """Sends what happens to files from now on, signed, until it is answered with 2xx; the secret is shown this once.

    Addresses of this machine and of private networks are refused, unless `SISS_WEBHOOK_ALLOW` names them.
    """
    kinds = None if body.kinds is None else tuple(dict.fromkeys(body.kinds))
    where = EventFilter(kinds, body.folder, body.tag)
    made = await webhooks.create_webhook(
        state_of(request).services, principal_of(request), body.url, where, body.search
    )
    return made_response({**webhook(made), "secret": webhooks.show_secret(made)}, "webhooks")


@router.get(
    "/webhooks/{id}",
    response_model=WebhookItem,
    responses=documented(400, 404, 503),
    summary="One webhook",
)
async def get_webhook(request: Request, id: uuid.UUID) -> Response:
    """Whom it tells what, and whether it works."""
    found = await webhooks.find_webhook(state_of(request).services, principal_of(request), id)
    return json_response(webhook(found))


@router.patch(
    "/webhooks/{id}",
    response_model=WebhookItem,
    responses=documented(400, 403, 404, 503),
    summary="Pause or resume a webhook",
)
async def patch_webhook(request: Request, id: uuid.UUID, body: Annotated[WebhookChange, Body()]) -> Response:
    """One that goes on is told what happened meanwhile, as far as events are kept, and what failed."""
    found = await webhooks.set_webhook_state(
        state_of(request).services, principal_of(request), id, active=body.active
    )
    return json_response(webhook(found))


@router.delete(
    "/webhooks/{id}",
    response_model=WebhookItem,
    responses=documented(400, 403, 404, 503),
    summary="Delete a webhook",
)
async def delete_webhook(request: Request, id: uuid.UUID) -> Response:
    """With what was to be sent to it."""
    gone = await webhooks.delete_webhook(state_of(request).services, principal_of(request), id)
    return json_response(webhook(gone))


@router.get(
    "/webhooks/{id}/deliveries",
    response_model=DeliveryList,
    responses=documented(400, 404, 503),
    summary="What was sent to a webhook",
)
async def get_deliveries(
    request: Request,
    id: uuid.UUID,
    params: Annotated[ShortPageParams, Query()],
) -> Response:
    """Or is to be, the latest first; what ended is kept for a week."""
    page = await webhooks.list_deliveries(
        state_of(request).services, principal_of(request), id, params.cursor, params.size
    )
    return page_response(request, page, delivery)
