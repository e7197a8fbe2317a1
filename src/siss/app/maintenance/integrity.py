"""Bit rot: bytes that changed though nobody wrote, as size, time and inode say; and files that cannot be read now.

What was indexed stays searchable: it is the better copy of the two. The file's ledger says what was found, until
the file is changed or compares well again.
"""

import asyncio
import errno
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from siss.app.ingest.reading.source import AWAY, Source
from siss.discover.changes import same_stat
from siss.discover.throttle import TokenBucket
from siss.logs import get_logger
from siss.model.coverage import Gap, Reason
from siss.model.maintenance import StoredHash
from siss.ports.maintenance import Maintenance

Found = Literal["intact", "damaged", "changed", "unreadable", "away"]
"""``changed``: another size, time or inode: a scan will see to it. ``away``: so is its folder."""

_CLOSED: Final = {errno.EACCES, errno.EPERM}
_NAMED: Final = 20
_NICE: Final = 10.0
"""After each file there is a pause in proportion to the time that it took, so that others get to the NAS."""

_log = get_logger(__name__)


async def compare_hashes(store: Maintenance, share: float, bytes_per_second: float) -> Mapping[str, Any]:
    """Read a random share of the files again; returns how many were found how, and the first that are damaged."""
    counts: dict[str, int] = dict.fromkeys(("intact", "damaged", "changed", "unreadable", "away"), 0)
    named: list[str] = []
    read = 0
    throttle = TokenBucket(bytes_per_second)
    for file in await store.sample_hashes(share):
        found, size, gap = await asyncio.to_thread(_compare_gently, file, throttle)
        counts[found] += 1
        read += size
        if found == "damaged":
            _log.error("bit rot: a file has other bytes than were indexed, though nobody wrote it", path=file.shown)
            named.append(file.shown)
            await store.set_damaged(
                file.file_id,
                f"Its bytes have another hash than when they were indexed ({file.sha256.hex()[:12]}…), though size "
                "and time are the same: restore it from a backup. What is searched is what was indexed.",
            )
        elif found == "intact" and file.damaged:
            await store.set_damaged(file.file_id, None)
        elif gap is not None:
            _log.warning("a file that was indexed cannot be read any more", path=file.shown, error=gap.detail)
            await store.note_unread(file.file_id, gap)
    return {**counts, "bytes": read, "damaged_paths": named[:_NAMED]}


def compare_hash(
    file: StoredHash, throttle: TokenBucket, beat: Callable[[], None] = lambda: None
) -> tuple[Found, int, Gap | None]:
    """How a file is, how many bytes were read for it, and for what reason it could not be read."""
    try:
        with Source(file.path, throttle, beat) as source:
            if not same_stat(file.stat, source.stat):
                return "changed", 0, None
            source.drain()
            if source.now() != source.stat or source.read_bytes != file.stat.size:
                return "changed", source.read_bytes, None
            return ("intact" if source.sha256() == file.sha256 else "damaged"), source.read_bytes, None
    except FileNotFoundError:
        return "changed", 0, None
    except OSError as error:
        if error.errno in AWAY and not _can_be_listed(os.path.dirname(file.path)):  # noqa: PTH120 - bytes
            return "away", 0, None
        reason = Reason.PERMISSION_DENIED if error.errno in _CLOSED else Reason.READ_ERROR
        return "unreadable", 0, Gap(reason, detail=os.strerror(error.errno or 0), lost=False)


def _can_be_listed(folder: bytes) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def _compare_gently(file: StoredHash, throttle: TokenBucket) -> tuple[Found, int, Gap | None]:
    began = time.monotonic()
    found = compare_hash(file, throttle)
    time.sleep(min((time.monotonic() - began) / _NICE, 1.0))
    return found
