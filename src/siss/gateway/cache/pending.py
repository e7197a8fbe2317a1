"""What the cache still has to do after it has answered: writes on their way to disk, and vectors being made."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from siss.gateway.cache.counts import Counts

T = TypeVar("T")


class Pending:
    """For one event loop. What fails is counted, never raised."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._tasks: set[asyncio.Task[None]] = set()
        self._writes: set[Future[Any]] = set()

    @property
    def tasks(self) -> int:
        """How many tasks are under way."""
        return len(self._tasks)

    def after(self, write: "Future[T]", then: Callable[[T], None]) -> None:
        """Do something in the loop when a write is done; a write that failed is counted."""
        loop = asyncio.get_running_loop()
        self._writes.add(write)

        def finish() -> None:
            self._writes.discard(write)
            if (error := write.exception()) is not None:
                self._counts.fault(error, "write")
            else:
                then(write.result())

        def tell(_: "Future[T]") -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(finish)

        write.add_done_callback(tell)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task until it ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle_tasks(self) -> None:
        """Wait for the tasks that there are now; those that come meanwhile are later ones' business."""
        await _wait_for(self._tasks)

    async def settle(self) -> None:
        """Wait for tasks and writes."""
        await self.settle_tasks()
        await _wait_for([asyncio.wrap_future(write) for write in self._writes])
        await asyncio.sleep(0)  # what the writes told the loop to do comes first


async def _wait_for(work: Collection[asyncio.Future[Any]]) -> None:
    """Whoever waits may be cancelled; the work is not."""
    if work:
        await asyncio.wait(work)
