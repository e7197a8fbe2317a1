"""Webhooks: who is told what. What is sent, and when, is ``siss.app.deliveries``."""

import base64
import secrets
import uuid
from datetime import UTC, datetime
from functools import partial
from typing import Final

from siss.app.cursors import Page, name_list, read_page
from siss.app.rights import require_role
from siss.app.searches import find_search, sees_all
from siss.app.services import Services
from siss.errors import ConflictError, InvalidRequestError, NotFoundError
from siss.model.event import EventFilter, EventKind
from siss.model.ids import new_public_id
from siss.model.principal import Principal, Role
from siss.model.webhook import Delivery, Webhook, WebhookState

MAX_PAGE: Final = 200
MOST_WEBHOOKS: Final = 50
"""Of one principal."""
SECRET_BYTES: Final = 32
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what secrets begin with (standardwebhooks.com)


def show_secret(webhook: Webhook) -> str:
    """The secret as receivers want it; shown once, when the webhook is made."""
    return SECRET_PREFIX + base64.b64encode(webhook.secret).decode()


async def create_webhook(
    services: Services, principal: Principal, url: str, where: EventFilter, search_id: uuid.UUID | None
) -> Webhook:
    """Have an address told what happens from now on, to files that the principal may see.

    Raises ``ForbiddenError`` for who may not, and for an address that may not be sent to; ``InvalidRequestError``,
    ``NotFoundError`` for a search that is not theirs, ``ConflictError`` where they have too many.
    """
    require_role(principal, Role.EDITOR, "Making a webhook")
    if search_id is not None:
        await find_search(services, principal, search_id)
    if where.kinds == ():
        raise InvalidRequestError("Name at least one kind of event, or none at all for every kind.", field="kinds")
    if search_id is not None and EventKind.REMOVED in (where.kinds or ()):
        raise InvalidRequestError("A file that was removed matches no search: leave that kind out.", field="kinds")
    if services.redact(url) != url:
        raise InvalidRequestError("The URL holds what looks like a credential: sign with the secret.", field="url")
    await services.sender.check(url)
    if len(await services.webhooks.page(principal.subject, None, MOST_WEBHOOKS)) >= MOST_WEBHOOKS:
        raise ConflictError(f"{principal.subject} has {MOST_WEBHOOKS} webhooks already.")
    _, last = await services.events.bounds()
    made = Webhook(
        new_public_id(),
        principal,
        url,
        secrets.token_bytes(SECRET_BYTES),
        where,
        search_id,
        WebhookState.ACTIVE,
        "",
        last,
        datetime.now(UTC),
    )
    await services.webhooks.add(made)
    return made


async def list_webhooks(services: Services, principal: Principal, cursor: str | None, size: int) -> Page[Webhook]:
    """One's own, oldest first; of everybody for an admin who may see everything."""
    subject = None if sees_all(principal) else principal.subject
    size = max(1, min(size, MAX_PAGE))
    return await read_page(partial(services.webhooks.page, subject), name_list("webhooks", subject), cursor, size)


async def find_webhook(services: Services, principal: Principal, webhook_id: uuid.UUID) -> Webhook:
    """One webhook. Raises ``NotFoundError``, also for another's."""
    found = await services.webhooks.get(webhook_id)
    if found is None or (found.principal.subject != principal.subject and not sees_all(principal)):
        raise NotFoundError(f"There is no webhook {webhook_id}.", id=str(webhook_id))
    return found


async def set_webhook_state(
    services: Services, principal: Principal, webhook_id: uuid.UUID, *, active: bool
) -> Webhook:
    """Pause a webhook, or have it told again: also what failed before, and what happened meanwhile."""
    require_role(principal, Role.EDITOR, "Changing a webhook")
    await find_webhook(services, principal, webhook_id)
    await services.webhooks.set_state(webhook_id, WebhookState.ACTIVE if active else WebhookState.PAUSED)
    return await find_webhook(services, principal, webhook_id)


async def delete_webhook(services: Services, principal: Principal, webhook_id: uuid.UUID) -> Webhook:
    """Delete a webhook, with what was to be sent to it."""
    require_role(principal, Role.EDITOR, "Deleting a webhook")
    found = await find_webhook(services, principal, webhook_id)
    await services.webhooks.delete(webhook_id)
    return found


async def list_deliveries(
    services: Services, principal: Principal, webhook_id: uuid.UUID, cursor: str | None, size: int
) -> Page[Delivery]:
    """What was, or is to be, sent to a webhook, the latest first."""
    await find_webhook(services, principal, webhook_id)
    size = max(1, min(size, MAX_PAGE))
    name = name_list("deliveries", str(webhook_id))
    return await read_page(partial(services.webhooks.deliveries, webhook_id), name, cursor, size)
