"""When a changed file may be read: once it has been still for a while.

A file that somebody writes to is read for nothing. Its mtime says for how long it has been still, if the clock that
set it can be trusted; a NAS has a clock of its own, and programs set mtimes as they like. So what was observed
counts as well, and no mtime makes a file wait for longer than ``settle`` after it was seen to be still.
"""

from typing import Final

from siss.model.file import FileStat

_SECOND: Final = 1_000_000_000


def settle_wait(
    stat: FileStat, now_ns: int, settle: float, *, same_since_ns: int | None = None, skew: float = 0.0
) -> float:
    """Seconds until the file may be read; 0 when it may be now, never more than ``settle``.

    ``now_ns``: this machine's clock, since the epoch. ``same_since_ns``: when (by that clock) size and mtime were
    first seen as they are, None if just now. ``skew``: seconds by which the clock of the file system may differ;
    an mtime that is younger than that says nothing.
    """
    observed = max(0.0, (now_ns - same_since_ns) / _SECOND) if same_since_ns is not None else 0.0
    claimed = (now_ns - stat.mtime_ns) / _SECOND - skew
    return max(0.0, settle - max(observed, claimed))
