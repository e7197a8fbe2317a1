"""Conditions of filters as functions, made once for a query: a large document has a million values to test."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from siss.search.jsonpath.functions import NOTHING, SIGNATURES
from siss.search.jsonpath.syntax import (
    And,
    Call,
    Comparison,
    Condition,
    Constant,
    Exists,
    FunctionType,
    Index,
    Name,
    Not,
    Operand,
    Or,
    Query,
)

Test = Callable[[Any, Any], bool]
"""From the document's root and the value that is looked at: whether a condition holds."""
Get = Callable[[Any, Any], object]
"""From the same: the value of an operand, ``NOTHING`` where it has none."""
Find = Callable[[Query], Callable[[Any, Any], Iterable[Any]]]
"""Makes a function of a query: from the same to the values that the query finds."""


def make_test(condition: Condition, find: Find) -> Test:
    """A condition as a function."""
    match condition:
        case Comparison(left, operator, right):
            return _make_comparison(left, operator, right, find)
        case Exists(query):
            if query.singular:
                follow = _make_follow(query)
                return lambda root, current: follow(root, current) is not NOTHING
            values = find(query)
            return lambda root, current: any(True for _ in values(root, current))
        case And(conditions):
            tests = [make_test(each, find) for each in conditions]
            return lambda root, current: all(test(root, current) for test in tests)
        case Or(conditions):
            tests = [make_test(each, find) for each in conditions]
            return lambda root, current: any(test(root, current) for test in tests)
        case Not(inner):
            test = make_test(inner, find)
            return lambda root, current: not test(root, current)
        case Call():
            call = _make_call(condition, find)
            return lambda root, current: bool(call(root, current))


def _make_comparison(left: Operand, operator: str, right: Operand, find: Find) -> Test:
    get, other = _make_get(left, find), _make_get(right, find)
    if isinstance(right, Constant) and isinstance(right.value, str) and operator == "==":
        text = right.value
        return lambda root, current: type(value := get(root, current)) is str and value == text
    if isinstance(right, Constant) and type(right.value) in {int, float} and operator in _NUMBERS:
        number, compare = right.value, _NUMBERS[operator]
        return lambda root, current: type(value := get(root, current)) in _NUMERIC and compare(value, number)
    compare = _COMPARE[operator]
    return lambda root, current: compare(get(root, current), other(root, current))


def _make_get(operand: Operand, find: Find) -> Get:
    match operand:
        case Constant(value):
            return lambda _root, _current: value
        case Query():
            return _make_follow(operand)
        case Call():
            return _make_call(operand, find)


def _make_call(call: Call, find: Find) -> Get:
    signature = SIGNATURES[call.name]
    gets: list[Get] = []
    for argument, wanted in zip(call.arguments, signature.takes, strict=True):
        if wanted is FunctionType.NODES and isinstance(argument, Query):
            gets.append(_make_list(find(argument)))
        else:
            gets.append(_make_get(argument, find))
    act = signature.call
    return lambda root, current: act(*[get(root, current) for get in gets])


def _make_list(values: Callable[[Any, Any], Iterable[Any]]) -> Get:
    return lambda root, current: list(values(root, current))


def _make_follow(query: Query) -> Get:
    """The value that a singular query gives."""
    steps: list[str | int] = []
    for segment in query.segments:
        match segment.selectors[0]:
            case Name(name):
                steps.append(name)
            case Index(index):
                steps.append(index)
    if not query.relative:
        return lambda root, _current: _follow(root, steps)
    match steps:
        case []:
            return lambda _root, current: current
        case [str() as only]:
            return lambda _root, current: current.get(only, NOTHING) if type(current) is dict else NOTHING
        case _:
            return lambda _root, current: _follow(current, steps)


def _follow(value: Any, steps: Iterable[str | int]) -> object:
    for step in steps:
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return NOTHING
        elif not isinstance(value, list) or not -len(value) <= step < len(value):
            return NOTHING
        value = value[step]
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


_NUMERIC: Final = frozenset({int, float})
_NUMBERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
"""Comparisons of two numbers."""

_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _less,
    ">": lambda left, right: _less(right, left),
    "<=": lambda left, right: _less(left, right) or _equal(left, right),
    ">=": lambda left, right: _less(right, left) or _equal(left, right),
}
