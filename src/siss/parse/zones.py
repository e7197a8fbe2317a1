"""Time zones as log lines name them: an offset, or one of the abbreviations that mean one thing.

Logs on a machine's own time name it so (PostgreSQL: ``2026-10-25 02:30:00.123 CEST``), and in the hour that the end
of daylight saving repeats nothing else tells the two apart. American ones are those of RFC 5322 (4.3), the others the
only ones of their name in use, or those that PostgreSQL takes them for. IST, of India, Israel and Ireland, is none.
"""

from typing import Final

_SECOND: Final = 1_000_000
_HOURS: Final = {
    name: hours
    for hours, names in (
        *((0, b"Z UTC GMT WET"), (1, b"WEST BST CET"), (2, b"CEST EET"), (3, b"EEST MSK")),
        *((-4, b"EDT"), (-5, b"EST CDT"), (-6, b"CST MDT"), (-7, b"MST PDT"), (-8, b"PST AKDT"), (-9, b"AKST")),
        *((-10, b"HST"), (9, b"JST KST"), (10, b"AEST"), (11, b"AEDT"), (12, b"NZST"), (13, b"NZDT")),
    )
    for name in names.split()
}
_NAMED: Final = rb"(?:" + b"|".join(_HOURS) + rb")\b"
ZONE: Final = rb"(?:\s?([+-]\d\d:?\d\d\b|" + _NAMED + rb"))?"
"""A zone behind a time, in a group, or nothing."""


def zone_us(zone: bytes | None) -> int:
    """How many microseconds a zone is ahead of UTC; 0 where it is none."""
    if not zone:
        return 0
    if zone[:1] not in {b"+", b"-"}:
        return _HOURS.get(zone, 0) * 3600 * _SECOND
    digits = zone[1:].replace(b":", b"")
    offset = (int(digits[:2]) * 60 + int(digits[2:4])) * 60 * _SECOND
    return offset if zone[:1] == b"+" else -offset
