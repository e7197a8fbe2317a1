"""How the way to a node is written: in the names of whoever asks, so that the path can be asked for in turn.

A name in a namespace has the question's prefix for it. Where the question has none it has the file's, as long as that
means one thing only; otherwise, and for a default namespace, the step is ``*`` with its place among all elements.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from siss.search.xpath.parser import XML_NAMESPACE


class Paths:
    """Writes paths to nodes of one document.

    ``namespaces``: URIs by prefix, as the question has them; ``elements``: those whose paths, or whose children's,
    are asked for. The children of each element on the way are looked at once for all of them.
    """

    def __init__(self, namespaces: Mapping[str, str], elements: Iterable[Any]) -> None:
        self._uris = {"xml": XML_NAMESPACE, **namespaces}
        self._prefixes = {uri: prefix for prefix, uri in reversed(self._uris.items())}
        self._wanted: dict[Any, set[Any]] = defaultdict(set)
        self._places: dict[Any, tuple[int, int]] = {}
        self._alone: dict[Any, set[str]] = {}
        for element in elements:
            at, parent = element, element.getparent()
            while parent is not None and at not in self._wanted[parent]:
                self._wanted[parent].add(at)
                at, parent = parent, parent.getparent()

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
        if parent not in self._alone:
            self._alone[parent] = self._look(parent)
        among_same, among_all = self._places[element]
        if name:
            return name if element.tag in self._alone[parent] else f"{name}[{among_same}]"
        only = among_all == 1 and next(element.itersiblings(etree.Element), None) is None
        return "*" if only else f"*[{among_all}]"

    def _look(self, parent: Any) -> set[str]:
        """Take the places of wanted children, among those of one name and among all; names that only one has."""
        wanted = self._wanted[parent]
        seen: Counter[str] = Counter()
        alone: set[str] = set()
        left = len(wanted)
        for number, child in enumerate(parent.iterchildren(etree.Element), 1):
            tag = child.tag
            seen[tag] += 1
            if seen[tag] > 1:
                alone.discard(tag)
            if child in wanted:
                left -= 1
                self._places[child] = seen[tag], number
                if seen[tag] == 1:
                    alone.add(tag)
            if not left and not alone:
                break
        return alone

    def _name(self, tag: str, prefix: str | None) -> str:
        """A name with its prefix; empty where it cannot be written."""
        if not tag.startswith("{"):
            return tag
        uri, _, local = tag[1:].rpartition("}")
        if uri not in self._prefixes and prefix and self._uris.setdefault(prefix, uri) == uri:
            self._prefixes[uri] = prefix
        return f"{self._prefixes[uri]}:{local}" if uri in self._prefixes else ""


def _prefix_of(name: str, element: Any) -> str | None:
    uri = name[1:].rpartition("}")[0]
    return next((prefix for prefix, each in element.nsmap.items() if each == uri and prefix), None)
