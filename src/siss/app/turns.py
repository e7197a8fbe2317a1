"""Who asks waits for a turn where many ask at once, instead of all being half answered together.

What an answer takes in turn (threads of the engine, connections, the event loop itself) serves as many a second
however many wait for it. A few at a time go through without waiting for each other, and who comes when there are more
than can be answered is told so at once, and has cost nothing.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from siss.errors import UnavailableError

AT_WORK: Final = 6
"""Questions of one process that are worked on at once."""


class Turns:
    """Turns in the order of asking. Belongs to one event loop."""

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
