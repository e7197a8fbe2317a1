"""The severity of a log line: spellings folded, and only where a level stands, not wherever a word does."""

import re
from typing import Any, Final

from siss.model.content import Level

_SPELLINGS: Final = {
    "trace": Level.TRACE,
    "trc": Level.TRACE,
    "verbose": Level.TRACE,
    "finest": Level.TRACE,
    "finer": Level.TRACE,
    "fine": Level.DEBUG,
    "debug": Level.DEBUG,
    "dbg": Level.DEBUG,
    "debg": Level.DEBUG,
    "info": Level.INFO,
    "inf": Level.INFO,
    "information": Level.INFO,
    "informational": Level.INFO,
    "notice": Level.NOTICE,
    "note": Level.NOTICE,
    "warn": Level.WARNING,
    "warning": Level.WARNING,
    "wrn": Level.WARNING,
    "error": Level.ERROR,
    "err": Level.ERROR,
    "eror": Level.ERROR,
    "failure": Level.ERROR,
    "severe": Level.ERROR,
    "crit": Level.CRITICAL,
    "critical": Level.CRITICAL,
    "fatal": Level.CRITICAL,
    "ftl": Level.CRITICAL,
    "emerg": Level.CRITICAL,
    "emergency": Level.CRITICAL,
    "alert": Level.CRITICAL,
    "panic": Level.CRITICAL,
    "fehler": Level.ERROR,
    "warnung": Level.WARNING,
}
_BITS: Final = {spelling: level.bit for spelling, level in _SPELLINGS.items()}
_LETTERS: Final = {
    b"V": Level.TRACE.bit,
    b"D": Level.DEBUG.bit,
    b"I": Level.INFO.bit,
    b"W": Level.WARNING.bit,
    b"E": Level.ERROR.bit,
    b"F": Level.CRITICAL.bit,
    b"A": Level.CRITICAL.bit,
}
# Syslog severities (RFC 5424, 6.2.1), from emergency to debug.
_SYSLOG: Final = (
    *(Level.CRITICAL.bit,) * 3,
    Level.ERROR.bit,
    Level.WARNING.bit,
    Level.NOTICE.bit,
    Level.INFO.bit,
    Level.DEBUG.bit,
)


def _decorated() -> tuple[dict[bytes, int], dict[bytes, int]]:
    """What tokens say a level: anywhere near the beginning, and as the first token only."""
    anywhere: dict[bytes, int] = {}
    first: dict[bytes, int] = {}
    for spelling, bit in _BITS.items():
        for word in (spelling, spelling.upper(), spelling.title()):
            marked = {f"[{word}]", f"[{word}]:", f"<{word}>", f"({word})", f"{word}:", f"[{word}", f"{word}]"}
            if word[0].isupper():
                marked |= {word, f"{word},", f"{word}-", f"-{word}-"}
            anywhere.update(dict.fromkeys((text.encode() for text in marked), bit))
            first.update(dict.fromkeys((text.encode() for text in (*marked, word)), bit))
    # Words that are a level in one logger only: PostgreSQL's, and the console of .NET.
    anywhere[b"LOG:"] = first[b"LOG:"] = Level.INFO.bit
    first |= {b"fail:": Level.ERROR.bit, b"dbug:": Level.DEBUG.bit, b"trce:": Level.TRACE.bit}
    return anywhere, first


_ANYWHERE, _FIRST = _decorated()
_LEVEL_TOKENS: Final = frozenset(_ANYWHERE)
_WORD: Final = (
    rb"((?i:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|severe|crit(?:ical)?|fatal|alert|emerg(?:ency)?))"
)
_COMPOUND: Final = re.compile(
    rb"[ \t\]:,)-]*(?:[\w-]+\." + _WORD + rb":"  # production.ERROR: (Monolog)
    rb"|\[[\w.-]*:" + _WORD + rb"\d?\]"  # [core:error] (Apache)
    rb"|\[[^\]/\n]{1,40}/" + _WORD + rb"\]"  # [main/WARN]
    rb"|([A-Z]+)[:/]\w"  # ERROR:root: (Python), ERROR/MainProcess] (Celery)
    rb"|([DIWEF])(?::[ ]|[ ]+[A-Z]{2,10}[ ]+\[)"  # E NETWORK  [conn1] (MongoDB)
    rb"|[A-Z][a-z]\((\d{1,3})\)[ ])"  # Wa(180) (ESXi)
)
"""Levels with something else in the same word, which is the first."""

_CISCO: Final = re.compile(rb"%[A-Z0-9_]+-(?:[A-Z0-9_]+-)?([0-7])-[A-Z0-9_]{2}")
"""``%ASA-4-106023: ``."""

_ESXI: Final = b")WARNING: "
"""``cpu3:2097)WARNING: ``."""

_SIGNS: Final = {
    b".": Level.DEBUG.bit,
    b"-": Level.DEBUG.bit,
    b"*": Level.NOTICE.bit,
    b"#": Level.WARNING.bit,
}
"""How Redis marks its lines."""

_BAR, _BRACKET, _PERCENT = b"|]%"
_TOKENS: Final = 6
_HEAD: Final = 72
_KEY: Final = re.compile(
    rb"(?i)(?<![\w.-])(?:level|lvl|severity|loglevel|log_level|log\.level)[\"']?\s?[=:]\s?[\"']?([a-z]{1,13})"
)
LEVEL_KEYS: Final = (
    *("level", "severity", "lvl", "loglevel", "log_level", "log.level", "levelname", "@l", "PRIORITY"),
    *("Level", "Severity", "severityText", "SeverityText"),
)


def level_of_line(line: bytes, start: int, *, letters: bool = False) -> int:
    """The bit of a line's level, 0 for none. ``start``: where the text after the time stamp begins.

    ``letters``: single letters are levels (Android).
    """
    head = line[start : start + _HEAD]
    if _BAR in head:
        head = head.replace(b"|", b" ")
    if _BRACKET in head:
        head = head.replace(b"][", b"] [")
    tokens = head.split(None, _TOKENS)
    if not tokens:
        return 0
    if bit := _FIRST.get(tokens[0]):
        return bit
    if not _LEVEL_TOKENS.isdisjoint(tokens):
        for token in tokens[1:_TOKENS]:
            if bit := _ANYWHERE.get(token):
                return bit
    if letters:
        for token in tokens[:3]:
            if bit := _LETTERS.get(token) or (_LETTERS.get(token[:1]) if token[1:2] == b"/" else None):
                return bit
    if (found := _COMPOUND.match(head)) is not None:
        return level_of_mark(found[found.lastindex or 0])
    if _PERCENT in head and (found := _CISCO.search(head)) is not None:
        return level_of_mark(found[1])
    return Level.WARNING.bit if _ESXI in head else 0


def level_of_record(line: bytes, start: int, mark: bytes, *, letters: bool = False) -> int:
    """The same of a line with a stamp: a word or letter beside that outranks the text, a priority does not."""
    if mark and not mark.isdigit() and (bit := level_of_mark(mark)):
        return bit
    return level_of_line(line, start, letters=letters) or (level_of_mark(mark) if mark else 0)


def level_of_key(line: bytes) -> int:
    """The bit of ``level=error`` or ``"level": "error"`` in a line, 0 for none."""
    head = line[:512].lower()
    if head.find(b"evel") < 0 and head.find(b"lvl") < 0 and head.find(b"everity") < 0:
        return 0
    found = _KEY.search(line, 0, 512)
    return _BITS.get(found[1].decode("ascii").lower(), 0) if found else 0


def level_of_mark(mark: bytes) -> int:
    """The bit of a syslog priority (``34``), a letter (``I``), a sign of Redis or a word; 0 for none."""
    if mark.isdigit():
        return _SYSLOG[int(mark) & 7]
    return _LETTERS.get(mark) or _SIGNS.get(mark) or _BITS.get(mark.decode("ascii", "replace").lower(), 0)


def level_of_value(value: Any) -> int:
    """The bit of a JSON logger's level: a word, a syslog severity (0 to 7) or one of 10, 20 ... 60; 0 for none."""
    if isinstance(value, str):
        return _BITS.get(value.strip().lower(), 0) or (level_of_value(int(value)) if value in _DIGITS else 0)
    if isinstance(value, int) and not isinstance(value, bool):
        if 0 <= value < len(_SYSLOG):
            return _SYSLOG[value]
        return _NUMBERED.get(value // 10, 0) if value < 70 else 0
    return 0


_DIGITS: Final = frozenset("01234567")
_NUMBERED: Final = {
    1: Level.TRACE.bit,
    2: Level.DEBUG.bit,
    3: Level.INFO.bit,
    4: Level.WARNING.bit,
    5: Level.ERROR.bit,
    6: Level.CRITICAL.bit,
}
