"""Compares a folder's listing with the files that the catalog knows there. Pure: no I/O.

Size, mtime and inode decide. The device does not: a network mount gets another number each time it is mounted, and
a file of the same inode, size and mtime (in nanoseconds) on another device would still be the same bytes.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from siss.discover.listing import FolderListing
from siss.model.file import FileStat, ObservedFile
from siss.model.ids import FileId
from siss.model.ingest import KnownFile


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """How one folder differs from what the catalog knows of it.

    ``changed``: another size, mtime or inode (missing files that returned changed included). ``replaced``: those of
    them with another inode, and what is found there: other bytes of that file, or a file that moved there.
    ``returned``: missing files that are there again as they were. ``renamed``: files whose name is spelt otherwise
    now (case on a root that folds it, or another Unicode form); one whose numbers changed too is also in
    ``changed``. ``racy``: files with the numbers that are known, but so young that they may have changed again
    within one tick of the clock: to be read once more. ``vanished``: files that are not there any more. ``closed``:
    files with the numbers that are known, which may not be read now.
    """

    added: list[ObservedFile] = field(default_factory=list)
    changed: list[tuple[FileId, FileStat]] = field(default_factory=list)
    replaced: list[tuple[KnownFile, ObservedFile]] = field(default_factory=list)
    returned: list[FileId] = field(default_factory=list)
    renamed: list[tuple[FileId, ObservedFile]] = field(default_factory=list)
    racy: list[tuple[FileId, FileStat]] = field(default_factory=list)
    vanished: list[KnownFile] = field(default_factory=list)
    closed: list[FileId] = field(default_factory=list)


def compare_folder(
    listing: FolderListing,
    known: Sequence[KnownFile],
    *,
    case_insensitive: bool = False,
    racy_ns: int = 2_000_000_000,
    since_ns: int | None = None,
) -> FolderChanges:
    """Compare a listing with the files known in that folder, missing ones included.

    Where the folder could not be read, nothing vanishes. ``racy_ns``: as ``WalkOptions.racy_ns``. ``since_ns``:
    when the folder was listed before, if known: files that were racy then are reported once more. Mtimes further
    in the future than ``racy_ns`` are not racy: a real write would set another one.
    """
    cut = len(listing.path) + 1 if listing.path else 0
    unknown = {file.path[cut:]: file for file in known}
    seen_at = listing.listed_at_ns if since_ns is None else min(since_ns, listing.listed_at_ns)
    young, future = seen_at - racy_ns, listing.listed_at_ns + racy_ns
    observe = listing.observe_folded if case_insensitive else listing.observe
    changes, closed = FolderChanges(), frozenset(listing.closed)
    fresh: list[tuple[bytes, FileStat]] = []
    numbers = iter(listing.numbers)
    for index, (name, size, mtime, inode) in enumerate(zip(listing.names, numbers, numbers, numbers, strict=True)):
        file = unknown.pop(name, None)
        if file is None:
            fresh.append((name, listing.stat_at(index)))
            continue
        stat = file.stat
        if name in closed:
            changes.closed.append(file.id)
        other = stat.inode != inode and stat.inode and inode  # 0: inodes tell nothing here
        if stat.size != size or stat.mtime_ns != mtime or other:
            now = listing.stat_at(index)
            changes.changed.append((file.id, now))
            if other:
                changes.replaced.append((file, observe(name, now)))
        elif file.missing:
            changes.returned.append(file.id)
        elif young <= mtime <= future:
            changes.racy.append((file.id, listing.stat_at(index)))
    changes.added.extend(observe(name, stat) for name, stat in fresh)
    if not listing.whole:
        return changes
    for name in listing.unsure:
        unknown.pop(name, None)
    renamed = _match_spellings(changes, unknown.values()) if changes.added and unknown else set()
    changes.vanished.extend(file for file in unknown.values() if not file.missing and file.id not in renamed)
    return changes


def _match_spellings(changes: FolderChanges, gone: Collection[KnownFile]) -> set[FileId]:
    """Turn an added and a vanished file whose names differ only in spelling into a renamed one; returns their ids.

    Only where it is one to one: two names with one key are a conflict, which the catalog records.
    """
    by_key: dict[bytes, list[KnownFile]] = {}
    for file in gone:
        by_key.setdefault(file.key, []).append(file)
    added_keys = Counter(file.key for file in changes.added)
    renamed: set[FileId] = set()
    added: list[ObservedFile] = []
    for seen in changes.added:
        candidates = by_key.get(seen.key, [])
        if len(candidates) != 1 or added_keys[seen.key] != 1:
            added.append(seen)
            continue
        file = candidates[0]
        renamed.add(file.id)
        changes.renamed.append((file.id, seen))
        if not same_stat(file.stat, seen.stat):
            changes.changed.append((file.id, seen.stat))
        elif file.missing:
            changes.returned.append(file.id)
    changes.added[:] = added
    return renamed


def same_stat(known: FileStat, seen: FileStat) -> bool:
    """Whether two stats say that a file did not change. An inode of 0 is unknown, and not compared."""
    same_file = known.inode == seen.inode or not known.inode or not seen.inode
    return known.size == seen.size and known.mtime_ns == seen.mtime_ns and same_file
