"""Activity and idleness: every request, and every open stream while it lasts, counts (criterion 1)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self

from siss.logs import get_logger

_log = get_logger("siss.gateway.lifecycle")


class Activity:
    """``with activity:`` around each request, its stream included. ``clock``: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = clock()
        self.running = 0

    def __enter__(self) -> Self:
        self.running += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.running -= 1
        self._last = self._clock()

    @property
    def idle_seconds(self) -> float:
        """Since the last request ended; 0 while one runs."""
        return 0.0 if self.running else self._clock() - self._last


class Reaper:
    """Calls ``stop`` when there was nothing to do for ``limit`` seconds; ``stop`` is not called again before another.

    ``sleep``: as ``asyncio.sleep``; tests give their own with ``clock``.
    """

    def __init__(
        self,
        activity: Activity,
        limit: float,
        stop: Callable[[], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._activity = activity
        self._limit = limit
        self._stop = stop
        self._sleep = sleep

    async def run(self) -> None:
        """For ever: sleep as long as nothing can be due, then look."""
        while True:
            idle = self._activity.idle_seconds
            if idle < self._limit:
                await self._sleep(self._limit - idle)
                continue
            _log.info("idle", seconds=round(idle))
            try:
                await self._stop()
            except Exception as error:  # noqa: BLE001 - tried again after the next idle time
                _log.warning("instance not stopped", error=str(error))
            await self._sleep(self._limit)
