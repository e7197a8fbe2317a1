"""Saved searches, webhooks and deliveries in PostgreSQL."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from siss.adapters.postgres.database import Database, fetch
from siss.adapters.postgres.statements import load_statements
from siss.errors import ConflictError
from siss.model.event import EventFilter, EventKind
from siss.model.ids import new_public_id
from siss.model.principal import Principal, Role
from siss.model.webhook import Delivery, DeliveryState, SavedSearch, Webhook, WebhookState

SQL: Final = load_statements("webhooks")
_DELIVERY: Final = 10
"""Columns of a delivery."""


class PostgresSavedSearches:
    """Implements ``siss.ports.webhooks.SavedSearches``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, search: SavedSearch) -> None:
        """Keep a search."""
        values = {
            "id": search.id,
            "name": search.name,
            "subject": search.subject,
            "query": Jsonb(search.query),
            "created_at": search.created_at,
        }
        if not await self._database.execute(SQL["add_search"], values):
            raise ConflictError(f"There is a saved search {search.name} already.", name=search.name)

    async def get(self, search_id: uuid.UUID) -> SavedSearch | None:
        """One search."""
        row = await self._database.row(SQL["get_search"], {"id": search_id})
        return None if row is None else SavedSearch(*row)

    async def page(self, subject: str | None, after: uuid.UUID | None, limit: int) -> list[SavedSearch]:
        """Searches, oldest first."""
        values = {"subject": subject, "after": after, "limit": limit}
        return [SavedSearch(*row) for row in await self._database.rows(SQL["page_searches"], values)]

    async def delete(self, search_id: uuid.UUID) -> bool:
        """Delete a search with the webhooks on it."""
        return bool(await self._database.execute(SQL["delete_search"], {"id": search_id}))


class PostgresWebhooks:
    """Implements ``siss.ports.webhooks.Webhooks``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, webhook: Webhook) -> None:
        """Keep a webhook."""
        who, where = webhook.principal, webhook.where
        values = {
            "id": webhook.id,
            "subject": who.subject,
            "role": who.role.value,
            "scopes": None if who.scopes is None else list(who.scopes),
            "raw": who.raw,
            "url": webhook.url,
            "secret": webhook.secret,
            "kinds": [kind.value for kind in (EventKind if where.kinds is None else where.kinds)],
            "folder": where.folder,
            "tag": where.tag,
            "search_id": webhook.search_id,
            "state": webhook.state.value,
            "reason": webhook.reason,
            "matched": webhook.matched,
            "created_at": webhook.created_at,
        }
        await self._database.execute(SQL["add"], values)

    async def get(self, webhook_id: uuid.UUID) -> Webhook | None:
        """One webhook."""
        row = await self._database.row(SQL["get"], {"id": webhook_id})
        return None if row is None else _webhook(row)

    async def page(self, subject: str | None, after: uuid.UUID | None, limit: int) -> list[Webhook]:
        """Webhooks, oldest first."""
        values = {"subject": subject, "after": after, "limit": limit}
        return [_webhook(row) for row in await self._database.rows(SQL["page"], values)]

    async def active(self) -> list[Webhook]:
        """All that are to be told."""
        return [_webhook(row) for row in await self._database.rows(SQL["active"])]

    async def set_state(self, webhook_id: uuid.UUID, state: WebhookState, reason: str = "") -> None:
        """Pause, resume, or give up for now."""
        async with self._database.transaction() as connection:
            await connection.execute(SQL["set_state"], {"id": webhook_id, "state": state.value, "reason": reason})
            if state is WebhookState.ACTIVE:
                await connection.execute(SQL["try_again"], {"id": webhook_id})

    async def delete(self, webhook_id: uuid.UUID) -> bool:
        """Delete a webhook with what was to be sent to it."""
        return bool(await self._database.execute(SQL["delete"], {"id": webhook_id}))

    async def told(self, webhook_id: uuid.UUID, files: Collection[int]) -> set[int]:
        """Which of these files it was told of."""
        rows = await self._database.rows(SQL["told"], {"id": webhook_id, "files": list(files)})
        return {row[0] for row in rows}

    async def queue(self, webhook: Webhook, reached: int, body: bytes | None, files: Collection[int]) -> bool:
        """Have a body sent, and remember what was looked at."""
        async with self._database.transaction() as connection:
            place = {"id": webhook.id, "matched": webhook.matched, "reached": reached}
            if not (await connection.execute(SQL["advance"], place)).rowcount:
                return False
            if body is not None:
                delivery = {"id": new_public_id(), "webhook_id": webhook.id, "body": body}
                await connection.execute(SQL["put_delivery"], delivery)
            if files:
                await connection.execute(SQL["put_told"], {"id": webhook.id, "files": list(files)})
            return True

    async def claim(self, limit: int, lease: float, longest: float) -> list[tuple[Delivery, Webhook]]:
        """What is due, one for each active webhook."""
        async with self._database.connection() as connection:
            rows = await fetch(connection, SQL["claim"], {"limit": limit, "lease": lease, "longest": longest})
        return [(_delivery(row[:_DELIVERY]), _webhook(row[_DELIVERY:])) for row in rows]

    async def record(
        self, delivery_id: uuid.UUID, *, status: int | None, error: str | None, next_at: datetime | None
    ) -> None:
        """What came of sending."""
        values = {"id": delivery_id, "status": status, "error": error, "next_at": next_at}
        await self._database.execute(SQL["record"], values)

    async def deliveries(self, webhook_id: uuid.UUID, after: uuid.UUID | None, limit: int) -> Sequence[Delivery]:
        """What was, or is to be, sent to a webhook, the latest first."""
        values = {"id": webhook_id, "after": after, "limit": limit}
        return [_delivery(row) for row in await self._database.rows(SQL["deliveries"], values)]

    async def forget(self, older_than: float) -> int:
        """Delete what ended longer ago."""
        return await self._database.execute(SQL["forget"], {"seconds": older_than})


def _webhook(row: tuple[Any, ...]) -> Webhook:
    ident, subject, role, scopes, raw, url, secret, kinds, folder, tag, search_id, state, reason, matched, at = row
    return Webhook(
        ident,
        Principal(subject, Role(role), None if scopes is None else tuple(scopes), raw),
        url,
        secret,
        EventFilter(tuple(map(EventKind, kinds)), folder, tag),
        search_id,
        WebhookState(state),
        reason,
        matched,
        at,
    )


def _delivery(row: tuple[Any, ...]) -> Delivery:
    ident, webhook_id, state, *rest = row
    return Delivery(ident, webhook_id, DeliveryState(state), *rest)
