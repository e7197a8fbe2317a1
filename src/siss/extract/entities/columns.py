"""Tables whose heads say what stands below: users, machines, databases and ports by their columns.

A cell tells nothing by itself (``gpu-a04``, ``xliang``). A head is a line of words with signs or gaps between
them, of which one says what its column names: of CSV, of W3C's logs, of Markdown, of what ``squeue`` prints.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Final

from siss.extract.entities.addresses import read_ipv4, read_port
from siss.extract.entities.findings import Kept, Told, found, keep, listed_bytes
from siss.extract.entities.hosts import read_dotted, read_named
from siss.extract.entities.names import read_name, read_user
from siss.matching import compile_matcher
from siss.model.entity import MAX_VALUE, Confidence, EntityType

_HOST, _USER, _DATABASE, _PORT = (
    EntityType.HOSTNAME,
    EntityType.USERNAME,
    EntityType.DATABASE,
    EntityType.PORT,
)
_HEADS: Final = {
    _HOST: "host hosts hostname host_name node nodename node_name nodelist nodelist(reason) server servername"
    " server_name"
    " computer computername computer_name machine machinename machine_name workstation workstation_name device_id"
    " device_name rechner rechnername exec_host from_host",
    _USER: "user username user_name benutzer benutzername login owner account_name samaccountname",
    _DATABASE: "database database_name datname db_name",
    _PORT: "port src_port dst_port source_port destination_port sport dport s_port d_port remote_port local_port",
}
_ROLE_OF: Final = {head.encode(): kind for kind, heads in _HEADS.items() for head in heads.split()}
_PREFIXED: Final = listed_bytes(
    "c cs s sc client server source src dest destination target remote local origin db job"
)
"""What may stand before the word of a head: ``client-hostname``."""

_ADDRESSES: Final = listed_bytes("ip ip_address ipaddress ip_addr ipv4 internal_ip adresse ip_adresse address")
_NAMES: Final = listed_bytes("name")
"""What a machine stands below, if another column has its address, and none is said to have machines."""

_WORDS: Final = (
    r"(?:[\w-]+[ _.-])?(?i:user(?:[ _-]?name)?|benutzer(?:name)?|login|owner|(?:sam)?account[ _-]?name"
    r"|(?:host|node|server|computer|machine|workstation|device|rechner)(?:[ _-]?name)?|device id"
    r"|nodelist(?:\(reason\))?|hosts|database(?:[ _-]name)?|datname|db_name|(?:[sd]|src_|dst_)?port"
    r"|ip|ipv4|ip[ _-]?add?ress?e?|adresse|address)"
)
_SIGN: Final = r"(?:[ ]?[,;\t|\"*]|  )[ ]*"
_UPPER: Final = r"[A-Z%#][A-Z0-9_/%()#@+-]*"
_LINE: Final = r"[\w ()%/.#@+|,;\t\"*-]*"
_HEAD: Final = compile_matcher(
    rf"(?m:^)(?:#Fields: |\xef\xbb\xbf)?(?:{_LINE}{_SIGN}{_WORDS}(?:{_SIGN}{_LINE})?|{_WORDS}{_SIGN}{_LINE})\r?(?m:$)"
    rf"|(?m:^)#Fields: [\w() -]+\r?(?m:$)"
    rf"|(?m:^)[ ]*(?:{_UPPER} +)*{_WORDS}(?: +{_UPPER})+[ \r]*(?m:$)"
)
_LONGEST: Final = 4000
"""Bytes of a head."""

_FIELDS: Final = b"#Fields: "
_MARK: Final = b"\xef\xbb\xbf"
_CELL: Final = re.compile(rb"\"?(?:[A-Za-z_#%][\w ()%/.#@+-]*)?\"?")
_GAPPED: Final = re.compile(rb"[^\s]+(?: [^\s]+)*")
_SPACED: Final = re.compile(rb"\S+")
_RULES: Final = frozenset(b"-=+| \t\r:")
_RULE: Final = re.compile(rb"[-=+| \t\r:]*")
_PLAIN: Final = re.compile(rb"[A-Za-z][\w.-]*[A-Za-z0-9]")
_TELLING: Final = re.compile(rb"[0-9-]")
_LOWER: Final = re.compile(rb"(?:[A-Za-z0-9.-]+\\)?[a-z_][a-z0-9._$@-]+")
_LOW_PORT: Final = 20
"""Ports below are as often those of a switch."""

_PLAINLY: Final = bytes(at if at < 128 else ord("x") for at in range(256))
"""Letters beyond ASCII as one of ASCII's: to allow them in the expression for heads cost a tenth of all scanning."""

_AROUND: Final = b' "`*\t\r'
"""What may stand around the name in a cell."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table name. ``sign`` separates them, and there are ``count``; without it they have gaps.

    ``roles``: by index, or by what the head's word spans in its line.
    """

    sign: bytes
    count: int
    roles: tuple[tuple[EntityType, int, int], ...]
    addresses: int | None


def read_head(line: bytes) -> Columns | None:
    """The columns that such a head tells of; None if none is said to name anything."""
    line = line.rstrip(b"\r\n")
    fields = line.startswith(_FIELDS)
    if len(line) > _LONGEST:
        return None
    if fields:
        line = line[len(_FIELDS) :]
        sign = next((one for one in (b",", b"\t") if one in line), b" ")
        return _columns_of(sign, [(cell, at, at) for at, cell in enumerate(line.strip().split(sign))])
    line = line.removeprefix(_MARK)
    if line.lstrip()[:1] == b"|" and line.count(b"|") > 2:
        return _columns_of(b"|", [(cell, at, at) for at, cell in enumerate(line.strip().split(b"|"))])
    sign = max((b",", b";", b"\t", b"|"), key=line.count)
    if line.count(sign) > 1:
        cells = line.split(sign)
        if not all(_CELL.fullmatch(cell.translate(_PLAINLY)) for cell in cells):
            return None
        return _columns_of(sign, [(cell, at, at) for at, cell in enumerate(cells)])
    words = (_SPACED if line.isupper() else _GAPPED).finditer(line)
    return _columns_of(b"", [(word.group(), *word.span()) for word in words])


def _columns_of(sign: bytes, cells: list[tuple[bytes, int, int]]) -> Columns | None:
    if len(cells) < 3:
        return None
    roles = []
    addresses = names = None
    for cell, start, end in cells:
        head = cell.strip(b' "*#').lower().replace(b" ", b"_").replace(b"-", b"_")
        kind = _ROLE_OF.get(head)
        if kind is None:
            first, _, rest = head.partition(b"_")
            kind = _ROLE_OF.get(rest) if first in _PREFIXED else None
        if kind is not None and (kind is not _PORT or sign):
            roles.append((kind, start, end))
        elif head in _ADDRESSES and addresses is None:
            addresses = start, end
        elif head in _NAMES and names is None:
            names = start, end
    if names and addresses and not any(kind is _HOST for kind, _, _ in roles):
        roles.append((_HOST, *names))
    if not roles:
        return None
    return Columns(
        sign, len(cells), tuple(sorted(roles, key=itemgetter(1))), addresses[0] if addresses and sign else None
    )


def find_columns(text: bytes, going: Columns | None = None) -> list[Told]:
    """What stands in tables with a head, in order. ``going``: of the table that the whole text is a piece of."""
    told: list[Told] = []
    if going is not None:
        _read_rows(text, 0, going, told, whole=True)
        return told
    reach = 0
    for match in _HEAD.finditer(text if text.isascii() else text.translate(_PLAINLY)):
        start, end = match.span()
        if start >= reach and (columns := read_head(text[start:end])) is not None:
            reach = _read_rows(text, end + 1, columns, told, whole=False)
    return told


def _read_rows(text: bytes, at: int, columns: Columns, told: list[Told], *, whole: bool) -> int:
    """Note what the rows from ``at`` on name; the offset where the table ends, before a line that is no row of it."""
    sign, count = columns.sign, columns.count
    for line in text[at:].split(b"\n"):
        if not line or (line[0] in _RULES and _RULE.fullmatch(line) is not None):
            if not whole and not line.strip():
                return at
        elif not sign:
            _read_words(line, at, columns, told)
        elif len(cells := _cut(line, sign)) >= count:
            _read_cells(cells, at, columns, told)
        elif not whole:
            return at
        at += len(line) + 1
    return at


def _cut(line: bytes, sign: bytes) -> list[bytes]:
    """The cells of a row, with their quotes: joined by the sign they are the row."""
    parts = line.split(sign)
    if b'"' not in line:
        return parts
    cells: list[bytes] = []
    held: list[bytes] = []
    open_ = 0
    for part in parts:
        held.append(part)
        open_ ^= part.count(b'"') & 1
        if not open_:
            cells.append(sign.join(held))
            held = []
    return cells


def _read_cells(cells: list[bytes], at: int, columns: Columns, told: list[Told]) -> None:
    addressed = columns.addresses is not None and read_ipv4(cells[columns.addresses].strip(_AROUND)) is not None
    for kind, index, _ in columns.roles:
        cell = cells[index]
        if kept := _read_cell(kind, cell, addressed):
            start = at + len(columns.sign.join(cells[:index])) + (index > 0)
            end = start + len(cell.rstrip(_AROUND))
            told.append((start + len(cell) - len(cell.lstrip(_AROUND)), end, kept, 1))


def _read_words(line: bytes, at: int, columns: Columns, told: list[Told]) -> None:
    """Below a head with gaps: a word belongs to that which begins or ends where it does."""
    spans = [word.span() for word in _SPACED.finditer(line)]
    for kind, first, last in columns.roles:
        for start, end in spans:
            if start == first or end == last:
                name = line[start:end]
                if kept := _read_cell(kind, name, False):
                    told.append((at + start, at + end, kept, 1))
                break


@lru_cache(maxsize=1 << 12)
def _read_cell(kind: EntityType, cell: bytes, addressed: bool) -> tuple[Kept, ...]:
    """What a cell names. ``addressed``: its row has an address, so that any word may be a machine."""
    name = cell.strip(_AROUND)
    value: str | None = None
    if len(name) > MAX_VALUE:
        return ()
    if kind is _PORT:
        value = read_port(name) if name.isdigit() and len(name) < 6 and int(name) >= _LOW_PORT else None
    elif kind is _USER:
        value = read_user(name) if _LOWER.fullmatch(name) or _TELLING.search(name) else None
    elif _PLAIN.fullmatch(name) is None:
        return ()
    elif kind is _DATABASE:
        value = read_name(name)
    elif (addressed or _TELLING.search(name)) and (b"." not in name or read_dotted(name) is None):
        value = read_named(name)  # what has a public suffix tells itself
    return () if value is None else keep([found(kind, 0, len(name), value, Confidence.MEDIUM)])
