"""What texts look like: known formats, quantities with units, and patterns of letters and digits.

And which of them do not look as all of their siblings do.
"""

import re
import string
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import re2

from siss.anomalies.family import LEAST_SIBLINGS, Column, Family, Found, allowed
from siss.anomalies.meanings import is_damaged
from siss.anomalies.text import shorten
from siss.model.anomaly import AnomalyKind, Deviation, Severity
from siss.model.field import Scalar

_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_DATE: Final = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_TIME: Final = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?"
_ZONE: Final = r"(?:Z|[+-]\d\d:?\d\d)?"

NUMBER: Final = "a number"

_KNOWN: Final[dict[str, str]] = {
    "an IPv4 address": rf"(?:{_OCTET}\.){{3}}{_OCTET}",
    "an IPv4 network": rf"(?:{_OCTET}\.){{3}}{_OCTET}/(?:3[0-2]|[12]?\d)",
    "an address with a port": rf"(?:(?:{_OCTET}\.){{3}}{_OCTET}|[A-Za-z0-9_.-]+):\d{{1,5}}",
    "an IPv6 address": r"[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}",
    "a MAC address": r"[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}",
    "a UUID": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "an e-mail address": r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+",
    "a URL": r"[a-zA-Z][a-zA-Z0-9+.-]*://[A-Za-z0-9_.@:\[\]-]*(?:[/?#][!-~]*)?",
    "a date": _DATE,
    "a date like 31.12.2026": rf"{_DAY}\.{_MONTH}\.\d{{4}}(?:,? {_TIME})?",
    "a date like 12/31/2026": rf"{_DAY}/{_DAY}/\d{{4}}(?:,? {_TIME})?",
    "a time": _TIME,
    "a date and time": rf"{_DATE}[T ]{_TIME}{_ZONE}",
    "a version": r"v?\d+(?:\.\d+){1,2}(?:[-+.]?[A-Za-z][0-9A-Za-z.+-]*)?",
    NUMBER: r"[+-]?(?:\d{1,18}|\d{1,3}(?:[., ']\d{3}){1,5})(?:[.,]\d{1,18})?(?:[eE][+-]?\d{1,3})?",
    "a path": r"(?:/|[A-Za-z]:\\|\./|~/)\S*",
    "a name with a domain": r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z][A-Za-z0-9-]*",
    "a number with a unit": r"[+-]?\d{1,15}(?:\.\d{1,9})?\s?[A-Za-zµ%]{1,6}",
}
_NAMES: Final = tuple(_KNOWN)


def _compile() -> Callable[[str], list[int] | None]:
    """One automaton for all: which formats a text has, by their place in ``_NAMES``."""
    automaton: Any = re2.Set.FullMatchSet()
    for text in _KNOWN.values():
        automaton.Add(text)
    automaton.Compile()
    matches: Callable[[str], list[int] | None] = automaton.Match
    return matches


_MATCHES: Final = _compile()
_HEX: Final = re.compile(r"[0-9a-fA-F]{8,128}")
_QUANTITY: Final = re.compile(r"([+-]?\d{1,15}(?:\.\d{1,9})?)\s?([A-Za-zµ%]{1,6})")
_CLASSES: Final = (
    dict.fromkeys(map(ord, string.digits), "9")
    | dict.fromkeys(map(ord, string.ascii_lowercase), "a")
    | dict.fromkeys(map(ord, string.ascii_uppercase), "A")
    | {code: " " for code in range(0x3001) if chr(code).isspace()}  # the last space of Unicode is U+3000
)
_RUNS: Final = tuple((re.compile(f"{sign}{sign}+"), sign) for sign in "9aA ")
_PATTERN: Final = "a text like "
RARE_FORMAT: Final = 0.02
LONGEST: Final = 128
"""Longer texts are not looked at: what a cut one looked like is not known."""

_TIMES: Final = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "secs": 1.0, "m": 60.0, "min": 60.0,
    "mins": 60.0, "h": 3600.0, "hr": 3600.0, "hrs": 3600.0, "d": 86400.0, "w": 604800.0,
}  # fmt: skip
_SIZES: Final = {
    "b": 1.0, "k": 2.0**10, "kb": 2.0**10, "kib": 2.0**10, "ki": 2.0**10, "m": 2.0**20, "mb": 2.0**20,
    "mib": 2.0**20, "mi": 2.0**20, "g": 2.0**30, "gb": 2.0**30, "gib": 2.0**30, "gi": 2.0**30, "t": 2.0**40,
    "tb": 2.0**40, "tib": 2.0**40, "ti": 2.0**40,
}  # fmt: skip


@lru_cache(maxsize=1 << 15)
def formats_of(text: str) -> frozenset[str]:
    """All formats that a text has, in words."""
    if not text or len(text) >= LONGEST:
        return frozenset()
    found = {_NAMES[place] for place in _MATCHES(text) or ()}
    if _HEX.fullmatch(text):
        found.add(f"{len(text)} hexadecimal digits")
    pattern = pattern_of(text)
    if len(pattern) > 1:
        found.add(_PATTERN + pattern)
    return frozenset(found)


def is_pattern(name: str) -> bool:
    """Whether a format is only a pattern of letters and digits."""
    return name.startswith(_PATTERN)


@lru_cache(maxsize=1 << 15)
def pattern_of(text: str) -> str:
    """Runs of digits, small and large letters as one each: ``DB-prod-01`` looks like ``A-a-9``."""
    pattern = text.translate(_CLASSES)
    for run, sign in _RUNS:
        pattern = run.sub(sign, pattern)
    return pattern


def quantity_of(text: str) -> tuple[float, str] | None:
    """A number and its unit."""
    if len(text) > 32 or text[-1:].isdecimal() or (found := _QUANTITY.fullmatch(text)) is None:
        return None
    return float(found[1]), found[2]


def base_unit(units: frozenset[str]) -> tuple[str, dict[str, float]]:
    """What several units have in common: seconds or bytes, and their factors to it; of others each counts as it is.

    One alone stays as it is: ``500m`` may be minutes, or a half.
    """
    if len(units) == 1:
        return next(iter(units)), dict.fromkeys(units, 1.0)
    for name, table in (("s", _TIMES), ("bytes", _SIZES)):
        lowered = {unit: table.get(unit.lower()) for unit in units}
        if all(factor is not None for factor in lowered.values()):
            return name, {unit: factor for unit, factor in lowered.items() if factor is not None}
    return "", dict.fromkeys(units, 1.0)


def find_formats(family: Family) -> Found:
    """Texts that are not in the format that all others have."""
    found: dict[int, list[Deviation]] = defaultdict(list)
    for path, column in family.columns.items():
        formats, held, total = _common_formats(family, column)
        usual = sorted(held, key=lambda name: (is_pattern(name), -held[name], name))
        if not usual or len(formats) <= LEAST_SIBLINGS:
            continue
        for number, names in formats.items():
            lacked = [name for name in usual if name not in names]
            # A pattern says nothing about a text that is in the known format of all; nor do decimals about a number,
            # though each looks like a version.
            shared = names & set(usual)
            if not lacked or NUMBER in shared or (is_pattern(lacked[0]) and not all(map(is_pattern, shared))):
                continue
            own = family.members[number].files
            siblings, alike = total - own, total - held[lacked[0]] - own
            if siblings < family.least(total) or alike > allowed(siblings, RARE_FORMAT):
                continue
            odd = next(value for value in _texts(column.values[number]) if lacked[0] not in formats_of(value))
            found[number].append(_format(path, odd, lacked[0], siblings, alike))
    yield from family.unless_open(found)


UNDAMAGED: Final = "a text with all its letters"


def find_damage(family: Family) -> Found:
    """Texts whose letters were lost or decoded wrongly, where those of the others were not."""
    found: dict[int, list[Deviation]] = defaultdict(list)
    for path, column in family.columns.items():
        odd = {
            number: value
            for number, values in column.values.items()
            for value in values
            if isinstance(value, str) and is_damaged(value)
        }
        if not odd:
            continue
        total, damaged = family.weigh(column.values), family.weigh(odd)
        for number, value in odd.items():
            own = family.members[number].files
            if total - own >= family.least(total) and damaged - own <= allowed(total - own, RARE_FORMAT):
                found[number].append(_format(path, value, UNDAMAGED, total - own, damaged - own))
    yield from family.unless_open(found)


def _texts(values: Sequence[Scalar]) -> list[str]:
    """Those whose format can be told."""
    return [value for value in values if isinstance(value, str) and 0 < len(value) < LONGEST]


def _common_formats(family: Family, column: Column) -> tuple[dict[int, frozenset[str]], dict[str, int], int]:
    """Which formats each member with texts has, how many files have those that nearly all have, of how many files.

    A member has a format if all its texts do. One that too many lack is not looked for in the rest: most fields have
    none in common, which the first few members show.
    """
    most = allowed(family.weigh(column.values), RARE_FORMAT) + family.heaviest
    lacking: dict[str, int] = {}
    seen = heaviest = 0
    found: dict[int, frozenset[str]] = {}
    for number, values in column.values.items():
        texts = _texts(values)
        if not texts:
            continue
        names = formats_of(texts[0])
        for value in texts[1:]:
            if not names <= (own := formats_of(value)) and not (names := names & own):
                break
        if seen <= most:
            for name in names:
                lacking.setdefault(name, seen)
        weight = family.members[number].files
        for name in lacking.keys() - names:
            lacking[name] += weight
            if lacking[name] > most:
                del lacking[name]
        seen += weight
        heaviest = max(heaviest, weight)
        if not lacking and seen > most:
            break
        found[number] = names
    most = allowed(seen, RARE_FORMAT) + heaviest  # of those with texts, now that all were seen
    return found, {name: seen - count for name, count in lacking.items() if count <= most}, seen


def _format(path: str, odd: str, name: str, siblings: int, alike: int) -> Deviation:
    return Deviation(
        AnomalyKind.FORMAT_OUTLIER, path, odd, Severity.LOW, siblings, alike, value=shorten(odd), format=name
    )
