"""Fields of JSON and JSON Lines, from decoded values: a whole document, or line by line.

A document that is larger than ``WHOLE_BYTES`` or cannot be decoded (``siss.model.json_text``) has no structure; of
JSON Lines as much is looked at, and the root says so (``OPEN``).
"""

from typing import Final

from siss.extract.structure.tree import Tree, conclude
from siss.model.content import Kind
from siss.model.field import OPEN
from siss.model.json_text import decode_json
from siss.model.shape import Structure
from siss.model.text import Window

WHOLE_BYTES: Final = 10 << 20
"""The largest document, and how much of JSON Lines is looked at."""


class JsonFields:
    """Takes the windows of one JSON document. ``max_depth``: what is nested deeper is left out."""

    def __init__(self, *, max_depth: int = 32) -> None:
        self._tree = Tree(max_depth=max_depth)
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, window: Window) -> None:
        """Keep a window, while the document is small enough to be decoded."""
        self._size += len(window.data)
        if self._size <= WHOLE_BYTES:
            self._parts.append(window.data)
        else:
            self._parts.clear()

    def close(self) -> Structure | None:
        """The structure of the document; None where it cannot be made out."""
        if self._size > WHOLE_BYTES:
            return None
        decoded = decode_json(self._parts[0] if len(self._parts) == 1 else b"".join(self._parts))
        self._parts.clear()
        if decoded is None:
            return None
        self._tree.add(self._tree.root, decoded.value)
        return conclude(self._tree, Kind.JSON)


class JsonLinesFields:
    """Takes the windows of JSON Lines: every line is a document, and their paths are joined."""

    def __init__(self, *, max_depth: int = 32) -> None:
        self._tree = Tree(max_depth=max_depth)
        self._rest = b""
        self._size = 0
        self._lines = 0

    def feed(self, window: Window) -> None:
        """Read the lines that end in this window."""
        tree = self._tree
        if self._size > WHOLE_BYTES:
            tree.root.types |= OPEN
            return
        self._size += len(window.data)
        lines = (self._rest + window.data).split(b"\n")
        self._rest = b"" if window.final else lines.pop()
        if len(self._rest) > WHOLE_BYTES:
            self._size, self._rest = len(self._rest), b""
        for line in lines:
            decoded = decode_json(line) if line.strip() else None
            if decoded is not None:
                self._lines += 1
                tree.add(tree.root, decoded.value)

    def close(self) -> Structure | None:
        """The structure of what was read; None where no line could be decoded."""
        return conclude(self._tree, Kind.JSONL, documents=self._lines) if self._lines else None
