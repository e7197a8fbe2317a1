"""Hostile files cost at most themselves: each is indexed or accounted for, in bounded time and memory.

Every case is read in a process of its own whose address space is limited, by the code that reads files in workers.
"""

import bz2
import gzip
import io
import json
import lzma
import multiprocessing
import os
import random
import resource
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import zstandard

from siss.app.ingest.reading.extraction import ExtractionConfig, Extractors
from siss.app.ingest.reading.read import read_file
from siss.app.ingest.reading.task import ReadLimits, ReadTask
from siss.model.content import Segment
from siss.model.coverage import Extent
from siss.model.file import FileStat
from siss.model.ids import FileId
from siss.model.ingest import Outcome
from text_blocks import read_block

NEEDLE = "needle_7f3a"
MEMORY = 150 << 20
SECONDS = 180.0
EXTRACTORS = Extractors(ExtractionConfig(b"one key of a database, 32 bytes."))


class Report(msgspec.Struct):
    """What a worker says of one file."""

    outcome: str
    extent: str
    reasons: list[str]
    needle: bool
    tiles: bool
    seconds: float
    grown: int


def _read(path: str, pipe) -> None:
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    needle = False
    at = -1
    tiles = True

    def look(segment: Segment) -> None:
        nonlocal needle, at, tiles
        needle = needle or any(NEEDLE in terms.body for terms in segment.terms)
        for chunk in segment.chunks:
            tiles = tiles and chunk.start == max(at, 0) < chunk.end
            at = chunk.end
        text = sum(len(read_block(block).text) for block in segment.blocks)
        tiles = tiles and text == sum(chunk.end - chunk.start for chunk in segment.chunks)

    started = time.monotonic()
    raw = os.fsencode(path)
    task = ReadTask(FileId(1), raw, FileStat.of(Path(path).stat()))
    outcome = read_file(task, ReadLimits(max_decompressed_size=16 << 20), EXTRACTORS, look, lambda: None)
    if outcome.segment is not None:
        look(outcome.segment)
    facts = outcome.facts
    reasons = [str(gap.reason) for gap in [*(facts.gaps if facts else []), *outcome.gaps]]
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun) << 10
    extent = str(facts.extent) if facts else ""
    report = Report(str(outcome.outcome), extent, reasons, needle, tiles, time.monotonic() - started, grown)
    pipe.send_bytes(msgspec.msgpack.encode(report))


def _worker(path: str, pipe) -> None:
    used = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2 * MEMORY, resource.RLIM_INFINITY))
    _read(path, pipe)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, bytes], Report]:
    folder = tmp_path_factory.mktemp("hostile")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])

    def read(name: str, data: bytes) -> Report:
        path = folder / name
        path.write_bytes(data)
        os.utime(path, (0, 1_700_000_000))
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_worker, args=(str(path), theirs))
        process.start()
        theirs.close()
        try:
            assert ours.poll(SECONDS), f"{name} took longer than {SECONDS} seconds"
            report = msgspec.msgpack.decode(ours.recv_bytes(), type=Report)
        finally:
            process.kill()
            process.join()
            process.close()
            ours.close()
            path.unlink()
        assert report.tiles
        assert report.grown < MEMORY
        return report

    return read


NEST = 100_000
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
SENTENCE = f'{{"a": "{NEEDLE}"}}'
NOISE = random.Random(7)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("deep.json", b'{"a": ' + b"[" * NEST + SENTENCE.encode() + b"]" * NEST + b"}", "depth_limit"),
        ("open.json", b'{"b":' * NEST + SENTENCE.encode(), "depth_limit"),
        ("deep.xml", b"<a>" * NEST + NEEDLE.encode() + b"</a>" * NEST, "depth_limit"),
        ("laughs.xml", f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]><a>&l9; {NEEDLE}</a>'.encode(), "entities_refused"),
        (
            "quadratic.xml",
            f'<!DOCTYPE a [<!ENTITY x "{"x" * 60_000}">]><a>{"&x;" * 60_000} {NEEDLE}</a>'.encode(),
            "entities_refused",
        ),
        (
            "xxe.xml",
            f'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x; {NEEDLE}</a>'.encode(),
            "entities_refused",
        ),
        ("truncated.json", json.dumps([{"n": n} for n in range(5000)] + [NEEDLE]).encode()[:-1], "parse_error"),
        ("comma.json", f'{{"a": [1, 2,], "b": "{NEEDLE}",}}'.encode(), "parse_error"),
        ("nan.json", f'[NaN, Infinity, "{NEEDLE}"]'.encode(), "parse_error"),
        ("surrogate.json", f'["\\ud800", "{NEEDLE}"]'.encode(), "parse_error"),
        ("comments.json", f'// c\n{{"a": "{NEEDLE}" /* "x */}}'.encode(), "parse_error"),
        ("unclosed.xml", f"<a><b>{NEEDLE}</a>".encode(), "parse_error"),
        ("attribute.xml", b'<a x="' + b"y" * (6 << 20) + NEEDLE.encode() + b'"/>', "parse_error"),
        ("brackets.json", b'{"a":[}' + b"]{[" * 300_000 + NEEDLE.encode(), "parse_error"),
        ("quotes.csv", b'a,b\n1,2\n3,"open\n' + b"4,5\n" * 500_000 + NEEDLE.encode(), None),
        ("line.log", b"x" * (16 << 20) + b" " + NEEDLE.encode(), None),
        ("line.json", b'{"a": "' + b"\\\\" * (8 << 20) + f'", "b": "{NEEDLE}"}}'.encode(), None),
        ("keys.json", json.dumps({f"key{n}": n for n in range(100_000)} | {"k": NEEDLE}).encode(), None),
        ("nul.log", b"2026-11-21 one\0two " + NEEDLE.encode() + b"\n", "nul_bytes"),
        ("utf16.json", SENTENCE.encode("utf-16"), None),
        ("utf16nobom.log", f"2026-11-21T03:00:00Z INFO {NEEDLE}\r\n".encode("utf-16-le") * 20, None),
        ("cp1252.csv", f"a;b\nGr\xfc\xdfe;{NEEDLE}\nx;y\n".encode("cp1252"), "encoding_guessed"),
        ("invalid.log", b"2026-11-21T03:00:00Z \xff\xfe\x80 " + NEEDLE.encode() + b"\n", None),
    ],
)
def test_the_text_of_a_hostile_file_is_found(hostile, name, data, reason):
    report = hostile(name, data)
    assert (report.outcome, report.extent) == (Outcome.INDEXED, Extent.WHOLE)
    assert report.needle
    assert reason is None or reason in report.reasons


def _bomb(size: int, piece: bytes) -> bytes:
    packed = io.BytesIO()
    with gzip.open(packed, "wb", 9) as file:
        for _ in range(size // len(piece)):
            file.write(piece)
    return packed.getvalue()


def test_decompression_bombs_end_at_the_limit(hostile):
    words = f"{NEEDLE} and words\n".encode() * 40_000
    report = hostile("bomb.txt.gz", _bomb(100 << 20, words))
    assert (report.outcome, report.extent, report.needle) == (Outcome.INDEXED, Extent.PARTIAL, True)
    assert "decompression_limit" in report.reasons
    zeros = hostile("zeros.log.gz", _bomb(100 << 20, bytes(1 << 20)))
    assert (zeros.outcome, zeros.extent) == (Outcome.METADATA_ONLY, Extent.NONE)


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress), ("zst", zstandard.compress)],
)
def test_damaged_streams_are_read_up_to_the_damage(hostile, suffix, pack):
    data = bytearray(pack(f"{NEEDLE}\n".encode() + NOISE.randbytes(600_000).hex().encode()))
    data[len(data) * 3 // 4] ^= 0xFF
    report = hostile(f"damaged.log.{suffix}", bytes(data[: len(data) * 7 // 8]))
    assert (report.outcome, report.extent) == (Outcome.INDEXED, Extent.PARTIAL)
    assert "decompression_error" in report.reasons


def test_what_is_not_text_is_said_not_to_be(hostile):
    for name, data in [
        ("random.json", NOISE.randbytes(65_536)),
        ("picture.xml", b"\x89PNG\r\n\x1a\n" + NOISE.randbytes(4096)),
    ]:
        report = hostile(name, data)
        assert (report.outcome, report.extent, report.reasons) == (Outcome.METADATA_ONLY, Extent.NONE, ["binary"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", bytes(50 << 20))
    report = hostile("bomb.csv", packed.getvalue())
    assert (report.outcome, report.reasons) == (Outcome.METADATA_ONLY, ["archive_members_unread"])
    assert hostile("empty.json", b"").extent == Extent.WHOLE
