"""Logs that grow: what was read stays, reading goes on where it stopped.

A tail (``TailState``) says where reading stopped. It is kept for uncompressed logs, JSON Lines and tables, in UTF-8
or a single-byte encoding, that were written to within the last hour. An older file is read whole when it changes.

The last line may be unfinished. It is left out while the file was written to less than ``line_seconds`` ago; after
that it is indexed as it is, and once more if it goes on. A file without a change for ``rest_seconds`` is hashed
whole: its outcome is ``RESTED``, after those that were ``APPENDED``.

The result is the same as if the file had been read at once. Reading goes on at the last chunk that begins both a
block and a section; from there on everything is redacted and cut again. If that is too far back, because of a line
of megabytes, there is no tail. The fields of a table or of JSON Lines are drawn from its first megabytes only, which
are read again until the file is longer than that.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from siss.app.ingest.reading.assemble import Assembler
from siss.app.ingest.reading.context import ReadContext
from siss.app.ingest.reading.source import Source
from siss.app.ingest.reading.task import ReadLimits
from siss.detect.decode import decode_blocks
from siss.detect.sniff import HEAD_BYTES, Detected, sniff
from siss.detect.widths import codec_of
from siss.discover.moves import proof_of
from siss.extract.secrets.bare import is_telling
from siss.extract.secrets.scan import BEFORE
from siss.extract.structure import json_fields, record_fields
from siss.model.content import ContentFacts, Kind, TailState
from siss.model.coverage import Gap, Reason
from siss.model.ingest import FileOutcome, Outcome
from siss.model.shape import Structure
from siss.model.text import Ledger

TAIL_SECONDS: Final = 3600.0
"""How long ago a file may have been written to and still be expected to grow."""

LONGEST_HELD: Final = 1 << 20
"""An unfinished line of more bytes than this is not left out."""

FIELDS_FROM: Final = {Kind.JSONL: json_fields.WHOLE_BYTES, Kind.DELIMITED: record_fields.TABLE_BYTES}
"""From how many bytes of text the fields of a growing file are drawn, by kind."""

_FIELDS_SLACK: Final = 2 << 20
"""Bytes by which a reader of fields may read beyond that before it notices that there is more."""

LONGEST_RESTART: Final = 4 << 20
"""The most bytes of text that may be cut again when a log grows; beyond, it has no tail."""


class WholeLines:
    """Passes blocks on up to the last line end; once all were taken, ``held`` is what follows it."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = blocks
        self.held = b""

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            end = block.rfind(b"\n") + 1
            if end:
                yield self.held + block[:end]
                self.held = block[end:]
            else:
                self.held += block
                if len(self.held) > LONGEST_HELD:
                    yield self.held
                    self.held = b""


def may_grow(detected: Detected) -> bool:
    """Whether a plain file of this kind and encoding can be read on where it grows."""
    if not detected.kind.line_structured or detected.encoding is None:
        return False
    codec = codec_of(detected.encoding)
    return codec.family in {"utf-8", "single"} and codec.newline == b"\n"


def waits_for_end(age: float, limits: ReadLimits) -> bool:
    """Whether an unfinished last line is left out: the file was written to so recently that its end may come."""
    return age < min(limits.line_seconds, limits.rest_seconds)


def make_tail(source: Source, assembler: Assembler, facts: ContentFacts, length: int) -> TailState | None:
    """Where reading stopped after ``length`` bytes; None where going on would cut too much text again."""
    anchor = assembler.anchor
    if anchor is None or assembler.text_end - anchor.start > LONGEST_RESTART:
        return None
    assert facts.encoding is not None
    head, last = proof_of(length, source.piece)
    return TailState(
        length,
        head,
        last,
        anchor.source_start,
        anchor.start,
        anchor.line,
        anchor.seq,
        facts.encoding,
        source.stat.inode,
        facts,
    )


def continue_log(context: ReadContext, tail: TailState) -> FileOutcome | None:
    """Read on from the tail. Returns None where the file did not simply grow, and must be read whole."""
    task, limits, source = context.task, context.limits, context.source
    size = source.stat.size
    if tail.facts.extraction != context.extractors.version:
        return None
    if (
        source.stat.inode != tail.inode
        or size < tail.length
        or proof_of(tail.length, source.piece) != _known_proof(tail)
    ):
        return None
    if size == tail.length and task.known_sha256 is not None:
        return None  # only its time changed, or its middle: a hash of the whole file tells which
    age = context.age_seconds
    if size == tail.length:
        rests = age >= limits.rest_seconds
        return _rest(context, tail) if rests else _wait(context, limits.rest_seconds - age)
    head = source.piece(0, HEAD_BYTES + 1)
    detected = sniff(head, task.name, complete=len(head) <= HEAD_BYTES)
    if detected.kind is not tail.facts.kind or detected.encoding != tail.encoding:
        return None
    return _append(context, tail, detected, age) or _wait(context, limits.line_seconds - age)


def _append(context: ReadContext, tail: TailState, detected: Detected, age: float) -> FileOutcome | None:
    """Index the new lines; None if no line is complete yet. ``age``: seconds since the log was written to."""
    limits, source = context.limits, context.source
    size = source.stat.size
    if (
        waits_for_end(age, limits)
        and size - tail.length <= LONGEST_HELD
        and b"\n" not in source.piece(tail.length, size)
    ):
        return None
    ledger = Ledger()
    for gap in tail.facts.gaps:
        if gap.reason is not Reason.STILL_WRITTEN and (gap.start is None or gap.start < tail.restart_source):
            ledger.note(gap)
    assembler = context.begin_text(
        detected, ledger, context.emit, grows=True, after=tail, text_before=_text_before(tail, source)
    )
    blocks = source.pieces(tail.restart_source, size)
    lines = WholeLines(blocks) if waits_for_end(age, limits) else None
    for window in decode_blocks(
        blocks if lines is None else lines,
        tail.encoding,
        ledger,
        text_start=tail.restart_text,
        source_start=tail.restart_source,
    ):
        assembler.take(window)
        if assembler.full:
            return None
    segment = assembler.finish()
    length = size - (len(lines.held) if lines is not None else 0)
    if length < size:
        ledger.note(still_written(length, size))
    facts = msgspec.structs.replace(tail.facts, sha256=b"", size=size, source_bytes=size)
    facts = assembler.count_into(facts, ledger, length)
    return FileOutcome(
        context.task.file_id,
        Outcome.APPENDED,
        source.stat,
        facts,
        segment,
        retry_seconds=_next_look(limits, age, held=length < size),
        tail=make_tail(source, assembler, facts, length),
        structure=assembler.structure or _draw_fields(context, tail, detected, length),
    )


def _next_look(limits: ReadLimits, age: float, *, held: bool) -> float:
    """Seconds until there is more to do: the last line, or the hash."""
    return limits.line_seconds if held else 0.0 if age >= limits.rest_seconds else limits.rest_seconds


def _text_before(tail: TailState, source: Source) -> bytes:
    """The original text right before the place where reading goes on: it may tell that a secret follows."""
    begin = max(tail.restart_source - BEFORE - 3, 0)  # no character is cut that counts
    windows = decode_blocks(
        [source.piece(begin, tail.restart_source)], tail.encoding, Ledger(), text_start=begin, source_start=begin
    )
    return b"".join(window.data for window in windows)[-BEFORE:]


def _draw_fields(context: ReadContext, tail: TailState, detected: Detected, length: int) -> Structure | None:
    """The fields of the longer text; None where its beginning, from which they are drawn, was long enough before."""
    most = FIELDS_FROM.get(detected.kind, -_FIELDS_SLACK) + _FIELDS_SLACK
    fields = context.extractors.fields(detected.kind, detected.dialect)
    if fields is None or tail.facts.text_bytes > most:
        return None
    redactor = context.extractors.redactor(bare=is_telling(context.task.name))
    for window in decode_blocks(context.source.pieces(0, min(length, 2 * most)), tail.encoding, Ledger()):
        if (redacted := redactor.take(window)) is not None:
            fields.feed(redacted)
    return fields.close()


def _rest(context: ReadContext, tail: TailState) -> FileOutcome:
    """Hash a log that does not grow any more, so that equal files are recognised."""
    source = context.source
    source.drain()
    facts = msgspec.structs.replace(tail.facts, sha256=source.sha256())
    return FileOutcome(
        context.task.file_id, Outcome.RESTED, source.stat, facts, tail=msgspec.structs.replace(tail, facts=facts)
    )


def _wait(context: ReadContext, seconds: float) -> FileOutcome:
    seen = context.source.stat
    return FileOutcome(context.task.file_id, Outcome.UNCHANGED, seen, retry_seconds=max(seconds, 0.0))


def still_written(start: int, end: int) -> Gap:
    """The gap for an unfinished line that was left out."""
    return Gap(Reason.STILL_WRITTEN, start, end, detail=f"{end - start:,} bytes after the last line end")


def _known_proof(tail: TailState) -> tuple[bytes, bytes]:
    return tail.head_sha256, tail.last_sha256
