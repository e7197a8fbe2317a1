"""The cache port with its hits counted: what is asked of it again, and what it had."""

from collections.abc import Callable
from typing import Final

from siss.ports.cache import Cache


class CountedCache:
    """Says to ``observe`` of each look-up whether something was found."""

    def __init__(self, cache: Cache, observe: Callable[[bool], None]) -> None:
        self._cache: Final = cache
        self._observe: Final = observe

    async def get(self, key: str) -> bytes | None:
        """The value, or None where there is none or it is too old."""
        value = await self._cache.get(key)
        self._observe(value is not None)
        return value

    async def put(self, key: str, value: bytes, ttl_seconds: float) -> None:
        """Set a value for a time."""
        await self._cache.put(key, value, ttl_seconds)

    async def delete(self, key: str) -> None:
        """Forget a value."""
        await self._cache.delete(key)
