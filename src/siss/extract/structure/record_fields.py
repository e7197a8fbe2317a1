"""Fields of delimited files (a row is an element, a column a member) and of ``key=value`` lines."""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Final

from siss.extract.structure.tree import MOST_VALUES, MOST_VALUES_OF_PATH, Node, Tree, conclude
from siss.model.content import Kind
from siss.model.dialect import Dialect, name_columns
from siss.model.field import (
    ARRAY,
    LONGEST_SPELLING,
    NULL,
    OBJECT,
    OPEN,
    STRING,
    member_step,
    type_of_text,
    types_of_texts,
)
from siss.model.shape import Structure
from siss.model.text import Window

TABLE_BYTES: Final = 1 << 20
"""How much of a delimited file is looked at; of a longer one, every column may hold anything."""
MOST_COLUMNS: Final = 1024
_FEW_COLUMNS: Final = MOST_VALUES // MOST_VALUES_OF_PATH
"""With so many, all columns have room for their values, whether they are read row by row or one after the other."""
_ENTRY: Final = re.compile(r"[ \t]*(?:export[ \t]+)?([^\s=:#;!\[][^=:\n]*?)[ \t]*[=:][ \t]*(.*)")
_QUOTED: Final = re.compile(r"(['\"])(.*)\1", re.DOTALL)


class DelimitedFields:
    """Takes the windows of a delimited file. Without a header, columns are ``column1``, ``column2``."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._parts: list[bytes] = []
        self._size = 0
        self._whole = True

    def feed(self, window: Window) -> None:
        """Keep what is looked at."""
        room = TABLE_BYTES - self._size
        if room > 0 and window.data:
            self._parts.append(window.data[:room])
            self._size += len(self._parts[-1])
        self._whole = self._whole and len(window.data) <= room

    def close(self) -> Structure | None:
        """The structure of the table; None where it has no rows."""
        tree = Tree()
        tree.root.types |= ARRAY
        row_node = tree.item_of(tree.root)
        records = list(read_records(b"".join(self._parts), self._dialect, whole=self._whole))
        columns = _columns_of(row_node, records[0], self._dialect) if records else []
        rows = records[1:] if self._dialect.header else records
        if not rows:
            return None
        row_node.objects = len(rows)
        if len(columns) <= _FEW_COLUMNS and min(map(len, rows)) >= len(columns):
            for node, column in zip(columns, zip(*rows, strict=False), strict=False):
                _take(tree, node, column)
        else:
            for record in rows:
                for node, text in zip(columns, record, strict=False):
                    _take(tree, node, (text,))
        row_node.types |= OBJECT
        if not self._whole:
            tree.root.types |= OPEN
            row_node.types |= OPEN
            for node in columns:
                node.types |= STRING
                node.more = True
        return conclude(tree, Kind.DELIMITED, documents=len(rows))


def _take(tree: Tree, node: Node, texts: Sequence[str]) -> None:
    """Note what stands in some cells of a column. Most say what others have said."""
    node.count += len(texts)
    texts = list(dict.fromkeys(texts))
    node.types |= types_of_texts(texts)
    for text in texts:
        if node.more:
            break
        if text not in node.values:
            tree.keep(node, text)


def read_records(text: bytes, dialect: Dialect, *, whole: bool) -> Iterator[list[str]]:
    """The records of a delimited text that are not blank; its last line is left out unless the text is ``whole``."""
    lines = text.decode("utf-8", "replace").splitlines(keepends=True)
    reader = csv.reader(lines if whole else lines[:-1], delimiter=dialect.delimiter, quotechar=dialect.quote)
    try:
        for record in reader:
            if record:
                yield record
    except csv.Error:
        return


def _columns_of(row: Node, record: list[str], dialect: Dialect) -> list[Node]:
    names = name_columns(record if dialect.header else [""] * len(record))
    if len(names) > MOST_COLUMNS:
        row.types |= OPEN
    for name in names[:MOST_COLUMNS]:
        row.members[name] = Node(member_step(name))
    return list(row.members.values())


class KeyValueFields:
    """Takes the windows of ``key=value`` lines. A key that comes twice has both values."""

    def __init__(self) -> None:
        self._tree = Tree()
        self._rest = b""
        self._tree.root.objects = 1
        self._tree.root.types = OBJECT

    def feed(self, window: Window) -> None:
        """Read the lines that end in this window."""
        lines = (self._rest + window.data).split(b"\n")
        self._rest = b"" if window.final else lines.pop()[-(1 << 16) :]
        for line in lines:
            if found := _ENTRY.match(line[: 1 << 13].decode("utf-8", "replace")):
                self._take(found[1], found[2].strip())

    def _take(self, key: str, text: str) -> None:
        root = self._tree.root
        node = root.members.get(key) or self._tree.add_member(root, key, member_step(key))
        if node is None:
            return
        quoted = _QUOTED.fullmatch(text)
        value = quoted[2] if quoted else text
        node.count = 1
        node.types |= (
            (type_of_text(value) if len(value) < LONGEST_SPELLING and not quoted else STRING) if text else NULL
        )
        if text and not node.more and value not in node.values:
            self._tree.keep(node, value)

    def close(self) -> Structure | None:
        """The structure of what was read; None where no line was an entry."""
        root = self._tree.root
        return conclude(self._tree, Kind.KEYVALUE) if root.members or root.star else None
