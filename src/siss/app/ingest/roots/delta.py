"""What a scan found different in one folder, once it is known what moved."""

from collections.abc import Collection, Mapping

from siss.discover.changes import FolderChanges, same_stat
from siss.discover.listing import FolderListing
from siss.discover.paths import join_raw
from siss.model.ids import FileId
from siss.model.ingest import FolderDelta, KnownFile


def describe_delta(
    listing: FolderListing,
    changes: FolderChanges,
    moves: Mapping[bytes, KnownFile],
    moved: Collection[FileId],
    settled: Collection[FileId],
) -> FolderDelta:
    """The changes of one folder as they are recorded.

    ``moves``: by path, the known file that was moved to it; ``moved``: the ids of all moved files, also of other
    folders that are recorded together; ``settled``: those, and the files whose paths they took. The changes of
    ``settled`` files are left out here, because they are recorded with the move.
    """
    fingerprint = listing.storable_fingerprint
    if changes.vanished:
        # The fingerprint is stored by the next scan, when these are marked as missing: if this one is killed before
        # that, an equal fingerprint would hide that they are gone.
        fingerprint = None
    # A file was moved away, and another one has its path now (or a path that differs in case only): that one is new.
    left = [seen for file, seen in changes.replaced if file.id in moved]
    left += [seen for file_id, seen in changes.renamed if file_id in moved]
    here = [seen for seen in (*changes.added, *(seen for _, seen in changes.replaced)) if seen.path in moves]
    grown = [seen for seen in here if not same_stat(moves[seen.path].stat, seen.stat)]
    moving = [
        *(pair for pair in changes.renamed if pair[0] not in moved),
        *((moves[seen.path].id, seen) for seen in here),
    ]
    closed = {join_raw(listing.path, name) for name in listing.closed}
    return FolderDelta(
        path=listing.path,
        fingerprint=fingerprint,
        added=[seen for seen in (*changes.added, *left) if seen.path not in moves],
        changed=[
            *((file_id, stat) for file_id, stat in changes.changed if file_id not in settled),
            *((moves[seen.path].id, seen.stat) for seen in grown),
            *changes.racy,
        ],
        returned=changes.returned,
        moved=moving,
        closed=[
            *(file_id for file_id in changes.closed if file_id not in settled),
            *(file_id for file_id, seen in moving if seen.path in closed),
        ],
        skipped=listing.skipped(),
    )
