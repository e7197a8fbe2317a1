"""XPath over one text: matches with their places. Runs in a process that may be killed."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from xml.parsers import expat

from lxml import etree

from siss.errors import InvalidQueryError
from siss.model.spans import LineCounter
from siss.model.structure import PREVIEW_CHARS, StructureMatch
from siss.search.xpath.parser import XML_NAMESPACE, Path, parse_xpath
from siss.search.xpath.paths import Paths
from siss.search.xpath.places import Places

DEEPEST: Final = 256
"""Levels of elements; libxml2's own bound."""


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled expression. ``document``: it is ``/``, a node that lxml does not give."""

    run: Any
    namespaces: Mapping[str, str]
    document: bool


def compile_xpath(expression: str, namespaces: Mapping[str, str]) -> Query:
    """The query of an expression. Raises ``InvalidQueryError`` with ``position`` and ``expected``."""
    parsed = parse_xpath(expression, namespaces)
    document = isinstance(parsed, Path) and parsed.absolute and not parsed.steps
    try:
        run = etree.XPath(expression, namespaces=dict(namespaces) or None, regexp=False)
    except (etree.XPathError, ValueError, TypeError) as error:
        raise InvalidQueryError(
            f"Invalid XPath expression at position 1: {error}",
            expression=expression,
            position=1,
            expected="an XPath 1.0 expression",
        ) from error
    return Query(run, dict(namespaces), document)


@lru_cache(maxsize=1)
def _parser() -> Any:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8", strip_cdata=True
    )


def evaluate_xpath(query: Query, text: bytes, *, limit: int, skip: int = 0) -> tuple[list[StructureMatch], int, str]:
    """Matches after the first ``skip``, at most ``limit``; how many there are in all; what went wrong, or nothing.

    A relative path begins at the root element. An expression that gives a number, a text or a truth matches once
    where that is neither empty nor false.
    """
    try:
        root = etree.fromstring(text, _parser())
        found = query.run(root.getroottree())
    except etree.XMLSyntaxError as error:
        if "Excessive depth" in str(error.msg):
            return [], 0, f"nested deeper than {DEEPEST} levels"
        return [], 0, f"not well-formed XML: {error.msg}"
    except etree.XPathError as error:
        return [], 0, f"evaluation failed: {error}"
    if query.document:
        return ([] if skip else [StructureMatch("/", _show(text, 0, len(text)), 1, 0, len(text))]), 1, ""
    if not isinstance(found, list):
        shown = _spell(found)
        return ([StructureMatch("", shown[:PREVIEW_CHARS])] if shown and not skip else []), int(bool(shown)), ""
    wanted = found[skip : skip + limit]
    if not wanted:
        return [], len(found), ""
    numbers, remarks = _number(root, wanted)
    try:
        places = Places(text, None if remarks else numbers.values())
    except expat.ExpatError as error:
        return [], 0, f"not well-formed XML: {expat.ErrorString(error.code)}"
    above = (remark.getparent() for remark in remarks)
    paths = Paths(query.namespaces, [*numbers, *(parent for parent in above if parent is not None)])
    lines, known = LineCounter(text), numbers | remarks
    return [_match(node, known, paths, places, lines, text) for node in wanted], len(found), ""


def _number(root: Any, wanted: Iterable[Any]) -> tuple[dict[Any, int], dict[Any, int]]:
    """The numbers, in document order, of the elements that nodes are or belong to; and those of remarks."""
    nodes: set[Any] = set()
    for node in wanted:
        if not isinstance(node, tuple):
            either: Any = node  # of lxml: an element, a remark, or a string that knows its element
            nodes.add(either.getparent() if isinstance(node, str) else node)
    elements = {node for node in nodes if node is not None and isinstance(node.tag, str)}
    numbers: dict[Any, int] = {}
    if elements:
        for number, element in enumerate(root.iter(etree.Element)):
            if element in elements:
                numbers[element] = number
                if len(numbers) == len(elements):
                    break
    # A text may follow a remark.
    others = nodes - elements - {None}
    return numbers, {
        remark: number for number, remark in enumerate(_remarks(root)) if remark in others
    } if others else {}


def _remarks(root: Any) -> Iterator[Any]:
    """Comments and processing instructions in document order, those before and behind the root element too."""
    yield from reversed(list(root.itersiblings(preceding=True)))
    yield from root.iter(etree.Comment, etree.ProcessingInstruction)
    yield from root.itersiblings()


def _spell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, float):
        return "" if math.isnan(value) else _spell_number(value)
    return str(value)


def _spell_number(number: float) -> str:
    """A number as ``string()`` has it (section 4.2): never with an exponent, and zero has no sign."""
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return str(int(number)) if number.is_integer() else format(Decimal(repr(number)), "f")


def _match(
    node: Any, numbers: Mapping[Any, int], paths: Paths, places: Places, lines: LineCounter, text: bytes
) -> StructureMatch:
    if isinstance(node, tuple):
        # A namespace node: prefix and URI stand in no one place.
        return StructureMatch("namespace::" + (node[0] or "*"), str(node[1])[:PREVIEW_CHARS])
    path, span = _place(node, numbers, paths, places)
    if span is None:
        return StructureMatch(path, str(node)[:PREVIEW_CHARS])
    return StructureMatch(path, _show(text, *span), lines.line(span[0]), *span)


def _show(text: bytes, start: int, end: int) -> str:
    return text[start : min(end, start + 4 * PREVIEW_CHARS)].decode("utf-8", "ignore")[:PREVIEW_CHARS]


def _place(node: Any, numbers: Mapping[Any, int], paths: Paths, places: Places) -> tuple[str, tuple[int, int] | None]:
    """The path to a node, and where it stands."""
    if not isinstance(node, str):
        if isinstance(node.tag, str):
            return paths.element(node), places.element(numbers[node])
        return paths.remark(node), places.remark(numbers[node]) if node in numbers else None
    text: Any = node  # lxml's string, which knows the element that it belongs to
    parent = text.getparent()
    if parent is None or parent not in numbers:
        return "", None
    if text.is_attribute:
        name = text.attrname
        return paths.attribute(parent, name), places.attribute(numbers[parent], _written(name, parent.nsmap))
    path, span = _place(parent, numbers, paths, places)
    if text.is_tail and span is not None:
        return f"{path}/following-sibling::text()[1]", places.after(span[1])
    return f"{path}/text()[1]", places.text(numbers[parent])


def _written(name: str, nsmap: Mapping[str | None, str]) -> Collection[str]:
    """How an attribute's name (``{uri}name``) may be written: with any prefix that stands for its namespace there."""
    if not name.startswith("{"):
        return (name,)
    uri, _, local = name[1:].rpartition("}")
    if uri == XML_NAMESPACE:
        return (f"xml:{local}",)
    return [f"{prefix}:{local}" for prefix, each in nsmap.items() if each == uri and prefix]
