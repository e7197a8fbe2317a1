"""What follows from many files together is brought up to date when indexing is idle: schemas from shapes."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Final

from siss.errors import UnavailableError
from siss.logs import get_logger

SHARE: Final = 20
"""After work that took a while, the next waits for so many times as long: upkeep costs a twentieth at the most."""

LONGEST_WAIT: Final = 3600.0
"""Indexing that is never idle does not put upkeep off for longer."""

LOOK_SECONDS: Final = 5.0

_log = get_logger(__name__)


class Upkeep:
    """Runs ``act`` while indexing is idle, if something changed since it ran.

    ``changes`` counts what was written so far; ``interval``: least seconds from one run to the next, 0 for never.
    """

    def __init__(
        self,
        act: Callable[[], Awaitable[object]],
        changes: Callable[[], int],
        idle: Callable[[], bool],
        interval: float,
    ) -> None:
        self._act = act
        self._changes = changes
        self._idle = idle
        self._interval = interval
        self._seen = -1

    async def run_now(self) -> None:
        """Once, if something changed."""
        changes = self._changes()
        if changes != self._seen and self._interval:
            result = await self._act()
            self._seen = changes
            _log.debug("upkeep", result=str(result))

    async def run(self) -> None:
        """Until cancelled."""
        due = time.monotonic()
        waits_since = due
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._interval or LOOK_SECONDS))
            now = time.monotonic()
            if now < due or not (self._idle() or now - waits_since > LONGEST_WAIT):
                continue
            with contextlib.suppress(UnavailableError):
                await self.run_now()
            took = time.monotonic() - now
            due = waits_since = time.monotonic() + max(self._interval, SHARE * took)
