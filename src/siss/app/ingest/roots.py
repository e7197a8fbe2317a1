"""Keeps one root in view: probes, scans, watches or polls it, and leaves it alone while it is away."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from siss.app.ingest.availability import Waits
from siss.app.ingest.companion import companion_for
from siss.app.ingest.disk_space import check_disk_space
from siss.app.ingest.root_context import RootContext
from siss.app.ingest.root_specs import walk_options
from siss.app.ingest.scan import Scan, ScanReport
from siss.app.ingest.unreadable import requeue_readable
from siss.discover.batches import WatchBatch
from siss.discover.folder_map import FolderMap
from siss.discover.ignore import make_rules
from siss.discover.mount import MountProbe, probe_mount
from siss.discover.paths import absolute_path, find_raw
from siss.discover.watch import watch_root
from siss.errors import DatabaseDamagedError, NasUnavailableError, SissError, UnavailableError
from siss.logs import get_logger
from siss.model.file import Root, RootState, WatchMode
from siss.ports.ingest_catalog import IngestCatalog
from siss.ports.scan_catalog import ScanCatalog
from siss.settings import Settings

RACY_SECONDS = 2.1
"""How old a listing is when its racy files, too recent for their times to be trusted, are looked at again."""

REST_SHARE = 3
"""After handling events, rest for so many times as long: at most a quarter of the time goes there."""

LONGEST_REST = 5.0
"""The longest such rest, in seconds."""

_log = get_logger(__name__)


class RootKeeper:
    """Keeps the catalog true to the files of one root.

    ``seen``: files that the last scan counted; ``scanned_at``, ``scan_seconds``: of the last whole scan;
    ``on_change``: called when files may wait to be read.
    """

    def __init__(
        self,
        root: Root,
        settings: Settings,
        scans: ScanCatalog,
        ingest: IngestCatalog,
        waits: Waits,
        redact_path: Callable[[str], str] = str,
    ) -> None:
        self.root = root
        self.shown = root.shown
        self.seen = 0
        self.scanned_at: datetime | None = None
        self.scan_seconds = 0.0
        self.settle_seconds = settings.settle_seconds
        self.on_change: Callable[[], None] = lambda: None
        self._settings = settings
        self._scans = scans
        self._ingest = ingest
        self._waits = waits
        self._redact_path = redact_path
        self._context: RootContext | None = None
        self._lock = asyncio.Lock()
        self._scanning = False
        self._going = asyncio.Event()
        self._going.set()
        self._away = asyncio.Event()
        self._back = asyncio.Event()
        self._racy: dict[bytes, int] = {}
        self._doubted = root.state is RootState.AWAY
        """Whether another file system may stand where the root was: nothing is read before a whole scan denies it."""
        self._device: int | None = None
        self._inode: int | None = None

    @property
    def scanning(self) -> bool:
        """Whether a scan is running, or none has ended since the start although the root is there."""
        return self._scanning or (self.scanned_at is None and not self._away.is_set())

    def holds(self, path: str) -> bool:
        """Whether a shown absolute path is the root or below it."""
        return path == self.shown or path.startswith(self.shown.rstrip("/") + "/")

    def set_paused(self, paused: bool) -> None:
        """Hold back new scans, or let them go on."""
        if paused:
            self._going.clear()
        else:
            self._going.set()

    async def run(self) -> None:
        """Keep the root in view until cancelled."""
        while True:
            await self._going.wait()
            try:
                probe = await self.probe()
                if not probe.available:
                    await self._wait_until_back()
                    continue
                if self._watches(probe):
                    await self._watch()
                else:
                    await self._scan_or_leave()
                    await asyncio.sleep(self._polls_every())
            except NasUnavailableError as error:
                with contextlib.suppress(UnavailableError):
                    await self._set_away(error.message)
                await self._wait_until_back()
            except UnavailableError as error:
                await self._waits.wait_to_retry(self.shown, f"the root {self.shown} waits", error)
            except DatabaseDamagedError:
                raise
            except SissError as error:
                # One root's trouble (a name that the database refuses) leaves the others and the service alone.
                _log.exception("a root cannot be looked at; trying again", root=self.shown, error=str(error))
                await asyncio.sleep(self._settings.nas_retry)

    async def probe(self) -> MountProbe:
        """Probe whether the root is there, and record the result."""
        probe = await asyncio.to_thread(probe_mount, self.root.path, self._settings.nas_timeout)
        self.settle_seconds = (
            self._settings.settle_seconds_network if probe.network else self._settings.settle_seconds
        )
        if probe.available and self._context is None:
            self._context = await self._make_context(probe)
        gone = probe.available and probe.empty and await self._scans.count_files(self.root.id) > 0
        if not probe.available or gone:
            # An empty folder where files were is most often a mount that is not there.
            self._doubted = self._doubted or gone
            reason = probe.reason or "the folder is empty though it had files"
            await self._set_away(reason)
            return replace(probe, available=False, reason=reason)
        if self._device is not None and not self._is_same(probe):
            self._doubted = True  # a scan of the whole says how much of it is there
        self._device, self._inode = probe.device, probe.inode
        if not self._doubted:
            await self._set_available(probe)
        self._away.clear()
        self._back.set()
        return probe

    async def _set_available(self, probe: MountProbe) -> None:
        watch = WatchMode.EVENTS if self._watches(probe) else WatchMode.POLLING
        await self._scans.set_root(self.root.id, RootState.AVAILABLE, watch, probe.reason)

    async def _make_context(self, probe: MountProbe) -> RootContext:
        settings = self._settings
        options = replace(walk_options(settings), stable_inodes=probe.stable_inodes)
        return RootContext(
            self.root,
            make_rules(settings.ignore, defaults=settings.default_ignores, fold=self.root.case_insensitive),
            options,
            FolderMap((await self._scans.folder_fingerprints(self.root.id)).items()),
            check_disk_space=partial(check_disk_space, settings.data_dir),
            companion=companion_for(self.root.path, options, settings, network=probe.network),
            still_there=self._still_there,
            redact_path=self._redact_path,
        )

    def _still_there(self) -> bool:
        """Whether the root is still the folder that was probed last."""
        probe = probe_mount(self.root.path, self._settings.nas_timeout)
        return probe.available and self._is_same(probe)

    def _is_same(self, probe: MountProbe) -> bool:
        return probe.device == self._device and (probe.inode == self._inode or not probe.stable_inodes)

    async def scan(self, *, accept_deletions: bool = False, path: str | None = None) -> ScanReport:
        """Scan the whole root, or the part of it that a shown ``path`` names.

        A root that cannot be read is recorded as away, and so is one that is empty though it had files (unless
        ``accept_deletions``); the report then says so in ``outage``.
        """
        async with self._lock:
            self._scanning = True
            try:
                probe = await self.probe()
                emptied = probe.empty and probe.device is not None
                if not probe.available and not (accept_deletions and emptied):
                    return ScanReport(self.shown, outage=probe.reason)
                assert self._context is not None
                scan = Scan(self._context, self._scans, self._note)
                part = await asyncio.to_thread(self._relative, path)
                if part and not self._doubted:
                    report = await self._scan_part(scan, part)
                else:
                    fraction = 1.0 if accept_deletions else self._settings.outage_fraction
                    report = await scan.whole(outage_fraction=fraction)
                    self.scanned_at, self.scan_seconds = datetime.now(UTC), report.seconds
                self._doubted = bool(report.outage)
                if not report.outage:
                    await self._set_available(probe)
                    report.queued += await self._try_again()
            except NasUnavailableError as error:
                await self._set_away(error.message)
                return ScanReport(self.shown, outage=error.message)
            finally:
                self._scanning = False
            self._racy.update(scan.racy)
            self._waits.over(self.shown)
        if report.outage:
            await self._set_away(report.outage)
        self.on_change()
        return report

    async def _scan_part(self, scan: Scan, part: bytes) -> ScanReport:
        """Scan a folder with everything below it; of a file, its folder, as no less can be listed."""
        assert self._context is not None
        is_folder = await asyncio.to_thread(os.path.isdir, absolute_path(self.root.path, part))
        if is_folder or part in self._context.fingerprints:
            return await scan.parts((), [part])
        return await scan.parts([part.rpartition(b"/")[0]])

    async def _watch(self) -> None:
        """Follow events, with a scan now and then, until the watch ends or another file system is mounted."""
        assert self._context is not None
        device, probed = self._device, time.monotonic()
        batches = watch_root(self.root.path, self._context.rules, self._context.options)
        try:
            due = time.monotonic() + self._interval()
            batch = asyncio.ensure_future(anext(batches))
            left = asyncio.ensure_future(self._away.wait())
            while True:
                racy = min(self._racy.values(), default=0) / 1e9 + RACY_SECONDS - time.time() if self._racy else due
                probe_in = probed + self._settings.nas_retry - time.monotonic()
                timeout = max(min(due - time.monotonic(), racy, probe_in), 0.0)
                done, _ = await asyncio.wait([batch, left], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
                await self._going.wait()
                if left in done:
                    return await self._wait_until_back()
                if done:
                    found = batch.result()
                    if found.ended:
                        return await self._poll_instead(found.reason)
                    await self._look_and_rest(found)
                    batch = asyncio.ensure_future(anext(batches))
                if time.monotonic() >= due:
                    await self._scan_or_leave()
                    due = time.monotonic() + self._interval()
                if time.monotonic() >= probed + self._settings.nas_retry:
                    await self.probe()
                    probed = time.monotonic()
                if self._device != device:
                    return None  # events come from what is below it, and from nothing else
                await self._look_again()
        finally:
            left.cancel()
            batch.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
                await batch
            await _close(batches)

    async def _scan_or_leave(self) -> None:
        """Scan. Raises ``NasUnavailableError`` if the root turns out to be away; it is probed from then on."""
        report = await self.scan()
        if report.outage:
            raise NasUnavailableError(report.outage, root=self.shown)

    async def _poll_instead(self, reason: str) -> None:
        """Scan and poll after events have ended, because the root is gone or a limit of the system is reached."""
        await self._scan_or_leave()
        _log.warning("a root is polled from now on", root=self.shown, reason=reason)
        await self._scans.set_root(self.root.id, RootState.AVAILABLE, WatchMode.POLLING, reason)
        await asyncio.sleep(self._polls_every())

    async def _look_and_rest(self, batch: WatchBatch) -> None:
        """Scan where something changed; if that took long, as in a folder of many files, rest for a while."""
        began = time.monotonic()
        await self._look(batch)
        if not batch.everything:
            await asyncio.sleep(min(REST_SHARE * (time.monotonic() - began), LONGEST_REST))

    async def _look(self, batch: WatchBatch) -> None:
        if batch.everything:
            await self._scan_or_leave()
        else:
            await self._scan_parts(batch.folders, batch.trees)

    async def _look_again(self) -> None:
        """Scan racy folders again, now that the times of their files can be trusted."""
        old_enough = time.time_ns() - int(RACY_SECONDS * 1e9)
        due = {path: at for path, at in self._racy.items() if at <= old_enough}
        if due:
            await self._scan_parts(list(due), since_ns=min(due.values()))
            for path, at in due.items():
                if self._racy.get(path) == at:
                    del self._racy[path]

    async def _scan_parts(
        self, folders: Sequence[bytes], trees: Sequence[bytes] = (), *, since_ns: int | None = None
    ) -> None:
        assert self._context is not None
        async with self._lock:
            scan = Scan(self._context, self._scans, lambda _: self.on_change())
            report = await scan.parts(folders, trees, since_ns=since_ns)
            self._waits.over(self.shown)
            if since_ns is None:
                report.queued += await self._try_again(folders)
                for path, at in scan.racy:
                    self._racy.setdefault(path, at)
        if report.queued or report.missing:
            self.on_change()

    async def _try_again(self, folders: Sequence[bytes] | None = None) -> int:
        return await requeue_readable(self._ingest, self.root, self._settings.nas_timeout, folders)

    async def _set_away(self, reason: str) -> None:
        _log.warning("a root is away", root=self.shown, reason=reason)
        await self._scans.set_root(self.root.id, RootState.AWAY, WatchMode.POLLING, reason)
        self._waits.over(self.shown)
        self._back.clear()
        self._away.set()

    async def _wait_until_back(self) -> None:
        """Wait until it is time to probe again, or until a scan that somebody asked for found the root there."""
        # Not wait_for: in Python 3.11 it may swallow that this task is cancelled.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.nas_retry):
                await self._back.wait()

    def _interval(self) -> float:
        return self._settings.scan_interval or 1e9

    def _polls_every(self) -> float:
        return self._interval() if self._settings.watch == "off" else self._settings.poll_interval or 1e9

    def _watches(self, probe: MountProbe) -> bool:
        match self._settings.watch:
            case "auto":
                return probe.events_work
            case chosen:
                return chosen == "events"

    def _relative(self, path: str | None) -> bytes:
        if path is None or path == self.shown:
            return b""
        return find_raw(self.root.path, path[len(self.shown.rstrip("/")) + 1 :], self._redact_path)

    def _note(self, report: ScanReport) -> None:
        self.seen = report.files
        self.on_change()


async def _close(batches: AsyncGenerator[WatchBatch, None]) -> None:
    with contextlib.suppress(RuntimeError):
        await batches.aclose()
