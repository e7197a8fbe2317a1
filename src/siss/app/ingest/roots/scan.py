"""A scan compares the folders on disk with what the catalog knows of them, and records the differences.

The walk runs in a thread. It only counts the files of a folder whose fingerprint is the stored one; the files of
other folders are compared here one by one, in batches. Files that vanished are marked as missing at the end of the
scan, when their number is known: a root that lost more than half of its files at once is taken for an outage.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from siss.app.ingest.roots.context import RootContext
from siss.app.ingest.roots.delta import describe_delta
from siss.app.ingest.roots.walk_thread import run_in_thread
from siss.app.shown_paths import redact_delta
from siss.discover.batches import folders_above, is_within, topmost
from siss.discover.changes import FolderChanges, compare_folder
from siss.discover.listing import FolderListing
from siss.discover.mount import probe_available
from siss.discover.moves import find_moves, is_grown, look_at
from siss.discover.parallel_walk import Companion, walk_in_parallel
from siss.discover.paths import join_raw
from siss.discover.walk import walk_root
from siss.errors import ConflictError, NasUnavailableError
from siss.logs import get_logger
from siss.model.ids import FileId
from siss.model.ingest import KnownFile
from siss.ports.scan_catalog import ScanCatalog

BATCH_FILES = 2000
"""Files of changed folders that are compared and recorded together."""

BATCH_FOLDERS = 500
"""The most folders in one batch, so that small folders do not wait for many others."""

MOST_TRIES = 3
"""How often a batch is compared when the catalog keeps changing meanwhile."""

OUTAGE_LEAST = 100
"""A root with fewer known files than this is never taken for an outage, however many of them vanish."""

_log = get_logger(__name__)


class MountLostError(Exception):
    """A file system that is mounted below the root went away in the middle of a scan, which is to begin again."""


@dataclass(slots=True)
class ScanReport:
    """What a scan saw: counts of folders and files, and how long it took.

    ``queued``: files that will be read; ``missing``: files marked as missing; ``skipped``: entries that were not
    taken, by reason; ``outage``: why nothing was marked as missing, empty where all went well.
    """

    root: str
    folders: int = 0
    files: int = 0
    queued: int = 0
    missing: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    outage: str = ""


class Scan:
    """One scan of a root, or of some of its folders. Not to be used twice.

    All methods raise ``NasUnavailableError`` if the root goes away, ``MountLostError``, ``DatabaseUnavailableError``
    and ``DiskFullError``.
    """

    def __init__(self, context: RootContext, catalog: ScanCatalog, on_progress: Callable[[ScanReport], None]) -> None:
        self._context = context
        self._catalog = catalog
        self._on_progress = on_progress
        self._away = context.options.away
        self._vanished: dict[FileId, KnownFile] = {}
        self._moved: set[FileId] = set()
        self.racy: list[tuple[bytes, int]] = []
        """Folders with files so recent that a change may not show in their times, and when they were listed (ns)."""
        self.report = ScanReport(context.root.shown)

    async def whole(self, *, outage_fraction: float) -> ScanReport:
        """Scan everything below the root.

        ``outage_fraction``: the share of files, 0 to 1, that may vanish before it is taken for an outage; 1 accepts
        any number of deletions.
        """
        started = time.monotonic()
        unseen = dict(self._context.fingerprints.items())
        closed: list[bytes] = []
        async for batch in self._walk([b""], unseen, closed):
            await self._compare(batch, since_ns=None)
        shut = frozenset(closed)
        gone = [path for path in unseen if not is_within(path, shut)]
        await self._mark_vanished(gone, outage_fraction)
        self.report.seconds = time.monotonic() - started
        self._context.files = self.report.files
        if not self.report.outage:
            await self._catalog.finish_scan(self._context.root.id)
        return self.report

    async def parts(
        self, paths: Sequence[bytes], trees: Sequence[bytes] = (), *, since_ns: int | None = None
    ) -> ScanReport:
        """Scan the folders ``paths`` without their known subfolders, and ``trees`` with everything below them.

        Folders that hold links into these are scanned as well, because no event comes for a link. ``since_ns``: when
        the folders were last listed, ns since the epoch; files that were too recent then are read once more.
        """
        known = self._context.fingerprints
        starts = set(trees)
        gone = await self._look(paths, starts, since_ns)
        holders = self._context.targets.holders(paths, {*starts, *gone}).difference(paths)
        await self._look(sorted(path for path in holders if path in known), starts, None, only_changed=True)
        unseen = {path: known.get(path) or b"" for tree in trees for path in known.below(tree)}
        closed: list[bytes] = []
        async for batch in self._walk(topmost(starts), unseen, closed):
            await self._compare(batch, since_ns=None)
        shut = frozenset(closed)
        lost = [path for path in unseen if not is_within(path, shut)]
        if lost or self._vanished:
            await self._check_root()
            await self._mark_vanished(lost, 1.0)
        return self.report

    async def _look(
        self, paths: Sequence[bytes], starts: set[bytes], since_ns: int | None, *, only_changed: bool = False
    ) -> list[bytes]:
        """Compare folders. Adds their new subfolders to ``starts``; returns the subfolders that are gone."""
        known = self._context.fingerprints
        every: list[bytes] = []
        batches = _batches(self._list(paths))
        while listings := await asyncio.to_thread(next, batches, None):
            self._count(listings)
            below = {folder for listing in listings for folder in listing.subfolders}
            starts |= {folder for folder in below if folder not in known}
            unsure = {path for listing in listings for path in _unsure(listing)}
            gone = [
                folder
                for listing in listings
                if listing.whole
                for folder in known.children(listing.path)
                if folder not in below and not is_within(folder, unsure)
            ]
            if only_changed:
                listings = [listing for listing in listings if _differs(listing, known.get(listing.path))]
            if listings:
                await self._compare(listings, since_ns=since_ns)
            if gone:
                await self._check_root()
                await self._mark_gone_folders(gone)
            every += gone
        return every

    async def _check_root(self) -> None:
        """Raise ``NasUnavailableError`` if another file system stands where the root was.

        A scan of a part cannot tell an outage by the number of vanished files.
        """
        if not await asyncio.to_thread(self._context.still_there):
            shown = self._context.root.shown
            raise NasUnavailableError(f"{shown} is not the folder that it was", root=shown)

    def _list(self, paths: Sequence[bytes]) -> Iterator[FolderListing]:
        context = self._context
        for path in paths:
            yield from walk_root(
                context.root.path, context.rules, context.options, start=path, recursive=False, links=context.links
            )

    def _walk(
        self, starts: Sequence[bytes], unseen: dict[bytes, bytes], closed: list[bytes]
    ) -> AsyncIterator[list[FolderListing]]:
        """Yield the folders below ``starts`` that may have changed, in batches.

        Removes each folder that it sees from ``unseen``. Adds to ``closed`` the folders that could not be read: what
        is missing below these is not known to be gone.
        """

        def walk(stack: contextlib.ExitStack, should_stop: Callable[[], bool]) -> Iterator[list[FolderListing]]:
            companion = stack.enter_context(self._context.accompany(whole=starts == [b""]))
            return _batches(self._changed(starts, unseen, closed, should_stop, companion))

        return run_in_thread(walk, self._require_answer)

    async def _require_answer(self) -> None:
        root = self._context.root
        if not await asyncio.to_thread(probe_available, root.path):
            raise NasUnavailableError(f"{root.shown} does not answer", root=root.shown)
        await self._check_mounts()

    async def _check_mounts(self) -> None:
        """Raise ``MountLostError`` if something that was mounted when the scan began is away: its files are there."""
        if not self._away.keys() >= (await asyncio.to_thread(self._context.mounts_away)).keys():
            raise MountLostError

    def _changed(
        self,
        starts: Iterable[bytes],
        unseen: dict[bytes, bytes],
        closed: list[bytes],
        should_stop: Callable[[], bool],
        companion: Companion | None,
    ) -> Iterator[FolderListing]:
        context = self._context
        bounds = (context.root.path, context.rules, context.options)
        for start in starts:
            walk = (
                walk_in_parallel(*bounds, companion, links=context.links, should_stop=should_stop)
                if companion is not None
                else walk_root(*bounds, start=start, links=context.links, should_stop=should_stop)
            )
            for listing in walk:
                self._count((listing,))
                known = unseen.pop(listing.path, None)
                if listing.entries or listing.failure is not None:
                    closed.extend(_unsure(listing))
                if _differs(listing, known):
                    yield listing

    def _count(self, listings: Iterable[FolderListing]) -> None:
        report = self.report
        for listing in listings:
            report.folders += 1
            report.files += len(listing)
            if listing.whole:
                self._context.targets.note(listing.path, listing.targets)
            if listing.entries:
                reasons = Counter(entry.gap.reason.value for entry in listing.entries)
                for reason, count in reasons.items():
                    report.skipped[reason] = report.skipped.get(reason, 0) + count

    async def _compare(self, listings: Sequence[FolderListing], *, since_ns: int | None) -> None:
        """Record how folders differ from the catalog. Vanished files are only remembered, see ``_mark_vanished``."""
        self._context.check_disk_space()
        for _ in range(MOST_TRIES - 1):
            with contextlib.suppress(ConflictError):  # a missing file was given up, or became another, meanwhile
                return await self._record(listings, since_ns)
        return await self._record(listings, since_ns)

    async def _record(self, listings: Sequence[FolderListing], since_ns: int | None) -> None:
        root = self._context.root
        known = await self._catalog.files_in_folders(root.id, [listing.path for listing in listings])
        found = [
            (
                listing,
                compare_folder(
                    listing,
                    known.get(listing.path, ()),
                    case_insensitive=root.case_insensitive,
                    racy_ns=self._context.options.racy_ns if since_ns is not None else 0,
                    since_ns=since_ns,
                ),
            )
            for listing in listings
        ]
        for _, changes in found:
            self._vanished.update((file.id, file) for file in changes.vanished)
        moves = await self._find_moves([changes for _, changes in found])
        moved = {file.id for file in moves.values()}
        settled = moved | {file.id for _, changes in found for file, seen in changes.replaced if seen.path in moves}
        self._moved.update(moved)
        deltas = []
        for listing, changes in found:
            delta = describe_delta(listing, changes, moves, moved, settled)
            deltas.append(redact_delta(delta, self._context.redact_path))
        self.report.queued += await self._catalog.record_folders(root.id, deltas)
        # Only now: what could not be recorded must not look as if it were.
        self._context.fingerprints.update((delta.path, delta.fingerprint or b"") for delta in deltas)
        for listing in listings:
            if listing.absent:  # what is there later is new
                self._context.fingerprints.pop(listing.path)
        self.racy.extend((listing.path, listing.listed_at_ns) for listing in listings if listing.racy)
        self._on_progress(self.report)

    async def _find_moves(self, found: Sequence[FolderChanges]) -> Mapping[bytes, KnownFile]:
        """Which known file was moved to which path: by path, of paths that are new or have another inode."""
        context = self._context
        added = [file for changes in found for file in changes.added]
        replaced = [pair for changes in found for pair in changes.replaced]
        seen = [*added, *(file for _, file in replaced)]
        if not seen or not context.options.stable_inodes or not context.fingerprints:
            return {}
        candidates = await self._catalog.files_by_inode(context.root.id, [file.stat for file in seen])
        if not candidates:
            return {}
        look, grown = partial(look_at, context.root.path), partial(is_grown, context.root.path)
        return await asyncio.to_thread(find_moves, added, replaced, candidates, look, grown)

    async def _mark_vanished(self, folders: Sequence[bytes], outage_fraction: float) -> None:
        """Mark what vanished as missing, unless it is so much that it must be an outage."""
        root = self._context.root
        files = [
            file.id
            for file in self._vanished.values()
            if file.id not in self._moved and not is_within(file.path, self._away)
        ]
        folders = self._without_away(folders)
        if not files and not folders:
            return
        await self._check_mounts()
        if outage_fraction < 1.0:
            total = await self._catalog.count_files(root.id)
            lost = len(files) + await self._count_in(folders)
            if total >= OUTAGE_LEAST and lost > outage_fraction * total:
                # Without numbers: whoever may see a part of a root is told why it is away, too.
                _log.warning("files are not there", root=root.shown, files=lost, of=total)
                self.report.outage = (
                    f"more than {outage_fraction:.0%} of its files are not there: taken for an outage, nothing is "
                    "marked as missing. If they were deleted: siss scan --accept-deletions"
                )
                return
        self.report.missing += await self._catalog.mark_missing(root.id, folders, files)
        for folder in folders:
            self._context.fingerprints.pop(folder)

    async def _count_in(self, folders: Sequence[bytes]) -> int:
        count = 0
        for start in range(0, len(folders), BATCH_FOLDERS):
            known = await self._catalog.files_in_folders(
                self._context.root.id, folders[start : start + BATCH_FOLDERS]
            )
            count += sum(
                not file.missing and file.id not in self._moved for files in known.values() for file in files
            )
        return count

    def _without_away(self, folders: Sequence[bytes]) -> list[bytes]:
        """Those that are not in what is away, nor hold it: with a folder all below it is marked as missing."""
        if not self._away:
            return list(folders)
        holders = {folder for path in self._away for folder in folders_above(path)}
        return [folder for folder in folders if folder not in holders and not is_within(folder, self._away)]

    async def _mark_gone_folders(self, folders: Sequence[bytes]) -> None:
        """Mark folders that are gone as missing, with all below them. Moves out of them were found before."""
        folders = self._without_away(folders)
        await self._check_mounts()
        known = self._context.fingerprints
        below = [path for folder in folders for path in known.below(folder)]
        self.report.missing += await self._catalog.mark_missing(self._context.root.id, folders, [])
        for path in below:
            known.pop(path)


def _batches(listings: Iterator[FolderListing]) -> Iterator[list[FolderListing]]:
    batch: list[FolderListing] = []
    files = 0
    for listing in listings:
        batch.append(listing)
        files += len(listing)
        if files >= BATCH_FILES or len(batch) >= BATCH_FOLDERS:
            yield batch
            batch, files = [], 0
    if batch:
        yield batch


def _differs(listing: FolderListing, known: bytes | None) -> bool:
    """Whether a folder may have changed since it had this fingerprint."""
    return known != listing.fingerprint or not known or listing.racy


def _unsure(listing: FolderListing) -> list[bytes]:
    """Paths that could not be read: what the catalog knows below them stays as it is."""
    paths = [join_raw(listing.path, name) for name in listing.unsure]
    return paths if listing.whole else [listing.path, *paths]
