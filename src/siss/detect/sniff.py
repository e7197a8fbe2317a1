"""Tells the kind of a file by its first bytes. The name only chooses among what the bytes allow."""

import re
from dataclasses import dataclass
from typing import Final

from siss.detect.dialect import find_dialect
from siss.detect.encoding import control_share, find_encoding
from siss.detect.magic import archive_mime, binary_mime
from siss.detect.names import Promise, extension_of, promise_of
from siss.detect.structure import (
    is_any_json,
    is_html,
    is_ini,
    is_json,
    is_jsonl,
    is_keyvalue,
    is_xml,
    log_share,
    script_mime,
)
from siss.detect.widths import HOLE
from siss.model.content import Kind
from siss.model.coverage import Gap, Reason
from siss.model.dialect import Dialect

HEAD_BYTES: Final = 1 << 16
"""How many bytes of a (decompressed) stream ``sniff`` wants: more does no harm, fewer only if there are no more."""

_HOLES: Final = re.compile(rb"\0{%d,}" % len(HOLE))
_STRUCTURE_CHARS: Final = 1 << 14
_LINES: Final = 120
_FEW: Final = 8


@dataclass(frozen=True, slots=True)
class Detected:
    """What a file is. ``encoding``: a Python codec, None for what is not text.

    ``dialect`` for ``Kind.DELIMITED``; ``gaps``: to be noted on the ledger (binary, guessed encoding).
    """

    kind: Kind
    mime: str
    encoding: str | None = None
    dialect: Dialect | None = None
    gaps: tuple[Gap, ...] = ()


def sniff(head: bytes, name: str, *, complete: bool) -> Detected:
    """What the (decompressed) bytes are. ``name``: the file's own name; ``complete``: ``head`` is all there is."""
    if not head:
        return Detected(Kind.EMPTY, "application/x-empty")
    if mime := archive_mime(head, extension_of(name)):
        return Detected(Kind.ARCHIVE, mime)
    if mime := binary_mime(head):
        return _binary(mime, f"{mime} by its first bytes")
    head = _after_hole(head)
    complete = complete and len(head) <= HEAD_BYTES
    head = head[:HEAD_BYTES]
    found = find_encoding(head, complete=complete)
    if found is None:
        return _binary("application/octet-stream", "neither valid in an encoding nor free of control characters")
    encoding, guessed = found
    text = head.decode(encoding, "replace").removeprefix("\ufeff")
    if encoding == "utf-8" and _too_many_controls(head, complete=complete):
        return _binary("application/octet-stream", "too many control characters for a text")
    gaps = (Gap(Reason.ENCODING_GUESSED, detail=f"read as {encoding}", lost=False),) if guessed else ()
    kind, mime, dialect = _structure(text, promise_of(name), complete=complete)
    return Detected(kind, mime, encoding, dialect, gaps)


def _binary(mime: str, detail: str) -> Detected:
    return Detected(Kind.BINARY, mime, gaps=(Gap(Reason.BINARY, detail=detail),))


def _after_hole(head: bytes) -> bytes:
    """The bytes behind the NULs at the start of a log that was truncated in use, if there are any."""
    size = len(head) - len(head.lstrip(b"\0"))
    return head[size - size % 4 :] if len(HOLE) <= size < len(head) else head


def _too_many_controls(head: bytes, *, complete: bool) -> bool:
    if b"\0" not in head:
        return control_share(head) > 0.1
    # A crash, or a truncation under a writer's hands, leaves holes in logs: they do not make text binary.
    filled = _HOLES.sub(b"", head)
    # One that nothing follows in sight may go on for a terabyte.
    size = len(filled) + (0 if complete else len(head) - len(head.rstrip(b"\0")))
    without_nul = filled.replace(b"\0", b"")
    return not without_nul or len(without_nul) * 10 < size * 7 or control_share(without_nul) > 0.1


def _structure(text: str, promise: Promise | None, *, complete: bool) -> tuple[Kind, str, Dialect | None]:
    """Kind, MIME type and dialect of text: first as the name suggests, then by trial."""
    sample = text[:_STRUCTURE_CHARS]
    lines = sample.splitlines(keepends=True)[:_LINES]
    if len(sample) < len(text) and len(lines) < _FEW:  # rows of a thousand columns
        sample = text
        lines = sample.splitlines(keepends=True)
    if not complete or len(sample) < len(text):
        lines = lines[:-1] or lines
    if promise is not None and (kept := _keeps(promise, text, lines, complete=complete)):
        return kept
    if promise is not None and promise.firm:
        return Kind.TEXT, promise.mime, None
    return _by_trial(text, lines, promise, complete=complete)


def _keeps(
    promise: Promise, text: str, lines: list[str], *, complete: bool
) -> tuple[Kind, str, Dialect | None] | None:
    """The kind of the text if it may be what its name suggests, None if it is not."""
    first = text[:256].lstrip()[:2]
    match promise.kind:
        case Kind.JSON:
            meant = first[:1] in {"{", "["} or first in {"//", "/*"} or (complete and is_any_json(text))
            if meant and not (first[:1] == "{" and _many_documents(text, lines)):
                return Kind.JSON, promise.mime, None
        case Kind.JSONL if is_jsonl(lines, named=True):
            return Kind.JSONL, promise.mime, None
        case Kind.XML if is_xml(text, complete=complete, named=True):
            return Kind.XML, promise.mime, None
        case Kind.DELIMITED if dialect := find_dialect(lines, named=True):
            return Kind.DELIMITED, promise.mime, dialect
        case Kind.KEYVALUE if is_keyvalue(lines, named=True):
            return Kind.KEYVALUE, promise.mime, None
        case Kind.LOG:
            # JSON loggers write .log too, and their lines tell more.
            if is_jsonl(lines, named=False):
                return Kind.JSONL, "application/jsonl", None
            return Kind.LOG, promise.mime, None
        case _:
            pass
    return None


def _many_documents(text: str, lines: list[str]) -> bool:
    """Whether a file named .json holds one document per line."""
    return len(lines) > 1 and is_jsonl(lines, named=False) and text.count("\n", 0, _STRUCTURE_CHARS) > 1


def _by_trial(
    text: str, lines: list[str], promise: Promise | None, *, complete: bool
) -> tuple[Kind, str, Dialect | None]:
    first = text[:256].lstrip()[:1]
    if promise is None and (mime := script_mime(text)) is not None:
        return Kind.TEXT, mime, None
    if first in {"{", "["}:
        if is_jsonl(lines, named=False):
            return Kind.JSONL, "application/jsonl", None
        if is_json(text, complete=complete):
            return Kind.JSON, "application/json", None
    elif first == "<":
        if is_html(text):
            return Kind.TEXT, "text/html", None
        if is_xml(text, complete=complete, named=False):
            return Kind.XML, "text/xml", None
    share, begun = log_share(lines)
    dialect = find_dialect(lines, named=False)
    # Log4j writes "12:00:00,123": one comma a line, and yet no table.
    if share >= 0.5 and begun >= 2 and (dialect is None or dialect.columns < 3):
        return Kind.LOG, "text/x-log", None
    if dialect is not None:
        mime = "text/tab-separated-values" if dialect.delimiter == "\t" else "text/csv"
        return Kind.DELIMITED, mime, dialect
    if is_keyvalue(lines, named=False):
        return Kind.KEYVALUE, "text/plain", None
    if promise is not None and promise.kind is Kind.TEXT:
        return Kind.TEXT, promise.mime, None
    return Kind.TEXT, "text/x-ini" if is_ini(lines) else "text/plain", None
