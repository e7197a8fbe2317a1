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
    """The changes as they are recorded. ``moves``: the known file that each path leads to now, where one moved there.

    ``moved``: the ids of those, in all folders that are recorded together; ``settled``: of those, and of the files
    whose paths they took: what else is said of them is said of another file.
    """
    fingerprint = listing.storable_fingerprint
    if changes.vanished:
        # Not before these are marked, or a scan that is killed in between would hide them: the next one.
        fingerprint = None
    # What is found in place of a file that is known elsewhere now: by its name, or by one spelt like it.
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
