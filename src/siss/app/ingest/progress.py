"""How far indexing is, as the status and the progress display tell it."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from siss.model.ingest import FileOutcome, Outcome

_NEW: Final = frozenset({Outcome.INDEXED, Outcome.APPENDED, Outcome.METADATA_ONLY})
_SAME: Final = frozenset({Outcome.UNCHANGED, Outcome.RESTED})


@dataclass(slots=True)
class Progress:
    """Counts since the start, and rates over the last ten seconds."""

    indexed: int = 0
    unchanged: int = 0
    """Read, and the same as what is indexed."""
    failed: int = 0
    bytes_read: int = 0
    chunks: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    written: int = 0
    """Outcomes that changed what is indexed."""
    _recent: deque[tuple[float, int, int]] = field(default_factory=deque)

    def count(self, outcomes: Sequence[FileOutcome]) -> None:
        """Take note of a written batch."""
        size = 0
        for outcome in outcomes:
            self.outcomes[outcome.outcome] = self.outcomes.get(outcome.outcome, 0) + 1
            self.written += outcome.outcome not in {Outcome.RETRY, *_SAME}
            self.indexed += outcome.outcome in _NEW
            self.unchanged += outcome.outcome in _SAME
            self.failed += outcome.outcome is Outcome.FAILED
            size += outcome.stat.size if outcome.stat else 0
            self.chunks += len(outcome.segment.chunks) if outcome.segment else 0
        self.bytes_read += size
        self._recent.append((time.monotonic(), len(outcomes), size))

    def rates(self) -> tuple[float, float]:
        """Files and bytes a second."""
        now = time.monotonic()
        while self._recent and self._recent[0][0] < now - 10:
            self._recent.popleft()
        if not self._recent:
            return 0.0, 0.0
        seconds = max(now - self._recent[0][0], 1.0)
        return sum(row[1] for row in self._recent) / seconds, sum(row[2] for row in self._recent) / seconds
