"""Where the nodes of an XML text stand: elements, and comments and instructions, in document order, as expat counts.

lxml knows lines but no offsets; expat knows offsets but has no tree. Both see the same nodes in the same order.
"""

import re
from collections.abc import Iterable
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
        self.starts: list[int] = []
        self.ends: list[int] = []
        self._open: list[int] = []
        self._remarks: list[int] = []
        self._in_doctype = False
        parser = self._parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CommentHandler = parser.ProcessingInstructionHandler = self._remark
        parser.StartDoctypeDeclHandler = self._enter_doctype
        parser.EndDoctypeDeclHandler = self._leave_doctype
        # With it, internal entities are passed on as they are written, not expanded.
        parser.DefaultHandler = _ignore
        try:
            parser.Parse(text, True)
        except _Done:
            return

    def _start(self, _name: str, _attributes: object) -> None:
        self._open.append(len(self.starts))
        self.starts.append(self._parser.CurrentByteIndex)
        self.ends.append(0)

    def _end(self, _name: str) -> None:
        number = self._open.pop()
        at = self._parser.CurrentByteIndex
        start = self.starts[number]
        tag = _START_TAG.match(self._text, start)
        if tag is not None and tag[0].endswith(b"/>"):
            self.ends[number] = tag.end()
        else:
            self.ends[number] = self._text.find(b">", at) + 1 or len(self._text)
        if self._wanted is not None:
            self._wanted.discard(number)
            if not self._wanted:
                raise _Done

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
        return self.starts[number], self.ends[number]

    def attribute(self, number: int, name: str) -> tuple[int, int]:
        """An attribute, name and quotes included; ``name`` as it is written there."""
        start = self.starts[number]
        tag = _START_TAG.match(self._text, start)
        if tag is not None:
            for found in _ATTRIBUTE.finditer(tag[0]):
                if found[1].decode("utf-8", "replace") == name:
                    return start + found.start(), start + found.end()
        return self.element(number)

    def text(self, number: int) -> tuple[int, int]:
        """An element's text up to its first child."""
        tag = _START_TAG.match(self._text, self.starts[number])
        return self._until_markup(tag.end() if tag is not None else self.starts[number])

    def after(self, end: int) -> tuple[int, int]:
        """The text that follows what ends there."""
        return self._until_markup(end)

    def line(self, offset: int) -> int:
        """The line of an offset, from 1."""
        return 1 + self._text.count(b"\n", 0, offset)

    def _until_markup(self, start: int) -> tuple[int, int]:
        at = start
        while (found := self._text.find(b"<", at)) >= 0 and self._text.startswith(_CDATA, found):
            at = self._text.find(b"]]>", found) + 3
        return start, found if found >= 0 else len(self._text)


def _ignore(_data: str) -> None:
    return
