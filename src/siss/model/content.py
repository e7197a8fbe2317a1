"""Contents are bytes: text, chunks and coverage, once, however many files have them."""

from enum import StrEnum
from typing import Final

import msgspec

from siss.model.coverage import Extent, Gap, Reason
from siss.model.mentions import PartMentions
from siss.model.secret import SecretFinding


class Kind(StrEnum):
    """The structure that was recognised; it picks the parser."""

    TEXT = "text"
    LOG = "log"
    KEYVALUE = "keyvalue"
    DELIMITED = "delimited"
    JSON = "json"
    JSONL = "jsonl"
    XML = "xml"
    ARCHIVE = "archive"
    BINARY = "binary"
    EMPTY = "empty"

    @property
    def line_structured(self) -> bool:
        """Whether each line stands for itself, so that no upper size limit applies."""
        return self in {Kind.LOG, Kind.JSONL, Kind.DELIMITED}


class Level(StrEnum):
    """Severity of a log line, least first. Spellings are folded (``WARN``, ``W`` -> warning)."""

    TRACE = "trace"
    DEBUG = "debug"
    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def bit(self) -> int:
        """1, 2, 4 ...: a chunk stores the levels of its lines as one integer."""
        return _LEVEL_BITS[self]


_LEVEL_BITS = {level: 1 << position for position, level in enumerate(Level)}


def levels_of(mask: int) -> tuple[Level, ...]:
    """The levels in a chunk's mask, least first."""
    return tuple(level for level, bit in _LEVEL_BITS.items() if mask & bit) if mask else ()


class Section(msgspec.Struct, frozen=True, gc=False):
    """A stretch of text that belongs together: a paragraph, a record, an array element, an XML node.

    ``start`` and ``end`` are half-open byte offsets in the UTF-8 text. Sections come in order and do not
    overlap; text between them belongs to the one before. ``time_min_us`` and ``time_max_us`` (microseconds since
    the epoch, UTC) and ``level_mask`` are set for log lines. ``label`` names
    the place (``$.servers[3]``, ``/feed/entry[2]``).
    """

    start: int
    end: int
    time_min_us: int | None = None
    time_max_us: int | None = None
    level_mask: int = 0
    label: str = ""


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """What is ranked and shown: at most ``SISS_CHUNK_BYTES`` of text. Chunks tile the text without a gap.

    ``start``/``end``: half-open byte offsets in the UTF-8 text; ``source_start``/``source_end`` the same stretch
    in the (decompressed) file; ``line``: number of its first line, from 1; ``lines``: how many lines it touches;
    ``time_min_us``/``time_max_us``: microseconds since the epoch of its first and last time stamp.
    """

    seq: int
    start: int
    end: int
    source_start: int
    source_end: int
    line: int
    lines: int
    time_min_us: int | None = None
    time_max_us: int | None = None
    level_mask: int = 0
    label: str = ""


class TextBlock(msgspec.Struct, frozen=True, gc=False):
    """A few chunks of text, compressed (zstd). ``start``/``end``: half-open byte offsets in the UTF-8 text.

    ``span_map`` is the packed ``SpanMap`` of the block, empty where text and source offsets differ by one
    constant only (``source_start - start``).
    """

    seq: int
    start: int
    end: int
    source_start: int
    data: bytes
    span_map: bytes = b""


class ChunkTerms(msgspec.Struct, frozen=True, gc=False):
    """What the engine indexes of one chunk.

    ``body``: the text; ``idents``: whole compounds (hosts, addresses, paths, snake_case) and ``parts``: their
    camelCase parts, both separated by blanks, folded, each once a chunk (``siss.index.analyser``).
    """

    seq: int
    body: str
    idents: str
    parts: str


class Segment(msgspec.Struct, frozen=True):
    """A stretch of a content on its way from a worker to the stores: whole for small files, a few MB of large.

    ``findings``: secrets that stand in these chunks; ``mentions``: what they name, by part (``model.mentions``).
    """

    chunks: list[Chunk]
    blocks: list[TextBlock]
    terms: list[ChunkTerms]
    findings: list[SecretFinding] = []
    mentions: dict[int, PartMentions] = {}


class ContentFacts(msgspec.Struct, frozen=True):
    """What is known of a content when it was read to its end.

    ``size``: bytes of the file; ``source_bytes``: of the decompressed stream; ``read_bytes``: how many of these
    were read; ``text_bytes``: of the UTF-8 text; ``members``: names in an archive (searchable). ``extraction``: the
    rules and settings that secrets, entities and fields were drawn with; a content of others is read again.
    """

    sha256: bytes
    size: int
    source_bytes: int
    read_bytes: int
    text_bytes: int
    line_count: int
    chunk_count: int
    mime: str
    kind: Kind
    encoding: str | None
    compression: str | None
    extent: Extent
    gaps: list[Gap]
    members: list[str] = []
    time_min_us: int | None = None
    time_max_us: int | None = None
    level_mask: int = 0
    extraction: int = 0

    @property
    def hidden(self) -> bool:
        """Whether a critical secret keeps the content out of every answer."""
        return any(gap.reason is Reason.CRITICAL_SECRET for gap in self.gaps)


PROOF_BYTES: Final = 1 << 16
"""How much of the start and the end of what was read must be the same for a longer file to be a grown one."""


class TailState(msgspec.Struct, frozen=True):
    """Where reading a log stopped, so that it goes on there when the log grows.

    ``length``: bytes of the file that were read, up to the last complete line. Growth is the same inode, a larger
    size and equal hashes of the first and the last 64 KiB (``head_sha256``, ``last_sha256``, over
    ``min(length, 65536)`` bytes each) of the old ``length``. Reading goes on at the last block:
    ``restart_source``/``restart_text``: byte offsets where it begins in file and text; ``restart_line``: its first
    line; ``restart_seq``: its first chunk. ``encoding``: the codec (only UTF-8 and single-byte ones are tailed).
    ``facts`` hold the totals so far.
    """

    length: int
    head_sha256: bytes
    last_sha256: bytes
    restart_source: int
    restart_text: int
    restart_line: int
    restart_seq: int
    encoding: str
    inode: int
    facts: ContentFacts
