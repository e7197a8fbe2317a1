r"""Cutting text into search chunks: they tile it without a gap and each fits into ``SISS_CHUNK_BYTES``.

A chunk is filled as far as it goes and ends, in this order of preference, before a section, after a line, after
white space, after a word, between two characters. A preference counts only if it leaves at least a quarter of a
full chunk, so that a large section does not make its neighbour tiny. Where a chunk ends depends on the text and its
sections alone, not on how the text came in windows: a log that is read in appends is cut as if read at once.

A line ends with ``\n`` and nothing else, as for ``grep -n`` and ``wc -l``; ``\r\n`` counts once and is never cut
apart, and a file that has only ``\r`` is one line.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from siss.chunk.trail import SpanTrail
from siss.model.content import Chunk, Kind, Section
from siss.model.text import Window
from siss.ports.texts import BLOCK_STEP

SECTION_LAG: Final = 2 << 20
"""The most bytes of text that wait for sections before they are cut without them. It bounds memory."""

_WORD: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") | frozenset(
    range(128, 256)
)
_LONGEST_WORD: Final = 256
_ANCHORS: Final = 32
"""As many as a key block that waits for its end may have chunks between blocks (``secrets.keyblocks``)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The most that one chunk holds (specification, section 3.3): bytes, lines, sections; 0 for no limit."""

    chunk_bytes: int = 4096
    max_lines: int = 0
    max_sections: int = 0

    @classmethod
    def of(cls, kind: Kind, chunk_bytes: int) -> "Rules":
        """100 lines of freeform text, 500 rows or records, 100 elements."""
        match kind:
            case Kind.JSON | Kind.XML:
                return cls(chunk_bytes, max_sections=100)
            case Kind.LOG | Kind.DELIMITED | Kind.JSONL:
                return cls(chunk_bytes, max_sections=500)
            case _:
                return cls(chunk_bytes, max_lines=100)


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where cutting begins, or goes on where a text grew: number of the first chunk, its line, its byte offset."""

    seq: int = 0
    line: int = 1
    start: int = 0


OF_TEXT: Final = Beginning()
"""The beginning of a text that is read whole."""


class Chunker:
    """Cuts one content's text into chunks as the text comes, from a beginning on."""

    def __init__(self, rules: Rules, trail: SpanTrail, begin: Beginning = OF_TEXT) -> None:
        self._rules = rules
        self._trail = trail
        self._least = rules.chunk_bytes // 4
        self._seq = begin.seq
        self._line = begin.line
        self._start = begin.start
        self._text = b""
        self._sections: list[Section] = []
        self._starts: list[int] = []
        self._known = begin.start
        self.anchors: deque[Chunk] = deque(maxlen=_ANCHORS)
        """The last chunks that begin both a block and a section: cutting may begin again at any of them."""

    @property
    def lines(self) -> int:
        """How many line ends stand in the chunks so far, counted from the start of the content."""
        return self._line - 1

    def feed(self, window: Window, sections: Iterable[Section] | None, *, final: bool) -> list[tuple[Chunk, bytes]]:
        """The chunks that are settled, with their text. The window must be on the trail already.

        ``sections`` None: there are none up to here, and none of what was fed will come.
        """
        for section in () if sections is None else sections:
            self._sections.append(section)
            self._starts.append(section.start)
        if sections is None:
            self._known = window.end
        elif self._sections:
            self._known = max(self._known, self._sections[-1].end)
        text = self._text + window.data if self._text else window.data
        base, size, full = self._start, len(text), self._rules.chunk_bytes
        chunks: list[tuple[Chunk, bytes]] = []
        at = 0
        while at < size:
            if not final:
                # A section that begins where the last known one ends may still be on its way, hence ">".
                settled = size - at > full and self._known > base + at + full
                if not settled and size - at <= SECTION_LAG:
                    break
            end = self._choose_end(text, at, min(at + full, size))
            chunks.append((self._make(text, at, end), text[at:end]))
            at = end
        self._text = text[at:] if at else text
        self._start = base + at
        self._drop_sections()
        return chunks

    def _choose_end(self, text: bytes, at: int, limit: int) -> int:
        """The end of the chunk that begins at ``at``, at most ``limit``; both offsets in ``text``."""
        if self._rules.max_lines:
            limit = _nth_line_end(text, at, limit, self._rules.max_lines)
        first = bisect_left(self._starts, self._start + at)
        if self._rules.max_sections:
            over = first + self._rules.max_sections
            if over < len(self._starts) and self._starts[over] - self._start < limit:
                return self._line_start(text, at, self._starts[over] - self._start)
        if limit == len(text):
            return limit
        least = at + self._least
        last = bisect_right(self._starts, self._start + limit, first) - 1
        if last >= first and (boundary := self._starts[last] - self._start) >= least:
            return self._line_start(text, at, boundary)
        if text[limit - 1] == 10 or (boundary := text.rfind(b"\n", least, limit)) < 0:
            return limit if text[limit - 1] == 10 else _end_of_word(text, least, limit)
        return boundary + 1

    @staticmethod
    def _line_start(text: bytes, at: int, boundary: int) -> int:
        """The start of the boundary's line, if only indentation stands between."""
        line = text.rfind(b"\n", at, boundary) + 1
        return line if line > at and not text[line:boundary].strip(b" \t") else boundary

    def _make(self, text: bytes, at: int, end: int) -> Chunk:
        start, stop = self._start + at, self._start + end
        newlines = text.count(b"\n", at, end)
        first = max(bisect_right(self._starts, start) - 1, 0)
        earliest: int | None = None
        latest: int | None = None
        mask, label = 0, ""
        for index in range(first, bisect_left(self._starts, stop)):
            section = self._sections[index]
            if section.end <= start:
                continue
            mask |= section.level_mask
            label = label or section.label
            if section.time_min_us is not None and (earliest is None or section.time_min_us < earliest):
                earliest = section.time_min_us
            if section.time_max_us is not None and (latest is None or section.time_max_us > latest):
                latest = section.time_max_us
        source_start, source_end = self._trail.to_source(start), self._trail.to_source(stop, end=True)
        chunk = Chunk(
            self._seq,
            start,
            stop,
            source_start,
            source_end,
            self._line,
            newlines + (text[end - 1] != 10),
            earliest,
            latest,
            mask,
            label,
        )
        if self._seq % BLOCK_STEP == 0 and (not start or (self._starts and self._starts[first] == start)):
            self.anchors.append(chunk)
        self._seq += 1
        self._line += newlines
        return chunk

    def _drop_sections(self) -> None:
        """Let go of sections before the waiting text, but for the one that it may belong to."""
        passed = bisect_right(self._starts, self._start) - 1
        if passed > 0:
            del self._sections[:passed], self._starts[:passed]


def _nth_line_end(text: bytes, at: int, limit: int, count: int) -> int:
    if text.count(b"\n", at, limit) + (text[limit - 1] != 10) <= count:
        return limit
    return limit - len(text[at:limit].split(b"\n", count)[-1])


def _end_of_word(text: bytes, least: int, limit: int) -> int:
    """An offset from ``least`` to ``limit``: behind white space, else behind a word, else behind a character."""
    blank = max(text.rfind(b" ", least, limit), text.rfind(b"\t", least, limit))
    if blank >= 0:
        return blank + 1
    while limit > least and text[limit] & 0xC0 == 0x80:
        limit -= 1
    end = limit
    while end > max(least, limit - _LONGEST_WORD) and text[end - 1] in _WORD and text[end] in _WORD:
        end -= 1
    if text[end - 1] in _WORD and text[end] in _WORD:
        end = limit
    return end - 1 if text[end - 1 : end + 1] == b"\r\n" and end - 1 > least else end
