"""Time stamps at the beginnings of log lines, in the spellings that loggers use.

The spelling is found once and kept until a line begins in another. What a stamp leaves out is filled in: UTC where
it names no zone, and where it names no year the last one in which the stamp is not after the file's own time.
Times are microseconds since the epoch.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from siss.parse.zones import ZONE, zone_us

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_DAY: Final = 1440 * _MINUTE
_EPOCH_DAY: Final = _EPOCH.toordinal()
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}
_PARTS: Final = re.compile(rb"\d+|[A-Z][a-z]+")

# Every pattern has these groups: a mark (syslog priority, klog letter), the stamp up to its minute, seconds,
# fraction, and what comes after (a zone; a year). Colours, priorities and one bracket may stand before. The mark may
# be a level, too: a word, a letter, a sign.
_OPEN: Final = rb"(?:\x1b\[[\d;]{0,12}m){0,4}(?:<(\d{1,3})>1? ?)?[\[(\"]{0,2}"
_NO_MARK: Final = rb"()"
_MONTH: Final = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_WEEKDAY: Final = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_ISO: Final = rb"(\d{4}[-/.]\d\d?[-/.]\d\d?[T ,_]{1,2}\d\d?:\d\d)(?::(\d\d?)(?:[.,:](\d{1,9}))?)?" + ZONE

_LEVEL: Final = rb"((?i:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|severe|crit(?:ical)?|fatal))"


class _Format(NamedTuple):
    """A spelling. ``minute``: microseconds of the groups up to the minute and after it, by the file's time."""

    name: str
    pattern: "re.Pattern[bytes]"
    minute: "Callable[[bytes, bytes | None, int], int | None]"


Stamp = tuple[int, int, bytes]
"""A time that was read, where the text after it begins, and the mark beside it (``level_of_mark``)."""


class StampReader:
    """Reads the stamps of one file's lines.

    ``file_us``: when the file was last changed, for stamps without a year.
    """

    def __init__(self, file_us: int) -> None:
        self._file_us = file_us
        self._format: _Format | None = None
        self._minutes: dict[tuple[bytes, bytes | None], int | None] = {}

    @property
    def letters(self) -> bool:
        """Whether single letters are levels in the spelling that was found."""
        return self._format is not None and self._format.name == "logcat"

    def read(self, line: bytes) -> Stamp | None:
        """The stamp that a line begins with, None where it begins with none."""
        if self._format is not None and (stamp := self._read_as(self._format, line)) is not None:
            return stamp
        if len(line) < _SHORTEST or line[0] in b" \t" or _ANY.match(line) is None:
            return None
        for form in _FORMATS:
            if form is not self._format and (stamp := self._try(form, line)) is not None:
                return stamp
        return None

    def _try(self, form: _Format, line: bytes) -> Stamp | None:
        if form.pattern.match(line) is None:
            return None
        kept, self._minutes = self._minutes, {}
        stamp = self._read_as(form, line)
        if stamp is None:
            self._minutes = kept
        else:
            self._format = form
        return stamp

    def _read_as(self, form: _Format, line: bytes) -> Stamp | None:
        found = form.pattern.match(line)
        if found is None:
            return None
        mark, stem, seconds, fraction, after = found.groups()
        minute = self._minutes.get((stem, after))
        if minute is None:
            minute = self._minute(form, stem, after)
            if minute is None:
                return None
        if seconds:
            minute += _SECONDS[seconds]
        if fraction:
            minute += int(fraction) * _UNITS[len(fraction)] if len(fraction) < 7 else int(fraction[:6])
        return minute, found.end(), mark or b""

    def _minute(self, form: _Format, stem: bytes, after: bytes | None) -> int | None:
        """The minute of a stem. Those of a day differ by what the clock says."""
        clock = _CLOCK.get(stem[-5:])
        if clock is not None:
            midnight = self._known(form, stem[:-5] + b"00:00", after)
            if midnight is not None and midnight + clock <= self._file_us:
                self._minutes[stem, after] = midnight + clock
                return midnight + clock
        return self._known(form, stem, after)

    def _known(self, form: _Format, stem: bytes, after: bytes | None) -> int | None:
        key = (stem, after)
        try:
            return self._minutes[key]
        except KeyError:
            if len(self._minutes) > 4096:
                self._minutes.clear()
            minute = self._minutes[key] = _checked(form, stem, after, self._file_us)
            return minute


_CLOCK: Final = {
    b"%02d:%02d" % (hour, minute): (60 * hour + minute) * _MINUTE for hour in range(24) for minute in range(60)
}
_SECONDS: Final = {form % number: number * _SECOND for number in range(100) for form in (b"%d", b"%02d")}
"""Of one digit or two, in microseconds."""


_UNITS: Final = (0, 100_000, 10_000, 1_000, 100, 10, 1)
"""What the last digit of a fraction of so many digits is, in microseconds."""


def _checked(form: _Format, stem: bytes, after: bytes | None, file_us: int) -> int | None:
    try:
        return form.minute(stem, after, file_us)
    except (ValueError, OverflowError, KeyError, IndexError):
        return None


def _micros(year: int, month: int, day: int, hour: int, minute: int) -> int:
    if hour > 23 or minute > 59:
        raise ValueError("no time of a day")
    return ((date(year, month, day).toordinal() - _EPOCH_DAY) * 1440 + hour * 60 + minute) * _MINUTE


def _numbers(stem: bytes) -> list[int]:
    return [int(part) if part.isdigit() else _MONTHS[part] for part in _PARTS.findall(stem)]


def _year_first(stem: bytes, zone: bytes | None, _: int) -> int:
    year, month, day, hour, minute = _numbers(stem)
    return _micros(year, month, day, hour, minute) - zone_us(zone)


def _year_last(stem: bytes, zone: bytes | None, _: int) -> int:
    first, second, year, hour, minute = _numbers(stem)
    # 21.11.2026 and 21/Nov/2026 begin with the day; 11/21/2026 does not, and neither is taken to do 11/10/2026.
    day_first = b"." in stem or first > 12 or not stem[3:4].isdigit()
    day, month = (first, second) if day_first else (second, first)
    return _micros(year, month, day, hour, minute) - zone_us(zone)


def _month_first(stem: bytes, zone: bytes | None, _: int) -> int:
    month, day, year, hour, minute = _numbers(stem)
    return _micros(year, month, day, hour, minute) - zone_us(zone)


def _short_year(stem: bytes, zone: bytes | None, _: int) -> int:
    year, month, day, hour, minute = _numbers(stem)
    return _micros(year + (2000 if year < 70 else 1900), month, day, hour, minute) - zone_us(zone)


def _packed(stem: bytes, zone: bytes | None, _: int) -> int:
    date, *rest = _PARTS.findall(stem.replace(b"T", b" "))
    clock = [int(part) for part in rest] if len(rest) == 2 else [int(rest[0][:2]), int(rest[0][2:4])]
    if len(date) == 6:
        year = int(date[:2]) + (2000 if int(date[:2]) < 70 else 1900)
        return _micros(year, int(date[2:4]), int(date[4:6]), *clock) - zone_us(zone)
    return _micros(int(date[:4]), int(date[4:6]), int(date[6:8]), *clock) - zone_us(zone)


def _no_year(stem: bytes, after: bytes | None, file_us: int) -> int:
    """A stamp that has its year, and before it perhaps a zone, at its end, or none at all."""
    month, day, hour, minute = _numbers(stem[-17:])[-4:]
    if after:
        *zone, year = after.split()
        return _micros(int(year), month, day, hour, minute) - zone_us(zone[0] if zone else None)
    newest = (_EPOCH + file_us * _MICROSECOND).year
    for candidate in range(newest, newest - 5, -1):  # 29 February needs a leap year
        try:
            time_us = _micros(candidate, month, day, hour, minute)
        except ValueError:
            continue
        if time_us <= file_us + _DAY:
            return time_us
    raise ValueError(stem)


def _klog(stem: bytes, _: bytes | None, file_us: int) -> int:
    return _no_year(stem[:2] + b" " + stem[2:].replace(b":", b" "), None, file_us)


def _since_epoch(stem: bytes, _: bytes | None, __: int) -> int | None:
    seconds = int(stem)
    return seconds * _SECOND if _PLAUSIBLE[0] <= seconds < _PLAUSIBLE[1] else None


_PLAUSIBLE: Final = (631_152_000, 4_102_444_800)  # 1990 to 2100
_CLF: Final = rb"(\d\d?/" + _MONTH + rb"/\d{4}:\d\d:\d\d):(\d\d)(?:[.,](\d{1,9}))?" + ZONE
_FORMATS: Final = tuple(
    _Format(name, re.compile(pattern), minute)
    for name, pattern, minute in (
        ("iso", _OPEN + _ISO, _year_first),
        ("short year", _OPEN + rb"(\d\d/\d\d/\d\d \d\d:\d\d):(\d\d)(?:[.,](\d{1,9}))?" + ZONE, _short_year),
        (
            "year last",
            _OPEN + rb"(\d\d?[-/.](?:\d\d?|" + _MONTH + rb")[-/.]\d{4}[T ,:]{1,2}\d\d?:\d\d)"
            rb"(?::(\d\d)(?:[.,](\d{1,9}))?)?" + ZONE,
            _year_last,
        ),
        (
            "asctime",
            _OPEN + rb"(?:" + _WEEKDAY + rb",? )?(" + _MONTH + rb" {1,2}\d\d? \d\d:\d\d):(\d\d)(?:\.(\d{1,9}))?"
            rb" ((?:[A-Z]{3,4} )?\d{4})\b",
            _no_year,
        ),
        (
            "syslog",
            _OPEN
            + rb"(?:"
            + _WEEKDAY
            + rb",? )?("
            + _MONTH
            + rb" {1,2}\d\d? \d\d:\d\d):(\d\d)(?:\.(\d{1,9}))?()(?! \d{4}\b)",
            _no_year,
        ),
        (
            "month first",
            _OPEN + rb"(" + _MONTH + rb" {1,2}\d\d?,? \d{4},? \d\d?:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?" + ZONE,
            _month_first,
        ),
        ("level first", rb"[\[<(]?" + _LEVEL + rb" {0,3}[\]>)]?[:|]? {0,4}[\[(]?" + _ISO, _year_first),
        ("letter first", rb"\[?([DIWEFCAU])(?:, \[| )" + _ISO, _year_first),
        ("tornado", rb"\[([DIWEC]) (\d{6} \d\d:\d\d):(\d\d)()()", _packed),
        (
            "cisco",
            rb"()(?:\d{1,9}: [*.]?|[*.])(" + _MONTH + rb" {1,2}\d\d? \d\d:\d\d):(\d\d)(?:\.(\d{1,9}))?()",
            _no_year,
        ),
        (
            "redis",
            rb"\d{1,10}:[A-Z](?= \d\d [A-Z][a-z]{2} \d{4} [\d:.]{12} ([.*#-])) "
            rb"(\d\d " + _MONTH + rb" \d{4} \d\d:\d\d):(\d\d)\.(\d{3})()",
            _year_last,
        ),
        (
            "erlang",
            rb"=([A-Z]{4,10}) REPORT={2,8} (\d\d?-" + _MONTH + rb"-\d{4}::\d\d:\d\d):(\d\d)(?:\.(\d{1,9}))?()",
            _year_last,
        ),
        ("audit", _NO_MARK + rb"(?:node=\S{1,64} )?type=[A-Z_]{3,40} msg=audit\((\d{10})()\.(\d{3})()", _since_epoch),
        ("fields", _OPEN + rb"date=(\d{4}-\d\d-\d\d time=\d\d:\d\d):(\d\d)()()", _year_first),
        ("proxifier", _NO_MARK + rb"\[(\d\d\.\d\d \d\d:\d\d):(\d\d)()()\]", _no_year),
        (
            "iso behind a name",
            _NO_MARK + rb"\S{1,64} {1,4}(?:\| )?\[?(?=\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:)" + _ISO,
            _year_first,
        ),
        ("access", _NO_MARK + rb"[^\[\n]{1,200}\[" + _CLF, _year_last),
        ("logcat", _OPEN + rb"(\d\d-\d\d \d\d:\d\d):(\d\d)\.(\d{3,6})()", _no_year),
        ("klog", rb"([IWEFD])(\d{4} \d\d:\d\d):(\d\d)\.(\d{6})()", _klog),
        (
            "packed",
            _OPEN + rb"(\d{8}[-T ]\d\d?:\d\d?|\d{6} [ \d]\d:\d\d):(\d\d?)(?:[:.,](\d{1,6}))?" + ZONE,
            _packed,
        ),
        ("basic iso", _OPEN + rb"(\d{8}[-T ]\d{4})(\d\d)(?:[.,](\d{1,9}))?" + ZONE, _packed),
        ("hdfs", _NO_MARK + rb"(\d{6} \d{4})(\d\d)()()(?= \d)", _packed),
        ("epoch", _OPEN + rb"(\d{10})()(?:\.?(\d{1,9}))?()(?!\w)", _since_epoch),
        ("epoch inside", _NO_MARK + rb"(?:[^\s]{1,64} ){1,5}(\d{10})()()()(?= )", _since_epoch),
        (
            "logfmt",
            _NO_MARK + rb"[^\n]{0,160}?\b(?:time|ts|timestamp|t)[\"']?[=:]\s?[\"']?" + _ISO,
            _year_first,
        ),
    )
)

_SHORTEST: Final = 10
# Most lines that do not begin as the last did begin with no stamp at all: one match tells.
_ANY: Final = re.compile(b"|".join(b"(?:" + form.pattern.pattern + b")" for form in _FORMATS))

TIME_KEYS: Final = (
    *("time", "timestamp", "ts", "@timestamp", "date", "datetime", "asctime", "@t", "eventTime", "t"),
    *("Timestamp", "Time", "time_iso8601", "requestReceivedTimestamp", "__REALTIME_TIMESTAMP", "timeUnixNano"),
    *("TimeGenerated", "TimeCreated"),
)


def time_of_value(value: Any) -> int | None:
    """Microseconds of a JSON logger's time: ISO 8601 text, or a number since the epoch in seconds or less.

    MongoDB has it in an object: ``{"$date": "2026-03-04T10:11:12.123Z"}``.
    """
    if isinstance(value, dict):
        value = value.get("$date")
    if isinstance(value, str):
        found = _VALUE.fullmatch(value.encode("utf-8", "ignore").strip()) if len(value) < 64 else None
        if found is None:
            return time_of_value(float(value)) if _NUMERIC.fullmatch(value) else None
        stem, seconds, fraction, zone = found.groups()
        minute = _checked(_FORMATS[0], stem, zone, 0)
        if minute is None:
            return None
        return minute + int(seconds or 0) * _SECOND + int((fraction or b"0")[:6].ljust(6, b"0"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Seconds, milliseconds, microseconds, nanoseconds: only one of them gives a year that logs come from.
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        if _PLAUSIBLE[0] * unit <= value < _PLAUSIBLE[1] * unit:
            return int(value * (_SECOND // unit)) if unit <= _SECOND else int(value // 1000)
    return None


_VALUE: Final = re.compile(_ISO)
_NUMERIC: Final = re.compile(r"\d{10,19}(?:\.\d{1,9})?")
