"""A query over a decoded document: the nodes that it selects, in the order of RFC 9535."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Union

from siss.search.jsonpath.functions import NOTHING, SIGNATURES
from siss.search.jsonpath.syntax import (
    And,
    Call,
    Comparison,
    Condition,
    Constant,
    Exists,
    Filter,
    FunctionType,
    Index,
    Name,
    Not,
    Operand,
    Or,
    Query,
    Segment,
    Selector,
    Slice,
)

Location = tuple[int | str, ...]
Step = int | str
Node = tuple[Any, Step, Union["Node", None]]
"""A value, the name or index under which it stands, and the node that it stands in (None: it is the root)."""


@dataclass(frozen=True, slots=True)
class _Place:
    """What a filter looks at: the document's root and the node under test."""

    root: Any
    current: Any


def select(query: Query, root: Any) -> Iterator[Node]:
    """The nodes that a query selects in a document, as often as it selects them."""
    return _apply(query.segments, (root, "", None), root)


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


def _apply(segments: tuple[Segment, ...], start: Node, root: Any) -> Iterator[Node]:
    if not segments:
        return iter((start,))
    nodes = [start]
    # Generators inside of generators would be calls inside of calls, and expressions have hundreds of segments.
    for segment in segments[:-1]:
        nodes = list(_apply_segment(segment, nodes, root))
    return _apply_segment(segments[-1], nodes, root)


def _apply_segment(segment: Segment, nodes: Iterable[Node], root: Any) -> Iterator[Node]:
    for node in nodes:
        for each in _descend(node) if segment.descendant else (node,):
            for selector in segment.selectors:
                yield from _choose(selector, each, root)


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


def _choose(selector: Selector, node: Node, root: Any) -> Iterator[Node]:
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
        case Filter(condition):
            for key, inner in children:
                if _holds(condition, _Place(root, inner)):
                    yield inner, key, node
        case Name() | Index():
            return
        case _:
            for key, inner in children:
                yield inner, key, node


def _holds(condition: Condition, place: _Place) -> bool:
    match condition:
        case Comparison(left, operator, right):
            return _COMPARE[operator](_value_of(left, place), _value_of(right, place))
        case Exists(query):
            if query.singular:
                return _follow(query, place) is not NOTHING
            return any(True for _ in _nodes_of(query, place))
        case And(conditions):
            return all(_holds(each, place) for each in conditions)
        case Or(conditions):
            return any(_holds(each, place) for each in conditions)
        case Not(inner):
            return not _holds(inner, place)
        case Call():
            return bool(_call(condition, place))


def _value_of(operand: Operand, place: _Place) -> object:
    match operand:
        case Constant(value):
            return value
        case Query():
            return _follow(operand, place)
        case Call():
            return _call(operand, place)


def _call(call: Call, place: _Place) -> object:
    signature = SIGNATURES[call.name]
    arguments: list[object] = []
    for argument, wanted in zip(call.arguments, signature.takes, strict=True):
        if wanted is FunctionType.NODES and isinstance(argument, Query):
            arguments.append([node[0] for node in _nodes_of(argument, place)])
        else:
            arguments.append(_value_of(argument, place))
    return signature.call(*arguments)


def _nodes_of(query: Query, place: _Place) -> Iterator[Node]:
    start = place.current if query.relative else place.root
    return _apply(query.segments, (start, "", None), place.root)


def _follow(query: Query, place: _Place) -> object:
    """The value that a singular query gives, or ``NOTHING``."""
    value: Any = place.current if query.relative else place.root
    for segment in query.segments:
        match segment.selectors[0]:
            case Name(name) if isinstance(value, dict) and name in value:
                value = value[name]
            case Index(index) if isinstance(value, list) and -len(value) <= index < len(value):
                value = value[index]
            case _:
                return NOTHING
    return value


def _equal(left: Any, right: Any) -> bool:
    """Whether two values are the same to JSON, to which ``true`` is not 1, wherever it stands."""
    if not isinstance(left, list | dict):
        return _same(left, right)
    pairs: list[tuple[Any, Any]] = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        if isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            pairs.extend(zip(one, other, strict=True))
        elif isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            pairs.extend((value, other[name]) for name, value in one.items())
        elif not _same(one, other):
            return False
    return True


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _less(left: Any, right: Any) -> bool:
    """Whether two numbers, or two texts by their code points, stand in this order; nothing else has one."""
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    return isinstance(left, int | float) and isinstance(right, int | float) and left < right


_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _less,
    ">": lambda left, right: _less(right, left),
    "<=": lambda left, right: _less(left, right) or _equal(left, right),
    ">=": lambda left, right: _less(right, left) or _equal(left, right),
}
