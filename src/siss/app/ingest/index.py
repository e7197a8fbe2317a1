"""The indexer moves pending files through the reading processes into the index.

One task feeds, one collects. When the writer is behind, the processes wait, because the queue of their results is
short; and the feeder stops while enough files are in flight. So memory is bounded whatever the size of the folder.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

from siss.app.ingest.availability import Waits
from siss.app.ingest.collect import Collector, ReadEvent
from siss.app.ingest.debounce import Debouncer
from siss.app.ingest.feed import Feeder, Submit
from siss.app.ingest.in_flight import InFlight
from siss.app.ingest.progress import Progress
from siss.app.ingest.reading.task import ReadTask
from siss.app.ingest.write import IndexWriter
from siss.ports.ingest_catalog import IngestCatalog


class Indexer:
    """A feeder and a collector, and what both have in flight. To be made inside the event loop."""

    def __init__(
        self,
        ingest: IngestCatalog,
        writer: IndexWriter,
        submit: Submit,
        *,
        waits: Waits,
        debouncer: Debouncer,
        capacity: int,
        commit_seconds: float,
        check_disk_space: Callable[[], None] = lambda: None,
    ) -> None:
        """Neither starts before ``run``.

        ``capacity``: from how many files in flight on no more are given out; ``commit_seconds``: the longest from one
        commit to the next meanwhile; ``check_disk_space`` raises ``DiskFullError`` where nothing should be written.
        """
        self._in_flight = InFlight(capacity)
        self._feeder = Feeder(
            ingest,
            submit,
            self._in_flight,
            waits=waits,
            debouncer=debouncer,
            settled=lambda: not (writer.unsettled or writer.behind),
        )
        self._collector = Collector(
            writer,
            self._in_flight,
            waits=waits,
            commit_seconds=commit_seconds,
            check_disk_space=check_disk_space,
            on_written=self._feeder.note_written,
        )

    def sink(self, events: Sequence[ReadEvent]) -> None:
        """Take results. Called by the threads of the processes, which it blocks while the writer is behind."""
        self._collector.sink(events)

    def wake(self) -> None:
        """Look for pending files now."""
        self._feeder.wake()

    @property
    def progress(self) -> Progress:
        """What was written since the start."""
        return self._collector.progress

    @property
    def in_flight(self) -> list[ReadTask]:
        """The tasks that the reading processes have, or whose outcome is not written yet."""
        return self._in_flight.tasks

    @property
    def idle(self) -> bool:
        """Whether nothing that could be read now is left, and all of it is committed."""
        return self._feeder.drained.is_set()

    async def drained(self) -> None:
        """Wait until nothing that could be read now is left, and all of it is committed."""
        await self._feeder.drained.wait()

    @property
    def paused(self) -> bool:
        """Whether no work is given out until somebody says so."""
        return self._in_flight.paused

    def set_paused(self, paused: bool) -> None:
        """Stop giving work, or go on."""
        self._in_flight.paused = paused

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """A context in which nothing is in flight and nothing is written."""
        async with self._in_flight.emptied(), self._collector.writing:
            yield

    async def close(self) -> None:
        """Take no more results: what comes now is dropped, and read again after the next start."""
        await self._collector.close()

    async def run(self) -> None:
        """Feed and collect until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feeder.feed(), name="feed")
            tasks.create_task(self._feeder.feed_wanted(), name="feed wanted")
            tasks.create_task(self._collector.collect(), name="collect")
