"""XPath over one text: matches with their places. Runs in a process that may be killed."""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any
from xml.parsers import expat

from lxml import etree

from siss.errors import InvalidQueryError
from siss.model.structure import PREVIEW_CHARS, StructureMatch
from siss.search.xpath.parser import XML_NAMESPACE, parse_xpath
from siss.search.xpath.places import Places

Query = Any
"""A compiled expression."""


def compile_xpath(expression: str, namespaces: Mapping[str, str]) -> Query:
    """The query of an expression. Raises ``InvalidQueryError`` with ``position`` and ``expected``."""
    parse_xpath(expression, namespaces)
    try:
        return etree.XPath(expression, namespaces=dict(namespaces) or None, regexp=False)
    except (etree.XPathError, ValueError, TypeError) as error:
        raise InvalidQueryError(
            f"Invalid XPath expression at position 0: {error}",
            expression=expression,
            position=0,
            expected="an XPath 1.0 expression",
        ) from error


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
        found = query(root.getroottree())
    except etree.XMLSyntaxError as error:
        return [], 0, f"not well-formed XML: {error.msg}"
    except etree.XPathError as error:
        return [], 0, f"evaluation failed: {error}"
    if not isinstance(found, list):
        shown = _spell(found)
        return ([StructureMatch("", shown[:PREVIEW_CHARS])] if shown and not skip else []), int(bool(shown)), ""
    wanted = found[skip : skip + limit]
    if not wanted:
        return [], len(found), ""
    try:
        places = Places(text)
    except expat.ExpatError as error:
        return [], 0, f"not well-formed XML: {expat.ErrorString(error.code)}"
    numbers = {element: number for number, element in enumerate(root.iter(etree.Element))}
    if any(not isinstance(node, str | tuple) and node not in numbers for node in wanted):
        numbers |= {remark: number for number, remark in enumerate(_remarks(root))}
    return [_match(node, root.getroottree(), numbers, places, text) for node in wanted], len(found), ""


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


def _match(node: Any, tree: Any, numbers: Mapping[Any, int], places: Places, text: bytes) -> StructureMatch:
    if isinstance(node, tuple):
        # A namespace node: prefix and URI stand in no one place.
        return StructureMatch("namespace::" + (node[0] or "*"), str(node[1])[:PREVIEW_CHARS])
    path, span = _place(node, tree, numbers, places)
    if span is None:
        return StructureMatch(path, str(node)[:PREVIEW_CHARS])
    start, end = span
    shown = text[start : min(end, start + 4 * PREVIEW_CHARS)].decode("utf-8", "ignore")[:PREVIEW_CHARS]
    return StructureMatch(path, shown, places.line(start), start, end)


def _place(node: Any, tree: Any, numbers: Mapping[Any, int], places: Places) -> tuple[str, tuple[int, int] | None]:
    """The path to a node, and where it stands."""
    if isinstance(node, str):
        parent = node.getparent()  # type: ignore[attr-defined]
        if parent is None or parent not in numbers:
            return "", None
        path = tree.getpath(parent)
        if node.is_attribute:  # type: ignore[attr-defined]
            name = _prefixed(node.attrname, parent.nsmap)  # type: ignore[attr-defined]
            return f"{path}/@{name}", places.attribute(numbers[parent], name)
        if node.is_tail:  # type: ignore[attr-defined]
            return f"{path}/following-sibling::text()[1]", places.tail(numbers[parent])
        return f"{path}/text()[1]", places.text(numbers[parent])
    if node not in numbers:
        return tree.getpath(node), None  # an entity that is not expanded
    find = places.element if isinstance(node.tag, str) else places.remark
    return tree.getpath(node), find(numbers[node])


def _prefixed(name: str, nsmap: Mapping[str | None, str]) -> str:
    """An attribute's name as it is written: ``{uri}name`` with the prefix in force."""
    if not name.startswith("{"):
        return name
    uri, _, local = name[1:].rpartition("}")
    if uri == XML_NAMESPACE:
        return f"xml:{local}"
    return next((f"{prefix}:{local}" for prefix, each in nsmap.items() if each == uri and prefix), local)
