"""API keys, as records. What a key may do is decided above."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from siss.model.key import ApiKey


class Keys(Protocol):
    """Raises ``DatabaseUnavailableError``."""

    async def add(self, key: ApiKey) -> None:
        """Keep a new key. Raises ``ConflictError`` where a key that may be used and was not rotated has its name."""
        ...

    async def replace(self, old_id: str, ends_at: datetime, key: ApiKey) -> None:
        """End a key then (for good if that is when the new one begins, or before), and keep a new one in its place.

        Both or neither. Raises as ``add``.

        Where saved searches, webhooks and jobs are kept beside it, those of the old one are the new one's.
        """
        ...

    async def get(self, key_id: str) -> ApiKey | None:
        """One key."""
        ...

    async def all(self) -> Sequence[ApiKey]:
        """Every key, revoked and expired ones too, oldest first."""
        ...

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """Let nobody use a key any more: its last moment was then. False where there is none, or it is over."""
        ...

    async def renew(self, key_id: str, expires_at: datetime | None) -> bool:
        """Let a key be good until then (None: without end), also one that expired. False for one that was revoked.

        Raises ``ConflictError`` where another that may be used has its name by now.
        """
        ...

    async def end_due(self, now: datetime) -> None:
        """Record of every key whose time is over that it ended, for good: the clock may be set back later."""
        ...

    async def note_use(self, used: Sequence[tuple[str, datetime]]) -> None:
        """When keys were used last; an earlier time changes nothing."""
        ...
