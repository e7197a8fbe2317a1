"""A cache in the process: for tests, and for commands that run alone."""

import time
from collections.abc import Callable
from typing import Final

_MOST: Final = 10_000


class MemoryCache:
    """Implements ``siss.ports.cache.Cache``. ``clock``: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._values: dict[str, tuple[float, bytes]] = {}

    async def get(self, key: str) -> bytes | None:
        """The value, None where there is none or it is too old."""
        kept = self._values.get(key)
        return kept[1] if kept is not None and kept[0] > self._clock() else None

    async def put(self, key: str, value: bytes, ttl_seconds: float) -> None:
        """Set a value for a time."""
        if len(self._values) >= _MOST:
            now = self._clock()
            self._values = {name: kept for name, kept in self._values.items() if kept[0] > now}
        if len(self._values) >= _MOST:
            self._values.clear()
        self._values[key] = (self._clock() + ttl_seconds, value)

    async def delete(self, key: str) -> None:
        """Forget a value."""
        self._values.pop(key, None)
