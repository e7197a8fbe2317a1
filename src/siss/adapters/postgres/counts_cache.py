"""Numbers that take long to count: the last ones are answered at once, and counted anew behind the answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

from siss.errors import SissError
from siss.logs import get_logger

_SHARE: Final = 5
"""Numbers are kept this many times as long as counting took: who watches them keeps the database free."""

_SLOW_SECONDS: Final = 0.2
"""What is counted faster than this is waited for, so that it is never old."""

_OLDEST_SECONDS: Final = 600.0
"""Numbers older than this are waited for, too."""

_MOST: Final = 100
"""Askers and questions whose numbers are kept."""

T = TypeVar("T")

_log = get_logger(__name__)


class _Numbers(Generic[T]):
    """``took``: seconds; ``until``: when they are to be counted anew, as ``time.monotonic`` has it."""

    __slots__ = ("counted", "took", "until", "value")

    def __init__(self, value: T, began: float, least: float) -> None:
        self.value = value
        self.counted = time.monotonic()
        self.took = self.counted - began
        self.until = self.counted + max(least, _SHARE * self.took)


class CountsCache(Generic[T]):
    """Numbers by what was asked. ``least``: seconds that they are kept at least; 0 keeps nothing."""

    def __init__(self, least: float) -> None:
        self._least = least
        self._kept: dict[Hashable, _Numbers[T]] = {}
        self._counting: dict[Hashable, asyncio.Task[T]] = {}

    async def get(self, key: Hashable, count: Callable[[], Awaitable[T]]) -> T:
        """The numbers; counted once however many ask meanwhile. Raises what ``count`` raises."""
        if not self._least:
            return await count()
        now = time.monotonic()
        kept = self._kept.get(key)
        if kept is not None and now < kept.until:
            return kept.value
        if key not in self._counting:
            task = asyncio.ensure_future(self._count(key, count))
            self._counting[key] = task
            task.add_done_callback(lambda ended: self._ended(key, ended))
        if kept is not None and kept.took >= _SLOW_SECONDS and now - kept.counted < _OLDEST_SECONDS:
            return kept.value
        return await asyncio.shield(self._counting[key])

    async def _count(self, key: Hashable, count: Callable[[], Awaitable[T]]) -> T:
        began = time.monotonic()
        value = await count()
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[key] = _Numbers(value, began, self._least)
        return value

    def _ended(self, key: Hashable, task: "asyncio.Task[T]") -> None:
        del self._counting[key]
        if not task.cancelled() and isinstance(task.exception(), SissError):
            _log.debug("numbers were not counted", error=str(task.exception()))
