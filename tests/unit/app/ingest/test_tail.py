"""Logs that grow: however they were written, their chunks are those of reading them at once."""

import gzip
import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from siss.app.ingest.reading import assemble
from siss.app.ingest.reading import tail as tailing
from siss.app.ingest.reading.task import ReadLimits
from siss.model.content import Chunk, TailState, TextBlock
from siss.model.coverage import Extent, Reason
from siss.model.ingest import Outcome
from text_blocks import read_block
from unit.app.ingest.reading import Read, put, read, set_age

LIMITS = ReadLimits(chunk_bytes=256)
NOW, STILL, RESTED = 1.0, 10.0, 600.0


def line(number: int) -> bytes:
    level = b"ERROR" if number % 5 == 0 else b"INFO"
    trace = b"\n    at com.example.App.run(App.java:%d)" % number if number % 5 == 0 else b""
    return b"2026-11-21T03:%02d:%02dZ %s request %d%s\n" % (number // 60 % 60, number % 60, level, number, trace)


def lines(first: int, last: int) -> bytes:
    return b"".join(map(line, range(first, last)))


class Index:
    """What the catalog would hold of one log."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self.blocks: list[TextBlock] = []
        self.tail: TailState | None = None
        self.sha256: bytes | None = None
        self.outcomes: list[Outcome] = []
        self.found: Read | None = None

    def visit(self, path: Path, age: float, limits: ReadLimits = LIMITS) -> Read:
        set_age(path, age)
        found = read(path, limits, tail=self.tail, known_sha256=self.sha256)
        outcome = found.outcome
        self.outcomes.append(outcome.outcome)
        if outcome.outcome is Outcome.INDEXED:
            self.chunks, self.blocks = [], []
        if outcome.outcome in {Outcome.INDEXED, Outcome.APPENDED}:
            for segment in found.segments:
                if segment.chunks:
                    self.chunks[segment.chunks[0].seq :] = segment.chunks
                    first = segment.blocks[0].seq
                    self.blocks = [*(block for block in self.blocks if block.seq < first), *segment.blocks]
            self.tail = outcome.tail
        if outcome.outcome in {Outcome.INDEXED, Outcome.APPENDED, Outcome.RESTED}:
            self.sha256 = outcome.facts.sha256 or None
            self.found = found
        return found

    def come_to_rest(self, path: Path, limits: ReadLimits = LIMITS) -> None:
        while (retry := self.visit(path, RESTED, limits).outcome.retry_seconds) is not None:
            assert retry == 0

    @property
    def text(self) -> bytes:
        return b"".join(read_block(block).text for block in self.blocks)


def test_new_lines_are_appended_from_the_last_block_on(tmp_path):
    index, path = Index(), put(tmp_path / "app.log", lines(0, 100))
    index.visit(path, NOW)
    before = index.chunks
    with path.open("ab") as file:
        file.write(lines(100, 103) + b"2026-11-21T04:00:00Z INFO unfin")
    found = index.visit(path, NOW)
    facts = found.outcome.facts
    assert index.outcomes == [Outcome.INDEXED, Outcome.APPENDED]
    assert 0 < len(found.chunks) < len(before)
    assert index.text == lines(0, 103)
    assert (facts.text_bytes, facts.chunk_count, facts.sha256) == (len(index.text), len(index.chunks), b"")
    assert facts.line_count == lines(0, 103).count(b"\n")
    assert (facts.extent, found.reasons) == (Extent.PARTIAL, [Reason.STILL_WRITTEN])
    assert found.outcome.retry_seconds == LIMITS.line_seconds


def test_a_log_that_rests_gets_its_last_line_and_its_hash(tmp_path):
    data = lines(0, 50) + b"2026-11-21T04:00:00Z INFO the end"
    index, path = Index(), put(tmp_path / "app.log", data)
    first = index.visit(path, NOW)
    assert (first.outcome.facts.sha256, first.reasons) == (b"", [Reason.STILL_WRITTEN])
    index.come_to_rest(path)
    assert index.outcomes == [Outcome.INDEXED, Outcome.APPENDED, Outcome.RESTED]
    assert (index.text, index.sha256) == (data, hashlib.sha256(data).digest())
    assert (index.found.outcome.facts.extent, index.found.reasons) == (Extent.WHOLE, [])


def test_a_line_that_is_being_written_waits(tmp_path):
    index, path = Index(), put(tmp_path / "app.log", lines(0, 50))
    index.visit(path, NOW)
    with path.open("ab") as file:
        file.write(b"2026-11-21T04:00")
    found = index.visit(path, 0.5)
    assert found.outcome.outcome is Outcome.UNCHANGED
    assert 0 < found.outcome.retry_seconds <= 1.5


def test_a_last_line_without_an_end_is_read_once_it_stands_still_and_anew_where_it_goes_on(tmp_path):
    data = lines(0, 50) + b"2026-11-21T04:00"
    index, path = Index(), put(tmp_path / "app.log", data)
    index.visit(path, NOW)
    found = index.visit(path, STILL)
    assert (index.text, found.reasons) == (data, [])
    assert found.outcome.retry_seconds == LIMITS.rest_seconds, "for its hash"
    with path.open("ab") as file:
        file.write(b":00Z INFO it went on\n")
    index.visit(path, NOW)
    assert index.outcomes == [Outcome.INDEXED, Outcome.APPENDED, Outcome.APPENDED]
    assert index.text == data + b":00Z INFO it went on\n"


def test_half_a_token_is_not_shown_until_its_line_goes_on(tmp_path):
    token = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0xLrUiO"
    begun = lines(0, 50) + b"2026-11-21T04:00:00Z INFO login with token=" + token[:9].encode()
    index, path = Index(), put(tmp_path / "app.log", begun)
    index.visit(path, STILL)
    assert b"ghp_" not in index.text
    assert b"INFO login with token=" in index.text.splitlines()[-1]
    with path.open("ab") as file:
        file.write(token[9:].encode() + b" done\n")
    index.visit(path, NOW)
    assert token[9:].encode() not in index.text
    assert index.text.endswith(b" done\n")


@pytest.mark.parametrize("damage", ["truncated", "rewritten", "replaced", "head", "end"])
def test_what_is_not_growth_is_read_whole(tmp_path, damage):
    data = lines(0, 100)
    index, path = Index(), put(tmp_path / "app.log", data)
    index.visit(path, NOW)
    match damage:
        case "truncated":
            data = lines(0, 40)
            path.write_bytes(data)
        case "rewritten":
            data = lines(200, 350)
            path.write_bytes(data)
        case "replaced":
            data = lines(0, 150)
            put(tmp_path / "new", data).replace(path)
        case "head":
            data = b"3" + lines(0, 150)[1:]
            path.write_bytes(data)
        case "end":
            data = lines(0, 99) + lines(500, 520)
            path.write_bytes(data)
    index.visit(path, NOW)
    assert index.outcomes == [Outcome.INDEXED, Outcome.INDEXED]
    assert index.text == data


def test_a_log_that_became_another_kind_is_read_whole(tmp_path):
    index, path = Index(), put(tmp_path / "app.log", lines(0, 20))
    index.visit(path, NOW)
    with path.open("ab") as file:
        file.write(b"2026-11-21T04:00:00Z INFO Gr\xf6\xdfe \xfcber alles\n" * 3)
    index.visit(path, NOW)
    assert index.outcomes == [Outcome.INDEXED, Outcome.INDEXED]
    assert "Größe über" in index.text.decode()


def test_only_plain_recent_line_structured_files_have_a_tail(tmp_path):
    assert read(put(tmp_path / "a.log", lines(0, 9), 60)).outcome.tail is not None
    assert read(put(tmp_path / "a.jsonl", b'{"a": 1}\n' * 9, 60)).outcome.tail is not None
    assert read(put(tmp_path / "a.csv", b"a,b\n1,2\n3,4\n", 60)).outcome.tail is not None
    assert read(put(tmp_path / "old.log", lines(0, 9), tailing.TAIL_SECONDS + 60)).outcome.tail is None
    assert read(put(tmp_path / "a.log.gz", gzip.compress(lines(0, 9)), 60)).outcome.tail is None
    assert read(put(tmp_path / "a.txt", b"some words\n" * 9, 60)).outcome.tail is None
    assert read(put(tmp_path / "b.log", lines(0, 9).decode().encode("utf-16"), 60)).outcome.tail is None


def test_a_log_that_grew_much_streams_its_segments(tmp_path, monkeypatch):
    monkeypatch.setattr(assemble, "SEGMENT_BYTES", 4000)
    index, path = Index(), put(tmp_path / "app.log", lines(0, 100))
    index.visit(path, NOW)
    path.write_bytes(lines(0, 600))
    found = index.visit(path, NOW)
    assert len(found.emitted) > 2
    assert found.emitted[0].chunks[0].seq > 0
    assert index.text == lines(0, 600)


def test_a_long_unfinished_line_does_not_wait_and_keeps_memory_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(tailing, "LONGEST_HELD", 1000)
    blocks = tailing.WholeLines([b"one\ntwo", *[b"x" * 300] * 10, b"y"])
    assert max(map(len, blocks)) <= 1300
    assert blocks.held.endswith(b"y")


@given(
    st.integers(0, 120),
    st.lists(st.tuples(st.integers(1, 900), st.sampled_from([NOW, NOW, STILL, RESTED])), max_size=6),
    st.sampled_from(["app.log", "app.jsonl", "app.csv"]),
)
@settings(max_examples=examples(40))
def test_appends_give_the_chunks_of_reading_at_once(start, appends, name):
    match name:
        case "app.log":
            data = lines(0, 140)
        case "app.jsonl":
            data = b"".join(b'{"time": "2026-11-21T03:00:%02dZ", "n": %d}\n' % (n % 60, n) for n in range(140))
        case _:
            data = b"time,host,text\n" + b"".join(b'%d,db-%d,"two\nlines, %d"\n' % (n, n % 7, n) for n in range(200))
    data = data[:-3]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        end = start * 10
        path.write_bytes(data[:end])
        index = Index()
        index.visit(path, NOW)
        for size, age in appends:
            with path.open("ab") as file:
                file.write(data[end : end + size])
            end = min(end + size, len(data))
            index.visit(path, age)
        with path.open("ab") as file:
            file.write(data[end:])
        index.visit(path, NOW)
        index.come_to_rest(path)
        whole = Index()
        whole.visit(put(Path(folder) / f"whole-{name}", data), 100_000.0)
        assert index.text == data
        assert index.chunks == whole.chunks
        begun = {(block.seq, block.start, block.source_start) for block in index.blocks}
        assert begun >= {(block.seq, block.start, block.source_start) for block in whole.blocks}
        assert [block.end for block in index.blocks[:-1]] == [block.start for block in index.blocks[1:]]
        assert index.sha256 == whole.sha256
        mine, theirs = index.found.outcome.facts, whole.found.outcome.facts
        for field in (
            "line_count",
            "chunk_count",
            "text_bytes",
            "extent",
            "time_min_us",
            "time_max_us",
            "level_mask",
        ):
            assert getattr(mine, field) == getattr(theirs, field), field
