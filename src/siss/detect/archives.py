"""Archives: the names of their members, never their contents.

Zips are read by their central directory, tars as a stream of headers, both by hand: what the standard library
keeps of each member, and how far it trusts what a header says, is more than a hostile archive should get.
"""

import io
import struct
import time
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from siss.detect.magic import TAR, is_tar_header, is_zip
from siss.model.coverage import Gap, Reason
from siss.model.text import Ledger

NAME_BYTES: Final = 4096
"""Longer names are cut: no file system has them."""

DIRECTORY_BYTES: Final = 64 << 20
"""How much of a zip's central directory is read."""

SECONDS: Final = 20.0
"""How long listing may take; the blocks of a tar come from the NAS."""


def list_members(
    mime: str, blocks: Iterable[bytes], file: BinaryIO | None, ledger: Ledger, *, limit: int
) -> list[str]:
    """At most ``limit`` member names of an archive, hostile ones escaped.

    ``mime`` as ``sniff`` found it. A tar is read from ``blocks`` (the decompressed stream from its start); a zip
    from ``file``, which must be seekable (its position is put back), None where the zip is itself compressed.
    ``blocks`` may be left unread. Notes ``Reason.ARCHIVE``; never raises for what is in the archive.
    """
    names: Iterator[str]
    if mime == TAR:
        names = _tar_names(_Stream(blocks))
    elif is_zip(mime) and file is not None:
        names = _zip_names(file)
    else:
        ledger.note(Gap(Reason.ARCHIVE, detail=f"{mime}: its members are not listed"))
        return []
    listed: list[str] = []
    detail = ""
    position = file.tell() if file is not None else 0
    deadline = time.monotonic() + SECONDS
    try:
        for name in names:
            if len(listed) >= limit:
                detail = f"; listing ended after {limit:,} names (SISS_MAX_MEMBERS)"
                break
            if time.monotonic() > deadline:
                detail = f"; listing ended after {SECONDS:g} seconds"
                break
            listed.append(name)
    except _DamageError as error:
        detail = f"; {error}"
    finally:
        if file is not None:
            file.seek(position)
    ledger.note(Gap(Reason.ARCHIVE, detail=f"{len(listed):,} members{detail}"))
    return listed


class _DamageError(Exception):
    """The archive ends early or contradicts itself."""


def _shown(raw: bytes, *, encoding: str = "utf-8") -> str:
    r"""A name as text, with what cannot be shown escaped (``\xff``, ``\n``)."""
    try:
        name = raw[:NAME_BYTES].decode(encoding)
    except UnicodeDecodeError:
        name = raw[:NAME_BYTES].decode("utf-8", "backslashreplace")
    if name.isprintable():
        return name
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in name)


# --- zip: APPNOTE 6.3.10, 4.3.12 (central directory), 4.3.14 to 16 (its end)

_END: Final = struct.Struct("<4s4H2LH")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_ENTRY: Final = struct.Struct("<4s4B4HL2L5H2L")
_ZIP64: Final = 0xFFFFFFFF
_UTF8_FLAG: Final = 0x800


def _zip_names(file: BinaryIO) -> Iterator[str]:
    size = file.seek(0, io.SEEK_END)
    tail_at = max(0, size - (1 << 16) - _END.size)
    file.seek(tail_at)
    tail = file.read((1 << 16) + _END.size)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < _END.size:
        raise _DamageError("the archive has no central directory: it is damaged or still being written")
    _, _, _, _, _, length, offset, _ = _END.unpack_from(tail, end)
    stop = tail_at + end
    if _ZIP64 in {length, offset}:
        length, offset, stop = _zip64_end(file, stop)
    # The directory ends where its end record stands; offsets lie where something was put before the archive.
    start = stop - length
    if length > stop or offset > stop:
        raise _DamageError("the central directory lies outside the archive")
    file.seek(start)
    reader = _Stream(_read_blocks(file, min(length, DIRECTORY_BYTES)))
    while True:
        entry = reader.take(_ENTRY.size)
        if len(entry) < _ENTRY.size:
            if entry or length > DIRECTORY_BYTES:
                raise _DamageError("the rest of the central directory is cut or too long")
            return
        fields = _ENTRY.unpack(entry)
        if fields[0] != b"PK\x01\x02":
            raise _DamageError("the central directory is damaged")
        flags, name_size, extra_size, comment_size = fields[5], fields[12], fields[13], fields[14]
        raw = reader.take(name_size)
        if len(raw) < name_size or not reader.skip(extra_size + comment_size):
            raise _DamageError("the central directory is cut")
        # Without the flag the standard says cp437; many tools write UTF-8 all the same.
        yield _shown(raw, encoding="utf-8" if flags & _UTF8_FLAG or _is_utf8(raw) else "cp437")


def _zip64_end(file: BinaryIO, end: int) -> tuple[int, int, int]:
    """Length and offset of the central directory, and where its end record stands."""
    file.seek(max(0, end - _LOCATOR.size))
    locator = file.read(_LOCATOR.size)
    if len(locator) < _LOCATOR.size or not locator.startswith(b"PK\x06\x07"):
        raise _DamageError("the central directory's 64-bit record is missing")
    at = _LOCATOR.unpack(locator)[2]
    if at > end:
        raise _DamageError("the central directory's 64-bit record lies outside the archive")
    file.seek(at)
    record = file.read(_END64.size)
    if len(record) < _END64.size or not record.startswith(b"PK\x06\x06"):
        raise _DamageError("the central directory's 64-bit record is damaged")
    fields = _END64.unpack(record)
    return fields[8], fields[9], at


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _read_blocks(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0 and (block := file.read(min(length, 1 << 16))):
        length -= len(block)
        yield block


# --- tar: POSIX.1-1988 headers, with GNU long names and POSIX.1-2001 (pax) paths

_BLOCK: Final = 512
_META_BYTES: Final = 1 << 16


def _tar_names(reader: "_Stream") -> Iterator[str]:
    longer: bytes | None = None
    while True:
        header = reader.take(_BLOCK)
        if len(header) < _BLOCK:
            if header:
                raise _DamageError("the archive is cut")
            return
        if not header.strip(b"\0"):
            return
        if not is_tar_header(header):
            raise _DamageError("a header is damaged")
        size = _number(header[124:136])
        kind = header[156:157]
        if kind in {b"L", b"x"}:
            meta = reader.take(min(size, _META_BYTES))
            longer = meta.rstrip(b"\0") if kind == b"L" else _pax_path(meta) or longer
            rest = size - len(meta)
        else:
            if kind not in {b"g", b"K"}:
                yield _shown(longer if longer is not None else _ustar_name(header))
                longer = None
            # Links and folders have no data, whatever their size field says.
            rest = 0 if kind in {b"1", b"2", b"3", b"4", b"5", b"6"} else size
            size = rest
        if not reader.skip(rest + -size % _BLOCK):
            raise _DamageError("the archive is cut")


def _ustar_name(header: bytes) -> bytes:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _number(digits: bytes) -> int:
    """A size: octal digits, or (GNU) big-endian with the top bit set."""
    if digits[0] & 0x80:
        return int.from_bytes(digits[1:], "big")
    text = digits.split(b"\0", 1)[0].strip()
    try:
        return int(text, 8) if text else 0
    except ValueError:
        raise _DamageError("a header has no readable size") from None


def _pax_path(records: bytes) -> bytes | None:
    r"""The ``path`` of pax records: ``LENGTH KEY=VALUE\n`` each."""
    at = 0
    while at < len(records):
        blank = records.find(b" ", at, at + 12)
        digits = records[at:blank]
        if blank < 0 or not digits.isdigit():
            return None
        end = at + int(digits)
        if end <= blank:
            return None
        key, _, value = records[blank + 1 : end - 1].partition(b"=")
        if key == b"path":
            return value
        at = end
    return None


class _Stream:
    """Takes and skips bytes from blocks as they come."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._block = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """So many bytes, fewer at the end."""
        taken = self._block[self._at : self._at + size]
        self._at += len(taken)
        while len(taken) < size and self._next():
            more = self._block[: size - len(taken)]
            self._at = len(more)
            taken += more
        return taken

    def skip(self, size: int) -> bool:
        """Pass over so many bytes; False where there are fewer."""
        while size > len(self._block) - self._at:
            size -= len(self._block) - self._at
            if not self._next():
                return False
        self._at += size
        return True

    def _next(self) -> bool:
        self._block, self._at = next(self._blocks, b""), 0
        return bool(self._block)
