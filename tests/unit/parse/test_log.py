"""Records of logs stay whole; sections carry their times and levels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.model.content import Level, levels_of
from siss.parse.grouping import LONGEST_BYTES
from siss.parse.levels import level_of_line, level_of_value
from siss.parse.log import LogParser
from unit.parse.windows import parse, texts

FILE_US = 1_795_305_600_000_000


def test_stack_traces_stay_with_their_record() -> None:
    record = b"2026-11-21 03:04:0%d ERROR boom\n" + b"java.lang.Boom: x\n\tat a.b.C(D.java:5)\nCaused by: y\n" * 20
    text = b"".join(record.replace(b"%d", b"%d" % n) for n in range(5))
    sections = parse(LogParser(FILE_US), text)
    assert [part[:20] for part in texts(sections, text)] == [b"2026-11-21 03:04:0%d " % n for n in range(5)]
    assert [section.time_min_us for section in sections] == [1795230240_000000 + n * 1_000_000 for n in range(5)]
    assert all(levels_of(section.level_mask) == (Level.ERROR,) for section in sections)


def test_windows_make_no_difference() -> None:
    text = b"".join(b"2026-11-21 03:04:%02d INFO line %d\n  and more\n" % (n % 60, n) for n in range(300))
    whole = parse(LogParser(FILE_US), text)
    assert parse(LogParser(FILE_US), text, size=100) == whole
    assert parse(LogParser(FILE_US), text, size=1000) == whole
    assert len(whole) > 5


def test_times_and_levels_of_several_records() -> None:
    text = b"Nov 21 03:04:06 host app: later first\nNov 21 03:04:05 host app[1]: WARNING: earlier\n<27>Nov 21 03:04:07 h x\n"
    (section,) = parse(LogParser(FILE_US), text)
    assert (section.time_min_us, section.time_max_us) == (1795230245_000000, 1795230247_000000)
    assert levels_of(section.level_mask) == (Level.WARNING, Level.ERROR)


def test_one_endless_line() -> None:
    text = b"2026-11-21 03:04:05 INFO " + b"x" * 400_000 + b" end\n2026-11-21 03:04:06 INFO next\n"
    sections = parse(LogParser(FILE_US), text, size=1000)
    assert max(section.end - section.start for section in sections) <= LONGEST_BYTES + 1000
    assert all(section.time_min_us is not None for section in sections)
    assert sections[-1].time_max_us == 1795230246_000000


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (b"2026-11-21 03:04:05,678 [main] WARN  a.b.C - slow", Level.WARNING),
        (b"2026-11-21 03:04:05 | ERROR | main | boom", Level.ERROR),
        (b"[2026-11-21 03:04:05][FATAL][x] boom", Level.CRITICAL),
        (b"2026-11-21T03:04:05Z info server started", Level.INFO),
        (b"2026-11-21T03:04:05Z the info desk", None),
        (b"[Sun Dec 04 04:47:44 2005] [notice] up", Level.NOTICE),
        (b"03-17 16:13:38.811  1702  2395 D Window: x", Level.DEBUG),
        (b"03-17 16:13:38.811 E/Tag( 12): x", Level.ERROR),
        (b"W1121 03:04:05.678901    7 main.go:1] up", Level.WARNING),
        (b"<34>1 2026-11-21T03:04:05Z host su - - - failed", Level.CRITICAL),
        (b"time=2026-11-21T03:04:05Z level=error msg=x", Level.ERROR),
        (b'2026-11-21T03:04:05Z {"level":"debug"}', Level.DEBUG),
        (b"ERROR: no stamp at all", Level.ERROR),
        (b"[2026-11-21 03:04:05] production.ERROR: boom", Level.ERROR),
        (b"[2026-11-21T03:04:05.123456+00:00] app.WARNING: x [] []", Level.WARNING),
        (b"[Sat Nov 21 03:04:05.123456 2026] [core:error] [pid 12:tid 34] AH001: x", Level.ERROR),
        (b"[Sat Nov 21 03:04:05.123456 2026] [ssl:trace3] [pid 12] x", Level.TRACE),
        (b"2026-11-21 03:04:05.123 UTC [12] LOG:  checkpoint", Level.INFO),
        (b"2026-11-21T03:04:05.123+0000 E NETWORK  [conn1] x", Level.ERROR),
        (b"ERROR:root:boom", Level.ERROR),
        (b"[03:04:05] [Server thread/WARN]: Can't keep up!", Level.WARNING),
        (b"03:04:05.123 [main] ERROR com.x.Y - boom", Level.ERROR),
        (b"fail: Microsoft.AspNetCore.Server.Kestrel[13]", Level.ERROR),
        (b"%ASA-4-106023: Deny tcp src", Level.WARNING),
        (b"Nov 21 03:04:05 fw %ASA-3-710003: TCP access denied", Level.ERROR),
        (b"*Nov 21 03:04:05.123: %LINK-3-UPDOWN: Interface Gi0/1, down", Level.ERROR),
        (b"2026-11-21T03:04:05.123Z cpu3:2097 opID=abc)WARNING: ScsiDevice: x", Level.WARNING),
        (b"2026-11-21T03:04:05.123Z Wa(180) vmkwarning: x", Level.WARNING),
        (b"W, [2026-11-21T03:04:05.123456 #1234]  WARN -- : x", Level.WARNING),
        (b"=ERROR REPORT==== 21-Nov-2026::03:04:05 ===", Level.ERROR),
        (b"[E 261121 03:04:05 web:1234] Uncaught", Level.ERROR),
        (b"[2026-11-21 03:04:05,123: ERROR/ForkPoolWorker-1] raised", Level.ERROR),
        (b"1234:M 21 Nov 2026 03:04:05.123 # Server started", Level.WARNING),
        (b"INFO 2026-11-21 03:04:05 ERROR was handled", Level.INFO),
        (b"2026-11-21 03:04:05 FEHLER: x", Level.ERROR),
        (b"2026-11-21 03:04:05 read etc/error/info", None),
        (b"2026-11-21 03:04:05 100%-9-abc", None),
        (b"npm ERR! code", None),
        (b"all is well, no error", None),
    ],
)
def test_levels(line: bytes, level: Level | None) -> None:
    (section,) = parse(LogParser(FILE_US), line + b"\n")
    assert levels_of(section.level_mask) == ((level,) if level else ())


def test_levels_as_values() -> None:
    assert [level_of_value(value) for value in ("Warning", 30, 3, "6", 50)] == [
        level.bit for level in (Level.WARNING, Level.INFO, Level.ERROR, Level.INFO, Level.ERROR)
    ]
    assert [level_of_value(value) for value in (None, True, "loud", 99, 2.5, -1, [])] == [0] * 7
    assert level_of_line(b"", 0) == 0


@given(st.binary(max_size=400).map(lambda data: data.decode("utf-8", "replace").encode()), st.integers(5, 60))
def test_anything_parses(text: bytes, size: int) -> None:
    parse(LogParser(FILE_US), text, size)


def test_a_stamp_inside_a_line_that_windows_cut_begins_nothing() -> None:
    stamp = b"2026-11-21 03:04:05 INFO first "
    text = stamp + b"." * (64 - len(stamp)) + b"2027-01-01 00:00:00 ERROR inside " + b"." * 40 + b"\n"
    (section,) = parse(LogParser(FILE_US), text, size=64)
    assert section.time_max_us == 1795230245_000000
    assert levels_of(section.level_mask) == (Level.INFO,)
