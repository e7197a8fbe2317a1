"""Maps offsets of redacted text back to the source, over the few windows that chunks and blocks are cut from."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from siss.model.spans import Run, SpanMap
from siss.model.text import Window


class SpanTrail:
    """Remembers where recent windows stand in the source; adjacent windows that map alike are merged."""

    __slots__ = ("_maps", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._maps: list[SpanMap] = []

    def note(self, window: Window) -> None:
        """Remember a window. Windows come in order."""
        span_map = window.span_map
        if self._maps and not span_map.runs and self._maps[-1] == span_map:
            return
        self._starts.append(window.start)
        self._maps.append(span_map)

    def to_source(self, offset: int, *, end: bool = False) -> int:
        """The source offset of a text offset; ``end``: of the end of a stretch, which is in the window before."""
        return self._maps[self._index(offset, end=end)].to_source(offset, end=end)

    def map_between(self, start: int, end: int) -> SpanMap:
        """The map for a stretch of text; without runs where it advances byte by byte throughout."""
        first, last = self._index(start), self._index(end, end=True)
        if first == last and not self._maps[first].runs:
            return self._maps[first]
        if first == last:  # a window's own runs differ from one to the next
            return SpanMap(tuple(self._runs(first, start, end)))
        runs = SpanMap.of(
            run for index in range(first, last + 1) for run in self._runs(index, max(start, self._starts[index]), end)
        ).runs
        if len(runs) == 1 and runs[0].text_unit == runs[0].source_unit == 1:
            return SpanMap((), runs[0].source - runs[0].text)
        return SpanMap(runs)

    def forget(self, before: int) -> None:
        """Forget windows that end before a text offset."""
        keep = self._index(before)
        del self._starts[:keep], self._maps[:keep]

    def _index(self, offset: int, *, end: bool = False) -> int:
        index = len(self._starts) - 1
        while index > 0 and (self._starts[index] > offset or (end and self._starts[index] == offset)):
            index -= 1
        return index

    def _runs(self, index: int, start: int, end: int) -> Sequence[Run]:
        span_map = self._maps[index]
        if not span_map.runs:
            return [Run(start, start + span_map.shift, 1, 1)]
        first = max(bisect_right(span_map.runs, start, key=_text_of) - 1, 0)
        # The first may begin before the stretch: it says the same of the rest of it.
        return span_map.runs[first : bisect_left(span_map.runs, end, key=_text_of)]


def _text_of(run: Run) -> int:
    return run.text
