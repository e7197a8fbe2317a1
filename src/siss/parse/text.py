"""Freeform text: paragraphs, parted by blank lines."""

from collections.abc import Iterable
from typing import Final

from siss.model.content import Section
from siss.model.text import Window
from siss.possessive import compile_possessive

PARAGRAPH_LINES: Final = 100
"""A paragraph of more lines is cut."""

# The blank lines belong to the paragraph before them. Most text has neither form feeds nor bare carriage returns, and
# a pattern that begins with one fixed character is looked for forty times as fast.
_BLANK_LINES: Final = compile_possessive(rb"\n[ \t\r\f]*+\n(?:[ \t\r\f]*+\n)*+")
_BREAK: Final = compile_possessive(_BLANK_LINES.pattern + rb"|\r\r+|\f")


class TextParser:
    """Sections of one paragraph each. Keeps offsets only."""

    def __init__(self) -> None:
        self._start = 0
        self._lines = 0
        self._end = 0
        self._begun = False

    def feed(self, window: Window) -> Iterable[Section]:
        """The paragraphs that are complete with this window."""
        if not self._begun:
            self._start, self._begun = window.start, True
        sections: list[Section] = []
        data, at = window.data, 0
        breaks = _BREAK if b"\f" in data or b"\r\r" in data else _BLANK_LINES
        for found in breaks.finditer(data):
            self._advance(data, at, found.end(), window.start, sections)
            at = found.end()
            self._cut(window.start + at, sections)
        self._advance(data, at, len(data), window.start, sections)
        self._end = window.end
        return sections

    def close(self) -> Iterable[Section]:
        """The last paragraph."""
        sections: list[Section] = []
        self._cut(self._end, sections)
        return sections

    def _advance(self, data: bytes, start: int, end: int, base: int, sections: list[Section]) -> None:
        """Take lines into the paragraph, cutting it where it has too many."""
        lines = data.count(b"\n", start, end)
        while self._lines + lines > PARAGRAPH_LINES:
            for _ in range(PARAGRAPH_LINES - self._lines):
                start = data.find(b"\n", start, end) + 1
                lines -= 1
            self._cut(base + start, sections)
        self._lines += lines

    def _cut(self, end: int, sections: list[Section]) -> None:
        if end > self._start:
            sections.append(Section(self._start, end))
        self._start, self._lines = end, 0
