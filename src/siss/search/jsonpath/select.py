"""A query over a decoded document: the nodes that it selects, in the order of RFC 9535."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Union

from siss.search.jsonpath.conditions import Test, make_test
from siss.search.jsonpath.syntax import Filter, Index, Name, Query, Segment, Selector, Slice

Location = tuple[int | str, ...]
Step = int | str
Node = tuple[Any, Step, Union["Node", None]]
"""A value, the name or index under which it stands, and the node that it stands in (None: it is the root)."""

_Chooser = tuple[Selector, Test]
_Level = tuple[bool, Sequence[_Chooser]]
"""A segment: whether it also looks at all that is below, and its selectors, those of filters with their tests."""


def make_select(query: Query) -> Callable[[Any], Iterator[Node]]:
    """A function from a document to the nodes that a query selects; one may come more than once."""
    levels = _make_levels(query.segments)
    return lambda root: _apply(levels, (root, "", None), root)


def location_of(node: Node) -> Location:
    """The names and indices that lead from the root to a node."""
    steps: list[Step] = []
    at: Node | None = node
    while at is not None and at[2] is not None:
        steps.append(at[1])
        at = at[2]
    return tuple(reversed(steps))


def normalized_path(location: Location) -> str:
    """The one spelling of a location (section 2.7)."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f"['{_spell(step)}']" for step in location)


def _spell(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")


def _make_levels(segments: Iterable[Segment]) -> list[_Level]:
    return [
        (
            segment.descendant,
            [
                (each, make_test(each.condition, _find) if isinstance(each, Filter) else _always)
                for each in segment.selectors
            ],
        )
        for segment in segments
    ]


def _find(query: Query) -> Callable[[Any, Any], Iterator[Any]]:
    """What gives the values that a query in a filter finds."""
    levels, relative = _make_levels(query.segments), query.relative
    return lambda root, current: (node[0] for node in _apply(levels, (current if relative else root, "", None), root))


def _always(_root: Any, _current: Any) -> bool:
    return True


def _apply(levels: Sequence[_Level], start: Node, root: Any) -> Iterator[Node]:
    if not levels:
        return iter((start,))
    nodes = [start]
    # Generators inside of generators would be calls inside of calls, and expressions have hundreds of segments.
    for level in levels[:-1]:
        nodes = list(_apply_level(level, nodes, root))
    return _apply_level(levels[-1], nodes, root)


def _apply_level(level: _Level, nodes: Iterable[Node], root: Any) -> Iterator[Node]:
    descendant, choosers = level
    for node in nodes:
        for each in _descend(node) if descendant else (node,):
            for selector, test in choosers:
                yield from _choose(selector, test, each, root)


def _descend(node: Node) -> Iterator[Node]:
    """A node and all containers below it: parents first, elements in their order."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        value = node[0]
        if isinstance(value, dict):
            below = [(inner, name, node) for name, inner in value.items() if isinstance(inner, dict | list)]
        elif isinstance(value, list):
            below = [(inner, index, node) for index, inner in enumerate(value) if isinstance(inner, dict | list)]
        else:
            continue
        waiting.extend(reversed(below))


def _choose(selector: Selector, test: Test, node: Node, root: Any) -> Iterator[Node]:
    value = node[0]
    if isinstance(value, dict):
        if isinstance(selector, Name):
            if selector.name in value:
                yield value[selector.name], selector.name, node
            return
        children: Iterable[tuple[Step, Any]] = value.items()
    elif isinstance(value, list):
        if isinstance(selector, Index):
            if -len(value) <= selector.index < len(value):
                yield value[selector.index], selector.index % len(value), node
            return
        children = enumerate(value)
    else:
        return
    match selector:
        case Slice(start, stop, step):
            if step and isinstance(value, list):
                for index in range(*slice(start, stop, step).indices(len(value))):
                    yield value[index], index, node
        case Filter():
            for key, inner in children:
                if test(root, inner):
                    yield inner, key, node
        case Name() | Index():
            return
        case _:
            for key, inner in children:
                yield inner, key, node
