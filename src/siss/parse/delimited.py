"""Delimited files: records are lines, but for line breaks in quotes.

A quote opens a field only at the field's beginning, so a stray one (5" disk) does not swallow the rows after it. One
that is never closed is given up after a while, and reading goes on by lines.
"""

import csv
import re
from collections.abc import Iterable
from typing import Final

from siss.model.content import Section
from siss.model.dialect import Dialect
from siss.model.text import Ledger, Window
from siss.parse.bad_records import BadRecords
from siss.parse.grouping import LONGEST_BYTES, Grouping
from siss.parse.lines import split_lines
from siss.possessive import compile_possessive

_RECORD_LINES: Final = 500
"""A quoted field that runs on for more lines was never closed."""


class DelimitedParser:
    """Sections of whole records.

    ``dialect``: as detection found it. Rows of another length than most, and quotes that are not closed, make one
    gap each, which lose nothing.
    """

    def __init__(self, dialect: Dialect, ledger: Ledger) -> None:
        delimiter, quote = re.escape(dialect.delimiter).encode(), re.escape(dialect.quote).encode()
        self._dialect = dialect
        self._delimiter, self._quote_byte = dialect.delimiter.encode(), ord(dialect.quote)
        inside = rb"(?:[^" + quote + rb"]|" + quote * 2 + rb")*+"
        self._fields = compile_possessive(rb"(?:^|" + delimiter + rb")\s{0,8}+" + quote + inside + quote)
        self._opening = re.compile(rb"(?:^|" + delimiter + rb")\s{0,8}+" + quote)
        self._closing = re.compile(inside + quote + rb"(?!" + quote + rb")")
        self._ledger = ledger
        self._grouping = Grouping()
        self._ragged = BadRecords(f"rows do not have {dialect.columns} fields")
        self._unclosed = BadRecords("quotes are not closed")
        self._end = 0
        self._line = 0
        self._mid_line = False
        self._open: tuple[Window, int, int] | None = None

    def feed(self, window: Window) -> Iterable[Section]:
        """The sections that are complete with this window."""
        sections: list[Section] = []
        at = window.start
        lines, whole = split_lines(window)
        last = len(lines) - 1
        for index, line in enumerate(lines):
            if not self._mid_line:
                self._line += 1
            if self._open is not None and self._given_up(at):
                self._unclosed.note(self._open[0], self._open[1], self._open[1] + 1, self._open[2])
                self._open = None
            if (self._open is None and not self._mid_line) or self._grouping.overlong(at):
                done = self._grouping.begin(at)
                if done is not None:
                    sections.append(done)
            # A line longer than a window comes in parts, whose fields are not counted.
            part = self._mid_line or (index == last and not whole and not window.final)
            self._take(line, window, at, whole=not part)
            self._mid_line = False
            at += len(line) + 1
        self._mid_line = not whole
        self._end = window.end
        return sections

    def close(self) -> Iterable[Section]:
        """The last section; notes the records that did not parse."""
        if self._open is not None:
            self._unclosed.note(self._open[0], self._open[1], self._open[1] + 1, self._open[2])
        self._ragged.close(self._ledger)
        self._unclosed.close(self._ledger)
        return self._grouping.end(self._end)

    def _given_up(self, at: int) -> bool:
        assert self._open is not None
        return at - self._open[1] > LONGEST_BYTES or self._line - self._open[2] > _RECORD_LINES

    def _take(self, line: bytes, window: Window, at: int, *, whole: bool) -> None:
        """Look at one line: whether it opens or closes quotes, and how many fields it has."""
        quoted = self._quote_byte in line
        if self._open is not None:
            closed = self._closing.match(line) if quoted else None
            if closed is None:
                return
            self._open = None
            line = line[closed.end() :]
            if self._opens(line):
                self._open = window, at, self._line
            return
        if not quoted:
            if not whole or not line.strip():
                return
            if line.count(self._delimiter) + 1 != self._dialect.columns and not line.startswith(b"#"):
                self._ragged.note(window, at, at + len(line), self._line)
        elif self._opens(line):
            self._open = window, at, self._line
        elif whole and self._count(line) != self._dialect.columns:
            self._ragged.note(window, at, at + len(line), self._line)

    def _opens(self, line: bytes) -> bool:
        """Whether a field is open at the line's end."""
        if self._quote_byte not in line:
            return False
        return self._opening.search(self._fields.sub(b"", line)) is not None

    def _count(self, line: bytes) -> int:
        if len(line) > LONGEST_BYTES:
            return self._dialect.columns
        reader = csv.reader([line.decode("utf-8")], delimiter=self._dialect.delimiter, quotechar=self._dialect.quote)
        try:
            return len(next(reader))
        except (csv.Error, StopIteration):
            return 0
