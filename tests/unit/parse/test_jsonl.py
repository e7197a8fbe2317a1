"""JSON Lines: times, levels, and lines that are none."""

import json

from hypothesis import given
from hypothesis import strategies as st

from siss.model.content import Level, levels_of
from siss.model.coverage import Reason
from siss.model.text import Ledger
from siss.parse.jsonl import JsonLinesParser
from unit.parse.windows import parse, texts


def test_times_and_levels() -> None:
    text = (
        b'{"time": "2026-11-21T03:04:05Z", "level": "warn", "msg": "a"}\n'
        b'{"ts": 1795230246, "lvl": 50}\n'
        b'{"@timestamp": "2026-11-21T03:04:04Z", "log": {"level": "DEBUG"}}\n'
    )
    (section,) = parse(JsonLinesParser(Ledger()), text)
    assert (section.time_min_us, section.time_max_us) == (1795230244_000000, 1795230246_000000)
    assert levels_of(section.level_mask) == (Level.DEBUG, Level.WARNING, Level.ERROR)


def test_levels_that_stand_elsewhere() -> None:
    lines = {
        b'{"t": {"$date": "2026-11-21T03:04:05Z"}, "s": "E", "c": "NETWORK"}': Level.ERROR,
        b'{"log": "2026-11-21 03:04:05 [warn] slow\\n", "stream": "stderr", "time": "2026-11-21T03:04:05Z"}': Level.WARNING,
        b'{"log": {"level": "debug"}}': Level.DEBUG,
        b'{"__REALTIME_TIMESTAMP": "1795230245000000", "PRIORITY": "3"}': Level.ERROR,
        b'{"log": "nothing said", "stream": "stdout"}': None,
        b'{"s": "E", "t": 5}': None,
    }
    for line, level in lines.items():
        (section,) = parse(JsonLinesParser(Ledger()), line + b"\n")
        assert levels_of(section.level_mask) == ((level,) if level else ()), line


def test_bad_lines_make_one_gap_that_loses_nothing() -> None:
    ledger = Ledger()
    text = b'{"a": 1}\nbroken\n\n[NaN]\n{"a": \n42\n'
    (section,) = parse(JsonLinesParser(ledger), text)
    assert (section.start, section.end) == (0, len(text))
    (gap,) = ledger.gaps
    assert (gap.reason, gap.start, gap.end, gap.lost) == (Reason.BAD_RECORDS, 9, 15, False)
    assert gap.detail == "2 lines are not JSON: line 2, 5"


def test_sections_hold_whole_lines() -> None:
    text = b"".join(json.dumps({"n": n, "text": "x" * (n * 37 % 900)}).encode() + b"\n" for n in range(200))
    for size in (300, 5000, 1 << 20):
        ledger = Ledger()
        sections = parse(JsonLinesParser(ledger), text, size)
        for part in texts(sections, text):
            assert all(isinstance(json.loads(line), dict) for line in part.splitlines())
        assert sum(section.end - section.start for section in sections) == len(text)
        assert ledger.gaps == []


def test_deep_and_long_lines() -> None:
    ledger = Ledger()
    text = b"[" * 100_000 + b"\n" + b'{"a": "' + b"x" * 300_000 + b'"}\n{"b": 1}\n'
    parse(JsonLinesParser(ledger), text, size=1 << 16)
    assert all(not gap.lost for gap in ledger.gaps)
    assert ledger.counts.get(Reason.BAD_RECORDS, 0) <= 1


@given(st.binary(max_size=300).map(lambda data: data.decode("utf-8", "replace").encode()), st.integers(5, 60))
def test_anything_parses(text: bytes, size: int) -> None:
    parse(JsonLinesParser(Ledger()), text, size)
