"""API keys in the process, for tests."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from siss.errors import ConflictError
from siss.model.key import ApiKey


class MemoryKeys:
    """Implements ``siss.ports.keys.Keys``."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        self._check_name(key.name, self._keys.values())
        self._keys[key.id] = key

    @staticmethod
    def _check_name(name: str, others: Iterable[ApiKey]) -> None:
        now = datetime.now(UTC)
        if any(other.name == name and other.revoked_at is None and other.refusal(now) is None for other in others):
            raise ConflictError(f"there is a key with the name {name} already: revoke it, or rotate it")

    async def replace(self, old_id: str, ends_at: datetime, key: ApiKey) -> None:
        """End a key then, and keep a new one in its place."""
        before = dict(self._keys)
        self._end(old_id, ends_at, ends_at if ends_at <= key.created_at else None)
        try:
            await self.add(key)
        except ConflictError:
            self._keys = before
            raise

    async def get(self, key_id: str) -> ApiKey | None:
        """One key."""
        return self._keys.get(key_id)

    async def all(self) -> Sequence[ApiKey]:
        """Every key, oldest first."""
        return sorted(self._keys.values(), key=lambda key: (key.created_at, key.id))

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """Let nobody use a key any more."""
        return self._end(key_id, at, at)

    def _end(self, key_id: str, at: datetime, ended_at: datetime | None) -> bool:
        key = self._keys.get(key_id)
        if key is None or key.ended_at is not None or (key.revoked_at is not None and key.revoked_at <= at):
            return False
        self._keys[key_id] = replace(key, revoked_at=at, ended_at=ended_at)
        return True

    async def renew(self, key_id: str, expires_at: datetime | None) -> bool:
        """Let a key be good until then."""
        key = self._keys.get(key_id)
        if key is None or key.revoked_at is not None:
            return False
        others = {other.id: other for other in self._keys.values() if other.id != key_id}
        self._check_name(key.name, others.values())
        self._keys[key_id] = replace(key, expires_at=expires_at, ended_at=None)
        return True

    async def end_due(self, now: datetime) -> None:
        """Record of every key whose time is over that it ended."""
        for key in self._keys.values():
            if key.ended_at is None and key.refusal(now) is not None:
                self._keys[key.id] = replace(key, ended_at=now)

    async def note_use(self, used: Sequence[tuple[str, datetime]]) -> None:
        """When keys were used last."""
        for key_id, at in used:
            key = self._keys.get(key_id)
            if key is not None and (key.last_used_at is None or key.last_used_at < at):
                self._keys[key_id] = replace(key, last_used_at=at)
