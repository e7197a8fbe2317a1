"""Logs: a record is a line that begins with a time stamp or a level, and the lines that go on with it."""

import re
import time
from collections.abc import Iterable
from typing import Final

from siss.model.content import Section
from siss.model.text import Window
from siss.parse.grouping import Grouping
from siss.parse.levels import level_of_key, level_of_line, level_of_record
from siss.parse.lines import split_lines
from siss.parse.timestamps import StampReader

_HEAD: Final = 24
"""Bytes at the beginning of a line without a stamp in which a level says that a record begins."""

_CLOCK: Final = re.compile(rb"\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?[ ]")


class LogParser:
    """Sections of whole records, with the least and greatest time and the levels in each.

    ``file_us``: when the file was last changed, in microseconds since the epoch, for stamps that name no year;
    now, where it is not known. A line without a time has that of the record it goes on with.
    """

    def __init__(self, file_us: int | None = None) -> None:
        self._stamps = StampReader(time.time_ns() // 1000 if file_us is None else file_us)
        self._grouping = Grouping()
        self._time: int | None = None
        self._mask = 0
        self._end = 0
        self._mid_line = False

    def feed(self, window: Window) -> Iterable[Section]:
        """The sections that are complete with this window."""
        sections: list[Section] = []
        grouping, read = self._grouping, self._stamps.read
        data, at = window.data, window.start
        keyed = b"evel" in data or b"lvl" in data or b"everity" in data
        lines, whole = split_lines(window)
        now, mask = self._time, self._mask
        # Of records that join the section that is open, which are most, only these are kept.
        room, first, last, seen = grouping.room, None, None, 0
        for line in lines:
            begins = True
            if self._mid_line:
                begins = self._mid_line = False
            elif (stamp := read(line)) is not None:
                now, end, mark = stamp
                mask = level_of_record(line, end, mark, letters=self._stamps.letters)
                if not mask and keyed:
                    mask = level_of_key(line)
            elif found := level_of_line(line[: _HEAD + (begin := _after_clock(line))], begin) or (
                level_of_key(line) if keyed else 0
            ):
                mask = found
            else:
                # Without stamps every line is a record of its own, unless it is indented.
                begins = now is None and not line.startswith((b" ", b"\t"))
            if begins and at < room:
                seen |= mask
                if now is not None:
                    if first is None or last is None:
                        first = last = now
                    elif now < first:
                        first = now
                    elif now > last:
                        last = now
            elif begins or grouping.overlong(at):
                grouping.join(first, last, seen)
                first, last, seen = None, None, 0
                done = grouping.begin(at, now, mask)
                if done is not None:
                    sections.append(done)
                room = grouping.room
            at += len(line) + 1
        grouping.join(first, last, seen)
        self._time, self._mask = now, mask
        self._mid_line = not whole
        self._end = window.end
        return sections

    def close(self) -> Iterable[Section]:
        """The last section."""
        return self._grouping.end(self._end)


def _after_clock(line: bytes) -> int:
    """Where the text begins of a line that names a time but no day."""
    clock = _CLOCK.match(line) if line[:2].isdigit() or line[:1] == b"[" else None
    return 0 if clock is None else clock.end()
