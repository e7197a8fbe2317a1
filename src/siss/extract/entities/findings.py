"""What a candidate turned out to name."""

from typing import Final

from siss.model.entity import MAX_VALUE, Confidence, EntityId, EntityType, Name, id_of

TO_THE_END: Final = -1
"""An ``end`` that is the candidate's, however long its time of day is."""

Finding = tuple[EntityType, str, int, int, Confidence]
"""A name within a candidate: type, value, half-open byte offsets in the candidate. Thousands come in a megabyte."""


def found(kind: EntityType, start: int, end: int, value: str, confidence: Confidence) -> Finding:
    """A finding; a value that is too long is cut away by ``keep``."""
    return kind, value, start, end, confidence


def perhaps(kind: EntityType, start: int, end: int, value: str | None) -> list[Finding]:
    """What was read for sure, if it was."""
    return [] if value is None else [found(kind, start, end, value, Confidence.HIGH)]


def shift(findings: list[Finding], by: int) -> list[Finding]:
    """What was found in a part of the candidate that begins there."""
    return [(kind, value, start + by, end + by, sure) for kind, value, start, end, sure in findings]


Kept = tuple[Name, EntityId, int, int, Confidence]
"""A finding that can be stored, with its name's id: worked out once, it serves each time that the name is said."""


Told = tuple[int, int, tuple[Kept, ...], int]
"""A candidate that names something: its half-open byte offsets, what, by offsets in the candidate, and how often.

Plain tuples, which share what the candidate turned out to name: there are ten thousand in a megabyte.
"""


def keep(findings: list[Finding]) -> tuple[Kept, ...]:
    """Those that can be stored: not empty, not too long, valid text without fingerprints and separators."""
    if not findings:
        return ()
    kept: list[Kept] = []
    for kind, value, start, end, sure in findings:
        if value.isascii():
            if "\x1f" in value:
                continue
        elif "�" in value or "«" in value or "\x1f" in value:
            continue
        if 0 < len(value) <= MAX_VALUE:
            kept.append((Name(kind, value), id_of(kind, value), start, end, sure))
    return tuple(kept)


def listed(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


def listed_bytes(words: str) -> frozenset[bytes]:
    """The same, as they stand in a text."""
    return frozenset(words.encode().split())
