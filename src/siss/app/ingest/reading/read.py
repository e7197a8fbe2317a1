"""Takes one file through the stages: open, hash, decompress, sniff, decode, redact, parse, cut, pack, extract.

It is synchronous, has no side effects, and runs in a reading process. Memory is bounded whatever the file: text
passes in windows of 1 MiB, and segments of a file above ``whole_size`` are sent off as they fill. Where a hostile
file makes a stage fail, that becomes a line on its ledger, and the text is indexed as plain text. Only crashes and
running out of time or memory are left to the pool of processes.
"""

import errno
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Final

from siss.app.ingest.reading.assemble import Assembler, extent_of
from siss.app.ingest.reading.context import ReadContext
from siss.app.ingest.reading.extraction import Extractors
from siss.app.ingest.reading.source import AWAY, Counted, Source, SpecialFileError, at_most
from siss.app.ingest.reading.tail import (
    TAIL_SECONDS,
    WholeLines,
    continue_log,
    make_tail,
    may_grow,
    still_written,
    waits_for_end,
)
from siss.app.ingest.reading.task import ReadLimits, ReadTask
from siss.detect.archives import list_members
from siss.detect.compression import Compression, Limits, compression_of, decompress
from siss.detect.decode import decode_blocks
from siss.detect.sniff import HEAD_BYTES, Detected, sniff
from siss.discover.throttle import TokenBucket
from siss.model.content import ContentFacts, Kind, Segment, TailState
from siss.model.coverage import Extent, Gap, Reason
from siss.model.file import FileStat
from siss.model.ingest import FileOutcome, Outcome, Sought
from siss.model.text import Ledger
from siss.traces.span import span

RETRY_SECONDS: Final = 30.0
"""When a file is tried again whose mount is away, or whose folder is not there."""

BUSY_FACTOR: Final = 10.0
"""A file that changed while it was read waits this many times as long as reading took, so that it costs a tenth."""

HASH_BYTES: Final = 1 << 30
"""A larger file is not read on only for its hash when nothing more of it is indexed: disk images would take hours."""

HOLE_BYTES: Final = 16 << 20
"""How far to look for text behind NULs at the start of a file: a log that was truncated in use begins so."""

_NOTHING: Final = Segment([], [], [])


def read_file(
    task: ReadTask,
    limits: ReadLimits,
    extractors: Extractors,
    emit: Callable[[Segment], None],
    beat: Callable[[], None],
) -> FileOutcome:
    """Read one file. ``emit`` is given segments of large files before the end; ``beat`` is called as work goes on.

    Raises only ``MemoryError``. Segments that were emitted belong to the outcome if it is ``INDEXED`` or
    ``APPENDED``, and are void otherwise.
    """
    try:
        with Source(task.path, _bucket(limits.bytes_per_second), beat) as source:
            context = ReadContext(task, limits, extractors, source, emit, beat)
            if task.tail is not None and not task.forced:
                with span("file.continue"):
                    outcome = continue_log(context, task.tail)
                if outcome is not None:
                    return outcome
            return _read_whole(context)
    except (FileNotFoundError, NotADirectoryError):
        sought = Sought(task.path, task.stat)
        if _is_deleted(task):
            return FileOutcome(task.file_id, Outcome.VANISHED, None, sought=sought)
        return FileOutcome(task.file_id, Outcome.RETRY, None, retry_seconds=RETRY_SECONDS, sought=sought)
    except PermissionError as error:
        return _failed(task, Reason.PERMISSION_DENIED, error.strerror or str(error))
    except SpecialFileError as error:
        return _failed(task, Reason.SPECIAL_FILE, error.strerror or str(error))
    except OSError as error:
        detail = f"{errno.errorcode.get(error.errno or 0, 'error')}: {error.strerror or error}"
        if error.errno in AWAY:
            gap = Gap(Reason.READ_ERROR, detail=detail)
            return FileOutcome(task.file_id, Outcome.RETRY, None, gaps=(gap,), retry_seconds=RETRY_SECONDS)
        return _failed(task, Reason.READ_ERROR, detail)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - one file's failure must not be another's
        return _failed(task, Reason.PARSER_CRASH, extractors.redact(f"{type(error).__name__}: {error}"))


@lru_cache(maxsize=1)
def _bucket(rate: float) -> TokenBucket:
    """The process's one token bucket: the limit is over all its files."""
    return TokenBucket(rate)


def _is_deleted(task: ReadTask) -> bool:
    """Whether a file that is not there was deleted: its folder is there, on the same device, and not empty.

    In doubt this says no, and a scan decides: where a mount is away all its folders look empty or gone.
    """
    try:
        device = FileStat.of(Path(os.fsdecode(task.folder)).stat()).device
        with os.scandir(task.folder) as entries:
            return device == task.stat.device and next(entries, None) is not None
    except OSError:
        return False


def _failed(task: ReadTask, reason: Reason, detail: str) -> FileOutcome:
    return FileOutcome(task.file_id, Outcome.FAILED, task.stat, gaps=(Gap(reason, detail=detail),))


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file of known kind and encoding. ``blocks``: all its bytes, decompressed; ``stream`` counts them."""

    context: ReadContext
    ledger: Ledger
    compression: Compression | None
    detected: Detected
    stream: Counted
    blocks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class _Found:
    """What was indexed of a content. ``held``: bytes of an unfinished last line that was left out."""

    assembler: Assembler | None = None
    segment: Segment = _NOTHING
    members: Sequence[str] = ()
    may_grow: bool = False
    held: int = 0


def _read_whole(context: ReadContext) -> FileOutcome:
    began = time.monotonic()
    task, source = context.task, context.source
    raw = source.blocks()
    first = next(raw, b"")
    if source.has_untold_bytes():
        return _failed(task, Reason.READ_ERROR, "Its file system says that it is empty, and it is not (as of /proc).")
    if source.read_bytes == source.stat.size and _is_known(task, source):
        return FileOutcome(task.file_id, Outcome.UNCHANGED, source.stat)
    with span("file.detect"):
        opened = _open(context, chain([first], raw), compression_of(first))
    if opened.detected.kind is Kind.ARCHIVE:
        found = _list_archive(opened)
    elif opened.detected.encoding is not None:
        with span("file.parse"):
            found = _index_text(opened)
    else:
        found = _Found()
    if source.stat.size <= HASH_BYTES:
        with span("file.hash"):
            source.drain()
    if _is_known(task, source):
        return FileOutcome(task.file_id, Outcome.UNCHANGED, source.stat)
    return _conclude(opened, found, _state_facts(opened, found), time.monotonic() - began)


def _is_known(task: ReadTask, source: Source) -> bool:
    return not task.forced and task.known_sha256 is not None and task.known_sha256 == source.sha256()


def _open(context: ReadContext, blocks: Iterable[bytes], compression: Compression | None) -> _Opened:
    ledger = Ledger()
    if compression is not None:
        limits = context.limits
        bounds = Limits(limits.max_decompressed_size, limits.max_decompressed_ratio)
        blocks = decompress(blocks, compression, bounds, ledger)
    stream = Counted(blocks, context.beat)
    passing = iter(stream)
    head, complete = _take_head(passing)
    try:
        detected = sniff(head, context.task.name, complete=complete)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - detection's mistake costs structure, never text
        told = context.extractors.redact(f"{type(error).__name__}: {error}")
        detail = f"Detection failed ({told}); read as UTF-8 text."
        gap = Gap(Reason.PARSE_ERROR, detail=detail, lost=False)
        detected = Detected(Kind.TEXT, "text/plain", "utf-8", gaps=(gap,))
    for gap in detected.gaps:
        ledger.note(gap)
    return _Opened(context, ledger, compression, detected, stream, chain([head], passing))


def _take_head(blocks: Iterator[bytes]) -> tuple[bytes, bool]:
    """Enough of a stream to tell its kind, and whether that is all of it. NULs at its start do not count."""
    parts: list[bytes] = []
    size = hole = 0
    for block in blocks:
        parts.append(block)
        size += len(block)
        if hole == size - len(block) and hole < HOLE_BYTES and not block.strip(b"\0"):
            hole = size
        elif size > hole + HEAD_BYTES:
            return b"".join(parts), False
    return b"".join(parts), True


def _list_archive(opened: _Opened) -> _Found:
    mime, ledger, context = opened.detected.mime, opened.ledger, opened.context
    limit = context.limits.max_members
    try:
        if opened.compression is not None:
            members = list_members(mime, opened.blocks, None, ledger, limit=limit)
        else:
            with context.source.reader() as file:
                members = list_members(mime, opened.blocks, file, ledger, limit=limit)
        return _Found(members=[context.extractors.redact(name) for name in members])
    except (MemoryError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - a hostile archive costs its names, not the file
        told = context.extractors.redact(f"{type(error).__name__}: {error}")
        ledger.note(Gap(Reason.ARCHIVE, detail=f"listing failed ({told})"))
        return _Found()


def _index_text(opened: _Opened) -> _Found:
    context, detected, ledger, limits = opened.context, opened.detected, opened.ledger, opened.context.limits
    assert detected.encoding is not None
    size, blocks, plain = context.source.stat.size, opened.blocks, opened.compression is None
    if not detected.kind.line_structured:
        if plain and size > limits.max_file_size:
            ledger.note(Gap(Reason.OVERSIZED, 0, size, detail=f"{size:,} bytes"))
            return _Found()
        if not plain:
            blocks = at_most(blocks, limits.max_file_size, ledger)
    grows = plain and may_grow(detected) and context.age_seconds < TAIL_SECONDS
    lines = WholeLines(blocks) if grows and waits_for_end(context.age_seconds, limits) else None
    emit = context.emit if size > limits.whole_size or not plain else None
    assembler = context.begin_text(detected, ledger, emit, grows=grows)
    for window in decode_blocks(lines or blocks, detected.encoding, ledger):
        assembler.take(window)
        if assembler.full and not window.final:
            assembler.end_here()
            detail = f"a content holds at most {assembler.chunk_count:,} chunks"
            ledger.note(Gap(Reason.OVERSIZED, opened.stream.count, detail=detail))
            return _Found(assembler, assembler.finish())
    held = len(lines.held) if lines is not None else 0
    if held:
        ledger.note(still_written(size - held, size))
    return _Found(assembler, assembler.finish(), may_grow=grows, held=held)


def _state_facts(opened: _Opened, found: _Found) -> ContentFacts:
    source, detected, compression, ledger = opened.context.source, opened.detected, opened.compression, opened.ledger
    unread = source.stat.size > HASH_BYTES and source.read_bytes < source.stat.size
    plain_bytes = source.stat.size if unread else source.read_bytes
    facts = ContentFacts(
        # While a line waits, other files of these bytes must not share a text without it.
        sha256=b"" if found.held or unread else source.sha256(),
        size=source.stat.size,
        source_bytes=plain_bytes if compression is None else opened.stream.count,
        read_bytes=0,
        text_bytes=0,
        line_count=0,
        chunk_count=0,
        mime=detected.mime,
        kind=detected.kind,
        encoding=detected.encoding,
        compression=None if compression is None else compression.value,
        extent=extent_of(ledger, text_bytes=0, members=len(found.members)),
        gaps=ledger.closed(),
        members=list(found.members),
        extraction=opened.context.extractors.version,
    )
    if found.assembler is None:
        return facts
    return found.assembler.count_into(facts, ledger, opened.stream.count - found.held)


def _conclude(opened: _Opened, found: _Found, facts: ContentFacts, seconds: float) -> FileOutcome:
    context, source = opened.context, opened.context.source
    tail: TailState | None = None
    if found.may_grow and found.assembler is not None and context.age_seconds < TAIL_SECONDS:
        tail = make_tail(source, found.assembler, facts, source.stat.size - found.held)
    now = source.now()
    gaps: tuple[Gap, ...] = ()
    retry = context.limits.line_seconds if found.held else None
    if tail is not None and now.size > source.stat.size:
        retry = 0.0  # it grew: the new lines are next
    elif (now.size, now.mtime_ns) != (source.stat.size, source.stat.mtime_ns):
        detail = f"{source.stat.size:,} bytes before, {now.size:,} after"
        gaps = (Gap(Reason.CHANGED_WHILE_READ, detail=detail),)
        retry = 1.0 + BUSY_FACTOR * seconds
        tail = None
    no_text = found.assembler is None and facts.kind is not Kind.EMPTY
    outcome = Outcome.METADATA_ONLY if no_text or facts.extent is Extent.NONE else Outcome.INDEXED
    return FileOutcome(
        context.task.file_id,
        outcome,
        source.stat,
        facts,
        found.segment,
        gaps=gaps,
        retry_seconds=retry,
        tail=tail,
        structure=None if found.assembler is None else found.assembler.structure,
    )
