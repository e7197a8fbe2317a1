"""How the way to a node is written: in the names of whoever asks, so that the path can be asked for in turn.

A name in a namespace has the question's prefix for it. Where the question has none it has the file's, as long as that
means one thing only; otherwise, and for a default namespace, the step is ``*`` with its place among all elements.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from siss.search.xpath.parser import XML_NAMESPACE


class Paths:
    """Writes paths to nodes of one document; quickest where they come in document order.

    ``namespaces``: URIs by prefix, as the question has them.
    """

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self._uris = {"xml": XML_NAMESPACE, **namespaces}
        self._prefixes = {uri: prefix for prefix, uri in reversed(self._uris.items())}
        self._reached: dict[tuple[Any, Any], tuple[Iterator[Any], Any, int]] = {}

    def element(self, element: Any) -> str:
        """The path to an element."""
        steps: list[str] = []
        at = element
        while at is not None:
            steps.append(self._step(at))
            at = at.getparent()
        return "/" + "/".join(reversed(steps))

    def attribute(self, element: Any, name: str) -> str:
        """The path to an attribute of an element. ``name``: as lxml has it."""
        return f"{self.element(element)}/@{self._name(name, _prefix_of(name, element)) or '*'}"

    def remark(self, remark: Any) -> str:
        """The path to a comment or processing instruction, or to an entity that is not expanded."""
        parent = remark.getparent()
        inner = remark.getroottree().getpath(remark)
        return inner if parent is None else f"{self.element(parent)}/{inner.rpartition('/')[2]}"

    def _step(self, element: Any) -> str:
        name = self._name(element.tag, element.prefix)
        parent = element.getparent()
        if parent is None:
            return name or "*"
        tag = element.tag if name else etree.Element
        place = self._place(parent, tag, element)
        if place == 1 and next(element.itersiblings(tag), None) is None:
            return name or "*"
        return f"{name or '*'}[{place}]"

    def _name(self, tag: str, prefix: str | None) -> str:
        """A name with its prefix; empty where it cannot be written."""
        if not tag.startswith("{"):
            return tag
        uri, _, local = tag[1:].rpartition("}")
        if uri not in self._prefixes and prefix and self._uris.setdefault(prefix, uri) == uri:
            self._prefixes[uri] = prefix
        return f"{self._prefixes[uri]}:{local}" if uri in self._prefixes else ""

    def _place(self, parent: Any, tag: Any, element: Any) -> int:
        """Which child of its parent with this tag an element is, from 1."""
        children, child, number = self._reached.get((parent, tag), (iter(()), None, 0))
        if child is element:
            return number
        for child in children:
            number += 1
            if child is element:
                break
        else:  # not behind the last one that was asked for
            children, number = parent.iterchildren(tag), 0
            for child in children:
                number += 1
                if child is element:
                    break
        self._reached[parent, tag] = children, child, number
        return number


def _prefix_of(name: str, element: Any) -> str | None:
    uri = name[1:].rpartition("}")[0]
    return next((prefix for prefix, each in element.nsmap.items() if each == uri and prefix), None)
