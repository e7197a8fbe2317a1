# ruff: noqa: E501 - expressions are easier to read whole
"""Tables inside a document: Markdown, wikis, HTML, and what a database's client prints.

A heading says which columns hold secrets; it counts for the rows that begin within ``REACH`` bytes behind it.
"""

import re
from collections.abc import Iterator
from typing import Final

from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.names import Name, read_name
from siss.extract.secrets.unescape import unescape_entities
from siss.extract.secrets.values import is_chain, is_password, is_placeholder, is_random, is_reference

REACH: Final = 4096

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
    r"(?i)^(?!.*(?:hash|policy|length|type)).*(?:passw|passphrase|kennwort|mot de passe|contrase|senha|wachtwoord|^(?:\w+[ _-])?(?:pwd?|mdp)$|^pass$|secret|token|api[ _.-]?key)"
)
_ROW: Final = re.compile(rb"(?is)<tr\b[^<>]*>(.{0,4096}?)(?=</tr|<tr\b|</table)")
_CELL: Final = re.compile(rb"(?is)<(t[hd])\b[^<>]*>(.{0,512}?)(?=</t[hd]|<t[hd]\b|\Z)")
_TAGS: Final = re.compile(rb"<[^<>]*>")
_CORE: Final = re.compile(rb"(?s)(?:\s|<[^<>]*>)*(.*?)(?:\s|<[^<>]*>)*\Z")


def find_in_sheet(data: bytes, heading: int, start: int, end: int) -> Iterator[Candidate]:
    """The secrets from ``start`` to ``end`` in the rows under a proposed heading."""
    rows = _of_html(data, heading) if data.startswith(b"<", heading) else _of_text(data, heading)
    for candidate in rows:
        if start <= candidate.start < end and candidate.start - heading < REACH:
            yield candidate


def _of_text(data: bytes, heading: int) -> Iterator[Candidate]:
    stop = data.find(b"\n", heading, heading + REACH)
    if stop < 0:
        return
    headings = [_undressed(data, *span).decode("utf-8", "replace") for span in _cells(data, heading, stop)]
    secrets = _named(headings)
    if not secrets:
        return
    ruled = _RULED.match(data, heading)
    at = ruled.end() if ruled else stop + 1
    while at < min(len(data), heading + REACH):
        stop = data.find(b"\n", at)
        stop = len(data) if stop < 0 else stop
        if stop - at > REACH:
            return
        if _BETWEEN.fullmatch(data, at, stop):
            if not data[at:stop].strip():
                return
        else:
            cells = _cells(data, at, stop)
            if len(cells) < 2:
                return
            if len(cells) == len(headings):
                for number, name in secrets:
                    yield from _of_cell(data, *cells[number], name)
        at = stop + 1


def _of_html(data: bytes, heading: int) -> Iterator[Candidate]:
    begin = data.rfind(b"<tr", max(heading - 1024, 0), heading)
    if begin < 0 or data.find(b"</tr", begin, heading) >= 0:
        return
    secrets: list[tuple[int, Name]] = []
    count = 0
    for row in _ROW.finditer(data, begin, begin + REACH):
        cells = list(_CELL.finditer(data, *row.span(1)))
        if row.start() == begin:
            texts = [_TAGS.sub(b"", cell[2]).strip().decode("utf-8", "replace") for cell in cells]
            secrets, count = _named(texts), len(cells)
            if not secrets or cells[secrets[0][0]].start() != heading:
                return  # an earlier heading of this row was proposed, and did it
        elif len(cells) == count:
            for number, name in secrets:
                if (core := _CORE.match(data, *cells[number].span(2))) is not None:
                    yield from _of_cell(data, *core.span(1), name)


def _named(headings: list[str]) -> list[tuple[int, Name]]:
    if len(headings) < 2:
        return []
    names = ((number, read_name(_REMARK.sub("", heading).strip())) for number, heading in enumerate(headings))
    return [(number, name) for number, name in names if name is not None and _TELLING.search(name.text)]


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
