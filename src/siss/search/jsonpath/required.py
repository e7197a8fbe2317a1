"""What a document must have for a JSONPath query to match in it.

Every segment requires the path so far. A filter requires what makes it true: an existence test its query, a
comparison with a literal the query and, for ``==``, the value; both sides of ``&&``; ``||`` what its sides have in
common. ``!`` adds nothing, nor does a comparison of two queries (which may both be missing). The requirements are
necessary, not sufficient: evaluation decides.
"""

from collections.abc import Iterable, Iterator
from functools import reduce

from siss.model.field import ANY_ELEMENT, canonical_value, member_step
from siss.model.structure import ANY_DEPTH, ANY_STEP, RequiredPath, either
from siss.search.jsonpath.syntax import (
    And,
    Call,
    Comparison,
    Condition,
    Constant,
    Exists,
    Filter,
    Index,
    Name,
    Operand,
    Or,
    Query,
    Segment,
    Selector,
    Slice,
)

Steps = tuple[str, ...]


def required_paths(query: Query) -> tuple[RequiredPath, ...]:
    """The paths that must be there, the most telling ones last; none for ``$``."""
    found: dict[RequiredPath, None] = {}
    for path in _of_segments(query.segments, ()):
        if any(step not in {ANY_STEP, ANY_DEPTH} for step in path.steps):
            found[path] = None
    bare = {path.steps: path for path in found if path.values is None}
    # What another one implies says nothing more.
    for path in list(found):
        for length in range(len(path.steps) + (path.values is not None)):
            implied = bare.get(path.steps[:length])
            if implied is not None:
                found.pop(implied, None)
    return tuple(found)


def _of_segments(segments: Iterable[Segment], above: Steps) -> Iterator[RequiredPath]:
    steps = above
    for segment in segments:
        if segment.descendant:
            steps = (*steps, ANY_DEPTH)
        if len(segment.selectors) == 1:
            selector = segment.selectors[0]
            steps = (*steps, _step_of(selector))
            if isinstance(selector, Filter):
                yield from _of_condition(selector.condition, steps)
        else:
            # One of several: any of them, and none of what their filters ask for.
            steps = (*steps, ANY_STEP)
        yield RequiredPath(steps)


def _step_of(selector: Selector) -> str:
    match selector:
        case Name(name):
            return member_step(name)
        case Index() | Slice():
            return ANY_ELEMENT
        case _:
            return ANY_STEP


def _of_condition(condition: Condition, here: Steps) -> Iterator[RequiredPath]:
    match condition:
        case And(conditions):
            for each in conditions:
                yield from _of_condition(each, here)
        case Or(conditions):
            yield from reduce(either, (_of_condition(each, here) for each in conditions))
        case Comparison():
            yield from _of_comparison(condition, here)
        case Exists(query):
            yield from _of_query(query, here)
        case Call(arguments=arguments):
            # The functions that give a truth need texts: a query for what is not there gives none.
            for argument in arguments:
                yield from _of_value(argument, here)


def _of_comparison(comparison: Comparison, here: Steps) -> Iterator[RequiredPath]:
    left, right, operator = comparison.left, comparison.right, comparison.operator
    if isinstance(left, Constant):
        left, right = right, left
    if not isinstance(right, Constant) or isinstance(left, Constant):
        # Two queries, both of which may give nothing; < and > compare nothing.
        if operator in {"<", ">"}:
            yield from _of_value(left, here)
            yield from _of_value(right, here)
        return
    if operator == "!=":
        return
    if operator == "==" and isinstance(left, Query) and left.segments:
        *_, last = [*_of_query(left, here)]
        yield RequiredPath(last.steps, frozenset({canonical_value(right.value)}))
    else:
        yield from _of_value(left, here)


def _of_value(operand: Operand, here: Steps) -> Iterator[RequiredPath]:
    """What must be there for an operand to have a value at all."""
    if isinstance(operand, Query):
        yield from _of_query(operand, here)
    elif isinstance(operand, Call) and operand.name in {"length", "value"}:
        for argument in operand.arguments:
            yield from _of_value(argument, here)


def _of_query(query: Query, here: Steps) -> Iterator[RequiredPath]:
    yield from _of_segments(query.segments, here if query.relative else ())
