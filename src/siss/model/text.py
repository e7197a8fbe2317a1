"""Text on its way through the stages: windows, and the ledger that collects what is not in them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from siss.model.content import Section
from siss.model.coverage import Gap, Reason
from siss.model.spans import Run, SpanMap


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a content's UTF-8 text. Windows come in order and tile the text.

    ``start``: byte offset in the text; ``data``: valid UTF-8 without NUL, cut after a line end wherever a line is
    shorter than a window; ``source_start``: the same place in the (decompressed) source; ``runs``: packed
    differences between the two, empty where they advance byte by byte; ``final``: the last one. A small file is
    one window; a large one comes in windows of about 1 MiB.
    """

    start: int
    data: bytes
    source_start: int
    final: bool
    runs: tuple[Run, ...] = ()

    @property
    def end(self) -> int:
        """Byte offset in the text after this window."""
        return self.start + len(self.data)

    @property
    def span_map(self) -> SpanMap:
        """From offsets in the text to offsets in the source, for offsets in this window."""
        return SpanMap(self.runs, 0) if self.runs else SpanMap((), self.source_start - self.start)


@dataclass(slots=True)
class Ledger:
    """Collects the gaps of one content while it is read; at most ``limit`` of a reason, the rest are counted."""

    limit: int = 100
    gaps: list[Gap] = field(default_factory=list)
    counts: dict[Reason, int] = field(default_factory=dict)

    def note(self, gap: Gap) -> None:
        """Write a line. Beyond the limit a reason is only counted (``closed`` says how often it came)."""
        seen = self.counts.get(gap.reason, 0)
        self.counts[gap.reason] = seen + 1
        if seen < self.limit:
            self.gaps.append(gap)

    def count(self, reason: Reason, start: int, end: int, *, lost: bool) -> None:
        """Write a line for bytes of the source, of a reason that may come a million times; neighbours are one."""
        seen = self.counts.get(reason, 0)
        last = self.gaps[-1] if 0 < seen <= self.limit else None
        if last is not None and (last.reason, last.end, last.lost) == (reason, start, lost):
            self.gaps[-1] = Gap(reason, last.start, end, lost=lost)
            return
        self.counts[reason] = seen + 1
        if seen < self.limit:
            self.gaps.append(Gap(reason, start, end, lost=lost))

    def closed(self) -> list[Gap]:
        """All lines, with one more for each reason that came more often than the limit."""
        more = [
            Gap(reason, detail=f"and {count - self.limit:,} more like these", lost=False)
            for reason, count in self.counts.items()
            if count > self.limit
        ]
        return [*self.gaps, *more]


class Parser(Protocol):
    """Finds sections in windows as they come. One instance a content; keeps a bounded amount of text.

    A parser never raises for what is in a file: it notes a gap and goes on, at worst without sections; the chunker
    then cuts by lines.
    """

    def feed(self, window: Window) -> Iterable[Section]:
        """The sections that are complete with this window."""
        ...

    def close(self) -> Iterable[Section]:
        """The sections that were complete only with the end of the text."""
        ...
