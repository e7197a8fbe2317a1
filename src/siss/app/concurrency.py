"""How many questions are worked on at once; whoever asks beyond that waits, instead of all being half answered.

Threads of the engine, connections and the event loop serve as many questions a second however many wait for them. So
a few are worked on together, the others wait in the order of asking, and one that waited for too long is refused
before it has cost anything.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from siss.errors import UnavailableError

AT_WORK: Final = 6
"""Questions of one process that are worked on at once."""


class ConcurrencyLimit:
    """Turns in the order of asking, ``at_work`` of them at once. Belongs to one event loop."""

    def __init__(self, at_work: int = AT_WORK) -> None:
        self._free = asyncio.Semaphore(at_work)

    @contextlib.asynccontextmanager
    async def turn(self, clock: asyncio.Timeout) -> AsyncIterator[None]:
        """A turn for as long as the body takes.

        ``clock``: what limits the body's time. It stands still while somebody waits, which is for as long again at
        the most; then ``UnavailableError`` is raised.
        """
        if self._free.locked():
            await self._wait(clock)
        else:
            await self._free.acquire()
        try:
            yield
        finally:
            self._free.release()

    async def _wait(self, clock: asyncio.Timeout) -> None:
        loop, ends = asyncio.get_running_loop(), clock.when()
        began = loop.time()
        clock.reschedule(None)
        try:
            async with asyncio.timeout_at(ends):
                await self._free.acquire()
        except TimeoutError as error:
            raise UnavailableError("More is asked than can be answered now: ask again.", retry_after=1) from error
        clock.reschedule(None if ends is None else ends + loop.time() - began)
