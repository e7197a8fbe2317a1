"""What else a text says: whose domain, which day; and whether its letters were damaged on their way."""

import re
from datetime import date
from functools import lru_cache
from typing import Final

DAY: Final = "day"
"""The unit of days, counted from the first of the year 1."""

_DAY: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ][0-9:.,]{4,18}(?:Z|[-+]\d\d:?\d\d)?)?|(\d\d?)\.(\d\d?)\.(\d{4})", re.ASCII
)
_HOST: Final = re.compile(
    r"(?:[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/@\s]*@)?([A-Za-z0-9_.-]*[A-Za-z0-9])|(?:[^@\s/]+@)?((?:[A-Za-z0-9_-]+\.)+[A-Za-z]{2,24}))"
    r"\.?(?::\d{1,5})?(?:[/?#]\S*)?"
)
"""The host of a URL, which may have no dots; of an address, or alone, it must."""
_SHARED: Final = frozenset({"ac", "co", "com", "edu", "gov", "net", "or", "org"})
"""What stands before a country's letters where domains are given out below both (``co.uk``)."""
_DAMAGED: Final = re.compile(
    "\ufffd|[ÂÃÄÅ][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2026\u2030\u2039\u203a\u20ac\u2122]"
)
"""What cannot be decoded, or UTF-8 that was taken for Latin-1 or Windows-1252."""


@lru_cache(maxsize=1 << 13)
def domain_of(text: str) -> str | None:
    """The domain that a URL, an address or a host belongs to, as far as its last two or three labels tell."""
    if ("." not in text and "://" not in text) or (found := _HOST.fullmatch(text)) is None:
        return None
    labels = (found[1] or found[2]).lower().split(".")
    if labels[-1].isdigit():
        return None  # an address of the internet protocol
    shared = len(labels) > 2 and len(labels[-1]) == len("uk") and labels[-2] in _SHARED
    return ".".join(labels[-3:] if shared else labels[-2:])


@lru_cache(maxsize=1 << 13)
def day_of(text: str) -> float | None:
    """The day of a date, with or without a time."""
    if not text[:1].isdigit() or (found := _DAY.fullmatch(text)) is None:
        return None
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    try:
        return float(date(int(year), int(month), int(day)).toordinal())
    except ValueError:
        return None


def show_day(number: float) -> str:
    """A day as people write it."""
    return date.fromordinal(min(max(1, round(number)), date.max.toordinal())).isoformat()


def is_damaged(text: str) -> bool:
    """Whether letters of a text were lost or decoded wrongly."""
    return not text.isascii() and _DAMAGED.search(text) is not None
