"""Indexing as a service: keeps roots in view, reads what changes, does jobs, and publishes its status."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from siss.app.deliveries import deliver_events
from siss.app.events import number_events
from siss.app.ingest.availability import Waits
from siss.app.ingest.index import Indexer
from siss.app.ingest.jobs import JobRunner
from siss.app.ingest.reading.extraction import ExtractionConfig
from siss.app.ingest.renew import Renewer
from siss.app.ingest.roots.keeper import RootKeeper
from siss.app.ingest.roots.scan import ScanReport
from siss.app.ingest.roots.scanner import RootScanner
from siss.app.ingest.status import StatusBoard
from siss.app.ingest.task_group import task_group
from siss.app.ingest.upkeep import Upkeep
from siss.app.ingest.verify import Differences, repair_catalog, repair_index, verify_drawn, verify_index
from siss.app.ingest.write import IndexWriter
from siss.app.maintenance.schedule import Schedule
from siss.app.maintenance.tasks import Doing, MaintenancePorts, make_acts
from siss.app.services import Services
from siss.app.uploads import sweep_uploads
from siss.errors import DiskFullError, UnavailableError
from siss.logs import get_logger
from siss.model.maintenance import Task, TaskRun
from siss.model.stats import IngestStatus
from siss.settings import Settings

CLOCK_SECONDS = 2.0
"""A clock that was set back by less is ignored: no file waits longer than that for it."""

EXPIRE_SECONDS = 600.0
"""How often files are deleted from the index that have been missing for the grace period."""

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
    """All that the owner of a state folder does to keep its index true. Made by ``siss.app.ingest.wiring``."""

    def __init__(
        self,
        settings: Settings,
        services: Services,
        waits: Waits,
        writer: IndexWriter,
        indexer: Indexer,
        scanners: list[RootScanner],
        renewer: Renewer,
        extraction: ExtractionConfig,
        derive: Callable[[], Awaitable[object]],
        maintenance: MaintenancePorts,
        on_status: Callable[[IngestStatus], None] | None,
    ) -> None:
        self._settings = settings
        self._services = services
        self._waits = waits
        self._writer = writer
        self._indexer = indexer
        self._scanners = scanners
        self._keepers = [RootKeeper(scanner, settings, waits) for scanner in scanners]
        self._renewer = renewer
        self._extraction = extraction
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
            make_acts(
                settings,
                maintenance,
                services.scans,
                Doing(self.scan, self.catch_up, writer.dead_share, self.rebuild_engine),
            ),
            lambda: indexer.idle,
        )
        self._status = StatusBoard(services, waits, indexer, scanners, renewer, settings.index_workers, on_status)
        self._keys = maintenance.keys
        self._jobs = JobRunner(services, self)
        self._wall = time.time() - time.monotonic()

    async def announce(self) -> None:
        """Publish that indexing begins, or is paused: until then the status is the one of the process before."""
        await self.set_paused(await self._services.ingest_state.paused())
        await self._status.publish(None if self._indexer.paused else "scanning")

    async def run(self) -> None:
        """Keep the index true until cancelled. Raises the ``SissError`` that ends one of its tasks."""
        await self._waits.until_available(self._recover)
        async with task_group() as tasks:
            tasks.create_task(self._indexer.run(), name="indexer")
            for keeper in self._keepers:
                tasks.create_task(keeper.run(), name=f"root {keeper.shown}")
            tasks.create_task(self._jobs.run(), name="jobs")
            tasks.create_task(self._status.run(), name="status")
            tasks.create_task(self._watch_clock(), name="clock")
            tasks.create_task(self._expire(), name="expire")
            tasks.create_task(self._renewer.run(self.clear_engine), name="renew")
            tasks.create_task(self._upkeep.run(), name="upkeep")
            tasks.create_task(self._schedule.run(), name="maintenance")
            tasks.create_task(number_events(self._services.events, self._settings.events_kept), name="events")
            tasks.create_task(deliver_events(self._services, self._keys), name="webhooks")

    async def run_once(self, *, accept_deletions: bool = False) -> IndexReport:
        """Scan every root once, read what is new, commit, and stop. Raises as ``run`` does."""
        started = time.monotonic()
        await self._recover()
        async with task_group() as tasks:
            loops = [
                tasks.create_task(self._indexer.run(), name="indexer"),
                tasks.create_task(self._status.run(), name="status"),
                tasks.create_task(self._watch_clock(), name="clock"),
            ]
            scans = [
                await self._waits.until_available(partial(scanner.scan, accept_deletions=accept_deletions))
                for scanner in self._scanners
            ]
            self._indexer.wake()
            await self._indexer.drained()
            while await self._renewer.queue_more():
                await self._indexer.drained()
            await self._renewer.finish_sweep(self.clear_engine)
            for loop in loops:
                loop.cancel()
        async with task_group() as tasks:
            # The engine's last commit is its own threads' work, and what follows from many files is another's.
            tasks.create_task(self._waits.until_available(self._writer.drain), name="commit")
            tasks.create_task(self.settle(), name="settle")
        await self._waits.until_available(partial(self._status.publish, "idle"))
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
        """Bring schemas and anomalies up to date before the process ends. Nothing may be in flight."""
        await self._waits.until_available(self._upkeep.run_now)

    async def scan(self, path: str | None = None, *, accept_deletions: bool = False) -> list[ScanReport]:
        """Scan all roots now, or the one that holds a shown ``path``."""
        scanners = [scanner for scanner in self._scanners if path is None or scanner.holds(path)]
        reports = [await scanner.scan(accept_deletions=accept_deletions, path=path) for scanner in scanners]
        self._indexer.wake()
        return reports

    async def verify(self, *, repair: bool) -> Differences:
        """Compare catalog, texts and engine, with nothing in flight, and mend what differs.

        Files whose text is not as it was written, or says other things than were drawn from it, are read again, soon.
        """
        services = self._services
        async with self.quiet():
            found = await verify_index(services.catalog_check, services.texts, services.outbox, services.fulltext)
            await verify_drawn(
                services.catalog_check,
                services.texts,
                services.catalog,
                self._extraction,
                self._settings.integrity_share,
                found,
            )
            if repair and not found.clean:
                await repair_catalog(services.catalog_check, services.ingest, found)
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
        """A context in which nothing is read or written, and the engine is up to date."""
        async with self._indexer.held():
            await self._writer.drain()
            yield

    async def set_paused(self, paused: bool) -> None:
        """Stop reading files, or go on."""
        self._indexer.set_paused(paused)
        for keeper in self._keepers:
            keeper.set_paused(paused)

    async def publish_status(self) -> None:
        """Publish the status now, without waiting for the next time."""
        await self._status.publish()

    def catch_up(self) -> None:
        """Apply outbox rows that other processes wrote."""
        self._writer.behind = True
        self._indexer.wake()

    def wake(self) -> None:
        """Look for pending files now."""
        self._indexer.wake()

    async def bring_engine_in_step(self) -> None:
        """Fill the engine again if it was written for another catalog, before anything new is written to it."""
        if not await self._writer.is_in_step():
            _log.warning(
                "the full-text index is of another state of the database, and made anew from the local texts"
            )
            await self._writer.empty_engine()
            await self.refill_engine()

    async def rebuild_engine(self) -> int:
        """Fill a new engine from catalog and local texts; the one that is there answers until that is done.

        Returns how many documents are queued. Raises ``DiskFullError`` where there is no room for two.
        """
        async with self.quiet():
            count = await self._writer.rebuild_engine()
        self._indexer.wake()
        return count

    async def clear_engine(self) -> bool:
        """Make the engine anew if it holds words of what was replaced, such as secrets that older rules did not know.

        By itself it lets go of them only when it merges what they stand in. False where there is no room for two.
        """
        async with self.quiet():
            dead = await self._writer.dead_share()
        try:
            if dead:
                await self.rebuild_engine()
        except DiskFullError as error:
            _log.warning("the full-text index keeps words of replaced texts for now", reason=error.message)
            return False
        return True

    async def refill_engine(self) -> int:
        """Queue every document for the engine again, from catalog and local texts; the NAS is not read."""
        count = await self._services.outbox.enqueue_all()
        self._writer.behind = True
        return count

    async def _recover(self) -> None:
        await self._writer.recover()
        await self._services.jobs.requeue_running()
        await self._services.ingest.forget_waits()  # the clock may have been set back since
        limits, largest = _describe_limits(self._settings), self._settings.max_file_size
        if count := await self._services.renewal.note_limits(limits, largest):
            _log.info("files are read again for other limits", files=count)
        await self._renewer.prepare()
        await self.set_paused(await self._services.ingest_state.paused())

    async def _watch_clock(self) -> None:
        """When the clock is set back, forget until when files wait: they would wait for as long again."""
        while True:
            await asyncio.sleep(1.0)
            wall = time.time() - time.monotonic()
            if wall < self._wall - CLOCK_SECONDS:
                _log.warning("the clock was set back", seconds=round(self._wall - wall))
                await self._waits.until_available(self._services.ingest.forget_waits)
                self._indexer.wake()
            self._wall = wall

    async def _expire(self) -> None:
        while True:
            with contextlib.suppress(UnavailableError):
                if await self._services.scans.expire_missing(self._settings.missing_grace):
                    self._writer.behind = True
            try:
                await sweep_uploads(self._services)
            except UnavailableError as error:
                _log.warning("uploads wait", error=str(error))
            await asyncio.sleep(EXPIRE_SECONDS)


def _describe_limits(settings: Settings) -> str:
    """The limits that decide how much of a file is indexed, as text to compare."""
    names = ("max_file_size", "max_decompressed_size", "max_decompressed_ratio", "max_depth", "max_members")
    return " ".join(f"{name}={getattr(settings, name)}" for name in (*names, "parse_timeout", "worker_memory"))
