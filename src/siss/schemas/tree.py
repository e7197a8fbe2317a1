"""Shapes of one cluster laid over each other: what every description of their members is made from."""

from collections.abc import Callable, Sequence
from functools import cache

from siss.model.field import ANY_ELEMENT, ANY_MEMBER, OBJECT, OPEN, PARTIAL, split_path
from siss.schemas.cluster import ShapeCount, find_maps


class SchemaNode:
    """A path over all members.

    ``types``: all that were seen (marks included); ``present``: members that have it; ``objects``: members in which
    it is an object; ``always``: members in which every parent has it; ``paths``: the members' own spellings.
    """

    __slots__ = ("always", "children", "objects", "paths", "present", "step", "types")

    def __init__(self, step: str) -> None:
        self.step = step
        self.types = 0
        self.present = 0
        self.objects = 0
        self.always = 0
        self.children: dict[str, SchemaNode] = {}
        self.paths: set[str] = set()

    @property
    def open(self) -> bool:
        """Whether some member has more below than was recorded."""
        return bool(self.types & OPEN)

    def members(self) -> list["SchemaNode"]:
        """Named children, in order."""
        return [self.children[step] for step in sorted(self.children) if step not in {ANY_MEMBER, ANY_ELEMENT}]


def overlay(shapes: Sequence[ShapeCount]) -> SchemaNode:
    """One tree of the shapes. An object that is a map in one of them, or over all of them, is one everywhere."""
    maps = _all_maps(shapes)
    # Shapes of one cluster have most of their paths in common.
    folded = cache(lambda path: _fold(path, maps))
    top = SchemaNode("")
    for shape in shapes:
        _lay(top, shape, folded)
    return top


def _lay(top: SchemaNode, shape: ShapeCount, folded: Callable[[str], tuple[str, ...]]) -> None:
    masks: dict[tuple[str, ...], int] = {}
    objects: dict[tuple[str, ...], int] = {}
    whole: dict[tuple[str, ...], int] = {}
    nodes: dict[tuple[str, ...], SchemaNode] = {}
    for path, mask in zip(shape.paths, shape.types, strict=True):
        steps = folded(path)
        if (node := nodes.get(steps)) is None:
            node = nodes[steps] = _node_at(top, steps)
            masks[steps] = objects[steps] = whole[steps] = 0
        node.paths.add(path)
        masks[steps] |= mask
        objects[steps] += bool(mask & OBJECT)
        whole[steps] += not mask & PARTIAL
    for steps, mask in masks.items():
        node = nodes[steps]
        node.types |= mask
        node.present += shape.count
        node.objects += shape.count if objects[steps] else 0
        # Several objects that are one here (members of a map) must all have it.
        if not steps or whole[steps] >= objects.get(steps[:-1], 0):
            node.always += shape.count


def _node_at(top: SchemaNode, steps: tuple[str, ...]) -> SchemaNode:
    node = top
    for step in steps:
        below = node.children.get(step)
        if below is None:
            below = node.children[step] = SchemaNode(step)
        node = below
    return node


def _fold(path: str, maps: frozenset[str]) -> tuple[str, ...]:
    found: list[str] = []
    bare = ""
    for step in split_path(path):
        if step == ANY_ELEMENT:
            found.append(step)
            continue
        found.append(ANY_MEMBER if bare in maps else step)
        bare += found[-1]
    return tuple(found)


def _all_maps(shapes: Sequence[ShapeCount]) -> frozenset[str]:
    """The maps of all members. What lies in one is one, so folding may make further maps meet named members."""
    maps = find_maps(shapes)
    paths = {path for shape in shapes for path in shape.paths}
    while True:
        found: set[str] = set()
        for path in paths:
            bare = ""
            for step in _fold(path, maps):
                if step == ANY_MEMBER:
                    found.add(bare)
                bare += "" if step == ANY_ELEMENT else step
        if found <= maps:
            return maps
        maps |= found
