"""Sizes, moments and ages as people write them, for both query languages.

A date or time names the whole period that it spells: ``2026-01`` is a month, ``10:30`` a minute. So ``>`` begins
where the period ends, and ``<`` ends where it begins. An age (``7d``) is one moment, so long ago. Times without a
zone are UTC. All arithmetic is on integers: nothing overflows, nothing is rounded.
"""

import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Final

MAX_SIZE: Final = (1 << 63) - 1

_SIZE: Final = re.compile(r"(\d{1,19})(?:\.(\d{1,9}))?\s?([kmgtp]?)(?:i?b)?", re.IGNORECASE | re.ASCII)
_UNITS: Final = {"": 0, "k": 10, "m": 20, "g": 30, "t": 40, "p": 50}
_AGE: Final = re.compile(r"(\d{1,7})\s?(s|sec|m|min|h|d|w|y)(?:\sago)?", re.IGNORECASE | re.ASCII)
_AGE_SECONDS: Final = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31_536_000}
_MOMENT: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:(?:T|\s)(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"\s?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?)?)?)?",
    re.IGNORECASE | re.ASCII,
)
_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_FIRST_US: Final = (1 - _EPOCH_DAY) * _DAY

EXPECTED_SIZE: Final = "a size such as 1000, 1kb, 1.5mb or 2gb"
EXPECTED_MOMENT: Final = "a date or time such as 2026-01-31, 2026-01, 2026-01-31T10:30Z, today or 7d (days ago)"


class UnfitValueError(ValueError):
    """A value that its field cannot have. ``expected`` says what would do."""

    def __init__(self, message: str, expected: str) -> None:
        super().__init__(message)
        self.expected: Final = expected


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch of time in microseconds since the epoch. ``age``: a moment so long ago (both are equal)."""

    start: int
    end: int
    age: bool = False


def parse_bytes(text: str) -> int:
    """Bytes from ``1000``, ``1kb`` or ``1.5 MiB`` (powers of 1,024). Raises ``UnfitValueError``."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UnfitValueError(f"{text[:60]!r} is not a size", EXPECTED_SIZE)
    whole, fraction, unit = found[1], found[2] or "", found[3].lower()
    size: int = (int(whole + fraction) << _UNITS[unit]) // 10 ** len(fraction)
    if size >= MAX_SIZE:
        raise UnfitValueError(f"{text[:60]!r} is larger than any file", EXPECTED_SIZE)
    return size


def parse_period(text: str, now_us: int) -> Period:
    """The period that a date, a time, an age or a word names. Raises ``UnfitValueError``."""
    asked = text.strip().lower()
    if asked in {"today", "yesterday"}:
        start = now_us // _DAY * _DAY - (_DAY if asked == "yesterday" else 0)
        return Period(start, start + _DAY)
    if found := _AGE.fullmatch(asked):
        moment = now_us - int(found[1]) * _AGE_SECONDS[found[2]] * _SECOND
        if moment < _FIRST_US:
            raise UnfitValueError(f"{text[:60]!r} is too long ago", EXPECTED_MOMENT)
        return Period(moment, moment, age=True)
    if found := _MOMENT.fullmatch(asked):
        return _period(found, text)
    raise UnfitValueError(f"{text[:60]!r} is not a date or time", EXPECTED_MOMENT)


def nearest(name: str, names: list[str]) -> str | None:
    """The one of some names that a misspelt one is nearest to, if any is near."""
    near = get_close_matches(name.lower()[:64], names, 1, 0.6)
    return near[0] if near else None


def _period(found: "re.Match[str]", text: str) -> Period:
    try:
        day = date(int(found["year"]), int(found["month"] or 1), int(found["day"] or 1))
    except ValueError:
        raise UnfitValueError(f"there is no date {text[:60]!r}", EXPECTED_MOMENT) from None
    start = (day.toordinal() - _EPOCH_DAY) * _DAY
    if found["hour"] is None:
        return Period(start, start + _days(found, day) * _DAY)
    clock = [int(found[part] or 0) for part in ("hour", "minute", "second")]
    zone = _zone_seconds(found["zone"] or "z")
    if clock[0] > 23 or clock[1] > 59 or clock[2] > 60 or zone is None:
        raise UnfitValueError(f"there is no time {text[:60]!r}", EXPECTED_MOMENT)
    start += (clock[0] * 3600 + clock[1] * 60 + clock[2] - zone) * _SECOND
    length = 3600 if found["minute"] is None else 60 if found["second"] is None else 1
    if (fraction := found["fraction"]) is None:
        return Period(start, start + length * _SECOND)
    start += int(fraction[:6].ljust(6, "0"))
    return Period(start, start + 10 ** max(0, 6 - len(fraction)))


def _days(found: "re.Match[str]", day: date) -> int:
    if found["day"] is not None:
        return 1
    if found["month"] is None:
        return 366 if _is_leap(day.year) else 365
    if day.month == 12:
        return 31
    return (day.replace(month=day.month + 1) - day).days


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _zone_seconds(zone: str) -> int | None:
    if zone == "z":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        return None
    return (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)
