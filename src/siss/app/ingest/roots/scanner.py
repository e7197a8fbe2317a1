"""Compares one root with the catalog whenever somebody asks, and knows whether the root is there at all."""

import asyncio
import contextlib
import math
import os
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from siss.app.ingest.availability import Waits
from siss.app.ingest.disk_space import check_disk_space
from siss.app.ingest.roots.companion import companion_for
from siss.app.ingest.roots.context import RootContext
from siss.app.ingest.roots.mounts_below import MountsBelow
from siss.app.ingest.roots.scan import MountLostError, Scan, ScanReport
from siss.app.ingest.roots.specs import walk_options
from siss.app.ingest.roots.unreadable import requeue_readable
from siss.discover.folder_map import FolderMap
from siss.discover.ignore import make_rules
from siss.discover.mount import MountProbe, probe_mount
from siss.discover.paths import absolute_path, find_raw
from siss.errors import NasUnavailableError
from siss.logs import get_logger
from siss.model.file import Root, RootState, WatchMode
from siss.ports.ingest_catalog import IngestCatalog
from siss.ports.scan_catalog import ScanCatalog
from siss.settings import Settings

RACY_SECONDS = 2.1
"""How old a listing is when its racy files, too recent for their times to be trusted, are looked at again."""

MOST_TRIES = 3
"""How often a scan is begun while file systems are unmounted below the root."""

_log = get_logger(__name__)


class RootScanner:
    """Probes and scans one root; one scan at a time, whoever asks.

    ``seen``: files that the last scan counted; ``scanned_at``, ``scan_seconds``: of the last whole scan;
    ``settle_seconds``: for how long its files must be still before they are read; ``on_change``: called when files
    may wait to be read; ``away``, ``back``: set while the root is away, or after a probe found it there;
    ``standing``: tells one state of the root and of what is mounted below it from another, None before it was there.
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
        self.away = asyncio.Event()
        self.back = asyncio.Event()
        self.on_change: Callable[[], None] = lambda: None
        self._settings = settings
        self._scans = scans
        self._ingest = ingest
        self._waits = waits
        self._redact_path = redact_path
        self._context: RootContext | None = None
        self._lock = asyncio.Lock()
        self._scanning = False
        self._racy: dict[bytes, int] = {}
        self._doubted = root.state is RootState.AWAY
        """Whether another file system may stand where the root was: nothing is read before a whole scan denies it."""
        self._device: int | None = None
        self._inode: int | None = None
        self._mounts = MountsBelow(root, scans, settings.nas_timeout)

    @property
    def scanning(self) -> bool:
        """Whether a scan is running, or none has ended since the start although the root is there."""
        return self._scanning or (self.scanned_at is None and not self.away.is_set())

    def holds(self, path: str) -> bool:
        """Whether a shown absolute path is the root or below it."""
        return path == self.shown or path.startswith(self.shown.rstrip("/") + "/")

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
            await self.set_away(reason)
            return replace(probe, available=False, reason=reason)
        if self._device is not None and not self._is_same(probe):
            self._doubted = True  # a scan of the whole says how much of it is there
        self._device, self._inode = probe.device, probe.inode
        await self._mounts.look(() if self._settings.one_filesystem else probe.below)
        self._leave_out_mounts()
        if not self._doubted:
            await self.set_available(self.watch_mode(probe), probe.reason)
        self.away.clear()
        self.back.set()
        return probe

    @property
    def standing(self) -> Hashable:
        """Equal for as long as the root and what is mounted below it stand as they did: then events still come."""
        return self._device, self._mounts.present, frozenset(self._mounts.away)

    def _leave_out_mounts(self) -> None:
        """Have walks leave out what is away."""
        self.context.options = replace(self.context.options, away=self._mounts.away)

    async def set_available(self, watch: WatchMode, reason: str) -> None:
        """Record that the root is there, and how its changes are noticed. Raises ``DatabaseUnavailableError``."""
        await self._scans.set_root(self.root.id, RootState.AVAILABLE, watch, reason)

    def watch_mode(self, probe: MountProbe) -> WatchMode:
        """How changes of the root are to be noticed, by ``SISS_WATCH`` and by what a probe found."""
        chosen = self._settings.watch
        events = probe.events_work if chosen == "auto" else chosen == "events"
        return WatchMode.EVENTS if events else WatchMode.POLLING

    @property
    def context(self) -> RootContext:
        """What a walk of the root needs. Only after a probe that found the root there."""
        assert self._context is not None
        return self._context

    async def _make_context(self, probe: MountProbe) -> RootContext:
        settings = self._settings
        options = replace(walk_options(settings), stable_inodes=probe.stable_inodes)
        return RootContext(
            self.root,
            make_rules(settings.ignore, defaults=settings.default_ignores, fold=self.root.case_insensitive),
            options,
            FolderMap((await self._scans.folder_fingerprints(self.root.id)).items()),
            check_disk_space=partial(check_disk_space, settings.data_dir),
            companion=companion_for(self.root.path, settings, network=probe.network),
            still_there=self._still_there,
            mounts_away=self._mounts.look_again,
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
        ``accept_deletions``); the report then says so in ``outage``. What is away of that which was mounted below it
        is left out, and its files stay as they are; ``accept_deletions`` gives up what is no longer mounted.
        """
        async with self._lock:
            self._scanning = True
            try:
                for _ in range(MOST_TRIES):
                    with contextlib.suppress(MountLostError):
                        report = await self._scan_once(path, accept_deletions=accept_deletions)
                        break
                else:
                    raise NasUnavailableError(f"what is mounted below {self.shown} comes and goes", root=self.shown)
            except NasUnavailableError as error:
                report = ScanReport(self.shown, outage=error.message)
            finally:
                self._scanning = False
                self._mounts.give_up_no_more()
            self._waits.over(self.shown)
        if report.outage and not self.away.is_set():
            await self.set_away(report.outage)
        self.on_change()
        return report

    async def _scan_once(self, path: str | None, *, accept_deletions: bool) -> ScanReport:
        probe = await self.probe()
        emptied = probe.empty and probe.device is not None
        if not probe.available and not (accept_deletions and emptied):
            return ScanReport(self.shown, outage=probe.reason)
        if accept_deletions:
            self._mounts.give_up()
            self._leave_out_mounts()
        await self._mounts.remember()
        scan = Scan(self.context, self._scans, self._note)
        part = await asyncio.to_thread(self._relative, path)
        if part and not self._doubted:
            report = await self._scan_part(scan, part)
        else:
            fraction = 1.0 if accept_deletions else self._settings.outage_fraction
            report = await scan.whole(outage_fraction=fraction)
            if not report.outage:
                await self._mounts.note_links(self.context.leads_into)
            self.scanned_at, self.scan_seconds = datetime.now(UTC), report.seconds
        self._doubted = bool(report.outage)
        if not report.outage:
            await self.set_available(self.watch_mode(probe), probe.reason)
            report.queued += await self._try_again()
        self._racy.update(scan.racy)
        return report

    async def _scan_part(self, scan: Scan, part: bytes) -> ScanReport:
        """Scan a folder with everything below it; of a file, its folder, as no less can be listed."""
        is_folder = await asyncio.to_thread(os.path.isdir, absolute_path(self.root.path, part))
        if is_folder or part in self.context.fingerprints:
            return await scan.parts((), [part])
        return await scan.parts([part.rpartition(b"/")[0]])

    def racy_seconds(self) -> float:
        """Seconds until the first racy folder is old enough to be scanned again; infinity where there is none."""
        if not self._racy:
            return math.inf
        return min(self._racy.values()) / 1e9 + RACY_SECONDS - time.time()

    async def scan_racy(self) -> None:
        """Scan those racy folders again the times of whose files can be trusted by now."""
        old_enough = time.time_ns() - int(RACY_SECONDS * 1e9)
        due = {path: at for path, at in self._racy.items() if at <= old_enough}
        if due:
            await self.scan_parts(list(due), since_ns=min(due.values()))
            for path, at in due.items():
                if self._racy.get(path) == at:
                    del self._racy[path]

    async def scan_parts(
        self, folders: Sequence[bytes], trees: Sequence[bytes] = (), *, since_ns: int | None = None
    ) -> None:
        """Scan these folders, and ``trees`` with everything below; paths relative to the root.

        ``since_ns``: when the folders were found racy, in nanoseconds since the epoch; None where an event named
        them. Raises ``NasUnavailableError``.
        """
        try:
            await self._scan_parts(folders, trees, since_ns)
        except MountLostError:
            await self.scan()

    async def _scan_parts(self, folders: Sequence[bytes], trees: Sequence[bytes], since_ns: int | None) -> None:
        async with self._lock:
            scan = Scan(self.context, self._scans, lambda _: self.on_change())
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

    async def set_away(self, reason: str) -> None:
        """Record that the root is away, and why. Raises ``DatabaseUnavailableError``."""
        _log.warning("a root is away", root=self.shown, reason=reason)
        await self._scans.set_root(self.root.id, RootState.AWAY, WatchMode.POLLING, reason)
        self._waits.over(self.shown)
        self.back.clear()
        self.away.set()

    def _relative(self, path: str | None) -> bytes:
        if path is None or path == self.shown:
            return b""
        return find_raw(self.root.path, path[len(self.shown.rstrip("/")) + 1 :], self._redact_path)

    def _note(self, report: ScanReport) -> None:
        self.seen = report.files
        self.on_change()
