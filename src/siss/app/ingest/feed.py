"""The feeder gives pending files to the reading processes: those that somebody waits for before all others."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from siss.app.ingest.availability import Waits
from siss.app.ingest.debounce import Debouncer
from siss.app.ingest.in_flight import InFlight
from siss.app.ingest.reading.task import ReadTask, make_batches
from siss.errors import UnavailableError
from siss.model.file import PendingFile
from siss.model.ids import FileId
from siss.model.ingest import FileOutcome
from siss.ports.ingest_catalog import IngestCatalog
from siss.traces.span import span

PAGE_FILES = 1000
"""Pending files that are listed at once."""

WANTED_FILES = 100
"""Wanted files, which somebody waits for, that are listed at once."""

SETTLE_SECONDS = 0.1
"""How soon wanted files that are not still yet are looked at again."""

Submit = Callable[[Sequence[ReadTask], bool], None]
"""Gives tasks to the reading processes; the second argument says whether before all others."""


class Feeder:
    """Sweeps over the pending files again and again; rests between. To be made inside the event loop."""

    def __init__(
        self,
        ingest: IngestCatalog,
        submit: Submit,
        in_flight: InFlight,
        *,
        waits: Waits,
        debouncer: Debouncer,
        settled: Callable[[], bool],
    ) -> None:
        """``settled``: whether the index holds all that was written."""
        self._ingest = ingest
        self._submit = submit
        self._in_flight = in_flight
        self._waits = waits
        self._debouncer = debouncer
        self._settled = settled
        self._wake = asyncio.Event()
        self._wake_wanted = asyncio.Event()
        self._wake_wanted.set()
        self._found = True
        """Whether the sweep, or a write meanwhile, left a file that may still have to be read."""
        self._gave = False
        """Whether the sweep gave a file to the reading processes."""
        self.drained = asyncio.Event()
        """Set while nothing that could be read now is left, and all of it is committed."""

    def wake(self) -> None:
        """Look for pending files now."""
        self.drained.clear()
        self._found = True
        self._wake.set()
        self._wake_wanted.set()

    def note_written(self, outcomes: Sequence[FileOutcome]) -> None:
        """Take note of what was written: it may wait again, so only a sweep without a write finds nothing left."""
        self._found = True
        if not self._in_flight or any(outcome.retry_seconds is not None for outcome in outcomes):
            self._wake.set()

    async def feed(self) -> None:
        """Give out pending files, until cancelled."""
        after = FileId(0)
        while True:
            await self._in_flight.room()
            self._in_flight.begin_page()
            try:
                page = await self._ingest.pending_files(PAGE_FILES, after)
            except UnavailableError as error:
                await self._waits.wait_to_retry("feed", "pending files cannot be listed; trying again", error)
                continue
            self._waits.over("feed")
            last = len(page) < PAGE_FILES
            after = FileId(0) if last else page[-1].id
            waiting = self._not_in_flight(page)
            ready = self._debouncer.ready(waiting)
            self._found = self._found or bool(waiting)
            self._gave = self._gave or bool(ready)
            for batch in make_batches(ready):
                await self._in_flight.room()
                self._give(batch, wanted=False)
            if last:
                await self._rest()

    async def feed_wanted(self) -> None:
        """Give out wanted files, until cancelled: before all others, and even while enough is in flight."""
        while True:
            await self._wake_wanted.wait()
            await self._in_flight.until_going()
            self._wake_wanted.clear()
            try:
                page = await self._ingest.wanted_files(WANTED_FILES)
            except UnavailableError as error:
                await self._waits.wait_to_retry("feed wanted", "wanted files cannot be listed; trying again", error)
                self._wake_wanted.set()
                continue
            self._waits.over("feed wanted")
            if self._in_flight.stopped:  # since it was asked for
                self._wake_wanted.set()
                continue
            waiting = self._not_in_flight(page)
            ready = self._debouncer.ready(waiting)
            for batch in make_batches(ready):
                self._give(batch, wanted=True)
            if len(ready) < len(waiting) or len(page) == WANTED_FILES:
                await asyncio.sleep(SETTLE_SECONDS)
                self._wake_wanted.set()

    def _not_in_flight(self, page: Sequence[PendingFile]) -> list[PendingFile]:
        return [file for file in page if file.id not in self._in_flight]

    def _give(self, batch: Sequence[ReadTask], *, wanted: bool) -> None:
        tasks = self._in_flight.still_due(batch)
        with span("ingest.feed") as seen:
            seen.set("siss.files", len(tasks))
            if trace := seen.context.get("traceparent"):
                tasks = [replace(task, trace=trace) for task in tasks]
            self._in_flight.add(tasks, wanted=wanted)
            self._submit(tasks, wanted)

    async def _rest(self) -> None:
        """After a pass over all pending files: wait until one may be ready, or until ``wake``."""
        if not (self._found or self._in_flight) and self._settled():
            self.drained.set()
        # With files in flight there is little to look for: `note_written` or `wake` end the wait.
        most = 0.02 if self._gave else 2.0 if self._in_flight else 0.25
        self._found = self._gave = False
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._debouncer.next_seconds(most)):
                await self._wake.wait()
