"""Shapes of one cluster laid over each other: what every description of their members is made from."""

from collections import Counter, defaultdict
from collections.abc import Sequence

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
    top = SchemaNode("")
    for shape in shapes:
        _lay(top, shape, maps)
    return top


def _lay(top: SchemaNode, shape: ShapeCount, maps: frozenset[str]) -> None:
    mapped = [_fold(path, maps) for path in shape.paths]
    masks: dict[tuple[str, ...], int] = defaultdict(int)
    objects: Counter[tuple[str, ...]] = Counter()
    whole: Counter[tuple[str, ...]] = Counter()
    for steps, mask in zip(mapped, shape.types, strict=True):
        masks[steps] |= mask
        objects[steps] += bool(mask & OBJECT)
        whole[steps] += not mask & PARTIAL
    for path, steps in zip(shape.paths, mapped, strict=True):
        node = _node_at(top, steps)
        node.paths.add(path)
    for steps, mask in masks.items():
        node = _node_at(top, steps)
        node.types |= mask
        node.present += shape.count
        node.objects += shape.count if objects[steps] else 0
        # Several objects that are one here (members of a map) must all have it.
        if not steps or whole[steps] >= objects[steps[:-1]]:
            node.always += shape.count


def _node_at(top: SchemaNode, steps: tuple[str, ...]) -> SchemaNode:
    node = top
    for step in steps:
        node = node.children.setdefault(step, SchemaNode(step))
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
