"""Makes segments of windows of text: redact, find sections and fields, cut, pack, find entities, analyse.

Reading a whole file and reading on where a log grew both end here.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from siss.app.ingest.reading.extraction import Extraction
from siss.chunk.blocks import BlockPacker
from siss.chunk.cut import OF_TEXT, Beginning, Chunker, Rules
from siss.chunk.trail import SpanTrail
from siss.extract.structure.json_fields import WHOLE_BYTES
from siss.index.analyser import chunk_terms
from siss.model.content import Chunk, ChunkTerms, ContentFacts, Kind, Section, Segment, TextBlock
from siss.model.coverage import Extent, Gap, Reason
from siss.model.field import OPEN, parent_of
from siss.model.ids import CHUNK_BITS
from siss.model.secret import SecretFinding
from siss.model.shape import Structure
from siss.model.text import Ledger, Parser, Window
from siss.ports.texts import BLOCK_CHUNKS, BLOCK_STEP

SEGMENT_BYTES: Final = 4 << 20
"""Text in one segment of a large content: a second's work for the writer."""

_MOST_CHUNKS: Final = (1 << CHUNK_BITS) - (1 << 16)
"""A content with so many chunks takes no further window; the numbers above are for what the last one still brings."""

_UNREADABLE: Final = frozenset({Reason.DEPTH_LIMIT, Reason.ENTITIES_REFUSED})
"""Why a well-formed text may still have no structure. One that is not well-formed has ``PARSE_ERROR`` noted."""
_NAMED_PATHS: Final = 3
_NAMED_CHARS: Final = 80
"""Characters of a field's path that the ledger shows, and above how many of the fields it names."""


class Assembler:
    """Takes the windows of one content in order. ``emit`` is given segments as they fill; None keeps all in one.

    ``begin``: where in the redacted text; ``grows``: the file may have a tail, which begins at a block; so its blocks
    are short.
    """

    def __init__(
        self,
        kind: Kind,
        chunk_bytes: int,
        parser: Parser | None,
        extraction: Extraction,
        ledger: Ledger,
        emit: Callable[[Segment], None] | None,
        *,
        begin: Beginning = OF_TEXT,
        grows: bool = False,
    ) -> None:
        self._kind = kind
        self._parser = parser
        self._redactor = extraction.redactor
        self._entities = extraction.entities
        self._fields = extraction.fields
        self._ledger = ledger
        self._emit = emit
        self._trail = SpanTrail()
        self._chunker = Chunker(Rules.of(kind, chunk_bytes), self._trail, begin)
        self._packer = BlockPacker(self._trail, BLOCK_STEP if grows else BLOCK_CHUNKS)
        self._chunks: list[Chunk] = []
        self._blocks: list[TextBlock] = []
        self._terms: list[ChunkTerms] = []
        self._waiting = 0
        self._last_byte = 10
        self._taken: Window | None = None
        self.chunk_count = begin.seq
        self.text_end = begin.start
        self._time_min_us: int | None = None
        self._time_max_us: int | None = None
        self._level_mask = 0
        self.structure: Structure | None = None
        """The fields of the content, after its last window."""

    @property
    def anchor(self) -> Chunk | None:
        """The last chunk at which redacting and cutting may begin again when the text grows."""
        anchors = reversed(self._chunker.anchors)
        return next((anchor for anchor in anchors if self._redactor.may_begin_at(anchor.source_start)), None)

    @property
    def full(self) -> bool:
        """Whether the content has as many chunks as can be numbered."""
        return self.chunk_count >= _MOST_CHUNKS

    def take(self, window: Window) -> None:
        """Redact a window; find fields, sections and chunks in the text whose redaction is final by now."""
        self._taken = window
        redacted = self._redactor.take(window)
        if redacted is not None:
            self._take_redacted(redacted)

    def end_here(self) -> None:
        """End the text here: nothing more of the source is read."""
        last = self._taken
        assert last is not None, "there were windows"
        self.take(Window(last.end, b"", last.span_map.to_source(last.end, end=True), final=True))

    def _take_redacted(self, window: Window) -> None:
        self._trail.note(window)
        self._find_fields(window)
        sections = self._find_sections(window)
        for chunk, text in self._chunker.feed(window, sections, final=window.final):
            self._add(chunk, text)
        self.text_end = window.end
        if window.data:
            self._last_byte = window.data[-1]
        if window.final:
            self._conclude()

    def _conclude(self) -> None:
        """Note on the ledger what only the whole text tells."""
        if (secret := self._redactor.critical) is not None:
            detail = f"{secret.rule}, line {secret.line:,}"
            start, end = secret.source_start, secret.source_end
            self._ledger.note(Gap(Reason.CRITICAL_SECRET, start, end, detail=detail, lost=False))
        if self._entities.dropped:
            detail = f"{self._entities.dropped:,} mentions of entities beyond the cap"
            self._ledger.note(Gap(Reason.FIELDS_LIMIT, item="entities", detail=detail, lost=False))
        if left_out := self._describe_missing_fields():
            self._ledger.note(Gap(Reason.FIELDS_LIMIT, item="fields", detail=left_out, lost=False))

    def _describe_missing_fields(self) -> str:
        """Of which fields not everything is stored, as a line for the ledger; empty where everything is."""
        if self._fields is None:
            return ""
        noted = self._ledger.counts.keys()
        broken = Reason.PARSE_ERROR in noted
        if self.structure is None:
            if self.text_end > WHOLE_BYTES:
                return "none: the text is too large to be taken apart"
            # Prefixes that nothing declares are no fault of the text, but such XML has no names.
            unreadable = noted & _UNREADABLE or (self._kind is Kind.XML and not broken)
            return "none: the text cannot be taken apart" if unreadable else ""
        shape = self.structure.shape
        cut = [path for path, mask in zip(shape.paths, shape.types, strict=True) if mask & OPEN]
        if broken and self._kind is Kind.XML:  # which the root says, too
            cut = [path for path in cut if parent_of(path)]
        named = ", ".join(path[:_NAMED_CHARS] or "/" for path in cut[:_NAMED_PATHS])
        more = f" and {len(cut) - _NAMED_PATHS:,} more" if len(cut) > _NAMED_PATHS else ""
        return f"not all below {named}{more}" if cut else ""

    def finish(self) -> Segment:
        """The last segment: all that was not emitted yet."""
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

    def _find_fields(self, window: Window) -> None:
        if self._fields is None:
            return
        try:
            self._fields.feed(window)
            if window.final:
                self.structure = self._fields.close()
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a reader's mistake costs fields, never text
            detail = f"Fields could not be read ({type(error).__name__}); the text is indexed."
            self._ledger.note(Gap(Reason.PARSE_ERROR, start=window.source_start, detail=detail, lost=False))
            self._fields = None

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
        self._entities.add(chunk.seq, chunk.start, text)
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
        segment = Segment(self._chunks, self._blocks, self._terms, self._settled_findings(), self._entities.take())
        self._chunks, self._blocks, self._terms, self._waiting = [], [], [], 0
        return segment

    def _settled_findings(self) -> list[SecretFinding]:
        """Take the findings in this segment's chunks. Later ones stay: the redactor is ahead of the chunker."""
        found = self._redactor.findings
        if not found or not self._chunks:
            return []
        end = self._chunks[-1].end
        here = [finding for finding in found if finding.start < end]
        del found[: len(here)]
        return here


def _earliest(left: int | None, right: int | None) -> int | None:
    """The smaller of two times, either of which may be unknown."""
    return right if left is None else left if right is None else min(left, right)


def _latest(left: int | None, right: int | None) -> int | None:
    """The larger of two times, either of which may be unknown."""
    return right if left is None else left if right is None else max(left, right)


def extent_of(ledger: Ledger, *, text_bytes: int, members: int = 0) -> Extent:
    """How much of a content can be searched: partial with a gap that lost text, none if no text is left."""
    lost = any(gap.lost for gap in ledger.gaps)
    if text_bytes or members:
        return Extent.PARTIAL if lost else Extent.WHOLE
    return Extent.NONE if lost else Extent.WHOLE
