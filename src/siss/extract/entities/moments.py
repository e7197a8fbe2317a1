"""Days that a text names. A time of day is part of the mention, not of the value: things are counted by day."""

import re
from datetime import date
from typing import Final

_MONTHS: Final = {
    month: number
    for number, month in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), 1
    )
}
_NUMBER: Final = re.compile(rb"[0-9]+")
_WORD: Final = re.compile(rb"[A-Za-z]+")
_EARLIEST: Final = 1900
_LATEST: Final = 2100


def day_of(year: int, month: int, day: int) -> str | None:
    """``2026-11-21``; None for a day that is not, or that no file of ours is about."""
    if not _EARLIEST <= year <= _LATEST:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def day_without_year(month: int, day: int) -> str | None:
    """``--11-21`` (the form of ISO 8601:2000 and XML Schema)."""
    return None if day_of(2000, month, day) is None else f"--{month:02}-{day:02}"


def full_year(two_digits: int) -> int:
    """As POSIX ``strptime`` reads ``%y``: 69 to 99 are the last century."""
    return two_digits + (1900 if two_digits >= 69 else 2000)


def read_numeric(text: bytes) -> str | None:
    """``2026-11-21``, ``2026/1/5``, ``17/06/09`` (year first), ``21.11.2026``, ``06/19/1963``.

    Of the last the month is first where both can be.
    """
    parts = [int(number) for number in _NUMBER.findall(text)[:3]]
    if len(parts) < 3:
        return None
    first, second, third = parts
    widths = [len(number) for number in _NUMBER.findall(text)[:3]]
    if widths[0] == 4:
        return day_of(first, second, third)
    if b"." in text:
        return day_of(third, second, first)
    if widths[2] == 4:
        return day_of(third, first, second) or day_of(third, second, first)
    month_first = day_of(full_year(third), first, second)
    if text[8:9] == b",":
        return month_first
    return day_of(full_year(first), second, third) or month_first


def read_packed(text: bytes) -> str | None:
    """``20171223``, and ``081109`` with the year first."""
    digits = _NUMBER.search(text)
    if digits is None:
        return None
    number = digits.group()
    year = int(number[:4]) if len(number) == 8 else full_year(int(number[:2]))
    return day_of(year, int(number[-4:-2]), int(number[-2:]))


def read_month_day(text: bytes) -> str | None:
    """``03-17``."""
    month, day = (int(number) for number in _NUMBER.findall(text)[:2])
    return day_without_year(month, day)


def read_named(text: bytes) -> str | None:
    """A day with its month in letters: ``Jul  9``, ``Sun Dec 04 20:32:37 2005``, ``21 Nov 2026``, ``04/Dec/2005``."""
    month = next((_MONTHS[word] for found in _WORD.findall(text) if (word := found[:3].lower()) in _MONTHS), None)
    numbers = _NUMBER.findall(text)
    if month is None or not numbers:
        return None
    year = next((int(number) for number in numbers if len(number) == 4), None)
    day = next((int(number) for number in numbers if len(number) < 3), None)
    if day is None:
        return None
    return day_without_year(month, day) if year is None else day_of(year, month, day)
