"""Saved searches, webhooks and deliveries in the process, for tests."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from siss.errors import ConflictError
from siss.model.event import EventKind
from siss.model.ids import new_public_id
from siss.model.webhook import Delivery, DeliveryState, SavedSearch, Webhook, WebhookState


class MemorySavedSearches:
    """Implements ``siss.ports.webhooks.SavedSearches``."""

    def __init__(self) -> None:
        self._kept: dict[uuid.UUID, SavedSearch] = {}

    async def add(self, search: SavedSearch) -> None:
        """Keep a search."""
        if any((kept.subject, kept.name) == (search.subject, search.name) for kept in self._kept.values()):
            raise ConflictError(f"There is a saved search {search.name} already.", name=search.name)
        self._kept[search.id] = search

    async def get(self, search_id: uuid.UUID) -> SavedSearch | None:
        """One search."""
        return self._kept.get(search_id)

    async def page(self, subject: str | None, after: uuid.UUID | None, limit: int) -> list[SavedSearch]:
        """Searches, oldest first."""
        found = [
            kept
            for ident, kept in sorted(self._kept.items())
            if subject in {None, kept.subject} and (after is None or ident > after)
        ]
        return found[:limit]

    async def delete(self, search_id: uuid.UUID) -> bool:
        """Delete a search."""
        return self._kept.pop(search_id, None) is not None


class MemoryWebhooks:
    """Implements ``siss.ports.webhooks.Webhooks``."""

    def __init__(self) -> None:
        self._hooks: dict[uuid.UUID, Webhook] = {}
        self._deliveries: dict[uuid.UUID, Delivery] = {}
        self._told: set[tuple[uuid.UUID, int]] = set()

    async def add(self, webhook: Webhook) -> None:
        """Keep a webhook."""
        kinds = tuple(EventKind) if webhook.where.kinds is None else webhook.where.kinds
        self._hooks[webhook.id] = replace(webhook, where=replace(webhook.where, kinds=kinds))

    async def get(self, webhook_id: uuid.UUID) -> Webhook | None:
        """One webhook."""
        return self._hooks.get(webhook_id)

    async def page(self, subject: str | None, after: uuid.UUID | None, limit: int) -> list[Webhook]:
        """Webhooks, oldest first."""
        found = [
            hook
            for ident, hook in sorted(self._hooks.items())
            if subject in {None, hook.principal.subject} and (after is None or ident > after)
        ]
        return found[:limit]

    async def active(self) -> list[Webhook]:
        """All that are to be told."""
        return [hook for _, hook in sorted(self._hooks.items()) if hook.state is WebhookState.ACTIVE]

    async def set_state(self, webhook_id: uuid.UUID, state: WebhookState, reason: str = "") -> None:
        """Pause, resume, or give up for now."""
        if webhook_id not in self._hooks:
            return
        self._hooks[webhook_id] = replace(self._hooks[webhook_id], state=state, reason=reason)
        for delivery in [*self._deliveries.values()] if state is WebhookState.ACTIVE else ():
            if delivery.webhook_id == webhook_id and delivery.state is not DeliveryState.SENT:
                self._deliveries[delivery.id] = replace(
                    delivery, state=DeliveryState.WAITING, attempts=0, next_at=datetime.now(UTC), finished_at=None
                )

    async def delete(self, webhook_id: uuid.UUID) -> bool:
        """Delete a webhook with what was to be sent to it."""
        self._deliveries = {ident: d for ident, d in self._deliveries.items() if d.webhook_id != webhook_id}
        return self._hooks.pop(webhook_id, None) is not None

    async def told(self, webhook_id: uuid.UUID, files: Collection[int]) -> set[int]:
        """Which of these files it was told of."""
        return {file for file in files if (webhook_id, file) in self._told}

    async def queue(self, webhook: Webhook, reached: int, body: bytes | None, files: Collection[int]) -> bool:
        """Have a body sent, and remember what was looked at."""
        kept = self._hooks.get(webhook.id)
        if kept is None or kept.matched != webhook.matched or kept.state is not WebhookState.ACTIVE:
            return False
        self._hooks[webhook.id] = replace(kept, matched=reached)
        if body is not None:
            now = datetime.now(UTC)
            made = Delivery(new_public_id(), webhook.id, DeliveryState.WAITING, 0, now, now, None, None, None, body)
            self._deliveries[made.id] = made
        self._told.update((webhook.id, file) for file in files)
        return True

    async def claim(self, limit: int, lease: float, longest: float) -> list[tuple[Delivery, Webhook]]:
        """What is due, one for each active webhook."""
        now = datetime.now(UTC)
        found: dict[uuid.UUID, Delivery] = {}
        for _, delivery in sorted(self._deliveries.items()):
            active = self._hooks[delivery.webhook_id].state is WebhookState.ACTIVE
            if delivery.state is DeliveryState.WAITING and active:
                found.setdefault(delivery.webhook_id, delivery)
        claimed = []
        latest = now + timedelta(seconds=longest)
        for delivery in [each for each in found.values() if not now < each.next_at <= latest][:limit]:
            taken = replace(delivery, next_at=now + timedelta(seconds=lease), attempts=delivery.attempts + 1)
            self._deliveries[delivery.id] = taken
            claimed.append((taken, self._hooks[delivery.webhook_id]))
        return claimed

    async def record(
        self, delivery_id: uuid.UUID, *, status: int | None, error: str | None, next_at: datetime | None
    ) -> None:
        """What came of sending."""
        delivery = self._deliveries.get(delivery_id)
        if delivery is None:
            return
        ended = error is None or next_at is None
        state = DeliveryState.SENT if error is None else DeliveryState.FAILED if ended else DeliveryState.WAITING
        self._deliveries[delivery_id] = replace(
            delivery,
            status=status,
            error=error,
            state=state,
            next_at=next_at or delivery.next_at,
            finished_at=datetime.now(UTC) if ended else None,
        )

    async def deliveries(self, webhook_id: uuid.UUID, after: uuid.UUID | None, limit: int) -> Sequence[Delivery]:
        """What was, or is to be, sent to a webhook, the latest first."""
        found = [
            delivery
            for ident, delivery in sorted(self._deliveries.items(), reverse=True)
            if delivery.webhook_id == webhook_id and (after is None or ident < after)
        ]
        return found[:limit]

    async def forget(self, older_than: float) -> int:
        """Delete what ended longer ago."""
        before = datetime.now(UTC) - timedelta(seconds=older_than)
        gone = [d.id for d in self._deliveries.values() if d.finished_at is not None and d.finished_at < before]
        for ident in gone:
            del self._deliveries[ident]
        return len(gone)
