"""The original text of a content that waits to be redacted, and where each place of it stands in the source."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from siss.model.spans import Run
from siss.model.text import Window


class Original:
    """The end of the text that came so far. All offsets are in ``data``, unless they are said to be others.

    ``at``: where the text begins that waits; what stands before it may tell that a secret follows.
    """

    def __init__(self, context: bytes) -> None:
        self.data = context
        self.at = len(context)
        self.base = 0
        """How many bytes came and are no longer in ``data``."""
        self._windows: list[tuple[int, Window]] = []
        """The windows of the text, with the offset at which each begins."""

    @property
    def mapped(self) -> bool:
        """Whether the text differs in length from the source."""
        return any(window.runs for _, window in self._windows)

    def append(self, window: Window) -> None:
        """Take what follows."""
        if window.data or not self._windows:
            self._windows.append((len(self.data), window))
        self.data += window.data

    def let_go(self, stop: int, keep: int) -> None:
        """The text up to an offset waits no more; ``keep``: as many bytes before it stay."""
        cut = max(stop - keep, 0)
        self.data = self.data[cut:]
        self.base += cut
        self.at = stop - cut
        kept = [(base - cut, window) for base, window in self._windows]
        while len(kept) > 1 and kept[1][0] <= self.at:
            kept.pop(0)
        self._windows = kept

    def source_of(self, at: int, *, end: bool = False) -> int:
        """The source offset of an offset. ``end``: of the end of what lies before it."""
        base, window = self._windows[0]
        for found in self._windows:
            if found[0] > at or (end and found[0] == at):
                break
            base, window = found
        return window.span_map.to_source(window.start + at - base, end=end)

    def runs(self, start: int, end: int, text_at: int) -> Iterator[Run]:
        """The runs of a stretch that is kept; ``text_at``: its place in the redacted text."""
        for index, (base, window) in enumerate(self._windows):
            stop = self._windows[index + 1][0] if index + 1 < len(self._windows) else len(self.data)
            low, high = max(start, base), min(end, stop)
            if low >= high:
                continue
            shift = text_at + low - start - (window.start + low - base)
            if not window.runs:
                yield Run(text_at + low - start, window.source_start + low - base, 1, 1)
                continue
            begin, last = window.start + low - base, window.start + high - base
            first = max(bisect_right(window.runs, begin, key=_text_of) - 1, 0)
            for number in range(first, bisect_left(window.runs, last, key=_text_of)):
                run = window.runs[number]
                if run.text >= begin:
                    yield Run(run.text + shift, run.source, run.text_unit, run.source_unit)
                else:
                    yield Run(begin + shift, window.span_map.to_source(begin), run.text_unit, run.source_unit)


def _text_of(run: Run) -> int:
    return run.text
