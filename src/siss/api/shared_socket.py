"""What processes that listen on one socket tell each other, so that none has most of the work."""

from collections.abc import MutableSequence
from typing import Final

LEAVE_SECONDS: Final = 60.0
"""How long requests may take to finish in a process that makes room for its successor."""


class ConnectionCounts:
    """How many connections each process has. ``counts`` lies in memory that all of them share.

    Each writes its own place only, and a number that is old for a moment costs evenness, nothing else.
    """

    AWAY: Final = (1 << 31) - 1
    """In the place of a process that is not there."""

    def __init__(self, counts: MutableSequence[int], place: int) -> None:
        self._counts = counts
        self._place = place

    def note(self, connections: int) -> None:
        """This process has so many."""
        self._counts[self._place] = connections

    @property
    def is_lowest(self) -> bool:
        """Whether no other process has fewer."""
        return self._counts[self._place] <= min(self._counts)
