"""Where the nodes of an XML text stand: elements, and comments and instructions, in document order, as expat counts.

lxml knows lines but no offsets; expat knows offsets but has no tree. Both see the same nodes in the same order.
"""

import re
from collections.abc import Collection, Iterable
from typing import Final
from xml.parsers import expat

from siss.possessive import compile_possessive

_START_TAG: Final = compile_possessive(rb"""<(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")
_ATTRIBUTE: Final = re.compile(rb"""([^\s=<>"'/]+)\s*=\s*("[^"]*+"|'[^']*+')""")
_CDATA: Final = b"<![CDATA["


class _Done(Exception):  # noqa: N818 - not an error: all that is wanted was found
    pass


class Places:
    """The offsets of a text's elements. ``wanted``: the numbers of those that are asked for; None: of all.

    Raises ``expat.ExpatError`` for what is not well-formed.
    """

    def __init__(self, text: bytes, wanted: Iterable[int] | None = None) -> None:
        self._text = text
        self._wanted = None if wanted is None else set(wanted)
        self._elements = 0
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._open: list[int] = []
        self._remarks: list[int] = []
        self._in_doctype = False
        if wanted is not None and not self._wanted:
            return
        parser = self._parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CommentHandler = parser.ProcessingInstructionHandler = self._remark
        parser.StartDoctypeDeclHandler = self._enter_doctype
        parser.EndDoctypeDeclHandler = self._leave_doctype
        parser.EntityDeclHandler = self._declare
        try:
            parser.Parse(text, True)
        except _Done:
            return

    def _start(self, _name: str, _attributes: object) -> None:
        number = self._elements
        self._elements = number + 1
        self._open.append(number)
        if self._wanted is None or number in self._wanted:
            self._starts[number] = self._parser.CurrentByteIndex

    def _end(self, _name: str) -> None:
        number = self._open.pop()
        start = self._starts.get(number)
        if start is None:
            return
        tag = _START_TAG.match(self._text, start)
        if tag is not None and tag[0].endswith(b"/>"):
            self._ends[number] = tag.end()
        else:
            self._ends[number] = self._text.find(b">", self._parser.CurrentByteIndex) + 1 or len(self._text)
        if self._wanted is not None and len(self._ends) == len(self._wanted):
            raise _Done

    def _declare(self, *_told: object) -> None:
        # With it, internal entities are passed on as they are written, not expanded.
        self._parser.DefaultHandler = _ignore

    def _remark(self, *_told: str) -> None:
        if not self._in_doctype:
            self._remarks.append(self._parser.CurrentByteIndex)

    def _enter_doctype(self, *_told: object) -> None:
        self._in_doctype = True

    def _leave_doctype(self) -> None:
        self._in_doctype = False

    def remark(self, number: int) -> tuple[int, int]:
        """The whole of a comment or processing instruction; those of the document type are none."""
        start = self._remarks[number]
        closing = b"-->" if self._text.startswith(b"<!--", start) else b"?>"
        return start, self._text.find(closing, start + 2) + len(closing)

    def element(self, number: int) -> tuple[int, int]:
        """The whole of an element, tags included."""
        return self._starts[number], self._ends[number]

    def attribute(self, number: int, names: Collection[str]) -> tuple[int, int]:
        """An attribute, name and quotes included; ``names``: the spellings that it may have there."""
        start = self._starts[number]
        tag = _START_TAG.match(self._text, start)
        if tag is not None:
            for found in _ATTRIBUTE.finditer(tag[0]):
                if found[1].decode("utf-8", "replace") in names:
                    return start + found.start(), start + found.end()
        return self.element(number)

    def text(self, number: int) -> tuple[int, int]:
        """An element's text up to its first child."""
        tag = _START_TAG.match(self._text, self._starts[number])
        return self._until_markup(tag.end() if tag is not None else self._starts[number])

    def after(self, end: int) -> tuple[int, int]:
        """The text that follows what ends there."""
        return self._until_markup(end)

    def _until_markup(self, start: int) -> tuple[int, int]:
        at = start
        while (found := self._text.find(b"<", at)) >= 0 and self._text.startswith(_CDATA, found):
            at = self._text.find(b"]]>", found) + 3
        return start, found if found >= 0 else len(self._text)


def _ignore(_data: str) -> None:
    return
