"""Values as rows and rows as values: the only place that knows the order of columns."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from siss.model.content import Chunk, ContentFacts, TailState, TextBlock
from siss.model.coverage import Gap, Reason
from siss.model.file import FileStat
from siss.model.ids import ContentId, Generation
from siss.model.secret import SecretFinding, SecretSeverity

Row = tuple[Any, ...]

CONTENT_TYPES: Final = (
    *("int8", "bytea", "int8", "bool", "int8", "int8", "int8", "int8", "int8", "int8", "int8", "int4", "int4"),
    *("text", "text", "text", "text", "text", "text[]", "bytea", "int8", "bool"),
)
CHUNK_TYPES: Final = ("int8", "int4", "int4", "int8", "int8", "int8", "int8", "int4", "int4", "int8", "int8", "text")
BLOCK_TYPES: Final = ("int8", "int4", "int8", "int8", "int8", "bytea", "bytea")
GAP_TYPES: Final = ("int8", "int4", "text", "int8", "int8", "text", "text", "bool")
FINDING_TYPES: Final = (*("int8",) * 6, "bool", "bool", "bytea", "text")
FILE_TYPES: Final = (*("uuid", "int4", "int8", "int8", "int8", "int8", "int8", "bytea", "bytea", "bytea", "text"),)
SKIPPED_TYPES: Final = ("int8", "bytea", "text", "text", "int8", "int8", "text", "text", "bool")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST: Final = (1 << 63) - 1
_encode_tail = msgspec.msgpack.Encoder().encode
_decode_tail = msgspec.msgpack.Decoder(TailState).decode


def array(values: Iterable[int | str | None]) -> str:
    """An array as PostgreSQL writes it: a parameter in a tenth of the time that psycopg takes for a list.

    Of numbers, or of texts that are written as elements already.
    """
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def short_hash(*parts: bytes) -> bytes:
    """16 bytes that stand for values of any length in an index."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()


def signed(number: int) -> int:
    """An unsigned 64-bit number (an inode) as PostgreSQL's bigint holds it."""
    return number - (1 << 64) if number > _LARGEST else number


def unsigned(number: int) -> int:
    """The way back."""
    return number & ((1 << 64) - 1)


def join(folder: bytes, name: bytes) -> bytes:
    """A name below a folder; the root itself is the empty folder."""
    return folder + b"/" + name if folder else name


def clamp(number: int) -> int:
    """Nanoseconds as far as a bigint goes: some file systems make up times after the year 2262."""
    return max(-_LARGEST, min(number, _LARGEST))


def stat_of(size: int, mtime_ns: int, inode: int, device: int) -> FileStat:
    """A stat from its four columns."""
    return FileStat(size, mtime_ns, unsigned(inode), unsigned(device))


def stat_columns(stats: Sequence[FileStat]) -> dict[str, list[int]]:
    """The four columns of stats, as parameters."""
    return {
        "sizes": [stat.size for stat in stats],
        "mtimes": [clamp(stat.mtime_ns) for stat in stats],
        "inodes": [signed(stat.inode) for stat in stats],
        "devices": [signed(stat.device) for stat in stats],
    }


def time_of(nanoseconds: int) -> datetime:
    """Nanoseconds since the epoch as a time, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def content_row(
    content_id: ContentId,
    generation: Generation,
    facts: ContentFacts,
    tail: TailState | None,
    *,
    sha256: bytes | None,
    metadata_only: bool,
) -> Row:
    """For ``copy_contents``."""
    return (
        content_id,
        sha256,
        generation,
        metadata_only,
        facts.size,
        facts.source_bytes,
        facts.read_bytes,
        facts.text_bytes,
        facts.line_count,
        facts.time_min_us,
        facts.time_max_us,
        facts.chunk_count,
        facts.level_mask,
        facts.mime,
        facts.kind.value,
        facts.extent.value,
        facts.encoding,
        facts.compression,
        facts.members,
        None if tail is None else pack_tail(tail),
        facts.extraction,
        facts.hidden,
    )


def chunk_rows(content_id: ContentId, chunks: Iterable[Chunk]) -> Iterable[Row]:
    """For ``copy_chunks``."""
    for chunk in chunks:
        yield (
            content_id,
            chunk.seq,
            chunk.line,
            chunk.start,
            chunk.end,
            chunk.source_start,
            chunk.source_end,
            chunk.lines,
            chunk.level_mask,
            chunk.time_min_us,
            chunk.time_max_us,
            chunk.label or None,
        )


def block_rows(content_id: ContentId, blocks: Iterable[TextBlock]) -> Iterable[Row]:
    """For ``copy_blocks``."""
    for block in blocks:
        yield (
            content_id,
            block.seq,
            block.start,
            block.end,
            block.source_start,
            block.data,
            block.span_map or None,
        )


def finding_rows(content_id: ContentId, findings: Iterable[SecretFinding]) -> Iterable[Row]:
    """For ``copy_findings``."""
    for finding in findings:
        yield (
            content_id,
            finding.start,
            finding.end,
            finding.source_start,
            finding.source_end,
            finding.line,
            finding.severity is SecretSeverity.CRITICAL,
            finding.accepted,
            bytes.fromhex(finding.fingerprint),
            finding.rule,
        )


def gap_rows(subject: int, gaps: Iterable[Gap]) -> Iterable[Row]:
    """For ``copy_content_gaps`` and ``copy_file_gaps``; numbers from 1, 0 is the conflict of case."""
    for seq, gap in enumerate(gaps, 1):
        yield (subject, seq, gap.reason.value, gap.start, gap.end, gap.item, gap.detail, gap.lost)


def gap_of(reason: str, start: int | None, end: int | None, item: str | None, detail: str, lost: bool) -> Gap:
    """A line of the ledger from its six columns."""
    return Gap(Reason(reason), start, end, item, detail, lost)


def chunk_of(row: Row) -> Chunk:
    """A chunk from the columns after its content, in the order of ``copy_chunks``."""
    seq, line, start, end, source_start, source_end, lines, levels, time_min, time_max, label = row
    return Chunk(seq, start, end, source_start, source_end, line, lines, time_min, time_max, levels, label or "")


def pack_tail(tail: TailState) -> bytes:
    """Where reading a log goes on, as stored."""
    return _encode_tail(tail)


def unpack_tail(data: bytes | None) -> TailState | None:
    """The way back; a state of an older version is none, so the log is read anew."""
    try:
        return None if data is None else _decode_tail(data)
    except msgspec.MsgspecError:
        return None
