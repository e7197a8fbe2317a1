"""Compressed streams are read through: known by their first bytes, bounded, kept up to where they are damaged."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import zstandard

from siss.model.coverage import Gap, Reason
from siss.model.text import Ledger

BLOCK_BYTES: Final = 1 << 18
"""Decompressed blocks are about this large, and never more than 1 MiB."""

RATIO_FLOOR: Final = 10 << 20
"""The ratio is not looked at before this much: a few MB of zeros are nobody's bomb."""

XZ_MEMORY: Final = 160 << 20
ZSTD_WINDOW: Final = 1 << 27
"""What a stream may ask for: enough for ``xz -9`` (65 MiB) and ``zstd --long`` (128 MiB)."""


class Compression(StrEnum):
    """The formats that are read through. The values are what answers show."""

    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"


@dataclass(frozen=True, slots=True)
class Limits:
    """Where reading through ends: ``max_bytes`` of decompressed stream, or ``max_ratio`` times what was read."""

    max_bytes: int
    max_ratio: int


def compression_of(head: bytes) -> Compression | None:
    """The format by its magic bytes (16 are enough), never by a name."""
    if head.startswith(b"\x1f\x8b\x08"):
        return Compression.GZIP
    # A text may begin with "BZh9"; the digits of pi (a block) or of its root (an empty stream) settle it.
    if head.startswith(b"BZh") and head[3:4] in b"123456789" and head[4:10] in _BZIP2_MARKS:
        return Compression.BZIP2
    if head.startswith(b"\xfd7zXZ\x00"):
        return Compression.XZ
    if head.startswith(b"\x28\xb5\x2f\xfd") or _skips_to_zstd(head):
        return Compression.ZSTD
    return None


def _skips_to_zstd(head: bytes) -> bool:
    """Whether a skippable frame stands before others, as ``pzstd`` writes it."""
    after = 8 + int.from_bytes(head[4:8], "little")
    return head.startswith(_SKIPPABLE) and head.startswith((b"\x28\xb5\x2f\xfd", *_SKIPPABLE), after)


def decompress(blocks: Iterable[bytes], kind: Compression, limits: Limits, ledger: Ledger) -> Iterator[bytes]:
    """The decompressed stream in blocks of at most 1 MiB.

    Concatenated streams are read as one. Damage, truncation and limits are noted with their offset in the
    decompressed stream, and end the iteration without taking the rest of ``blocks``: who needs a hash drains
    them. Of bzip2 and xz up to half a KiB before the damage may be lost, of zstd the block that holds it.
    """
    taken = given = 0
    try:
        for piece, taken in _gather(_members(blocks, _FORMATS[kind])):
            allowed = min(limits.max_bytes, max(limits.max_ratio * taken, RATIO_FLOOR))
            if given + len(piece) > allowed:
                if allowed > given:
                    yield piece[: allowed - given]
                detail = f"read through up to {allowed:,} bytes, of {taken:,} compressed ones so far"
                ledger.note(Gap(Reason.DECOMPRESSION_LIMIT, max(allowed, given), None, None, detail))
                return
            given += len(piece)
            yield piece
    except _DamageError as error:
        if error.kept:
            yield error.kept
        given += len(error.kept)
        ledger.note(Gap(Reason.DECOMPRESSION_ERROR, given, None, None, error.detail, lost=error.lost))


_BZIP2_MARKS: Final = frozenset({b"1AY&SY", b"\x17rE8P\x90"})


class _DamageError(Exception):
    """The stream ends early. ``kept``: what was decompressed before and not yet handed on."""

    def __init__(self, detail: str, *, kept: bytes = b"", lost: bool = True) -> None:
        super().__init__(detail)
        self.detail = detail
        self.kept = kept
        self.lost = lost


class _Codec(Protocol):
    """One compressed stream, fed in slices so short that no piece is larger than 1 MiB."""

    @property
    def eof(self) -> bool:
        """Whether the stream's end mark was read."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What followed the end mark in the last slice."""
        ...

    def take(self, data: bytes) -> Iterator[bytes]:
        """What becomes of a slice. Raises ``_DamageError``."""
        ...


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def take(self, data: bytes) -> Iterator[bytes]:
        while True:
            before = self._stream.copy()
            try:
                piece = self._stream.decompress(data, BLOCK_BYTES)
            except zlib.error as error:
                raise _DamageError(str(error), kept=_replay(before, data)) from None
            data = self._stream.unconsumed_tail
            if piece:
                yield piece
            if self._stream.eof or (not data and len(piece) < BLOCK_BYTES):
                return


def _replay(stream: "zlib._Decompress", data: bytes) -> bytes:
    """What a stream gives of a slice before the byte that damages it, at most a block."""
    kept = bytearray()
    try:
        for index in range(len(data)):
            kept += stream.decompress(data[index : index + 1], BLOCK_BYTES)
    except zlib.error:
        pass
    return bytes(kept[:BLOCK_BYTES])


class _Steps:
    """bzip2 and xz: what a failing call would have given is lost, so calls are asked for little at a time."""

    _step = 512

    def __init__(self, stream: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._stream = stream

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def take(self, data: bytes) -> Iterator[bytes]:
        while True:
            try:
                piece = self._stream.decompress(data, self._step)
            except (OSError, lzma.LZMAError, EOFError, ValueError, MemoryError) as error:
                raise _DamageError(str(error) or type(error).__name__) from None
            data = b""
            if piece:
                yield piece
            if self._stream.eof or self._stream.needs_input:
                return


class _Zstd:
    def __init__(self) -> None:
        self._stream = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj(write_size=1 << 14)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def take(self, data: bytes) -> Iterator[bytes]:
        try:
            piece = self._stream.decompress(data)
        except zstandard.ZstdError as error:
            raise _DamageError(str(error)) from None
        if piece:
            yield piece


class _Bzip2(_Steps):
    def __init__(self) -> None:
        super().__init__(bz2.BZ2Decompressor())


class _Xz(_Steps):
    def __init__(self) -> None:
        super().__init__(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY))


@dataclass(frozen=True, slots=True)
class _Format:
    """How to begin a stream, how the next of several concatenated ones begins, and how much a call may be given."""

    begin: Callable[[], _Codec]
    magic: tuple[bytes, ...]
    slice_bytes: int


# A skippable frame (0x184D2A50 to 5F) may stand between zstd frames; it decompresses to nothing.
_SKIPPABLE: Final = tuple(bytes([0x50 + low]) + b"\x2a\x4d\x18" for low in range(16))
# Streams may be tiny, and what follows one is copied each time: short slices keep that linear. Calls to zstd know
# no limit, and 4 bytes can stand for a block of 128 KiB: 32 of them can give 1 MiB.
_FORMATS: Final = {
    Compression.GZIP: _Format(_Gzip, (b"\x1f\x8b",), 1 << 14),
    Compression.BZIP2: _Format(_Bzip2, (b"BZh",), 1 << 14),
    Compression.XZ: _Format(_Xz, (b"\xfd7zXZ\x00",), 1 << 14),
    Compression.ZSTD: _Format(_Zstd, (b"\x28\xb5\x2f\xfd", *_SKIPPABLE), 32),
}


def _members(blocks: Iterable[bytes], form: _Format) -> Iterator[tuple[bytes, int]]:
    """Pieces of all concatenated streams, each with how many compressed bytes were taken so far."""
    codec: _Codec | None = form.begin()
    rest = b""  # between two streams: too little to tell whether another begins
    taken = 0
    longest = max(map(len, form.magic))
    for block in blocks:
        for start in range(0, len(block), form.slice_bytes):
            data = block[start : start + form.slice_bytes]
            taken += len(data)
            while data:
                if codec is None:
                    data = (rest + data).lstrip(b"\0")  # tapes and some tools pad with zeros
                    if len(data) < longest:
                        rest = data
                        break
                    if not data.startswith(form.magic):
                        raise _DamageError("bytes that are not compressed follow the stream", lost=False)
                    codec, rest = form.begin(), b""
                for piece in codec.take(data):
                    yield piece, taken
                if not codec.eof:
                    break
                data, codec = codec.unused_data, None
    if codec is not None:
        raise _DamageError("the stream ends before its end mark")
    if rest:
        raise _DamageError("bytes that are not compressed follow the stream", lost=False)


def _gather(pieces: Iterable[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    """The same bytes in fewer pieces."""
    gathered: list[bytes] = []
    size = taken = 0
    try:
        for piece, taken in pieces:
            if size and size + len(piece) > BLOCK_BYTES:
                yield b"".join(gathered), taken
                gathered, size = [], 0
            gathered.append(piece)
            size += len(piece)
    except _DamageError as error:
        error.kept = b"".join(gathered) + error.kept
        raise
    if size:
        yield b"".join(gathered), taken
