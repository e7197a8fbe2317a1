"""From windows of text to segments: redact, find sections, cut, pack, analyse.

What reading a file has in common with reading on where a log grew.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from siss.chunk.blocks import BlockPacker
from siss.chunk.cut import Chunker, Rules
from siss.chunk.trail import SpanTrail
from siss.extract.redact import redact_window
from siss.index.analyser import chunk_terms
from siss.model.content import Chunk, ChunkTerms, ContentFacts, Kind, Section, Segment, TextBlock
from siss.model.coverage import Extent, Gap, Reason
from siss.model.ids import CHUNK_BITS
from siss.model.text import Ledger, Parser, Window

SEGMENT_BYTES: Final = 4 << 20
"""Text in one segment of a large content: a second's work for the writer."""

_MOST_CHUNKS: Final = (1 << CHUNK_BITS) - (1 << 16)
"""Where a content is full. The rest of the last windows still fits after it."""


class Assembler:
    """Takes the windows of one content in order. ``emit`` takes segments as they fill; None keeps all in one."""

    def __init__(
        self,
        kind: Kind,
        chunk_bytes: int,
        parser: Parser | None,
        ledger: Ledger,
        emit: Callable[[Segment], None] | None,
        *,
        seq: int = 0,
        line: int = 1,
        text_start: int = 0,
    ) -> None:
        self._parser = parser
        self._ledger = ledger
        self._emit = emit
        self._trail = SpanTrail()
        self._chunker = Chunker(Rules.of(kind, chunk_bytes), self._trail, seq=seq, line=line, start=text_start)
        self._packer = BlockPacker(self._trail)
        self._chunks: list[Chunk] = []
        self._blocks: list[TextBlock] = []
        self._terms: list[ChunkTerms] = []
        self._waiting = 0
        self._last_byte = 10
        self.chunk_count = seq
        self.text_end = text_start
        self._time_min_us: int | None = None
        self._time_max_us: int | None = None
        self._level_mask = 0

    @property
    def anchor(self) -> Chunk | None:
        """Where cutting may begin anew when the text grows."""
        return self._chunker.anchor

    @property
    def full(self) -> bool:
        """Whether a content can hold no more."""
        return self.chunk_count >= _MOST_CHUNKS

    def take(self, window: Window) -> None:
        """Redact a window, find its sections, and cut what is settled."""
        window = redact_window(window)
        self._trail.note(window)
        sections = self._find_sections(window)
        for chunk, text in self._chunker.feed(window, sections, final=window.final):
            self._add(chunk, text)
        self.text_end = window.end
        if window.data:
            self._last_byte = window.data[-1]

    def end_here(self) -> None:
        """Cut what waits, though the source has more."""
        source = self._trail.to_source(self.text_end, end=True) if self.text_end else 0
        self.take(Window(self.text_end, b"", source, final=True))

    def finish(self) -> Segment:
        """What was not emitted yet."""
        if (block := self._packer.close()) is not None:
            self._blocks.append(block)
        return self._segment()

    def count_into(self, facts: ContentFacts, ledger: Ledger, read_bytes: int) -> ContentFacts:
        """Facts with the totals of the content; times and levels are added to those that are there."""
        return msgspec.structs.replace(
            facts,
            read_bytes=read_bytes,
            text_bytes=self.text_end,
            line_count=self._chunker.lines + (self._last_byte != 10),
            chunk_count=self.chunk_count,
            extent=extent_of(ledger, text_bytes=self.text_end),
            gaps=ledger.closed(),
            time_min_us=_earliest(facts.time_min_us, self._time_min_us),
            time_max_us=_latest(facts.time_max_us, self._time_max_us),
            level_mask=facts.level_mask | self._level_mask,
        )

    def _find_sections(self, window: Window) -> list[Section] | None:
        if self._parser is None:
            return None
        sections: list[Section] = []
        try:
            sections.extend(self._parser.feed(window))
            if window.final:
                sections.extend(self._parser.close())
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a parser's mistake costs structure, never text
            detail = f"The parser failed ({type(error).__name__}: {error}); the rest is plain text."
            self._ledger.note(Gap(Reason.PARSE_ERROR, start=window.source_start, detail=detail, lost=False))
            self._parser = None
        return sections

    def _add(self, chunk: Chunk, text: bytes) -> None:
        self._chunks.append(chunk)
        self._terms.append(chunk_terms(chunk.seq, text.decode("utf-8", "replace")))
        self._waiting += len(text)
        self.chunk_count = chunk.seq + 1
        self._level_mask |= chunk.level_mask
        self._time_min_us = _earliest(self._time_min_us, chunk.time_min_us)
        self._time_max_us = _latest(self._time_max_us, chunk.time_max_us)
        block = self._packer.add(chunk, text)
        if block is None:
            return
        self._blocks.append(block)
        self._trail.forget(block.end)
        if self._emit is not None and self._waiting >= SEGMENT_BYTES:
            self._emit(self._segment())

    def _segment(self) -> Segment:
        segment = Segment(self._chunks, self._blocks, self._terms)
        self._chunks, self._blocks, self._terms, self._waiting = [], [], [], 0
        return segment


def _earliest(left: int | None, right: int | None) -> int | None:
    """The smaller of two times, either of which may be unknown."""
    return right if left is None else left if right is None else min(left, right)


def _latest(left: int | None, right: int | None) -> int | None:
    """The larger of two times, either of which may be unknown."""
    return right if left is None else left if right is None else max(left, right)


def extent_of(ledger: Ledger, *, text_bytes: int, members: int = 0) -> Extent:
    """How much can be found: what is lost makes it partial, and nothing at all is none unless nothing was there."""
    lost = any(gap.lost for gap in ledger.gaps)
    if text_bytes or members:
        return Extent.PARTIAL if lost else Extent.WHOLE
    return Extent.NONE if lost else Extent.WHOLE
