"""Records that do not parse: counted, the first named, one line on the ledger. Their text is indexed all the same."""

from typing import Final

from siss.model.coverage import Gap, Reason
from siss.model.text import Ledger, Window

_NAMED: Final = 5


class BadRecords:
    """Collects them for one content. ``what``: the sentence's end, as in ``3 lines are not JSON``."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._count = 0
        self._first: tuple[int, int] | None = None
        self._lines: list[int] = []

    def note(self, window: Window, start: int, end: int, line: int) -> None:
        """A bad record between two text offsets of a window, beginning on a line (from 1)."""
        self._count += 1
        if self._first is None:
            spans = window.span_map
            self._first = spans.to_source(start), spans.to_source(end, end=True)
        if len(self._lines) < _NAMED:
            self._lines.append(line)

    def close(self, ledger: Ledger) -> None:
        """Write the line, if there were any."""
        if self._first is None:
            return
        lines = ", ".join(str(line) for line in self._lines)
        more = ", ..." if self._count > len(self._lines) else ""
        detail = f"{self._count:,} {self._what}: line {lines}{more}"
        ledger.note(Gap(Reason.BAD_RECORDS, *self._first, None, detail, lost=False))
