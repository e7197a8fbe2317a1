"""The files in flight: what the feeder adds and the collector takes away, and the room that each leaves the other."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Sequence

from siss.app.ingest.reading.task import ReadTask
from siss.model.ids import FileId


class InFlight:
    """The tasks that the reading processes have, or whose outcome is not written yet.

    ``capacity``: from how many files on ``room`` lets nobody pass. To be made inside the event loop.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._tasks: dict[FileId, ReadTask] = {}
        self._wanted: set[FileId] = set()
        self._just_written: set[FileId] = set()
        self._changed = asyncio.Event()
        self._holds = 0
        self._paused = False
        self.busy_since = 0.0
        """When the first of those in flight was added, by the monotonic clock."""

    def __len__(self) -> int:
        return len(self._tasks)

    def __contains__(self, file_id: FileId) -> bool:
        return file_id in self._tasks

    @property
    def tasks(self) -> list[ReadTask]:
        """All of them, the oldest first."""
        return list(self._tasks.values())

    def still_due(self, tasks: Iterable[ReadTask]) -> list[ReadTask]:
        """Those not added or written since ``begin_page``: of the others the page says what is no longer true."""
        return [task for task in tasks if task.file_id not in self._just_written and task.file_id not in self._tasks]

    def begin_page(self) -> None:
        """Pending files are about to be listed: what was written before is not in the list."""
        self._just_written.clear()

    def add(self, tasks: Sequence[ReadTask], *, wanted: bool) -> None:
        """Take note of tasks before they are given out. ``wanted``: somebody waits for their files."""
        if not self._tasks:
            self.busy_since = time.monotonic()
        self._tasks.update((task.file_id, task) for task in tasks)
        if wanted:
            self._wanted.update(task.file_id for task in tasks)

    def remove(self, file_ids: Iterable[FileId]) -> bool:
        """Forget files whose outcome was written. Whether somebody waits for one of them."""
        removed = set(file_ids)
        for file_id in removed:
            self._tasks.pop(file_id, None)
        self._just_written |= removed
        awaited = not self._wanted.isdisjoint(removed)
        self._wanted -= removed
        self._changed.set()
        return awaited

    @property
    def paused(self) -> bool:
        """Whether nothing is given out until somebody says so."""
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._paused = paused
        self._changed.set()

    @property
    def stopped(self) -> bool:
        """Whether nothing may be given out now."""
        return self._paused or self._holds > 0

    async def until_going(self) -> None:
        """Wait until something may be given out."""
        while self.stopped:
            await self._change()

    async def room(self) -> None:
        """Wait until something may be given out and fewer than ``capacity`` files are in flight."""
        while self.stopped or len(self._tasks) >= self._capacity:
            await self._change()

    @contextlib.asynccontextmanager
    async def emptied(self) -> AsyncIterator[None]:
        """A context in which nothing is in flight."""
        self._holds += 1
        try:
            while self._tasks:
                await self._change()
            yield
        finally:
            self._holds -= 1
            self._changed.set()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
