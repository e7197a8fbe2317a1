"""Where a text offset stands in the source, for lines of the ledger."""

from siss.model.spans import SpanMap
from siss.model.text import Window


class SourceMap:
    """Remembers the present window and the one before, in which all that a parser still holds stands."""

    __slots__ = ("_before", "_lines", "_maps", "_window")

    def __init__(self) -> None:
        self._window = Window(0, b"", 0, final=False)
        self._before = b""
        self._maps = (SpanMap(), SpanMap())
        self._lines = 0

    def note(self, window: Window) -> None:
        """Move on to a window."""
        self._lines += self._before.count(b"\n")
        self._before = self._window.data
        self._maps = (self._maps[1], window.span_map)
        self._window = window

    def source(self, offset: int) -> int:
        """The source offset of a text offset."""
        return self._maps[offset >= self._window.start].to_source(offset)

    def line(self, offset: int) -> int:
        """The line of a text offset, from 1."""
        inside = offset - self._window.start
        if inside < 0:
            return 1 + self._lines + self._before.count(b"\n", 0, max(0, inside + len(self._before)))
        return 1 + self._lines + self._before.count(b"\n") + self._window.data.count(b"\n", 0, inside)
