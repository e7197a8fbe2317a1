"""Every spelling of a time stamp gives the same moment, and no line costs much."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_linear
from siss.detect.structure import log_share
from siss.parse.timestamps import StampReader, time_of_value


def micros(*parts: int) -> int:
    return int(datetime(*parts[:6], tzinfo=UTC).timestamp()) * 1_000_000 + (parts[6] if len(parts) > 6 else 0)  # type: ignore[arg-type]


FILE_US = micros(2026, 11, 22)
MOMENT = (2026, 11, 21, 3, 4, 5)
LINES: list[tuple[bytes, int]] = [
    (b"2026-11-21T03:04:05Z up", micros(*MOMENT)),
    (b"2026-11-21T03:04:05.678901Z up", micros(*MOMENT, 678901)),
    (b"2026-11-21T03:04:05.678901234+01:00 up", micros(2026, 11, 21, 2, 4, 5, 678901)),
    (b"2026-11-21 03:04:05,678 INFO up", micros(*MOMENT, 678000)),
    (b"2026-11-21 03:04:05 -0130 up", micros(2026, 11, 21, 4, 34, 5)),
    (b"[2026-11-21 03:04:05] up", micros(*MOMENT)),
    (b"2026/11/21 03:04:05 up", micros(*MOMENT)),
    (b"2026-11-21 03:04 up", micros(2026, 11, 21, 3, 4, 0)),
    (b"\x1b[32m2026-11-21 03:04:05\x1b[0m up", micros(*MOMENT)),
    (b"2016-09-28 04:30:30, Info  CBS", micros(2016, 9, 28, 4, 30, 30)),
    (b"<34>1 2026-11-21T03:04:05Z host su", micros(*MOMENT)),
    (b"<34>Nov 21 03:04:05 host su", micros(*MOMENT)),
    (b"Nov 21 03:04:05 host su", micros(*MOMENT)),
    (b"Nov 30 03:04:05 host su", micros(2025, 11, 30, 3, 4, 5)),
    (b"Feb 29 03:04:05 host su", micros(2024, 2, 29, 3, 4, 5)),
    (b"Nov  1 03:04:05 host su", micros(2026, 11, 1, 3, 4, 5)),
    (b"[Sun Dec 04 04:47:44 2005] [notice] up", micros(2005, 12, 4, 4, 47, 44)),
    (b"[Sun Dec 04 04:47:44.123456 2005] [core:notice] up", micros(2005, 12, 4, 4, 47, 44, 123456)),
    (b'1.2.3.4 - - [21/Nov/2026:03:04:05 +0200] "GET / HTTP/1.1"', micros(2026, 11, 21, 1, 4, 5)),
    (b"21/Nov/2026 03:04:05 up", micros(*MOMENT)),
    (b"Nov 21 2026 03:04:05 up", micros(*MOMENT)),
    (b"Nov 21, 2026 03:04:05 up", micros(*MOMENT)),
    (b"Sat Nov 21 03:04:05 UTC 2026 up", micros(*MOMENT)),
    (b"2026-10-25 02:30:00.123 CEST [17] LOG:  up", micros(2026, 10, 25, 0, 30, 0, 123000)),
    (b"2026-10-25 02:30:00.123 CET [17] LOG:  up", micros(2026, 10, 25, 1, 30, 0, 123000)),
    (b"2026-11-01 01:30:00 EDT up", micros(2026, 11, 1, 5, 30, 0)),
    (b"2026-11-01 01:30:00 EST up", micros(2026, 11, 1, 6, 30, 0)),
    (b"2026-11-21 03:04:05 IST up", micros(*MOMENT)),
    (b"2026-11-21 03:04:05 ESTABLISHED up", micros(*MOMENT)),
    (b"Sun Oct 25 02:30:00 CEST 2026 up", micros(2026, 10, 25, 0, 30, 0)),
    (b"Sun Oct 25 02:30:00 CET 2026 up", micros(2026, 10, 25, 1, 30, 0)),
    (b"Sun Oct 25 02:30:00 XYZ 2026 up", micros(2026, 10, 25, 2, 30, 0)),
    (b"21.11.2026 03:04:05 up", micros(*MOMENT)),
    (b"21/11/2026 03:04:05 up", micros(*MOMENT)),
    (b"11/21/2026 03:04:05 up", micros(*MOMENT)),
    (b"17/06/09 20:10:40 INFO up", micros(2017, 6, 9, 20, 10, 40)),
    (b"03-17 16:13:38.811  1702  2395 D Window", micros(2026, 3, 17, 16, 13, 38, 811000)),
    (b"I1121 03:04:05.678901    7 main.go:1] up", micros(*MOMENT, 678901)),
    (b"20171223-22:15:29:606|Step", micros(2017, 12, 23, 22, 15, 29, 606000)),
    (b"20171224-0:7:20:444|Step", micros(2017, 12, 24, 0, 7, 20, 444000)),
    (b"20261121T030405Z up", micros(*MOMENT)),
    (b"081109 203518 143 INFO dfs", micros(2008, 11, 9, 20, 35, 18)),
    (b"1795230245 up", micros(*MOMENT)),
    (b"1795230245.678 up", micros(*MOMENT, 678000)),
    (b"1795230245678 up", micros(*MOMENT, 678000)),
    (b"time=2026-11-21T03:04:05Z level=info", micros(*MOMENT)),
    (b'level=info ts="2026-11-21T03:04:05.678Z" msg=up', micros(*MOMENT, 678000)),
    (b"ERROR 2026-11-21 03:04:05,678 up", micros(*MOMENT, 678000)),
    (b"INFO  [2026-11-21 03:04:05,678] up", micros(*MOMENT, 678000)),
    (b"W, [2026-11-21T03:04:05.678901 #1234]  WARN -- : up", micros(*MOMENT, 678901)),
    (b"[E 261121 03:04:05 web:1234] up", micros(*MOMENT)),
    (b"[W 2026-11-21 03:04:05.678 ServerApp] up", micros(*MOMENT, 678000)),
    (b"1234:M 21 Nov 2026 03:04:05.678 * Ready", micros(*MOMENT, 678000)),
    (b"*Nov 21 03:04:05.678: %LINK-3-UPDOWN: down", micros(*MOMENT, 678000)),
    (b"000123: Nov 21 03:04:05: %SYS-5-CONFIG_I: up", micros(*MOMENT)),
    (b"=ERROR REPORT==== 21-Nov-2026::03:04:05.678901 ===", micros(*MOMENT, 678901)),
    (b"type=AVC msg=audit(1795230245.678:456): avc: denied", micros(*MOMENT, 678000)),
    (b"node=web1 type=USER_LOGIN msg=audit(1795230245.678:456): pid=1", micros(*MOMENT, 678000)),
    (b'date=2026-11-21 time=03:04:05 devname="FG1"', micros(*MOMENT)),
    (b"261121  3:04:05 [Warning] up", micros(*MOMENT)),
    (b"[11.21 03:04:05] chrome.exe - up", micros(*MOMENT)),
]
BEHIND_A_NAME: list[tuple[bytes, int]] = [
    (b"10.1.2.3 2026-11-21 03:04:05 ERR up", micros(*MOMENT)),
    (b"web_1  | 2026-11-21T03:04:05.678Z up", micros(*MOMENT, 678000)),
]
"""What only the name of the file shows to be a log: other tables have such columns, too."""


@pytest.mark.parametrize(
    ("line", "expected"), [*LINES, *BEHIND_A_NAME], ids=[line.decode() for line, _ in [*LINES, *BEHIND_A_NAME]]
)
def test_spellings(line: bytes, expected: int) -> None:
    reader = StampReader(FILE_US)
    for _ in range(2):
        stamp = reader.read(line)
        assert stamp is not None
        assert datetime.fromtimestamp(stamp[0] / 1e6, UTC) == datetime.fromtimestamp(expected / 1e6, UTC)
        assert stamp[0] == expected


@pytest.mark.parametrize(("line", "_"), LINES, ids=[line.decode() for line, _ in LINES])
def test_detection_knows_the_same_spellings(line: bytes, _: int) -> None:
    line = line.replace(b"\x1b[32m", b"")
    assert log_share([line.decode()] * 2) == (1.0, 2)


def test_a_reader_changes_its_mind() -> None:
    reader = StampReader(FILE_US)
    for line, expected in LINES:
        stamp = reader.read(line)
        assert stamp is not None
        assert stamp[0] == expected


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"  2026-11-21 03:04:05 indented",
        b"2026-13-45 99:04:05 no",
        b"2026-11-21 24:04:05 no",
        b"2026-11-21 03:60:05 no",
        b"Feb 30 03:04:05 host no",
        b"at a.b.C(D.java:5)",
        b"we met on 2026-11-21 at noon",
        b"ERROR without a stamp",
        b"I 20 Nov",
        b"12345",
        b"99999999999999 x",
    ],
)
def test_lines_without_a_stamp(line: bytes) -> None:
    assert StampReader(FILE_US).read(line) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-21T03:04:05.678Z", micros(*MOMENT, 678000)),
        ({"$date": "2026-11-21T03:04:05.678+00:00"}, micros(*MOMENT, 678000)),
        ({"$date": {}}, None),
        (1795230245, micros(*MOMENT)),
        (1795230245.5, micros(*MOMENT, 500000)),
        (1795230245678, micros(*MOMENT, 678000)),
        (1795230245678901, micros(*MOMENT, 678901)),
        (1795230245678901234, micros(*MOMENT, 678901)),
        ("1795230245", micros(*MOMENT)),
        (5, None),
        (True, None),
        (float("nan"), None),
        (10**30, None),
        ("soon", None),
        (None, None),
    ],
)
def test_values(value: object, expected: int | None) -> None:
    assert time_of_value(value) == expected


class WithoutDays(StampReader):
    """Works out each minute by itself."""

    def _minute(self, form, stem, after):
        return self._known(form, stem, after)


@given(
    st.lists(st.datetimes(datetime(2025, 11, 20), datetime(2026, 11, 25)), max_size=12),  # noqa: DTZ001
    st.sampled_from(["%b %d %H:%M:%S host", "%Y-%m-%d %H:%M:%S +0130", "%d/%m/%Y %H:%M:%S", "%m-%d %H:%M:%S.%f x"]),
)
def test_minutes_of_a_day_are_those_that_stand_alone(moments: list[datetime], spelling: str) -> None:
    by_day, alone = StampReader(FILE_US), WithoutDays(FILE_US)
    for moment in moments:
        line = moment.strftime(spelling).encode()
        assert by_day.read(line) == alone.read(line)


@pytest.mark.parametrize(
    "piece",
    [b"[", b"1 ", b"2026-", b"a ", b"t=", b"\x1b[", b"<1", b"20260101-1:", b'time="', b"1: ", b"=E", b"E, [", b"a |"],
)
def test_hostile_lines_take_linear_time(piece: bytes) -> None:
    assert_linear(lambda pieces: StampReader(FILE_US).read(piece * pieces), 200_000)


@given(st.binary(max_size=80), st.sampled_from([line for line, _ in LINES]), st.integers(0, 40))
def test_no_line_raises(noise: bytes, line: bytes, at: int) -> None:
    reader = StampReader(FILE_US)
    reader.read(noise)
    reader.read(line[:at] + noise + line[at:])
