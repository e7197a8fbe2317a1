"""Columns of a table that hold secrets: exports of password managers, users of a service.

The first line of a text says which columns those are; from then on each row is looked at by itself. A quoted cell may
go on in the lines below: then the line that ends it has the last columns, if these are as many as the row lacks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.names import TELLING_HEADINGS, Name, read_name
from siss.extract.secrets.values import is_password, is_phrase, is_placeholder, is_random, is_reference

LONGEST_HEADER: Final = 4096

_DELIMITERS: Final = (b"\t", b";", b",", b"|")
_HEADING: Final = re.compile(rb"[A-Za-z_\x80-\xff][\w .#()/\x80-\xff-]{0,59}")

_SEP: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?sep=.\r?\n")
"""As Excel writes it, and takes it for a setting."""

_TELLING: Final = re.compile(
    rf"(?i)^(?!.*hash).*(?:{TELLING_HEADINGS}|psk$|^(?:\w+[ _-])?pwd$"
    r"|secret|(?:access|private|auth|api)[ _.-]?key"
    r"|(?:^|access|private|auth|api|admin|bearer|bot|deploy|device|oauth|personal|push|refresh|service|session|user)"
    r"[ _.-]?token$)"
)
"""Measurements have ``test_pass`` and ``page_token``, too: a heading must say more than a key does."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Those of a table that hold secrets. ``secrets``: number of the column, from 0, and what its name says."""

    delimiter: bytes
    count: int
    secrets: tuple[tuple[int, Name], ...]

    def find(self, data: bytes, start: int, end: int, longest: int) -> Iterator[Candidate]:
        """The secrets of the rows that begin from ``start`` to ``end``, but of none longer than ``longest``."""
        at = start if start == 0 or data[start - 1] == 0x0A else data.find(b"\n", start, end) + 1 or end
        while at < end:
            stop = data.find(b"\n", at, at + longest + 1)
            if stop < 0:
                stop = len(data)
            if stop - at <= longest:
                yield from self._of_row(data, at, stop)
            at = stop + 1

    def _of_row(self, data: bytes, start: int, end: int) -> Iterator[Candidate]:
        cells, is_open = _split(data[start:end].rstrip(b"\r"), self.delimiter)
        first = 0
        if len(cells) != self.count:
            first, ending = self._end_of_row(data, start, end)
            if ending or not is_open or len(cells) > self.count:
                cells = ending
        for number, name in self.secrets:
            if not first <= number < first + len(cells):
                continue
            at, stop = cells[number - first]
            value = data[start + at : start + stop].replace(b'""', b'"')
            if value.strip().lower() == name.text.lower().encode():
                continue  # the heading, which may stand there again
            if _is_secret(name, value):
                rule = "password" if name.password else "secret-key"
                yield Candidate(rule, start + at, start + stop, value)

    def _end_of_row(self, data: bytes, start: int, end: int) -> tuple[int, list[tuple[int, int]]]:
        """The cells of a line behind the one that it ends, and the number of the first of them; none of another line.

        That one was opened in the line that has the quote before.
        """
        closing = data.find(b'"', start, end)
        while closing >= 0 and data[closing + 1 : closing + 2] == b'"':
            closing = data.find(b'"', closing + 2, end)
        least = max(start - LONGEST_HEADER, 0)
        opening = data.rfind(b'"', least, start)
        while opening > least and data[opening - 1 : opening] == b'"':
            opening = data.rfind(b'"', least, opening - 1)
        if closing < 0 or opening < 0 or data[closing + 1 : closing + 2] != self.delimiter:
            return 0, []
        behind = closing + 2
        cells, is_open = _split(data[behind:end].rstrip(b"\r"), self.delimiter)
        row, was_open = _split(data[data.rfind(b"\n", least, opening) + 1 : opening + 1], self.delimiter)
        whole = len(row) + len(cells)
        if not was_open or whole > self.count or (whole < self.count and not is_open):
            return 0, []
        return len(row), [(behind - start + at, behind - start + stop) for at, stop in cells]


def end_of_header(data: bytes) -> int:
    """Behind the first line, and behind the second where the first one only names the delimiter; 0: not there yet."""
    end = data.find(b"\n", 0, LONGEST_HEADER) + 1
    return data.find(b"\n", end, LONGEST_HEADER) + 1 if _SEP.fullmatch(data, 0, end) else end


def read_header(line: bytes) -> Columns | None:
    """What the first line of a text says of the rows below; None if it is no header, or names no secret."""
    line = _SEP.sub(b"", line.removeprefix(b"\xef\xbb\xbf"), 1).rstrip(b"\r\n")
    if not 0 < len(line) <= LONGEST_HEADER:
        return None
    for delimiter in _DELIMITERS:
        if delimiter not in line:
            continue
        cells, is_open = _split(line, delimiter)
        headings = [line[start:end].strip() for start, end in cells]
        if (
            is_open
            or len(list(filter(None, headings))) < 2
            or not all(map(_HEADING.fullmatch, filter(None, headings)))
        ):
            return None
        names = ((number, read_name(heading.decode("utf-8", "replace"))) for number, heading in enumerate(headings))
        secrets = tuple((number, name) for number, name in names if name is not None and _TELLING.search(name.text))
        return Columns(delimiter, len(cells), secrets) if secrets else None
    return None


def _is_secret(name: Name, value: bytes) -> bool:
    text = value.decode("utf-8", "replace").strip()
    if is_placeholder(text) or is_reference(text):
        return False
    if not name.password:
        return is_random(text)
    return is_password(text, config=True) or (" " in text and is_phrase(text, digits=True))


def _split(line: bytes, delimiter: bytes) -> tuple[list[tuple[int, int]], bool]:
    """The spans of the cells of a row, without quotes, and whether the last one goes on in the next line."""
    cells: list[tuple[int, int]] = []
    at = 0
    while True:
        if line[at : at + 1] == b'"':
            end = at + 1
            while (end := line.find(b'"', end)) >= 0 and line[end + 1 : end + 2] == b'"':
                end += 2
            if end < 0:
                cells.append((at + 1, len(line)))
                return cells, True
            cells.append((at + 1, end))
            end += 1
        else:
            end = line.find(delimiter, at)
            end = len(line) if end < 0 else end
            cells.append((at, end))
        if line[end : end + 1] != delimiter:
            return cells, False
        at = end + 1
