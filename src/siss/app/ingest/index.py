"""The indexer gives pending files to the reading processes, and their results to the writer.

One task feeds, one collects. When the writer is behind, the processes wait, because the queue of their results is
short; and the feeder stops while enough files are in flight. So memory is bounded whatever the size of the folder.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from siss.app.ingest.availability import Waits
from siss.app.ingest.debounce import Debouncer
from siss.app.ingest.progress import Progress
from siss.app.ingest.task import ReadTask, make_batches
from siss.app.ingest.write import IndexWriter
from siss.app.processes.wire import Done, Event, LossKind, Lost, Partial
from siss.discover.mount import probe_available
from siss.errors import InvalidRequestError, UnavailableError
from siss.logs import get_logger
from siss.model.content import Segment
from siss.model.coverage import Gap, Reason
from siss.model.file import PendingFile
from siss.model.ids import FileId
from siss.model.ingest import FileOutcome, Outcome
from siss.ports.ingest_catalog import IngestCatalog
from siss.traces.span import record, span

PAGE_FILES = 1000
"""Pending files that are listed at once."""

WANTED_FILES = 100
"""Wanted files, which somebody waits for, that are listed at once."""

WANTED_SECONDS = 2.0
"""The longest that a wanted file waits for its commit; also the least time between two such commits."""

SETTLE_SECONDS = 0.1
"""How soon wanted files that are not still yet are looked at again."""

WRITE_FILES = 500
"""The most files whose outcomes are written in one transaction."""

WRITE_BYTES = 16 << 20
"""The most bytes of files whose outcomes are written in one transaction; memory holds a few times that."""

WRITE_SECONDS = 0.25
"""The longest that an outcome waits for others to share its transaction."""

AWAY_SECONDS = 60.0
"""When a file whose mount does not answer is tried again."""

REASON_OF_LOSS = {
    LossKind.TIMEOUT: Reason.PARSER_TIMEOUT,
    LossKind.MEMORY: Reason.PARSER_MEMORY,
    LossKind.CRASH: Reason.PARSER_CRASH,
}

ReadEvent = Event[ReadTask, Segment, FileOutcome]

_log = get_logger(__name__)


@dataclass(slots=True)
class _Held:
    """Outcomes that wait to be written together: a transaction by itself costs as much as a few dozen files."""

    outcomes: list[FileOutcome] = field(default_factory=list)
    size: int = 0
    since: float = 0.0

    def add(self, outcome: FileOutcome) -> None:
        if not self.outcomes:
            self.since = time.monotonic()
        self.outcomes.append(outcome)
        self.size += outcome.stat.size if outcome.stat else 0

    def due(self, in_flight: int) -> bool:
        """Whether to write now: there are enough, they waited long enough, or nothing else is in flight."""
        count = len(self.outcomes)
        return count > 0 and (
            count >= min(WRITE_FILES, in_flight)
            or self.size >= WRITE_BYTES
            or time.monotonic() - self.since > WRITE_SECONDS
        )


class Indexer:
    """Moves pending files through the reading processes into the index. To be made inside the event loop."""

    def __init__(
        self,
        ingest: IngestCatalog,
        writer: IndexWriter,
        submit: Callable[[Sequence[ReadTask], bool], None],
        *,
        waits: Waits,
        debouncer: Debouncer,
        capacity: int,
        commit_seconds: float,
        check_disk_space: Callable[[], None] = lambda: None,
    ) -> None:
        """``submit``: gives tasks to the reading processes; its second argument says whether before all others.

        ``capacity``: files in flight; ``commit_seconds``: the longest from one commit to the next while files are in
        flight; ``check_disk_space`` raises ``DiskFullError`` where nothing more should be written.
        """
        self._ingest = ingest
        self._writer = writer
        self._submit = submit
        self._waits = waits
        self._debouncer = debouncer
        self._capacity = capacity
        self._commit_seconds = commit_seconds
        self._check_disk_space = check_disk_space
        self._in_flight: dict[FileId, ReadTask] = {}
        self._just_written: set[FileId] = set()
        self._refused: dict[FileId, Gap] = {}
        """Files of which the database refused a segment, and why; the segments that follow are dropped."""
        self._results: asyncio.Queue[Sequence[ReadEvent]] = asyncio.Queue(maxsize=24)
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._wake_wanted = asyncio.Event()
        self._wake_wanted.set()
        self._wanted: set[FileId] = set()
        self._wanted_waits = False
        """Whether a wanted file was written and is not committed yet."""
        self._room = asyncio.Event()
        self._drained = asyncio.Event()
        self._sweep_found = True
        self._sweep_gave = False
        self._writing = asyncio.Lock()
        self._holds = 0
        self._closed = False
        self.paused = False
        self.progress = Progress()

    def sink(self, events: Sequence[ReadEvent]) -> None:
        """Take results. Called by the threads of the processes, which it blocks while the writer is behind."""
        if not self._closed:
            asyncio.run_coroutine_threadsafe(self._results.put(events), self._loop).result()

    def wake(self) -> None:
        """Look for pending files now."""
        self._drained.clear()
        self._sweep_found = True
        self._wake.set()
        self._wake_wanted.set()

    @property
    def in_flight(self) -> list[ReadTask]:
        """The tasks that the reading processes have, or whose outcome is not written yet."""
        return list(self._in_flight.values())

    @property
    def idle(self) -> bool:
        """Whether nothing that could be read now is left, and all of it is committed."""
        return self._drained.is_set()

    async def drained(self) -> None:
        """Wait until nothing that could be read now is left, and all of it is committed."""
        await self._drained.wait()

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """A context in which nothing is in flight and nothing is written."""
        self._holds += 1
        try:
            while self._in_flight:
                self._room.clear()
                await self._room.wait()
            async with self._writing:
                yield
        finally:
            self._holds -= 1
            self._room.set()

    async def close(self) -> None:
        """Take no more results: what comes now is dropped, and read again after the next start."""
        self._closed = True
        while not self._results.empty():
            self._results.get_nowait()

    async def run(self) -> None:
        """Feed and collect until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feed(), name="feed")
            tasks.create_task(self._feed_wanted(), name="feed wanted")
            tasks.create_task(self._collect(), name="collect")

    async def _feed(self) -> None:
        after = FileId(0)
        while True:
            await self._wait_for_room()
            self._just_written.clear()
            try:
                page = await self._ingest.pending_files(PAGE_FILES, after)
            except UnavailableError as error:
                await self._waits.wait_to_retry("feed", "pending files cannot be listed; trying again", error)
                continue
            self._waits.over("feed")
            last = len(page) < PAGE_FILES
            after = FileId(0) if last else page[-1].id
            waiting = self._not_in_flight(page)
            self._sweep_found = self._sweep_found or bool(waiting)
            ready = self._debouncer.ready(waiting)
            self._sweep_gave = self._sweep_gave or bool(ready)
            for batch in make_batches(ready):
                await self._wait_for_room()
                self._give(batch, wanted=False)
            if last:
                await self._rest()

    async def _feed_wanted(self) -> None:
        """Give out wanted files: before all others, and even while enough is in flight."""
        while True:
            await self._wake_wanted.wait()
            await self._wait_to_go_on()
            self._wake_wanted.clear()
            try:
                page = await self._ingest.wanted_files(WANTED_FILES)
            except UnavailableError as error:
                await self._waits.wait_to_retry("feed wanted", "wanted files cannot be listed; trying again", error)
                self._wake_wanted.set()
                continue
            self._waits.over("feed wanted")
            if self.paused or self._holds:  # since it was asked for
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
        # These were given out or written since the page was fetched: what it says of them is no longer true.
        old = (self._just_written, self._in_flight)
        batch = [task for task in batch if not any(task.file_id in some for some in old)]
        if not self._in_flight:
            self._busy_since = time.monotonic()
        with span("ingest.feed") as seen:
            seen.set("siss.files", len(batch))
            if trace := seen.context.get("traceparent"):
                batch = [replace(task, trace=trace) for task in batch]
            self._in_flight.update((task.file_id, task) for task in batch)
            if wanted:
                self._wanted.update(task.file_id for task in batch)
            self._submit(batch, wanted)

    async def _wait_for_room(self) -> None:
        await self._wait_to_go_on()
        while len(self._in_flight) >= self._capacity:
            self._room.clear()
            await self._room.wait()
            await self._wait_to_go_on()

    async def _wait_to_go_on(self) -> None:
        while self.paused or self._holds:
            self._room.clear()
            await self._room.wait()

    async def _rest(self) -> None:
        """After a pass over all pending files: wait until one may be ready, or until ``wake``."""
        if not (self._sweep_found or self._in_flight or self._writer.unsettled or self._writer.behind):
            self._drained.set()
        # With files in flight there is little to look for: `_write` or `wake` end the wait.
        most = 0.02 if self._sweep_gave else 2.0 if self._in_flight else 0.25
        self._sweep_found = self._sweep_gave = False
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._debouncer.next_seconds(most)):
                await self._wake.wait()

    def set_paused(self, paused: bool) -> None:
        """Stop giving work, or go on."""
        self.paused = paused
        self._room.set()

    async def _collect(self) -> None:
        held = _Held()
        while True:
            try:
                waiting = held.outcomes or self._writer.unsettled or self._writer.behind
                # Not wait_for: in Python 3.11 it may swallow that this task is cancelled.
                async with asyncio.timeout(0.1 if waiting else 1.0):
                    events = await self._results.get()
            except TimeoutError:
                events = ()
            for event in events:
                outcome = await self._take(event)
                if outcome is not None:
                    held.add(outcome)
            async with self._writing:
                if held.due(len(self._in_flight)):
                    await self._waits.until_available(partial(self._write, held.outcomes))
                    held = _Held()
                if not self._writer.resting:
                    if self._commit_is_due():
                        await self._waits.until_available(self._writer.commit)
                        self._wanted_waits = False
                    if self._writer.behind:
                        await self._waits.until_available(partial(self._writer.drain, self._results_wait))

    def _results_wait(self) -> bool:
        return not self._results.empty()

    def _commit_is_due(self) -> bool:
        """At once with nothing in flight; otherwise less and less often, as each commit makes a segment to merge."""
        if not self._in_flight:
            return True
        now = time.monotonic()
        longest = min(self._commit_seconds, 1.0 + (now - self._busy_since) / 4)
        return now - self._writer.committed_at > (min(longest, WANTED_SECONDS) if self._wanted_waits else longest)

    async def _take(self, event: ReadEvent) -> FileOutcome | None:
        task = event.task
        try:
            match event:
                case Partial(part=segment):
                    if task.file_id not in self._refused:
                        await self._waits.until_available(lambda: self._write_segment(task.file_id, segment))
                        self.progress.chunks += len(segment.chunks)
                    return None
                case Done(result=outcome):
                    record(outcome.spans, {"traceparent": task.trace})
                    if task.file_id not in self._refused:
                        return await self._waits.until_available(lambda: self._close_opened(outcome))
                    gap = self._refused.pop(task.file_id)
                case Lost(kind=kind, detail=detail):
                    self._refused.pop(task.file_id, None)
                    await self._waits.until_available(lambda: self._writer.forget_opened(task.file_id))
                    if kind is LossKind.TIMEOUT and not await asyncio.to_thread(probe_available, task.folder):
                        return FileOutcome(task.file_id, Outcome.RETRY, None, retry_seconds=AWAY_SECONDS)
                    gap = Gap(REASON_OF_LOSS[kind], detail=detail)
        except InvalidRequestError as error:
            gap = Gap(Reason.REFUSED_BY_DATABASE, detail=error.message[:500])
            await self._waits.until_available(lambda: self._writer.forget_opened(task.file_id))
            if isinstance(event, Partial):
                self._refused[task.file_id] = gap
                return None
        return FileOutcome(task.file_id, Outcome.FAILED, task.stat, gaps=(gap,))

    async def _close_opened(self, outcome: FileOutcome) -> FileOutcome:
        """If segments of the file were written, write the last one too, and name their content in the outcome."""
        if not self._writer.is_open(outcome.file_id):
            return outcome
        read = outcome.outcome in {Outcome.INDEXED, Outcome.APPENDED}
        if not read or (outcome.facts is not None and not outcome.facts.chunk_count):
            await self._writer.forget_opened(outcome.file_id)
            return outcome
        if outcome.segment is not None and outcome.segment.chunks:
            await self._writer.write_segment(outcome.file_id, outcome.segment)
        return replace(outcome, segment=None, opened=self._writer.opened(outcome.file_id))

    async def _write_segment(self, file_id: FileId, segment: Segment) -> None:
        self._check_disk_space()
        await self._writer.write_segment(file_id, segment)

    async def _write(self, outcomes: Sequence[FileOutcome]) -> None:
        self._check_disk_space()
        with span("ingest.batch") as seen:
            seen.set("siss.files", len(outcomes))
            seen.set("siss.bytes", sum(outcome.stat.size for outcome in outcomes if outcome.stat))
            seen.set("siss.read_seconds", sum(outcome.seconds for outcome in outcomes))
            await self._writer.write(outcomes)
        self.progress.count(outcomes)
        for outcome in outcomes:
            self._in_flight.pop(outcome.file_id, None)
            self._just_written.add(outcome.file_id)
            if outcome.file_id in self._wanted:
                self._wanted.discard(outcome.file_id)
                self._wanted_waits = True
        self._sweep_found = True  # what was written may wait again: only a sweep without a write finds nothing left
        if not self._in_flight or any(outcome.retry_seconds is not None for outcome in outcomes):
            self._wake.set()
        self._room.set()
