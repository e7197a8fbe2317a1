"""JSON Lines: each line a value. Loggers write them, so their times and levels are read where they stand."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

import orjson

from siss.model.content import Section
from siss.model.text import Ledger, Window
from siss.parse.bad_records import BadRecords
from siss.parse.grouping import LONGEST_BYTES, Grouping
from siss.parse.levels import LEVEL_KEYS, level_of_line, level_of_mark, level_of_value
from siss.parse.lines import split_lines
from siss.parse.timestamps import TIME_KEYS, time_of_value

_MISSING: Final = object()
_HEAD: Final = 100
"""Characters of a wrapped line in which its level is looked for."""

_BEYOND: Final = re.compile(rb"NaN|Infinity|\\u[dD]|[\[{]{2}|\d{19}")


class JsonLinesParser:
    """Sections of whole lines, with times and levels. Lines that are no JSON make one gap, which loses nothing."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._grouping = Grouping()
        self._bad = BadRecords("lines are not JSON")
        self._end = 0
        self._line = 0
        self._mid_line = False

    def feed(self, window: Window) -> Iterable[Section]:
        """The sections that are complete with this window."""
        sections: list[Section] = []
        grouping = self._grouping
        at = window.start
        lines, whole = split_lines(window)
        last = len(lines) - 1
        for index, line in enumerate(lines):
            # A line longer than a window comes in parts, and is not looked into.
            part = self._mid_line or (index == last and not whole and not window.final)
            time_us, mask = None, 0
            if not self._mid_line:
                self._line += 1
            if not part and line.strip():
                time_us, mask, good = _facts(line)
                if not good:
                    self._bad.note(window, at, at + len(line), self._line)
            if not self._mid_line or grouping.overlong(at):
                done = grouping.begin(at, time_us, mask)
                if done is not None:
                    sections.append(done)
            self._mid_line = False
            at += len(line) + 1
        self._mid_line = not whole
        self._end = window.end
        return sections

    def close(self) -> Iterable[Section]:
        """The last section; notes the lines that did not parse."""
        self._bad.close(self._ledger)
        return self._grouping.end(self._end)


def _facts(line: bytes) -> tuple[int | None, int, bool]:
    """Time and level of a line, and whether it is JSON."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        # NaN, lone surrogates and deep nesting are more than orjson takes.
        if len(line) > LONGEST_BYTES or _BEYOND.search(line) is None:
            return None, 0, False
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return None, 0, False
    return (*facts_of(value), True) if isinstance(value, dict) else (None, 0, True)


def facts_of(record: dict[str, Any]) -> tuple[int | None, int]:
    """Time and level of a log record by the keys that loggers use."""
    time_us: int | None = None
    mask = 0
    for key in TIME_KEYS:
        value = record.get(key, _MISSING)
        if value is not _MISSING and (time_us := time_of_value(value)) is not None:
            break
    for key in LEVEL_KEYS:
        value = record.get(key, _MISSING)
        if value is not _MISSING and (mask := level_of_value(value)):
            break
    else:
        mask = _level_elsewhere(record)
    return time_us, mask


def _level_elsewhere(record: dict[str, Any]) -> int:
    """The level where ECS nests it, where MongoDB has a letter, and within the line that Docker wraps."""
    match record:
        case {"log": {"level": level}}:
            return level_of_value(level)
        case {"s": str(letter), "t": dict()}:
            return level_of_mark(letter[:1].encode("utf-8", "ignore"))
        case {"log": str(text), "stream": _}:
            return level_of_line(text[:_HEAD].encode("utf-8", "ignore"), 0)
    return 0
