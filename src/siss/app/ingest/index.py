"""The indexer: what waits goes to the workers, what they found goes to the writer.

One task feeds, one collects. Workers slow down when the writer is behind (their results wait in a short queue),
and the feeder stops when enough is in flight, so memory is bounded whatever the size of the folder.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from siss.app.ingest.read import ReadTask
from siss.app.ingest.write import IndexWriter
from siss.app.processes import Done, Event, LossKind, Lost, Partial
from siss.discover.settle import settle_wait
from siss.errors import UnavailableError
from siss.logs import get_logger
from siss.model.content import Segment
from siss.model.coverage import Gap, Reason
from siss.model.file import FileStat, PendingFile
from siss.model.ids import FileId, RootId
from siss.model.ingest import FileOutcome, Outcome
from siss.ports.ingest_catalog import IngestCatalog

BATCH_FILES = 32
"""Files in one batch to a worker."""

BATCH_BYTES = 2 << 20
"""Bytes of files in one batch to a worker: a batch takes about a tenth of a second."""

WRITE_FILES = 500
"""Files in one transaction while much waits."""

RETRY_SECONDS = 5.0
"""How long to wait when the database or the engine does not answer."""

REASON_OF_LOSS = {
    LossKind.TIMEOUT: Reason.PARSER_TIMEOUT,
    LossKind.MEMORY: Reason.PARSER_MEMORY,
    LossKind.CRASH: Reason.PARSER_CRASH,
}

T = TypeVar("T")

ReadEvent = Event[ReadTask, Segment, FileOutcome]

_log = get_logger(__name__)


@dataclass(slots=True)
class Progress:
    """Counts since the start, and rates over the last ten seconds."""

    indexed: int = 0
    failed: int = 0
    bytes_read: int = 0
    chunks: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    _recent: deque[tuple[float, int, int]] = field(default_factory=deque)

    def count(self, outcomes: Sequence[FileOutcome]) -> None:
        """Take note of a written batch."""
        size = 0
        for outcome in outcomes:
            self.outcomes[outcome.outcome] = self.outcomes.get(outcome.outcome, 0) + 1
            if outcome.outcome is Outcome.FAILED:
                self.failed += 1
            elif outcome.outcome is not Outcome.RETRY:
                self.indexed += 1
            size += outcome.stat.size if outcome.stat else 0
            self.chunks += len(outcome.segment.chunks) if outcome.segment else 0
        self.bytes_read += size
        self._recent.append((time.monotonic(), len(outcomes), size))

    def rates(self) -> tuple[float, float]:
        """Files and bytes a second."""
        now = time.monotonic()
        while self._recent and self._recent[0][0] < now - 10:
            self._recent.popleft()
        if not self._recent:
            return 0.0, 0.0
        span = max(now - self._recent[0][0], 1.0)
        return sum(row[1] for row in self._recent) / span, sum(row[2] for row in self._recent) / span


@dataclass(frozen=True, slots=True)
class _Restless:
    """A file that was not still when it was first seen. Times: nanoseconds since the epoch."""

    stat: FileStat
    same_since_ns: int
    first_ns: int


class Patience:
    """When a pending file may be read: once it is still, or has waited long enough for being still.

    A log whose reading can go on where it stopped is read every ``tail_seconds``; any other file that never
    rests is taken after ``LONGEST`` settle times, and what it lacks is on the ledger.
    """

    LONGEST = 20

    def __init__(self, settle_of: Callable[[RootId], float], tail_seconds: float) -> None:
        self._settle_of = settle_of
        self._tail_seconds = tail_seconds
        self._unsettled: dict[FileId, _Restless] = {}
        self._tailed: dict[FileId, float] = {}
        self._next = 0.0

    def ready(self, files: Sequence[PendingFile]) -> list[PendingFile]:
        """Those that may be read now."""
        now = time.monotonic()
        ready: list[PendingFile] = []
        for file in files:
            wait = self._wait_for_tail(file, now) if file.tail is not None else self._wait_for_rest(file)
            if wait > 0:
                self._next = min(self._next or now + wait, now + wait)
            else:
                ready.append(file)
        return ready

    def _wait_for_tail(self, file: PendingFile, now: float) -> float:
        wait = self._tailed.get(file.id, 0.0) + self._tail_seconds - now
        if wait <= 0:
            if len(self._tailed) > 10_000:
                self._tailed = {key: at for key, at in self._tailed.items() if now - at < self._tail_seconds}
            self._tailed[file.id] = now
        return wait

    def _wait_for_rest(self, file: PendingFile) -> float:
        settle = self._settle_of(file.root_id)
        now_ns = time.time_ns()
        seen = self._unsettled.get(file.id)
        same_since = seen.same_since_ns if seen is not None and seen.stat == file.stat else None
        wait = settle_wait(file.stat, now_ns, settle, same_since_ns=same_since)
        if wait > 0:
            first = seen.first_ns if seen is not None else now_ns
            wait = min(wait, self.LONGEST * settle - (now_ns - first) / 1e9)
        if wait > 0:
            self._unsettled[file.id] = _Restless(file.stat, now_ns if same_since is None else same_since, first)
        else:
            self._unsettled.pop(file.id, None)
        return wait

    def next_seconds(self, most: float) -> float:
        """How long until the next file may be ready, ``most`` at the most."""
        due, self._next = self._next, 0.0
        return min(max(due - time.monotonic(), 0.01), most) if due else most


class Indexer:
    """Moves pending files through the workers into the index, until it is stopped."""

    def __init__(
        self,
        ingest: IngestCatalog,
        writer: IndexWriter,
        submit: Callable[[Sequence[ReadTask]], None],
        *,
        patience: "Patience",
        capacity: int,
        commit_seconds: float,
    ) -> None:
        self._ingest = ingest
        self._writer = writer
        self._submit = submit
        self._patience = patience
        self._capacity = capacity
        self._commit_seconds = commit_seconds
        self._in_flight: dict[FileId, ReadTask] = {}
        self._just_written: set[FileId] = set()
        self._results: asyncio.Queue[Sequence[ReadEvent]] = asyncio.Queue(maxsize=24)
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
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
        """Called by the workers' threads; blocks while the writer is behind."""
        if not self._closed:
            asyncio.run_coroutine_threadsafe(self._results.put(events), self._loop).result()

    def wake(self) -> None:
        """Look for pending files now."""
        self._drained.clear()
        self._sweep_found = True
        self._wake.set()

    @property
    def in_flight(self) -> list[ReadTask]:
        """What the workers have been given."""
        return list(self._in_flight.values())

    async def drained(self) -> None:
        """Wait until nothing that could be read now is left, and all of it is committed."""
        await self._drained.wait()

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Nothing is in flight and nothing is written meanwhile."""
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
        """Let the workers' threads go: what they bring now is dropped, and read again at the next start."""
        self._closed = True
        while not self._results.empty():
            self._results.get_nowait()

    async def run(self) -> None:
        """Feed and collect until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feed(), name="feed")
            tasks.create_task(self._collect(), name="collect")

    async def _feed(self) -> None:
        after = FileId(0)
        while True:
            await self._wait_for_room()
            self._just_written.clear()
            try:
                page = await self._ingest.pending_files(1000, after)
            except UnavailableError as error:
                _log.warning("pending files cannot be listed; trying again", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            after = page[-1].id if page else FileId(0)
            waiting = [file for file in page if file.id not in self._in_flight]
            self._sweep_found = self._sweep_found or bool(waiting)
            ready = self._patience.ready(waiting)
            self._sweep_gave = self._sweep_gave or bool(ready)
            for batch in _batches(ready):
                await self._wait_for_room()
                # Written while the page was fetched or waited: what it says of these files is old.
                batch = [task for task in batch if task.file_id not in self._just_written]  # noqa: PLW2901
                self._in_flight.update((task.file_id, task) for task in batch)
                self._submit(batch)
            if not page:
                await self._rest()

    async def _wait_for_room(self) -> None:
        while self.paused or self._holds or len(self._in_flight) >= self._capacity:
            self._room.clear()
            await self._room.wait()

    async def _rest(self) -> None:
        """A sweep ended: go on at once if it found something, else wait to be woken, or for what must settle."""
        if not self._sweep_found and not self._in_flight and not self._writer.unsettled:
            self._drained.set()
        most = 0.02 if self._sweep_gave else 0.25
        self._sweep_found = self._sweep_gave = False
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), self._patience.next_seconds(most))

    def set_paused(self, paused: bool) -> None:
        """Stop giving work, or go on."""
        self.paused = paused
        self._room.set()

    async def _collect(self) -> None:
        outcomes: list[FileOutcome] = []
        while True:
            try:
                events = await asyncio.wait_for(self._results.get(), 0.1 if self._writer.unsettled else 1.0)
            except TimeoutError:
                events = ()
            for event in events:
                outcome = await self._take(event)
                if outcome is not None:
                    outcomes.append(outcome)
            async with self._writing:
                if outcomes and (len(outcomes) >= WRITE_FILES or self._results.empty()):
                    await self._until_available(partial(self._write, outcomes))
                    outcomes = []
                if self._commit_is_due():
                    await self._until_available(self._writer.commit)
                if self._writer.behind:
                    await self._until_available(self._writer.drain)

    def _commit_is_due(self) -> bool:
        age = time.monotonic() - self._writer.committed_at
        return age > self._commit_seconds or not self._in_flight

    async def _take(self, event: ReadEvent) -> FileOutcome | None:
        task = event.task
        match event:
            case Partial(part=segment):
                await self._until_available(lambda: self._writer.write_segment(task.file_id, segment))
                self.progress.chunks += len(segment.chunks)
                return None
            case Done(result=outcome):
                return await self._until_available(lambda: self._close_opened(outcome))
            case Lost(kind=kind, detail=detail):
                await self._until_available(lambda: self._writer.forget_opened(task.file_id))
                gap = Gap(REASON_OF_LOSS[kind], detail=detail)
                return FileOutcome(task.file_id, Outcome.FAILED, task.stat, gaps=(gap,))

    async def _close_opened(self, outcome: FileOutcome) -> FileOutcome:
        """Where segments came before: the last one joins them, and the outcome names their content."""
        if not self._writer.is_open(outcome.file_id):
            return outcome
        if outcome.outcome not in {Outcome.INDEXED, Outcome.APPENDED}:
            await self._writer.forget_opened(outcome.file_id)
            return outcome
        if outcome.segment is not None and outcome.segment.chunks:
            await self._writer.write_segment(outcome.file_id, outcome.segment)
        return replace(outcome, segment=None, opened=self._writer.opened(outcome.file_id))

    async def _write(self, outcomes: Sequence[FileOutcome]) -> None:
        await self._writer.write(outcomes)
        self.progress.count(outcomes)
        for outcome in outcomes:
            self._in_flight.pop(outcome.file_id, None)
            self._just_written.add(outcome.file_id)
        self._room.set()

    async def _until_available(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do it again until database and engine answer: what workers have read must not be lost."""
        while True:
            try:
                return await act()
            except UnavailableError as error:
                _log.warning("indexing waits", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)


def _batches(files: Sequence[PendingFile]) -> list[list[ReadTask]]:
    """Tasks in batches that take workers about equally long; a large file goes alone."""
    batches: list[list[ReadTask]] = []
    size = BATCH_BYTES
    for file in files:
        if not batches or len(batches[-1]) >= BATCH_FILES or size + file.stat.size > BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(
            ReadTask(
                file_id=file.id,
                path=file.path,
                stat=file.stat,
                known_sha256=file.content_sha256,
                forced=file.forced,
                tail=file.tail,
            )
        )
        size += file.stat.size
    return batches
