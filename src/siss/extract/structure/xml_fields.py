"""Fields of XML: elements and attributes, from expat, which keeps no tree.

Paths hold the namespace of a name, not its prefix. Where the text is not well-formed reading ends, and the root says
so (``OPEN``, and ``BROKEN`` where every parser would say the same). The text of an element without child elements is
a value; where it stands in several pieces (around a comment), of which XPath may ask for each, there are more.

No entity is expanded in content, and none is fetched. In attributes expat expands those of the document itself, so a
document that declares one that is long or holds others has no structure: what is left grows by a bounded factor.
"""

from typing import Final
from xml.parsers import expat
from xml.parsers.expat import errors
from xml.parsers.expat.errors import codes

from siss.extract.structure.tree import Node, Tree, structure_of, walk
from siss.model.content import Kind
from siss.model.field import (
    BROKEN,
    LONGEST_SPELLING,
    OBJECT,
    OPEN,
    REPEATED,
    STRING,
    element_step,
    expanded_name,
    type_of_text,
)
from siss.model.shape import Structure
from siss.model.text import Window

WHOLE_BYTES: Final = 32 << 20
"""How much of a document is looked at."""
_TOKEN_BYTES: Final = 4 << 20
"""The longest tag or comment: expat before 2.6 takes quadratic time for one token over many windows."""
_TEXT_CHARS: Final = 8192
_ENTITY_CHARS: Final = 256
"""What an entity may stand for."""
_INVALID_TOKEN: Final = codes[errors.XML_ERROR_INVALID_TOKEN]
_NOT_ASCII: Final = 0x80
_SURE: Final = frozenset(
    codes[error]
    for error in (
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_SYNTAX,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_PARTIAL_CHAR,
        errors.XML_ERROR_TAG_MISMATCH,
        errors.XML_ERROR_DUPLICATE_ATTRIBUTE,
        errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT,
        errors.XML_ERROR_UNDEFINED_ENTITY,
        errors.XML_ERROR_BAD_CHAR_REF,
        errors.XML_ERROR_MISPLACED_XML_PI,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        errors.XML_ERROR_UNBOUND_PREFIX,
    )
)
"""What no parser takes. (Tried with libxml2 on its own test documents.)"""
_BLANK: Final = " \t\r\n"
_BETWEEN: Final = "\x01"
"""Between namespace and local name, as expat gives them: no document may hold it, so no namespace does."""


class _Stop(Exception):  # noqa: N818 - not an error: structure is not looked at any further
    pass


class XmlFields:
    """Takes the windows of an XML document. ``max_depth``: what is nested deeper is left out."""

    def __init__(self, *, max_depth: int = 32) -> None:
        self._max_depth = max_depth
        self._tree = Tree(maps=False)
        self._stack: list[tuple[Node, int]] = []
        self._node: Node | None = self._tree.root
        self._serial = 0
        self._serials = 0
        self._skipped = 0
        self._text: list[str] = []
        self._chars = 0
        self._plain = False  # whether the open element has had no child
        self._remarked = False  # whether a comment or an instruction stands in its text
        self._fed = 0
        self._ended = False
        # What the declaration says is about the source; the text is UTF-8.
        parser = self._parser = expat.ParserCreate("utf-8", namespace_separator=_BETWEEN)
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._take_text
        parser.CommentHandler = parser.ProcessingInstructionHandler = self._take_remark
        parser.EntityDeclHandler = self._declare

    def feed(self, window: Window) -> None:
        """Read a window."""
        if self._ended:
            return
        self._fed += len(window.data)
        try:
            self._parser.Parse(window.data, window.final)
            if self._fed > WHOLE_BYTES or self._fed - self._parser.CurrentByteIndex > _TOKEN_BYTES + len(window.data):
                raise _Stop
        except expat.ExpatError as error:
            self._stop(BROKEN if self._is_certain(error, window) else 0)
        except _Stop:
            self._stop()

    def close(self) -> Structure | None:
        """The structure of what was read; None where there was no element."""
        if self._stack:
            self._stop()
        del self._parser  # it holds this one by its handlers: a cycle, which would keep the text until a collection
        entries = sorted(walk(self._tree.root, ""), key=lambda entry: entry[0])[1:]
        return structure_of(Kind.XML, entries) if entries else None

    def _is_certain(self, error: expat.ExpatError, window: Window) -> bool:
        """Whether a text is not well-formed for libxml2 either, which evaluates questions.

        That knows more letters for names (the fifth edition's), and other bounds for entities.
        """
        if error.code == _INVALID_TOKEN:
            at = self._parser.ErrorByteIndex - (self._fed - len(window.data))
            return 0 <= at < len(window.data) and window.data[at] < _NOT_ASCII
        return error.code in _SURE

    def _stop(self, mark: int = 0) -> None:
        self._ended = True
        for root in self._tree.root.members.values():
            root.types |= OPEN | mark
        self._tree.root.types |= OBJECT
        self._stack.clear()

    def _start(self, name: str, attributes: list[str]) -> None:
        if self._skipped:
            self._skipped += 1
            return
        parent = self._node
        assert parent is not None
        parent.types |= OBJECT
        if self._plain and self._chars and "".join(self._text).strip():
            parent.types |= STRING
            parent.more = True
        self._plain = False
        node = parent.members.get(name)
        if node is None:
            node = self._tree.add_member(parent, name, element_step(_spell(name)))
        if node is None or len(self._stack) >= self._max_depth:
            parent.types |= OPEN
            self._skipped = 1
            return
        if node.last != self._serial or not self._stack:
            node.last = self._serial
            node.count += 1
        else:
            node.types |= REPEATED
        self._stack.append((parent, self._serial))
        self._node = node
        self._serials += 1
        self._serial = self._serials
        node.objects += 1
        if attributes:
            self._take_attributes(node, attributes)
        self._text.clear()
        self._chars = 0
        self._plain = True
        self._remarked = False

    def _take_attributes(self, node: Node, attributes: list[str]) -> None:
        node.types |= OBJECT
        for at in range(0, len(attributes), 2):
            name, value = "@" + attributes[at], attributes[at + 1]
            field = node.members.get(name)
            if field is None:
                field = self._tree.add_member(node, name, element_step("@" + _spell(name[1:])))
                if field is None:
                    continue
            field.count += 1
            self._take_value(field, value)

    def _take_value(self, node: Node, value: str) -> None:
        node.types |= type_of_text(value) if len(value) < LONGEST_SPELLING else STRING
        if not node.more and value not in node.values:
            self._tree.keep(node, value)

    def _end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        node = self._node
        assert node is not None
        if self._plain:
            value = "".join(self._text)
            self._take_value(node, value if self._chars <= _TEXT_CHARS else value + " " * _TEXT_CHARS)
            node.more = node.more or (self._remarked and bool(value.strip(_BLANK)))
        elif self._chars:
            node.types |= STRING
            node.more = True
        self._text.clear()
        self._chars = 0
        self._plain = False
        self._node, self._serial = self._stack.pop()

    def _take_text(self, text: str) -> None:
        if self._skipped:
            return
        if self._plain:
            if self._chars <= _TEXT_CHARS:
                self._text.append(text)
                self._chars += len(text)
        elif text.strip() and self._node is not None and self._stack:
            self._node.types |= STRING
            self._node.more = True

    def _take_remark(self, *_text: str) -> None:
        self._remarked = True

    def _declare(self, _name: str, _parameter: bool, value: str | None, *_where: object) -> None:
        if value is not None and (len(value) > _ENTITY_CHARS or "&" in value or "%" in value):
            raise _Stop
        # With it, references in content are passed on as they are written.
        self._parser.DefaultHandler = self._take_reference

    def _take_reference(self, text: str) -> None:
        """A part of an element's text that is not known."""
        if text.startswith("&") and self._node is not None and self._stack and not self._skipped:
            self._node.types |= STRING
            self._node.more = True


def _spell(name: str) -> str:
    namespace, between, local = name.partition(_BETWEEN)
    return expanded_name(namespace, local) if between else name
