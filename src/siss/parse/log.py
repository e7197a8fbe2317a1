"""Logs: a record is a line that begins with a time stamp or a level, and the lines that go on with it."""

import time
from collections.abc import Iterable

from siss.model.content import Section
from siss.model.text import Window
from siss.parse.grouping import Grouping
from siss.parse.levels import level_of_key, level_of_line, level_of_mark
from siss.parse.lines import split_lines
from siss.parse.timestamps import StampReader


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
        grouping, stamps = self._grouping, self._stamps
        data, at = window.data, window.start
        keyed = b"evel" in data or b"lvl" in data or b"everity" in data
        lines, whole = split_lines(window)
        for line in lines:
            begins = True
            if self._mid_line:
                begins = self._mid_line = False
            elif stamp := stamps.read(line):
                self._time = stamp.time_us
                mask = level_of_line(line, stamp.end, letters=stamps.letters)
                if not mask and stamp.mark:
                    mask = level_of_mark(stamp.mark)
                self._mask = mask or (level_of_key(line) if keyed else 0)
            elif mask := level_of_line(line[:24], 0) or (level_of_key(line) if keyed else 0):
                self._mask = mask
            else:
                # Without stamps every line is a record of its own, unless it is indented.
                begins = self._time is None and not line.startswith((b" ", b"\t"))
            if begins or grouping.overlong(at):
                done = grouping.begin(at, self._time, self._mask)
                if done is not None:
                    sections.append(done)
            at += len(line) + 1
        self._mid_line = not whole
        self._end = window.end
        return sections

    def close(self) -> Iterable[Section]:
        """The last section."""
        return self._grouping.end(self._end)
