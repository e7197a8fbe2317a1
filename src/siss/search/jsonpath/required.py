"""What a document must have for a JSONPath query to match in it.

Every segment requires the path so far. A filter requires what makes it true: an existence test its query, a
comparison with a literal the query and, for ``==``, the value; both sides of ``&&``. ``||`` and ``!`` add nothing,
nor does a comparison of two queries (which may both be missing). The requirements are necessary, not sufficient:
evaluation decides.
"""

from collections.abc import Iterable, Iterator

from jsonpath_rfc9535 import JSONPathQuery
from jsonpath_rfc9535.filter_expressions import (
    ComparisonExpression,
    Expression,
    FilterExpression,
    FilterExpressionLiteral,
    FilterQuery,
    FunctionExtension,
    LogicalExpression,
    RelativeFilterQuery,
)
from jsonpath_rfc9535.segments import JSONPathRecursiveDescentSegment, JSONPathSegment
from jsonpath_rfc9535.selectors import FilterSelector, IndexSelector, JSONPathSelector, NameSelector, SliceSelector

from siss.model.field import ANY_ELEMENT, canonical_value, member_step
from siss.model.structure import ANY_DEPTH, ANY_STEP, RequiredPath

Steps = tuple[str, ...]


def required_paths(query: JSONPathQuery) -> tuple[RequiredPath, ...]:
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


def _of_segments(segments: Iterable[JSONPathSegment], above: Steps) -> Iterator[RequiredPath]:
    steps = above
    for segment in segments:
        if isinstance(segment, JSONPathRecursiveDescentSegment):
            steps = (*steps, ANY_DEPTH)
        selectors = segment.selectors
        if len(selectors) == 1:
            selector = selectors[0]
            steps = (*steps, _step_of(selector))
            if isinstance(selector, FilterSelector):
                yield from _of_expression(selector.expression, steps)
        else:
            # One of several: any of them, and none of what their filters ask for.
            steps = (*steps, ANY_STEP)
        yield RequiredPath(steps)


def _step_of(selector: JSONPathSelector) -> str:
    if isinstance(selector, NameSelector):
        return member_step(selector.name)
    if isinstance(selector, IndexSelector | SliceSelector):
        return ANY_ELEMENT
    return ANY_STEP


def _of_expression(expression: Expression, here: Steps) -> Iterator[RequiredPath]:
    match expression:
        case FilterExpression():
            yield from _of_expression(expression.expression, here)
        case LogicalExpression() if expression.operator == "&&":
            yield from _of_expression(expression.left, here)
            yield from _of_expression(expression.right, here)
        case ComparisonExpression():
            yield from _of_comparison(expression, here)
        case FilterQuery():
            yield from _of_query(expression, here)
        case FunctionExtension() if expression.name in {"match", "search"}:
            # Both need strings: a query for what is not there gives none.
            for argument in expression.args:
                yield from _of_value(argument, here)


def _of_comparison(expression: ComparisonExpression, here: Steps) -> Iterator[RequiredPath]:
    left, right, operator = expression.left, expression.right, expression.operator
    if isinstance(left, FilterExpressionLiteral):
        left, right = right, left
    if not isinstance(right, FilterExpressionLiteral) or isinstance(left, FilterExpressionLiteral):
        # Two queries, both of which may give nothing; < and > compare nothing.
        if operator in {"<", ">"}:
            yield from _of_value(left, here)
            yield from _of_value(right, here)
        return
    if operator == "!=":
        return
    if operator == "==" and isinstance(left, FilterQuery) and left.query.segments:
        *_, last = [*_of_query(left, here)]
        yield RequiredPath(last.steps, frozenset({canonical_value(right.value)}))
    else:
        yield from _of_value(left, here)


def _of_value(expression: Expression, here: Steps) -> Iterator[RequiredPath]:
    """What must be there for an expression to have a value at all."""
    if isinstance(expression, FilterQuery):
        yield from _of_query(expression, here)
    elif isinstance(expression, FunctionExtension) and expression.name in {"length", "value"}:
        for argument in expression.args:
            yield from _of_value(argument, here)


def _of_query(expression: FilterQuery, here: Steps) -> Iterator[RequiredPath]:
    start = here if isinstance(expression, RelativeFilterQuery) else ()
    yield from _of_segments(expression.query.segments, start)
