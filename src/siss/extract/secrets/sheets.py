# ruff: noqa: E501 - expressions are easier to read whole
"""Tables inside a document: Markdown, wikis, HTML, and what a database's client prints.

A heading says which columns hold secrets. A table may go on for megabytes, so what its heading said is remembered from
piece to piece, as offsets that count from the beginning of the text.
"""

import re
from bisect import bisect_right
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

from siss.extract.secrets.candidate import Candidate, NeedsMore
from siss.extract.secrets.names import TELLING_HEADINGS, Name, read_name
from siss.extract.secrets.piece import Piece
from siss.extract.secrets.unescape import unescape_entities
from siss.extract.secrets.values import is_chain, is_password, is_placeholder, is_random, is_reference

_LONGEST_ROW: Final = 4096
_LONGEST_TAG: Final = 1024

_WORD: Final = rb"passwor[dt]|passwd|passphrase|kennwort|mot de passe|contrase|senha|wachtwoord|\bpwd?\b|\bmdp\b|\bpass\b|secret|token|api[ _-]?key"
HINT: Final = (
    rb"(?im:^[^\n]*(?:" + _WORD + rb")[^\n]*\r?\n[ \t]*[|+]?[ \t]*:?--+[-:|+ \t=]*[|+][-:|+ \t=]*\r?$)"
    rb"|(?im:^[ \t]*(?:\^|\|\||!)[^\n]*(?:" + _WORD + rb"))"
    rb"|(?i:<th[^<>]*>[^<>]*(?:" + _WORD + rb"))"
)
"""Proposes a heading: it begins at the first byte of its line, or with ``<th``."""
NEAR: Final = (
    rb"(?i:(?:[|^]|![ \t]|<th[^<>]*>)[ \t*`]*(?:[\w-]+[ _-])?(?:"
    + _WORD
    + rb")|(?:"
    + _WORD
    + rb")[ \w)(/`*.-]*(?:[|^]|!!|</th))"
)
"""Part of a heading. Without it near by, none needs to be looked for."""
SIGNS: Final = (b"|", b"^", b"<")
"""One of them stands in every heading. They are single bytes: a look for them costs next to nothing."""

_RULED: Final = re.compile(rb"[^\n]*\n[ \t]*[|+]?[ \t]*:?--+[-:|+ \t=]*[|+][-:|+ \t=]*(?:\r?\n|\Z)")
_BARS: Final = re.compile(rb"\|\|?|\^|!!?")
_LEADING: Final = re.compile(rb"[ \t]*(?:\|\|?|\^|!)?")
_TRAILING: Final = re.compile(rb"[ \t]*(?:\|\|?|\^)?[ \t]*\r?\Z")
_BETWEEN: Final = re.compile(rb"[ \t]*(?:\|-[^\n]*|[-+|:= \t]*)\r?\Z")
_DRESSED: Final = re.compile(rb"\A[\s`*_\"']*|[\s`*_\"']*\Z")
_REMARK: Final = re.compile(r"\(.*?\)")
_TELLING: Final = re.compile(
    rf"(?i)^(?!.*(?:hash|policy|length|type)).*(?:{TELLING_HEADINGS}|^(?:\w+[ _-])?(?:pwd?|mdp)$|secret|token|api[ _.-]?key)"
)
_ROW_OR_END: Final = re.compile(rb"(?i)<tr\b|</table\b")
_ROW: Final = re.compile(rb"(?is)<tr\b[^<>]*>(.{0,4096}?)(?=</tr|<tr\b|</table)")
_CELL: Final = re.compile(rb"(?is)<(t[hd])\b[^<>]*>(.{0,512}?)(?=</t[hd]|<t[hd]\b|\Z)")
_TAGS: Final = re.compile(rb"<[^<>]*>")
_CORE: Final = re.compile(rb"(?s)(?:\s|<[^<>]*>)*(.*?)(?:\s|<[^<>]*>)*\Z")


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that is open. ``count``: of its columns; ``secrets``: their numbers, from 0, and what their names say."""

    html: bool
    count: int
    secrets: tuple[tuple[int, Name], ...]


class Sheets:
    """The table that a text is in, as far as it was read."""

    def __init__(self) -> None:
        self.used = False
        """Whether there was any: then the text below cannot be read by itself."""
        self._marks: list[tuple[int, int, _Table | None]] = [(-1, -1, None)]
        """Where a heading or a row begins, where to go on from there, and the table."""

    def is_open(self, at: int) -> bool:
        """Whether a table goes on at an offset of the text."""
        return self.used and self._mark(at)[2] is not None

    def find(self, piece: Piece, headings: Iterator[int]) -> Iterator[Candidate]:
        """The secrets of the rows of a piece. ``headings``: where one may begin, in order.

        Raises ``NeedsMore`` with the offset of a row whose end has not come.
        """
        _, resume, table = mark = self._mark(piece.base + piece.start)
        self._marks = [mark]
        at = piece.start if table is None else max(resume - piece.base, 0)
        for heading in (*headings, piece.end):
            if heading < max(at, piece.start):
                continue
            if table is not None:
                at, table = yield from self._rows(piece, at, heading, table)
            if at <= heading < piece.end and (opened := _read_heading(piece, heading)) is not None:
                table, at = opened
                self.used = True
                self._marks.append((piece.base + heading, piece.base + at, table))

    def _mark(self, at: int) -> tuple[int, int, _Table | None]:
        return self._marks[max(bisect_right(self._marks, at, key=lambda mark: mark[0]) - 1, 0)]

    def _rows(
        self, piece: Piece, at: int, end: int, table: _Table
    ) -> Generator[Candidate, None, tuple[int, _Table | None]]:
        """Go through rows until one begins behind an end. Gives where it stopped, and the table if it goes on."""
        read = _read_html_row if table.html else _read_row
        while at < end:
            row = read(piece, at)
            begin = at if row is None else row[0]
            self._marks.append((piece.base + begin, piece.base + begin, None if row is None else table))
            if row is None:
                return at, None
            _, cells, at = row
            for number, name in table.secrets if len(cells) == table.count else ():
                for candidate in _of_cell(piece.data, *cells[number], name):
                    if piece.start <= candidate.start < piece.end:
                        yield candidate
        return at, table


_Row = tuple[int, list[tuple[int, int]], int]
"""Where a row begins, its cells, and what is behind it."""


def _read_heading(piece: Piece, heading: int) -> tuple[_Table, int] | None:
    """The table that a proposed heading begins, and where its rows do."""
    data = piece.data
    if data.startswith(b"<", heading):
        return _read_html_heading(piece, heading)
    stop = data.find(b"\n", heading, heading + _LONGEST_ROW)
    if stop < 0:
        return None
    headings = [_undressed(data, *span).decode("utf-8", "replace") for span in _cells(data, heading, stop)]
    secrets = _named(headings)
    ruled = _RULED.match(data, heading)
    return (_Table(False, len(headings), secrets), ruled.end() if ruled else stop + 1) if secrets else None


def _read_row(piece: Piece, at: int) -> _Row | None:
    """A line of a table, or of what stands between its rows; None: it has ended."""
    data = piece.data
    stop = data.find(b"\n", at, at + _LONGEST_ROW)
    if stop < 0:
        stop = len(data)
    if stop - at > _LONGEST_ROW:
        return None
    if _BETWEEN.fullmatch(data, at, stop):
        return (at, [], stop + 1) if data[at:stop].strip() else None
    cells = _cells(data, at, stop)
    return (at, cells, stop + 1) if len(cells) > 1 else None


def _read_html_heading(piece: Piece, heading: int) -> tuple[_Table, int] | None:
    data = piece.data
    begin = data.rfind(b"<tr", max(heading - _LONGEST_TAG, 0), heading)
    if begin < 0 or data.find(b"</tr", begin, heading) >= 0:
        return None
    row = _html_row(piece, begin)
    if row is None:
        return None
    cells = list(_CELL.finditer(data, *row.span(1)))
    secrets = _named([_TAGS.sub(b"", cell[2]).strip().decode("utf-8", "replace") for cell in cells])
    return (_Table(True, len(cells), secrets), row.end()) if secrets else None


def _read_html_row(piece: Piece, at: int) -> _Row | None:
    """The next row; None: the table ends before it, or another heading comes. An empty one where the piece ends."""
    data = piece.data
    found = _ROW_OR_END.search(data, at, min(piece.end + len(b"</table"), len(data)))
    if found is None or found.start() >= piece.end:
        return max(at, piece.end), [], max(at, piece.end)
    if found[0].startswith(b"</"):
        return None
    row = _html_row(piece, found.start())
    if row is None:
        return found.start(), [], found.end()
    cells = list(_CELL.finditer(data, *row.span(1)))
    if cells and all(cell[1].lower() == b"th" for cell in cells):
        return None
    cores = (_CORE.match(data, *cell.span(2)) for cell in cells)
    return found.start(), [core.span(1) for core in cores if core is not None], row.end()


def _html_row(piece: Piece, at: int) -> re.Match[bytes] | None:
    row = _ROW.match(piece.data, at)
    if row is None and not piece.final and len(piece.data) - at < _LONGEST_ROW + _LONGEST_TAG:
        raise NeedsMore(at)
    return row


def _named(headings: list[str]) -> tuple[tuple[int, Name], ...]:
    if len(headings) < 2:
        return ()
    names = ((number, read_name(_REMARK.sub("", heading).strip())) for number, heading in enumerate(headings))
    return tuple((number, name) for number, name in names if name is not None and _TELLING.search(name.text))


def _cells(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    lead = _LEADING.match(data, start, end)
    at = lead.end() if lead else start
    trail = _TRAILING.search(data, at, end)
    end = trail.start() if trail else end
    cells = []
    for bar in _BARS.finditer(data, at, end):
        if bar[0] == b"!" or (bar[0] == b"^" and data[start : start + 1] != b"^"):
            continue
        cells.append((at, bar.start()))
        at = bar.end()
    return [*cells, (at, end)]


def _undressed(data: bytes, start: int, end: int) -> bytes:
    return _DRESSED.sub(b"", data[start:end])


def _of_cell(data: bytes, start: int, end: int, name: Name) -> Iterator[Candidate]:
    raw = _undressed(data, start, end)
    if not raw or len(raw) > 512 or b" " in raw or b"\xc2\xabsecret:" in raw or b"<" in raw:
        return
    value = unescape_entities(raw)
    text = value.decode("utf-8", "replace")
    if is_placeholder(text) or is_reference(text):
        return
    if name.password:
        found = (
            (any(map(str.isdigit, text)) or is_chain(text) or is_random(text, least=10))
            and any(map(str.isalnum, text))
            and len(text) >= 6
        )
        if not found or not is_password(text, config=True):
            return
    elif not is_random(text):
        return
    at = data.index(raw, start, end)
    yield Candidate("password" if name.password else "secret-key", at, at + len(raw), value)
