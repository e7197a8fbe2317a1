"""Compressed streams are read through, and what stands before damage or a limit is kept."""

import bz2
import gzip
import lzma
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from siss.detect.compression import Compression, Limits, compression_of, decompress
from siss.model.coverage import Reason
from siss.model.text import Ledger

TEXT = b"".join(
    b"2026-11-21 10:00:%02d INFO request %d took %d ms\n" % (n % 60, n, n * 7919 % 9973) for n in range(9000)
)
LIMITS = Limits(1 << 30, 1000)
Compress = Callable[[bytes], bytes]
FORMATS: list[tuple[Compression, Compress]] = [
    (Compression.GZIP, gzip.compress),
    (Compression.BZIP2, bz2.compress),
    (Compression.XZ, lzma.compress),
    (Compression.ZSTD, zstandard.ZstdCompressor(write_checksum=True).compress),
]
each_format = pytest.mark.parametrize(("kind", "compress"), FORMATS, ids=[kind for kind, _ in FORMATS])


def read(data: bytes, kind: Compression, limits: Limits = LIMITS, block: int = 4001) -> tuple[bytes, Ledger]:
    ledger = Ledger()
    blocks = (data[start : start + block] for start in range(0, len(data), block))
    pieces = list(decompress(blocks, kind, limits, ledger))
    assert all(0 < len(piece) <= 1 << 20 for piece in pieces)
    return b"".join(pieces), ledger


@each_format
def test_whole_and_concatenated(kind: Compression, compress: Compress) -> None:
    data = compress(TEXT)
    assert compression_of(data[:16]) is kind
    assert compression_of(compress(b"")[:16]) is kind
    assert read(data, kind) == (TEXT, Ledger())
    assert read(data + compress(b"") + b"\0" * 512 + compress(b"more"), kind) == (TEXT + b"more", Ledger())
    assert read(data + compress(b"more"), kind, block=3) == (TEXT + b"more", Ledger())


@each_format
def test_what_follows_a_stream_is_said(kind: Compression, compress: Compress) -> None:
    for garbage in (b"garbage", b"x"):
        text, ledger = read(compress(TEXT) + garbage, kind)
        assert text == TEXT
        (gap,) = ledger.gaps
        assert (gap.reason, gap.start, gap.lost) == (Reason.DECOMPRESSION_ERROR, len(TEXT), False)


@each_format
def test_truncation_keeps_what_came_before(kind: Compression, compress: Compress) -> None:
    data = compress(TEXT)
    text, ledger = read(data[: len(data) - 4], kind)
    assert TEXT.startswith(text)
    (gap,) = ledger.gaps
    assert (gap.reason, gap.start, gap.lost) == (Reason.DECOMPRESSION_ERROR, len(text), True)
    assert len(text) >= len(TEXT) - (1 << 17)


@each_format
def test_damage_keeps_what_came_before(kind: Compression, compress: Compress) -> None:
    data = bytearray(compress(TEXT) + compress(TEXT))
    data[len(data) * 3 // 4] ^= 0xFF
    text, ledger = read(bytes(data), kind)
    assert text.startswith(TEXT)
    assert [gap.reason for gap in ledger.gaps] == [Reason.DECOMPRESSION_ERROR]


def test_a_wrong_checksum_loses_nothing_of_gzip() -> None:
    data = bytearray(gzip.compress(b"short text"))
    data[-6] ^= 1
    text, ledger = read(bytes(data), Compression.GZIP)
    assert text == b"short text"
    assert ledger.gaps[0].start == 10


@each_format
def test_bombs_end_at_the_limit(kind: Compression, compress: Compress) -> None:
    bomb = compress(bytes(20 << 20))
    text, ledger = read(bomb, kind, Limits(3_000_000, 10**9))
    assert len(text) == 3_000_000
    assert ledger.gaps[0].start == 3_000_000
    text, ledger = read(bomb, kind, Limits(1 << 30, 10))
    assert len(text) <= 11 << 20
    assert [gap.reason for gap in ledger.gaps] == [Reason.DECOMPRESSION_LIMIT]


def test_a_window_that_asks_for_too_much_memory() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=29, compression_level=1)
    with_size_unknown = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = with_size_unknown.compress(b"text") + with_size_unknown.flush()
    text, ledger = read(data, Compression.ZSTD)
    assert text == b""
    assert [gap.reason for gap in ledger.gaps] == [Reason.DECOMPRESSION_ERROR]


def test_skippable_frames_of_zstd() -> None:
    skippable = b"\x51\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"notes"
    data = zstandard.compress(b"one") + skippable + zstandard.compress(b"two")
    assert read(data, Compression.ZSTD) == (b"onetwo", Ledger())


def test_text_is_not_taken_for_compressed() -> None:
    assert compression_of(b"BZh9 is not a stream") is None
    assert compression_of(b"") is None


@each_format
def test_no_noise_raises(kind: Compression, compress: Compress) -> None:
    data = compress(TEXT[:300])

    @given(st.binary(max_size=40), st.integers(0, len(data)))
    def check(noise: bytes, at: int) -> None:
        read(data[:at] + noise + data[at + len(noise) :], kind, block=64)

    check()


def test_zstd_may_begin_with_a_frame_to_skip():
    frame = zstandard.compress(b"text\n")
    skip = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"size"
    assert compression_of(skip + frame) is Compression.ZSTD
    assert compression_of(skip + skip + frame) is Compression.ZSTD
    assert compression_of(skip + b"something else") is None
