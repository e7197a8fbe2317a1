"""Indexing as a service: roots are kept in view, what changes is read, jobs are done, and all of it is told."""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from siss.app.deliveries import deliver_events
from siss.app.events import number_events
from siss.app.ingest.extraction import ExtractionConfig
from siss.app.ingest.index import RETRY_SECONDS, Indexer
from siss.app.ingest.jobs import JobRunner
from siss.app.ingest.patience import Patience
from siss.app.ingest.read import ReadLimits, ReadTask
from siss.app.ingest.renew import Renewer
from siss.app.ingest.room import check_room
from siss.app.ingest.root_specs import root_specs
from siss.app.ingest.roots import RootKeeper
from siss.app.ingest.scan import ScanReport
from siss.app.ingest.together import together
from siss.app.ingest.upkeep import Upkeep
from siss.app.ingest.verify import Differences, repair_catalog, repair_index, verify_index
from siss.app.ingest.worker import READ_WIRE, ReaderConfig, make_reader
from siss.app.ingest.write import IndexWriter
from siss.app.maintenance.schedule import Schedule
from siss.app.maintenance.tasks import MaintenancePorts, make_acts
from siss.app.processes.pool import ProcessPool
from siss.app.processes.wire import Limits
from siss.app.services import Services
from siss.app.uploads import sweep_uploads
from siss.errors import UnavailableError
from siss.logs import get_logger
from siss.model.content import Segment
from siss.model.ids import RootId
from siss.model.ingest import FileOutcome
from siss.model.maintenance import Task, TaskRun
from siss.model.stats import IngestStatus
from siss.ports.fulltext import FullTextWriter
from siss.settings import Settings

IN_FLIGHT_PER_WORKER = 1500
"""Files given to workers at once: enough that they never wait, few enough that a stop loses little work."""

CLOCK_SECONDS = 2.0
"""A clock that goes back by less costs no file more than that."""

EXPIRE_SECONDS = 600.0
"""How often vanished files are looked at for having been gone long enough."""

T = TypeVar("T")

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one whole pass over the roots did. ``outcomes`` by name, ``skipped`` by reason, as ``siss index`` says."""

    scans: tuple[ScanReport, ...]
    indexed: int
    unchanged: int
    failed: int
    bytes_read: int
    chunks: int
    seconds: float
    outcomes: dict[str, int]


class IndexingService:
    """Everything that one state folder's owner does to keep its index true. Made by ``open_indexing``."""

    def __init__(
        self,
        settings: Settings,
        services: Services,
        writer: IndexWriter,
        indexer: Indexer,
        keepers: list[RootKeeper],
        renewer: Renewer,
        derive: Callable[[], Awaitable[object]],
        maintenance: MaintenancePorts,
        on_status: Callable[[IngestStatus], None] | None,
    ) -> None:
        self._settings = settings
        self._services = services
        self._writer = writer
        self._indexer = indexer
        self._keepers = keepers
        self._renewer = renewer
        self._upkeep = Upkeep(
            derive,
            lambda: indexer.progress.written,
            lambda: indexer.idle,
            settings.recluster_interval,
            maintenance.store,
        )
        self._schedule = Schedule(
            settings,
            maintenance.store,
            make_acts(settings, maintenance, services.ingest, self.scan, self.catch_up),
            lambda: indexer.idle,
        )
        self._on_status = on_status
        self._keys = maintenance.keys
        self._jobs = JobRunner(services, self)
        self._wall = time.time() - time.monotonic()

    async def announce(self) -> None:
        """Say that indexing begins, or is paused, where the status still is what the process before said last."""
        await self.set_paused(await self._services.ingest.paused())
        await self._publish_now(None if self._indexer.paused else "scanning")

    async def run(self) -> None:
        """Keep the index true until cancelled. Raises what of SISS's own errors ends one of its tasks."""
        await _until_available(self._recover)
        async with together() as tasks:
            tasks.create_task(self._indexer.run(), name="indexer")
            for keeper in self._keepers:
                tasks.create_task(keeper.run(), name=f"root {keeper.shown}")
            tasks.create_task(self._jobs.run(), name="jobs")
            tasks.create_task(self._publish(), name="status")
            tasks.create_task(self._expire(), name="expire")
            tasks.create_task(self._renewer.run(), name="renew")
            tasks.create_task(self._upkeep.run(), name="upkeep")
            tasks.create_task(self._schedule.run(), name="maintenance")
            tasks.create_task(number_events(self._services.events, self._settings.events_kept), name="events")
            tasks.create_task(deliver_events(self._services, self._keys), name="webhooks")

    async def run_once(self, *, accept_deletions: bool = False) -> IndexReport:
        """One pass: scan every root, read what is new, commit; then stop."""
        started = time.monotonic()
        await self._recover()
        async with together() as tasks:
            loops = [
                tasks.create_task(self._indexer.run(), name="indexer"),
                tasks.create_task(self._publish(), name="status"),
            ]
            scans = [
                await _until_available(partial(keeper.scan, accept_deletions=accept_deletions))
                for keeper in self._keepers
            ]
            self._indexer.wake()
            await self._indexer.drained()
            while await self._renewer.queue_more():
                await self._indexer.drained()
            await self._renewer.finish_sweep()
            for loop in loops:
                loop.cancel()
        await _until_available(self._writer.drain)
        await self.settle()
        await _until_available(partial(self._publish_now, "idle"))
        progress = self._indexer.progress
        return IndexReport(
            scans=tuple(scans),
            indexed=progress.indexed,
            unchanged=progress.unchanged,
            failed=progress.failed,
            bytes_read=progress.bytes_read,
            chunks=progress.chunks,
            seconds=time.monotonic() - started,
            outcomes=dict(progress.outcomes),
        )

    async def settle(self) -> None:
        """Bring up to date what follows from many files together: for whoever ends, with nothing in flight."""
        await _until_available(self._upkeep.run_now)

    async def scan(self, path: str | None = None, *, accept_deletions: bool = False) -> list[ScanReport]:
        """Look at all roots now, or at the one that holds a path."""
        keepers = [keeper for keeper in self._keepers if path is None or keeper.holds(path)]
        reports = [await keeper.scan(accept_deletions=accept_deletions, path=path) for keeper in keepers]
        self._indexer.wake()
        return reports

    async def verify(self, *, repair: bool) -> Differences:
        """Compare catalog, texts and engine, with nothing in flight, and mend what differs.

        Files whose text is not as it was written are read again, soon.
        """
        services = self._services
        async with self.quiet():
            found = await verify_index(services.ingest, services.texts, services.outbox, services.fulltext)
            if repair and not found.clean:
                await repair_catalog(services.ingest, found)
                self._writer.behind = True
            if repair and found.engine_damaged:
                await self._writer.empty_engine()
                await self.refill_engine()
            elif repair and not found.clean:
                await repair_index(self._writer, found)
        self._indexer.wake()
        return found

    async def maintain(self, task: Task) -> TaskRun:
        """Run a task of maintenance now. Raises what it raises."""
        return await self._schedule.run_now(task)

    @contextlib.asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        """Nothing is read or written meanwhile, and the engine is up to date."""
        async with self._indexer.held():
            await self._writer.drain()
            yield

    async def set_paused(self, paused: bool) -> None:
        """Stop reading files, or go on."""
        self._indexer.set_paused(paused)
        for keeper in self._keepers:
            keeper.set_paused(paused)

    def catch_up(self) -> None:
        """Outbox rows may wait that others wrote: apply them."""
        self._writer.behind = True
        self._indexer.wake()

    def wake(self) -> None:
        """Something waits: look now."""
        self._indexer.wake()

    async def bring_engine_in_step(self) -> None:
        """Fill the engine again where it is of another catalog, before anything is written to it."""
        if not await self._writer.is_in_step():
            _log.warning(
                "the full-text index is of another state of the database, and made anew from the local texts"
            )
            await self._writer.empty_engine()
            await self.refill_engine()

    async def refill_engine(self) -> int:
        """Put every document into the engine again, from the catalog and the local texts. The NAS is not read."""
        count = await self._services.outbox.enqueue_all()
        self._writer.behind = True
        return count

    async def _recover(self) -> None:
        await self._writer.recover()
        await self._services.jobs.requeue_running()
        await self._services.ingest.forget_waits()  # the clock may have been set back since
        limits, largest = _describe_limits(self._settings), self._settings.max_file_size
        if count := await self._services.ingest.note_limits(limits, largest):
            _log.info("files are read again for other limits", files=count)
        await self._renewer.redact_paths()
        await self.set_paused(await self._services.ingest.paused())

    async def _publish(self) -> None:
        while True:
            with contextlib.suppress(UnavailableError):
                await self._publish_now()
                await self._note_clock()
            await asyncio.sleep(1.0)

    async def _note_clock(self) -> None:
        """Where the clock was set back, files would wait until it is again what it was."""
        wall = time.time() - time.monotonic()
        if wall < self._wall - CLOCK_SECONDS:
            _log.warning("the clock was set back", seconds=round(self._wall - wall))
            await self._services.ingest.forget_waits()
            self._indexer.wake()
        self._wall = wall

    async def _publish_now(self, phase: str | None = None) -> None:
        pending, oldest = await self._services.ingest.count_pending()
        progress = self._indexer.progress
        files_per_second, bytes_per_second = progress.rates()
        scanning = [keeper for keeper in self._keepers if keeper.scanning]
        outbox = await self._services.outbox.depth()
        busy = bool(pending or self._indexer.in_flight or outbox)
        status = IngestStatus(
            phase=phase
            or ("paused" if self._indexer.paused else "scanning" if scanning else "indexing" if busy else "idle"),
            pending=pending,
            in_flight=len(self._indexer.in_flight),
            outbox=outbox,
            seen=sum(keeper.seen for keeper in self._keepers),
            indexed=progress.indexed,
            failed=progress.failed,
            bytes_read=progress.bytes_read,
            chunks=progress.chunks,
            files_per_second=files_per_second,
            bytes_per_second=bytes_per_second,
            oldest_pending_seconds=oldest,
            workers=self._settings.index_workers,
            current=tuple(task.path.decode("utf-8", "backslashreplace") for task in self._indexer.in_flight[:3]),
            updated_at=datetime.now(UTC),
            last_scan_at=max((keeper.scanned_at for keeper in self._keepers if keeper.scanned_at), default=None),
            outdated=self._renewer.left,
            unchanged=progress.unchanged,
            last_scan_seconds=max((keeper.scan_seconds for keeper in self._keepers), default=None),
        )
        await self._services.ingest.write_status(status)
        if self._on_status is not None:
            self._on_status(status)

    async def _expire(self) -> None:
        while True:
            with contextlib.suppress(UnavailableError):
                if await self._services.ingest.expire_missing(self._settings.missing_grace):
                    self._writer.behind = True
            try:
                await sweep_uploads(self._services)
            except UnavailableError as error:
                _log.warning("uploads wait", error=str(error))
            await asyncio.sleep(EXPIRE_SECONDS)


async def _until_available(act: Callable[[], Awaitable[T]]) -> T:
    """Do it again until database and engine answer and have room: whoever waits sees in the log for what."""
    while True:
        try:
            return await act()
        except UnavailableError as error:
            _log.warning("indexing waits", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)


def _describe_limits(settings: Settings) -> str:
    """What decides how much of a file is indexed."""
    names = ("max_file_size", "max_decompressed_size", "max_decompressed_ratio", "max_depth", "max_members")
    return " ".join(f"{name}={getattr(settings, name)}" for name in (*names, "parse_timeout", "worker_memory"))


def read_limits(settings: Settings) -> ReadLimits:
    """What a reading process is told of the settings."""
    return ReadLimits(
        whole_size=settings.whole_size,
        max_file_size=settings.max_file_size,
        max_decompressed_size=settings.max_decompressed_size,
        max_decompressed_ratio=settings.max_decompressed_ratio,
        max_depth=settings.max_depth,
        max_members=settings.max_members,
        chunk_bytes=settings.chunk_bytes,
        line_seconds=settings.tail_seconds,
        rest_seconds=settings.rest_seconds,
        bytes_per_second=settings.io_limit / settings.index_workers,
    )


@contextlib.asynccontextmanager
async def open_indexing(
    settings: Settings,
    services: Services,
    engine: FullTextWriter,
    extraction: ExtractionConfig,
    derive: Callable[[], Awaitable[object]],
    maintenance: MaintenancePorts,
    on_status: Callable[[IngestStatus], None] | None = None,
) -> AsyncIterator[IndexingService]:
    """The service with its processes, for the owner of the state folder; they end with it.

    ``derive``: brings up to date what follows from many files together.
    """
    roots = await services.ingest.sync_roots(root_specs(settings, services.redact_path))
    writer = IndexWriter(
        services.ingest,
        services.outbox,
        services.catalog,
        services.texts,
        engine,
        commit_files=settings.commit_files,
        commit_pause=settings.commit_pause,
    )
    keepers = [RootKeeper(root, settings, services.ingest, services.redact_path) for root in roots]
    settle: dict[RootId, RootKeeper] = {keeper.root.id: keeper for keeper in keepers}
    pool: ProcessPool[ReadTask, Segment, FileOutcome] | None = None
    indexer = Indexer(
        services.ingest,
        writer,
        lambda tasks, wanted: pool.submit(tasks, wanted=wanted) if pool else None,
        patience=Patience(lambda root_id: settle[root_id].settle_seconds, settings.tail_seconds),
        capacity=settings.index_workers * IN_FLIGHT_PER_WORKER,
        commit_seconds=settings.commit_seconds,
        check_room=partial(check_room, settings.data_dir),
    )
    pool = ProcessPool(
        make_reader,
        ReaderConfig(read_limits(settings), extraction),
        READ_WIRE,
        settings.index_workers,
        Limits(settings.worker_memory, settings.parse_timeout, settings.nice),
        indexer.sink,
    )
    renewer = Renewer(services.ingest, extraction.version, services.redact_path, indexer.wake)
    # Rows and documents come by the hundred thousand and make no cycles: looking for some so often costs 3 percent.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    for keeper in keepers:
        keeper.on_change = indexer.wake
    pool.start()
    try:
        yield IndexingService(settings, services, writer, indexer, keepers, renewer, derive, maintenance, on_status)
    finally:
        await indexer.close()
        await asyncio.to_thread(pool.stop)
