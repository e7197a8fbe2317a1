"""Saved searches, webhooks, and what is to be sent to them."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from siss.model.webhook import Delivery, SavedSearch, Webhook, WebhookState


class SavedSearches(Protocol):
    """Raises ``DatabaseUnavailableError``. ``subject`` None: everybody's."""

    async def add(self, search: SavedSearch) -> None:
        """Keep a search. Raises ``ConflictError`` where that subject has one of that name."""
        ...

    async def get(self, search_id: uuid.UUID) -> SavedSearch | None:
        """One search."""
        ...

    async def page(self, subject: str | None, after: uuid.UUID | None, limit: int) -> list[SavedSearch]:
        """Searches, oldest first, beginning after one."""
        ...

    async def delete(self, search_id: uuid.UUID) -> bool:
        """Delete a search with the webhooks on it."""
        ...


class Webhooks(Protocol):
    """Raises ``DatabaseUnavailableError``. ``subject`` None: everybody's."""

    async def add(self, webhook: Webhook) -> None:
        """Keep a webhook."""
        ...

    async def get(self, webhook_id: uuid.UUID) -> Webhook | None:
        """One webhook."""
        ...

    async def page(self, subject: str | None, after: uuid.UUID | None, limit: int) -> list[Webhook]:
        """Webhooks, oldest first, beginning after one."""
        ...

    async def active(self) -> list[Webhook]:
        """All that are to be told."""
        ...

    async def set_state(self, webhook_id: uuid.UUID, state: WebhookState, reason: str = "") -> None:
        """Pause, resume, or give up for now. What failed waits again where it is resumed."""
        ...

    async def delete(self, webhook_id: uuid.UUID) -> bool:
        """Delete a webhook with what was to be sent to it."""
        ...

    async def told(self, webhook_id: uuid.UUID, files: Collection[int]) -> set[int]:
        """Which of these files it was told of."""
        ...

    async def queue(self, webhook: Webhook, reached: int, body: bytes | None, files: Collection[int]) -> bool:
        """Have a body sent, remember the files that it tells of, and that events up to ``reached`` were looked at.

        All or nothing. False: another process did it, or the webhook is gone.
        """
        ...

    async def claim(self, limit: int, lease: float, longest: float) -> list[tuple[Delivery, Webhook]]:
        """What is due, oldest first, one for each active webhook; for others it waits so long (seconds).

        What is to wait for longer than ``longest`` (seconds) is due, too: the clock was set back since.
        """
        ...

    async def record(
        self, delivery_id: uuid.UUID, *, status: int | None, error: str | None, next_at: datetime | None
    ) -> None:
        """What came of sending. No error: it was sent; ``next_at`` None with one: it failed for good."""
        ...

    async def deliveries(self, webhook_id: uuid.UUID, after: uuid.UUID | None, limit: int) -> Sequence[Delivery]:
        """What was, or is to be, sent to a webhook, the latest first."""
        ...

    async def forget(self, older_than: float) -> int:
        """Delete what ended longer ago (seconds). How many."""
        ...
