"""The collector takes what the reading processes found, and has it written and committed.

When it is behind, the processes wait, because the queue of their results is short.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from siss.app.ingest.availability import Waits
from siss.app.ingest.in_flight import InFlight
from siss.app.ingest.progress import Progress
from siss.app.ingest.reading.task import ReadTask
from siss.app.ingest.write import IndexWriter
from siss.app.processes.wire import Done, Event, LossKind, Lost, Partial
from siss.discover.mount import probe_available
from siss.errors import InvalidRequestError
from siss.model.content import Segment
from siss.model.coverage import Gap, Reason
from siss.model.ids import FileId
from siss.model.ingest import FileOutcome, Outcome
from siss.traces.span import record, span

WANTED_SECONDS = 2.0
"""The longest that a wanted file waits for its commit; also the least time between two such commits."""

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


class Collector:
    """Has outcomes written together and the index committed now and then. To be made inside the event loop."""

    def __init__(
        self,
        writer: IndexWriter,
        in_flight: InFlight,
        *,
        waits: Waits,
        commit_seconds: float,
        check_disk_space: Callable[[], None],
        on_written: Callable[[Sequence[FileOutcome]], None],
    ) -> None:
        """``on_written``: is told what was written, when it is no longer in flight. The others as for ``Indexer``."""
        self._writer = writer
        self._in_flight = in_flight
        self._waits = waits
        self._commit_seconds = commit_seconds
        self._check_disk_space = check_disk_space
        self._on_written = on_written
        self._refused: dict[FileId, Gap] = {}
        """Files of which the database refused a segment, and why; the segments that follow are dropped."""
        self._results: asyncio.Queue[Sequence[ReadEvent]] = asyncio.Queue(maxsize=24)
        self._loop = asyncio.get_running_loop()
        self._wanted_waits = False
        """Whether a wanted file was written and is not committed yet."""
        self._closed = False
        self.writing = asyncio.Lock()
        """Held while something is written or committed."""
        self.progress = Progress()

    def sink(self, events: Sequence[ReadEvent]) -> None:
        """Take results. Called by the threads of the processes, which it blocks while the writer is behind."""
        if not self._closed:
            asyncio.run_coroutine_threadsafe(self._results.put(events), self._loop).result()

    async def close(self) -> None:
        """Take no more results: what comes now is dropped, and read again after the next start."""
        self._closed = True
        while not self._results.empty():
            self._results.get_nowait()

    async def collect(self) -> None:
        """Take results, write and commit, until cancelled."""
        held = _Held()
        while True:
            for event in await self._next_events(some_waits=bool(held.outcomes)):
                outcome = await self._take(event)
                if outcome is not None:
                    held.add(outcome)
            async with self.writing:
                if held.due(len(self._in_flight)):
                    await self._waits.until_available(partial(self._write, held.outcomes))
                    held = _Held()
                if not self._writer.resting:
                    await self._bring_up_to_date()

    async def _next_events(self, *, some_waits: bool) -> Sequence[ReadEvent]:
        """What comes next; nothing after a moment, so that what waits has its turn. ``some_waits``: to be written."""
        waiting = some_waits or self._writer.unsettled or self._writer.behind
        try:
            # Not wait_for: in Python 3.11 it may swallow that this task is cancelled.
            async with asyncio.timeout(0.1 if waiting else 1.0):
                return await self._results.get()
        except TimeoutError:
            return ()

    async def _bring_up_to_date(self) -> None:
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
        longest = min(self._commit_seconds, 1.0 + (now - self._in_flight.busy_since) / 4)
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
        self._wanted_waits |= self._in_flight.remove(outcome.file_id for outcome in outcomes)
        self._on_written(outcomes)
