# ruff: noqa: E501 - expressions are easier to read whole
"""Dumps of databases: the rows of ``INSERT`` and ``COPY`` by the names of their columns.

A statement may go on for megabytes, so what it said of its columns is remembered from piece to piece. Offsets that are
remembered count from the beginning of the text.
"""

import re
from bisect import bisect_right
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

from siss.extract.secrets.candidate import Candidate, NeedsMore
from siss.extract.secrets.names import Name, read_name
from siss.extract.secrets.piece import Piece
from siss.extract.secrets.values import is_password, is_phrase, is_placeholder, is_random, is_reference
from siss.possessive import compile_possessive

HINT: Final = rb"(?i:\b(?:insert|replace)[ \t]+(?:ignore[ \t]+)?into[ \t]|\bcreate[ \t]+table[ \t]|\bcopy[ \t]+\S+[ \t]*\([^\n()]*\)[ \t]+from[ \t]+stdin)"

_MOST_TABLES: Final = 1000
_MOST_COLUMNS: Final = 2000
_LONGEST_HEADING: Final = 8192
_LONGEST_ROW: Final = 1 << 16
_IDENTIFIER: Final = rb"[`\"\[]?([\w$-]+)[`\"\]]?"
_TARGET: Final = rb"(?:" + _IDENTIFIER.replace(b"(", b"(?:") + rb"\.){0,2}" + _IDENTIFIER
_STATEMENT: Final = re.compile(
    rb"(?i)(?P<insert>(?:insert|replace)[ \t]+(?:ignore[ \t]+)?into)[ \t]+" + _TARGET + rb"[ \t]*(?:\(([^()]{1,4000})\)\s*)?(?:overriding \w+ value\s+)?values?\s*(?=\()"
    rb"|(?P<copy>copy)[ \t]+" + _TARGET + rb"[ \t]*\(([^\n()]{1,4000})\)[ \t]+from[ \t]+stdin[^\n]*\n"
    rb"|create[ \t]+table[ \t]+(?:if[ \t]+not[ \t]+exists[ \t]+)?" + _TARGET + rb"\s*\("
)  # fmt: skip
_COLUMN: Final = re.compile(
    rb"\s*[`\"\[]?([\w$-]+)[`\"\]]?(?=[\s,)])((?:[^(),'\"]|'(?:[^'\\]|\\.|'')*'|\"[^\"]*\"|\([^()]*\)){0,400})(,|\))"
)
_NO_COLUMNS: Final = frozenset(
    {b"primary", b"key", b"unique", b"constraint", b"foreign", b"index", b"fulltext", b"check", b"exclude"}
)
_CELL: Final = compile_possessive(
    rb"\s*(?:[NEXxn]?'((?:[^'\\]|\\.|'')*+)'|\"((?:[^\"\\]|\\.|\"\")*+)\"|([^,()'\"]*+(?:\([^()]*\))?[^,()'\"]*+))\s*([,)])",
    re.DOTALL,
)
_NEXT: Final = re.compile(rb"\s*,?\s*(?=\()")
_HASHED: Final = re.compile(r"(?i)(?:pass\w*|pwd?)_?(?:hash|digest|md5|sha\d*|crypt\w*)")


@dataclass(frozen=True, slots=True)
class _Rows:
    """A statement that is open. ``secrets``: numbers of columns, from 0, and what their names say."""

    tabbed: bool
    secrets: tuple[tuple[int, Name], ...]


class Dump:
    """What a text that is read in order has said of its tables."""

    def __init__(self) -> None:
        self.used = False
        """Whether anything is remembered: then the text below cannot be read by itself."""
        self._tables: dict[bytes, tuple[tuple[int, Name], ...]] = {}
        self._marks: list[tuple[int, int, _Rows | None]] = [(-1, -1, None)]
        """Where a statement or a row of one begins, where to go on from there, and the statement."""

    def is_open(self, at: int) -> bool:
        """Whether a statement was left open at an offset of the text."""
        return self.used and self._mark(at)[2] is not None

    def find(self, piece: Piece, headings: Iterator[int]) -> Iterator[Candidate]:
        """The secrets of the rows of a piece. ``headings``: where statements may begin, in order.

        Raises ``NeedsMore`` with the offset of a statement or row whose end has not come.
        """
        begin = piece.base + piece.start
        _, resume, rows = mark = self._mark(begin)
        if resume < piece.base:  # a row longer than what is kept of the text: the one behind it is next
            mark = next((later for later in self._marks if later[0] > begin), (begin, begin, None))
            _, resume, rows = mark
        self._marks = [mark]
        at = piece.start
        if rows is not None:
            at = yield from self._rows(piece, resume - piece.base, rows)
        for heading in headings:
            if heading < max(at, piece.start):
                continue
            found = _STATEMENT.match(piece.data, heading)
            if found is not None:
                at = yield from self._begin(piece, found)
            elif not piece.final and len(piece.data) - heading < _LONGEST_HEADING:
                raise NeedsMore(heading)

    def _mark(self, at: int) -> tuple[int, int, _Rows | None]:
        return self._marks[max(bisect_right(self._marks, at, key=lambda mark: mark[0]) - 1, 0)]

    def _begin(self, piece: Piece, found: re.Match[bytes]) -> Generator[Candidate, None, int]:
        tabbed = found["copy"] is not None
        table, columns = (found[5], found[6]) if tabbed else (found[2], found[3])
        if not tabbed and found["insert"] is None:
            self._create(piece, found)
            return found.end()
        secrets = _named(columns.split(b",")) if columns else self._tables.get(table.lower(), ())
        if not secrets:
            return found.end()
        rows = _Rows(tabbed, secrets)
        self.used = True
        self._marks.append((piece.base + found.start(), piece.base + found.end(), rows))
        return (yield from self._rows(piece, found.end(), rows))

    def _create(self, piece: Piece, found: re.Match[bytes]) -> None:
        table, at = found[7], found.end()
        columns: list[bytes] = []
        while (column := _COLUMN.match(piece.data, at, at + 4096)) is not None and len(columns) < _MOST_COLUMNS:
            if column[1].lower() not in _NO_COLUMNS:
                columns.append(column[1])
            at = column.end()
            if column[3] == b")":
                break
        else:
            if not piece.final and len(piece.data) - at < 4096:
                raise NeedsMore(found.start())
        secrets = _named(columns)
        if secrets and len(self._tables) < _MOST_TABLES:
            self._tables[table.lower()] = secrets
            self.used = True

    def _rows(self, piece: Piece, at: int, rows: _Rows) -> Generator[Candidate, None, int]:
        """Go through rows until one begins behind the end. Gives where it stopped."""
        data, base = piece.data, piece.base
        read = _read_line if rows.tabbed else _read_tuple
        while at < piece.end:
            if base + at > self._marks[-1][0]:
                self._marks.append((base + at, base + at, rows))
            row = read(data, at)
            if row is None:
                if not piece.final and _may_go_on(data, at, tabbed=rows.tabbed):
                    raise NeedsMore(at)
                self._marks.append((base + at, base + at, None))
                return at
            cells, at = row
            for number, name in rows.secrets:
                if number < len(cells) and piece.start <= cells[number][0] < piece.end:
                    yield from _of_cell(data, *cells[number], name, tabbed=rows.tabbed)
        self._marks.append((base + at, base + at, rows))
        return at


def _may_go_on(data: bytes, at: int, *, tabbed: bool) -> bool:
    """Whether the text ends inside a row, or where one may begin."""
    if len(data) - at >= _LONGEST_ROW:
        return False
    if tabbed:
        return not data.startswith(b"\\.", at)
    return _NEXT.match(data, at) is not None or not data[at:].strip(b", \t\r\n")


def _named(columns: list[bytes]) -> tuple[tuple[int, Name], ...]:
    found = []
    for number, column in enumerate(columns):
        text = column.strip().strip(b'`"[]').decode("utf-8", "replace")
        name = Name(text, password=True) if _HASHED.search(text) else read_name(text)
        if name is not None and not name.salt:
            found.append((number, name))
    return tuple(found)


def _read_tuple(data: bytes, at: int) -> tuple[list[tuple[int, int]], int] | None:
    opening = _NEXT.match(data, at)
    if opening is None:
        return None
    at, cells = opening.end() + 1, list[tuple[int, int]]()
    limit = min(len(data), at + _LONGEST_ROW)
    while (cell := _CELL.match(data, at, limit)) is not None:
        cells.append(cell.span(1) if cell[1] is not None else cell.span(2) if cell[2] is not None else (at, at))
        at = cell.end()
        if cell[4] == b")":
            return cells, at
    return None


def _read_line(data: bytes, at: int) -> tuple[list[tuple[int, int]], int] | None:
    stop = data.find(b"\n", at, at + _LONGEST_ROW)
    if stop < 0 or data.startswith(b"\\.", at):
        return None
    cells = []
    while (tab := data.find(b"\t", at, stop)) >= 0:
        cells.append((at, tab))
        at = tab + 1
    return [*cells, (at, stop)], stop + 1


def _of_cell(data: bytes, start: int, end: int, name: Name, *, tabbed: bool) -> Iterator[Candidate]:
    raw = data[start:end]
    if not 4 <= len(raw) <= 4096 or b"\xc2\xabsecret:" in raw or (tabbed and raw == b"\\N"):
        return
    value = raw.replace(b"''", b"'").replace(b"\\'", b"'")
    text = value.decode("utf-8", "replace")
    if is_placeholder(text) or is_reference(text):
        return
    if name.password:
        if not is_password(text, config=True) and not (" " in text and is_phrase(text, digits=True)):
            return
    elif not is_random(text):
        return
    yield Candidate("password" if name.password else "secret-key", start, end, value)
