"""One file from bytes to segments: what is known of it, and what every kind of trouble becomes."""

import bz2
import errno
import gzip
import hashlib
import io
import json
import os
import zipfile
from dataclasses import replace

import msgspec
import pytest

from siss.app.ingest.reading import assemble
from siss.app.ingest.reading import read as reading
from siss.app.ingest.reading.read import read_file
from siss.app.ingest.reading.task import ReadLimits, ReadTask
from siss.model.content import Kind, Segment
from siss.model.coverage import Extent, Reason
from siss.model.file import FileStat
from siss.model.ids import FileId
from siss.model.ingest import FileOutcome, Outcome
from siss.ports.texts import BLOCK_CHUNKS, BLOCK_STEP
from unit.app.ingest.reading import EXTRACTORS, put, read

TEXT = b"".join(b"Line %d tells of db-prod-%02d.example.com.\n" % (n, n % 7) for n in range(400))


def test_a_text_file_is_indexed_whole(tmp_path):
    found = read(put(tmp_path / "notes.txt", TEXT))
    facts = found.outcome.facts
    assert found.outcome.outcome is Outcome.INDEXED
    assert (facts.kind, facts.extent, facts.encoding, facts.compression) == (Kind.TEXT, Extent.WHOLE, "utf-8", None)
    assert facts.sha256 == hashlib.sha256(TEXT).digest()
    assert (facts.size, facts.source_bytes, facts.read_bytes, facts.text_bytes) == (len(TEXT),) * 4
    assert (facts.line_count, facts.chunk_count) == (400, len(found.chunks))
    assert found.text == TEXT
    assert found.words.encode() == TEXT
    assert [terms.seq for terms in found.outcome.segment.terms] == [chunk.seq for chunk in found.chunks]
    assert (found.emitted, found.outcome.gaps, found.outcome.tail) == ([], (), None)


def test_a_file_whose_size_its_file_system_does_not_tell_is_not_called_empty(tmp_path, monkeypatch):
    file = put(tmp_path / "report.txt", TEXT)
    told = FileStat.of
    monkeypatch.setattr(FileStat, "of", lambda stat: replace(told(stat), size=0))
    outcome = read(file).outcome
    assert outcome.outcome is Outcome.FAILED
    assert [gap.reason for gap in outcome.gaps] == [Reason.READ_ERROR]


@pytest.mark.parametrize(
    "data",
    [
        rb'{"name\udc00": "needle \ud800"}',
        b'{"a": %d, "b": [-%d, 18446744073709551616, 1]}' % (1 << 80, 1 << 64),
        b'{"a": ' + b"9" * 4000 + b', "b": [NaN, 1e999, -Infinity]}',
    ],
)
def test_values_that_no_column_holds_cross_the_pipe(tmp_path, data):
    found = read(put(tmp_path / "a.json", data))
    assert found.outcome.outcome is Outcome.INDEXED
    back = msgspec.msgpack.decode(msgspec.msgpack.encode(found.outcome), type=FileOutcome)
    assert found.outcome.structure is not None
    assert repr(back.structure) == repr(found.outcome.structure)  # NaN equals nothing


@pytest.mark.parametrize(
    ("name", "data", "detail"),
    [
        ("wide.xml", b"<r>" + b"".join(b"<e%d/>" % n for n in range(6000)) + b"</r>", "not all below /r"),
        ("abyss.json", b"[" * 3000 + b"]" * 3000, "none: the text cannot be taken apart"),
        (
            "bomb.xml",
            b'<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;">]><r>&b;</r>',
            "none: the text cannot be taken apart",
        ),
        ("prefix.xml", b"<x:r><a/></x:r>", "none: the text cannot be taken apart"),
        ("both.xml", b"<r><s>" + b"".join(b"<e%d/>" % n for n in range(6000)) + b"</s></t>", "not all below /r/s"),
        ("deep.json", b'{"a": {"b": ' + b"[" * 40 + b"1" + b"]" * 40 + b"}}", "not all below $.a.b[*]"),
        ("large.json", b'["' + b"x " * (5 << 20) + b'", "' + b"y" * 99 + b'"]', "none: the text is too large"),
    ],
)
def test_fields_that_are_left_out_are_on_the_ledger(tmp_path, name, data, detail):
    found = read(put(tmp_path / name, data), ReadLimits(whole_size=64 << 20))
    gaps = [gap for gap in found.outcome.facts.gaps if gap.reason is Reason.FIELDS_LIMIT]
    assert [(gap.item, gap.lost) for gap in gaps] == [("fields", False)]
    assert gaps[0].detail.startswith(detail)


def test_xml_that_is_not_well_formed_is_told_once(tmp_path):
    assert read(put(tmp_path / "a.xml", b"<a><b>1</b><c></a>\n")).reasons == [Reason.PARSE_ERROR]


@pytest.mark.parametrize("name", ["disk.img", "dump.json", "backup.tar.zst", "app.log"])
def test_a_terabyte_without_text_is_not_read_for_its_hash(tmp_path, name):
    path = put(tmp_path / name, b"{" if name.endswith("json") else b"\x7fELF\0\0")
    os.truncate(path, 1 << 40)
    found = read(path)
    facts = found.outcome.facts
    assert found.outcome.outcome is Outcome.METADATA_ONLY
    assert (facts.size, facts.source_bytes, facts.sha256) == (1 << 40, 1 << 40, b"")
    assert facts.gaps


def test_a_large_file_that_is_read_whole_has_its_hash(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "HASH_BYTES", 1000)
    lines = b"2026-11-21T03:00:00Z ERROR broken\n" * 300
    assert read(put(tmp_path / "app.log", lines)).outcome.facts.sha256 == hashlib.sha256(lines).digest()


def test_outcomes_cross_the_pipe(tmp_path):
    found = read(put(tmp_path / "app.log", b"2026-11-21T03:00:00Z ERROR broken\n" * 300, age=600))
    assert found.outcome.tail is not None
    wire = msgspec.msgpack.encode(found.outcome)
    back = msgspec.msgpack.decode(wire, type=FileOutcome)
    assert (back.facts, back.segment, back.tail) == (found.outcome.facts, found.outcome.segment, found.outcome.tail)


@pytest.mark.parametrize(
    ("name", "data", "kind", "labels"),
    [
        ("a.json", json.dumps([{"n": n, "x": "y" * 3000} for n in range(4)]).encode(), Kind.JSON, "$[1]"),
        ("a.xml", b"<r>" + b"<e>" + b"x" * 3000 + b"</e>\n<e>" + b"x" * 3000 + b"</e></r>", Kind.XML, "/r/e[2]"),
    ],
)
def test_structure_gives_places(tmp_path, name, data, kind, labels):
    found = read(put(tmp_path / name, data))
    assert found.outcome.facts.kind is kind
    assert labels in [chunk.label for chunk in found.chunks]


def test_a_log_has_times_and_levels(tmp_path):
    lines = b"2026-11-21T03:00:00Z INFO one\n" * 300 + b"2026-11-21T04:00:00Z ERROR two\n" * 300
    facts = read(put(tmp_path / "app.log", lines)).outcome.facts
    assert facts.kind is Kind.LOG
    assert facts.time_max_us - facts.time_min_us == 3600 * 1_000_000
    assert facts.level_mask


def test_a_log_that_was_truncated_while_it_was_written_begins_with_a_hole(tmp_path):
    """As copytruncate leaves it where the writer does not append."""
    hole = 3 << 20
    found = read(put(tmp_path / "app.log", bytes(hole) + b"2026-11-21T03:00:00Z ERROR broken\n" * 20))
    assert found.outcome.facts.kind is Kind.LOG
    assert found.text.count("\u2400".encode()) <= 4
    assert "broken" in found.words
    assert found.chunks[-1].source_end == hole + 20 * 34
    assert found.reasons == [Reason.NUL_BYTES]


def test_other_encodings_lead_back_to_their_bytes(tmp_path):
    text = "".join(f"Größe {n}: 日本\n" for n in range(900))
    data = text.encode("utf-16")
    found = read(put(tmp_path / "a.txt", data))
    assert found.text.decode() == text
    for chunk in found.chunks:
        body = found.text[chunk.start : chunk.end].decode()
        assert data[chunk.source_start : chunk.source_end].decode("utf-16-le") == body
    assert [block.span_map != b"" for block in found.outcome.segment.blocks] == [True] * len(
        found.outcome.segment.blocks
    )


@pytest.mark.parametrize(("suffix", "pack", "name"), [("gz", gzip.compress, "gzip"), ("bz2", bz2.compress, "bzip2")])
def test_compressed_text_is_read_through(tmp_path, suffix, pack, name):
    packed = pack(TEXT)  # once: gzip writes the time into its head
    found = read(put(tmp_path / f"notes.txt.{suffix}", packed))
    facts = found.outcome.facts
    assert (found.text, facts.compression, facts.kind) == (TEXT, name, Kind.TEXT)
    assert (facts.size, facts.source_bytes, facts.read_bytes) == (len(packed), len(TEXT), len(TEXT))
    assert facts.sha256 == hashlib.sha256(packed).digest()


def test_a_damaged_stream_is_read_up_to_the_damage(tmp_path):
    whole = gzip.compress(os.urandom(50_000).hex().encode())
    found = read(put(tmp_path / "a.txt.gz", whole[: len(whole) // 2]))
    assert (found.outcome.outcome, found.outcome.facts.extent) == (Outcome.INDEXED, Extent.PARTIAL)
    assert Reason.DECOMPRESSION_ERROR in found.reasons
    assert found.outcome.facts.sha256 == hashlib.sha256(whole[: len(whole) // 2]).digest()


def test_members_of_archives_are_named(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("etc/hosts", "127.0.0.1")
    found = read(put(tmp_path / "a.zip", packed.getvalue()))
    assert (found.outcome.outcome, found.outcome.facts.kind) == (Outcome.METADATA_ONLY, Kind.ARCHIVE)
    assert (found.outcome.facts.members, found.outcome.facts.extent) == (["etc/hosts"], Extent.PARTIAL)
    assert (found.reasons, found.chunks) == ([Reason.ARCHIVE], [])


def test_binaries_are_hashed_and_no_more(tmp_path):
    data = b"\x7fELF" + bytes(range(256)) * 4000
    found = read(put(tmp_path / "tool", data))
    assert (found.outcome.outcome, found.outcome.facts.extent) == (Outcome.METADATA_ONLY, Extent.NONE)
    assert (found.outcome.facts.sha256, found.outcome.facts.read_bytes) == (hashlib.sha256(data).digest(), 0)


def test_an_empty_file_is_whole(tmp_path):
    found = read(put(tmp_path / "empty.log", b""))
    assert (found.outcome.outcome, found.outcome.facts.kind) == (Outcome.INDEXED, Kind.EMPTY)
    assert (found.outcome.facts.extent, found.chunks) == (Extent.WHOLE, [])


def test_the_size_limit_is_not_for_lines_that_stand_for_themselves(tmp_path):
    limits = ReadLimits(whole_size=1000, max_file_size=10_000)
    text = read(put(tmp_path / "a.txt", TEXT), limits)
    assert (text.outcome.outcome, text.reasons) == (Outcome.METADATA_ONLY, [Reason.OVERSIZED])
    assert text.outcome.facts.sha256 == hashlib.sha256(TEXT).digest()
    log = read(put(tmp_path / "a.log", b"2026-11-21T03:00:00Z INFO x\n" * 1000), limits)
    assert (log.outcome.outcome, log.outcome.facts.extent) == (Outcome.INDEXED, Extent.WHOLE)


def test_the_size_limit_of_a_compressed_text_is_that_of_its_stream(tmp_path):
    found = read(put(tmp_path / "a.txt.gz", gzip.compress(TEXT * 10)), ReadLimits(max_file_size=70_000))
    assert (found.outcome.outcome, found.reasons) == (Outcome.INDEXED, [Reason.OVERSIZED])
    assert found.outcome.facts.extent is Extent.PARTIAL
    assert (TEXT * 10).startswith(found.text)
    assert 69_000 < len(found.text) <= 70_000
    assert found.text.endswith(b"\n")


def test_large_files_give_their_segments_away(tmp_path, monkeypatch):
    monkeypatch.setattr(assemble, "SEGMENT_BYTES", 10_000)
    found = read(put(tmp_path / "a.txt", TEXT * 8), ReadLimits(whole_size=1000))
    assert len(found.emitted) > 3
    assert found.text == TEXT * 8
    assert [chunk.seq for chunk in found.chunks] == list(range(found.outcome.facts.chunk_count))
    for segment in found.emitted:
        assert len(segment.chunks) % BLOCK_CHUNKS == 0
        assert segment.blocks[0].seq * BLOCK_STEP == segment.chunks[0].seq
    one = read(tmp_path / "a.txt", ReadLimits())
    assert (one.emitted, one.chunks) == ([], found.chunks)


def test_a_content_that_is_full_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(assemble, "_MOST_CHUNKS", 10)
    lines = b"2026-11-21T03:00:00Z INFO some words\n" * 60_000
    found = read(put(tmp_path / "a.log", lines), ReadLimits(whole_size=1000))
    assert (found.outcome.facts.extent, found.reasons) == (Extent.PARTIAL, [Reason.OVERSIZED])
    assert lines.startswith(found.text)
    assert found.outcome.facts.chunk_count == len(found.chunks) < 700


def test_the_same_bytes_are_not_parsed_again_unless_forced(tmp_path):
    path = put(tmp_path / "a.txt", TEXT * 30)
    known = hashlib.sha256(TEXT * 30).digest()
    assert read(path, known_sha256=known).outcome.outcome is Outcome.UNCHANGED
    assert read(path, known_sha256=known, forced=True).outcome.outcome is Outcome.INDEXED
    assert read(path, known_sha256=b"other").outcome.outcome is Outcome.INDEXED


def test_only_a_file_whose_folder_stands_is_deleted(tmp_path):
    folder = tmp_path / "mounted"
    folder.mkdir()
    path, other = put(folder / "gone.txt", TEXT), put(folder / "other.txt", TEXT)
    stat = FileStat.of(path.stat())
    path.unlink()

    def outcome(known: FileStat) -> Outcome:
        return read_file(
            ReadTask(FileId(1), os.fsencode(path), known), ReadLimits(), EXTRACTORS, print, lambda: None
        ).outcome

    assert outcome(stat) is Outcome.VANISHED
    assert outcome(replace(stat, device=stat.device + 1)) is Outcome.RETRY  # what is mounted here is another one
    other.unlink()
    assert outcome(stat) is Outcome.RETRY  # as the mount point of something that is away
    folder.rmdir()
    assert outcome(stat) is Outcome.RETRY


def test_what_the_system_says_of_a_path(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    pipe = read(tmp_path / "pipe")
    assert (pipe.outcome.outcome, pipe.reasons) == (Outcome.FAILED, [Reason.SPECIAL_FILE])
    path = put(tmp_path / "a.txt", TEXT)
    for code, outcome, reason in [
        (errno.EACCES, Outcome.FAILED, Reason.PERMISSION_DENIED),
        (errno.EIO, Outcome.RETRY, Reason.READ_ERROR),
        (errno.ESTALE, Outcome.RETRY, Reason.READ_ERROR),
        (errno.ELOOP, Outcome.FAILED, Reason.READ_ERROR),
    ]:

        def refuse(*_args, code=code):
            raise OSError(code, os.strerror(code))

        with monkeypatch.context() as patch:
            patch.setattr(os, "pread", refuse)
            found = read(path)
        assert (found.outcome.outcome, found.reasons) == (outcome, [reason])
        assert (found.outcome.retry_seconds is not None) == (outcome is Outcome.RETRY)


def test_a_file_that_changes_while_it_is_read_is_queued_again(tmp_path, monkeypatch):
    path = put(tmp_path / "a.txt", TEXT)
    original = reading.decode_blocks

    def change_and_decode(*args, **more):
        with path.open("ab") as file:
            file.write(b"more\n")
        return original(*args, **more)

    monkeypatch.setattr(reading, "decode_blocks", change_and_decode)
    found = read(path)
    assert (found.outcome.outcome, found.reasons) == (Outcome.INDEXED, [Reason.CHANGED_WHILE_READ])
    assert found.outcome.retry_seconds > 0
    assert found.text == TEXT


def test_a_stage_that_fails_costs_structure_and_not_text(tmp_path, monkeypatch):
    class Broken:
        def feed(self, window):
            yield from ()
            raise ZeroDivisionError("a mistake")

    monkeypatch.setattr("siss.app.ingest.reading.context.select_parser", lambda *_args, **_more: Broken())
    found = read(put(tmp_path / "a.txt", TEXT))
    assert (found.text, found.reasons, found.outcome.facts.extent) == (TEXT, [Reason.PARSE_ERROR], Extent.WHOLE)

    def fail(*_args, **_more):
        raise ZeroDivisionError("another")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "sniff", fail)
        assert read(tmp_path / "a.txt").text == TEXT
    monkeypatch.setattr(reading, "decode_blocks", fail)
    found = read(tmp_path / "a.txt")
    assert (found.outcome.outcome, found.reasons) == (Outcome.FAILED, [Reason.PARSER_CRASH])


def test_running_out_of_memory_is_left_to_the_pool(tmp_path, monkeypatch):
    def fail(*_args, **_more):
        raise MemoryError

    monkeypatch.setattr(reading, "sniff", fail)
    with pytest.raises(MemoryError):
        read(put(tmp_path / "a.txt", TEXT))


def test_work_that_moves_on_says_so(tmp_path):
    path = put(tmp_path / "a.txt.gz", gzip.compress(bytes(1000) + TEXT * 500))
    beats: list[int] = []
    segments: list[Segment] = []
    task = reading.ReadTask(1, os.fsencode(path), FileStat.of(path.stat()))
    reading.read_file(task, ReadLimits(), EXTRACTORS, segments.append, lambda: beats.append(1))
    assert len(beats) > 8
