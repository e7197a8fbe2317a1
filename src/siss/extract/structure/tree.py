"""The tree of paths that extractors build, bounded whatever the document.

An object with very many members becomes a map while it is read (its members are merged into one); others are judged
when the document ends: members that look alike under names that look like data (addresses, versions, paths) are
those of a map. Everything that is left out is said: ``OPEN`` on the object whose members were not all recorded.
"""

import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from siss.model.content import Kind
from siss.model.field import (
    ANY_ELEMENT,
    ANY_MEMBER,
    ARRAY,
    BOOLEAN,
    INCOMPLETE,
    INTEGER,
    NESTED,
    NULL,
    NUMBER,
    OBJECT,
    OPEN,
    PARTIAL,
    PREFIX_CHARS,
    STRING,
    TYPES,
    Scalar,
    canonical_value,
    kept_value,
    member_step,
    spelt_values,
)
from siss.model.shape import Shape, Structure
from siss.model.structure import VALUE_KINDS

MOST_NODES: Final = 4096
"""Paths of one content. What is beyond is left out, and its parent says so."""
MOST_MEMBERS: Final = 256
"""An object with more becomes a map at once."""
MOST_VALUES: Final = 512
"""Distinct values of one content."""
MOST_VALUES_OF_PATH: Final = 8
LONGEST_VALUE: Final = 4096
"""Characters of a value that is recorded."""
_LARGEST: Final = (1 << 63) - 1

_DATA_NAME: Final = re.compile(r"[0-9].*|.*[/@.:*\\ ].*|[0-9a-fA-F]{8}[-0-9a-fA-F]*|.{65,}", re.DOTALL)
"""Names that no programmer gives to a field: versions, addresses, paths, hashes, UUIDs, sentences."""
_NUMBERED: Final = re.compile(r".*[0-9]", re.DOTALL)
"""Names that number what they name (``user-1017``, ``eth0``): of objects that are alike, those of a map."""
_MANY_MEMBERS: Final = 40
_ALIKE: Final = 0.5


class Node:
    """A path. ``step``: its last one as written; ``count``: in how many objects it was seen.

    ``objects``: how often it was an object itself; ``star``: what its members became, if it is a map; ``values``:
    distinct ones (booleans as bytes, because ``True`` is 1); ``more``: there are values that were not recorded.
    """

    __slots__ = ("count", "item", "last", "members", "more", "objects", "star", "step", "types", "values")

    def __init__(self, step: str = "") -> None:
        self.step = step
        self.types = 0
        self.count = 0
        self.last = 0
        self.objects = 0
        self.members: dict[str, Node] = {}
        self.star: Node | None = None
        self.item: Node | None = None
        self.values: dict[Scalar | bytes, None] = {}
        self.more = False


class Tree:
    """Makes nodes and keeps values within the caps. ``maps``: whether an object can become one."""

    def __init__(self, *, max_depth: int = 32, maps: bool = True) -> None:
        self.root = Node()
        self._max_depth = max_depth
        self._maps = maps
        self._nodes = 1
        self._values = 0

    def add(self, node: Node, value: Any, depth: int = 0) -> None:
        """Take a decoded JSON value that stands at a node."""
        sort = type(value)
        if sort is dict:
            node.types |= OBJECT
            node.objects += 1
            if depth >= self._max_depth:
                node.types |= OPEN
                return
            members = node.members
            for name, inner in value.items():
                child = members.get(name) or self.add_member(node, name, member_step(name))
                if child is None:
                    continue
                child.count += 1
                kind = type(inner)
                if kind is str:
                    child.types |= STRING
                    if not child.more and inner not in child.values:
                        self.keep(child, inner)
                elif kind is int:
                    child.types |= INTEGER
                    if not child.more and inner not in child.values:
                        self.keep(child, inner)
                else:
                    self.add(child, inner, depth + 1)
        elif sort is list:
            node.types |= ARRAY
            if depth >= self._max_depth:
                node.types |= OPEN
            elif value:
                item = node.item or self.item_of(node)
                for inner in value:
                    self.add(item, inner, depth + 1)
        else:
            self.add_scalar(node, value)

    def add_scalar(self, node: Node, value: Scalar) -> None:
        """Take a value that holds no others."""
        kept: Scalar | bytes = value
        if value is None:
            node.types |= NULL
            return
        if isinstance(value, str):
            node.types |= STRING
        elif isinstance(value, bool):
            node.types |= BOOLEAN
            kept = b"true" if value else b"false"
        else:
            node.types |= INTEGER if isinstance(value, int) else NUMBER
        if not node.more and kept not in node.values:
            self.keep(node, kept)

    def add_member(self, parent: Node, name: str, step: str) -> Node | None:
        """The node of a member that is new; None where there is no room."""
        if parent.star is not None:
            return parent.star
        if len(parent.members) >= MOST_MEMBERS and self._maps:
            return self.fold(parent)
        if self._nodes >= MOST_NODES:
            parent.types |= OPEN
            return None
        self._nodes += 1
        member = parent.members[name] = Node(step)
        return member

    def item_of(self, parent: Node) -> Node:
        """The node of an array's elements."""
        if parent.item is None:
            self._nodes += 1
            parent.item = Node(ANY_ELEMENT)
        return parent.item

    def keep(self, node: Node, value: Scalar | bytes) -> None:
        """Record a value that is not among the node's, if there is room."""
        full = len(node.values) >= MOST_VALUES_OF_PATH or self._values >= MOST_VALUES
        storable = _storable(value)
        if full or storable is None or (isinstance(value, str) and len(value) > LONGEST_VALUE):
            node.more = True
        else:
            node.values[storable] = None
            self._values += 1

    def fold(self, parent: Node) -> Node:
        """Make an object a map: its members become one."""
        star = Node(ANY_MEMBER)
        self._nodes += 1
        for member in parent.members.values():
            self._merge(star, member)
        parent.members.clear()
        parent.star = star
        return star

    def _merge(self, into: Node, other: Node) -> None:
        self._nodes -= 1
        into.types |= other.types
        into.count += other.count
        into.objects += other.objects
        into.more = into.more or other.more
        for value in other.values:
            if value not in into.values:
                if len(into.values) >= MOST_VALUES_OF_PATH:
                    into.more = True
                    break
                into.values[value] = None
        if into.star is None and other.star is not None:
            self.fold(into)
        for name, member in other.members.items():
            known = into.star or into.members.get(name)
            if known is None:
                self._nodes += 1
                known = into.members[name] = Node(member.step)
            self._merge(known, member)
        if into.star is not None and other.star is not None:
            self._merge(into.star, other.star)
        if other.item is not None:
            self._merge(self.item_of(into), other.item)

    def fold_maps(self, node: Node) -> None:
        """Fold what looks like a map, from the leaves up."""
        for child in node.members.values():
            if child.types & (ARRAY | OBJECT):
                self.fold_maps(child)
        for inner in (node.star, node.item):
            if inner is not None:
                self.fold_maps(inner)
        if len(node.members) > 1 and _is_map(node):
            self.fold_maps(self.fold(node))


def _storable(value: Scalar | bytes) -> Scalar | bytes:
    """A value that fits 64 bits: a longer integer as the nearest float, as JSONPath compares it; None beyond that."""
    if not isinstance(value, int) or -_LARGEST <= value <= _LARGEST:
        return value
    try:
        return float(value)
    except OverflowError:
        return None


def _is_map(node: Node) -> bool:
    """Whether an object's names are data and its members are alike."""
    members = node.members
    kinds = {_sort_of(member.types) for member in members.values()} - {0}
    if len(kinds) > 1:
        return False
    odd = sum(map(_is_data_name, members))
    if kinds == {OBJECT}:
        odd = max(odd, sum(_NUMBERED.fullmatch(name) is not None for name in members))
    if odd * 2 <= len(members) and len(members) < _MANY_MEMBERS:
        return False
    if OBJECT in kinds:
        names = [member.members.keys() for member in members.values() if member.members]
        union = set[str]().union(*names)
        return sum(map(len, names)) >= _ALIKE * len(union) * len(names)
    return True


@lru_cache(maxsize=1 << 13)
def _is_data_name(name: str) -> bool:
    return _DATA_NAME.fullmatch(name) is not None


def _sort_of(mask: int) -> int:
    """Types as maps hold them: a number is a number, and null may stand for anything."""
    mask &= TYPES & ~NULL
    return mask & ~INTEGER | NUMBER if mask & (INTEGER | NUMBER) else mask


def conclude(tree: Tree, kind: Kind, *, documents: int = 1) -> Structure:
    """The structure of a tree that is complete."""
    tree.fold_maps(tree.root)
    entries = sorted(walk(tree.root, "$"), key=_path_of)
    return structure_of(kind, entries, documents)


Entry = tuple[str, int, Node]
"""Path, types, node."""


def _path_of(entry: Entry) -> str:
    return entry[0]


def structure_of(kind: Kind, entries: list[Entry], documents: int = 1) -> Structure:
    """The structure with these fields, sorted by path."""
    shape = Shape.of(kind, [(path, mask) for path, mask, _ in entries])
    asked, elements = kind in VALUE_KINDS, kind is Kind.XML
    values: dict[int, list[Scalar]] = {}
    keys: set[int] = set()
    for number, (path, mask, node) in enumerate(entries):
        nested = elements and any(not name.startswith("@") for name in node.members)
        if not (node.values or node.more or nested or mask & NULL):
            continue
        seed = zlib.crc32(path.encode("utf-8", "surrogatepass"))
        if nested:
            keys.add(zlib.crc32(NESTED, seed))
        if node.values:
            kept = values[number] = []
            for value in node.values:
                plain = value == b"true" if isinstance(value, bytes) else value
                if elements and isinstance(value, str):
                    keys.update([zlib.crc32(each, seed) for each in spelt_values(value)])
                elif asked:
                    keys.add(zlib.crc32(canonical_value(plain), seed))
                kept.append(kept_value(plain) if isinstance(plain, str) and len(plain) > PREFIX_CHARS else plain)
        if asked and mask & NULL:
            keys.add(zlib.crc32(canonical_value(None), seed))
        if node.more:
            keys.add(zlib.crc32(INCOMPLETE, seed))
    return Structure(shape, values, sorted(map(_signed, keys)), documents)


def _signed(key: int) -> int:
    return key - (1 << 32) if key & 0x80000000 else key


def walk(node: Node, path: str) -> Iterator[Entry]:
    """Every path below a node, with its types."""
    if not node.types & TYPES:
        return
    yield path, node.types, node
    for member in node.members.values():
        if member.count < node.objects:
            member.types |= PARTIAL
        inner = path + member.step
        if member.types & (ARRAY | OBJECT):
            yield from walk(member, inner)
        elif member.types & TYPES:
            yield inner, member.types, member
    for inner_node in (node.star, node.item):
        if inner_node is not None:
            yield from walk(inner_node, path + inner_node.step)
