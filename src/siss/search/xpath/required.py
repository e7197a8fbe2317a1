"""What a document must have for an XPath expression to select a node in it.

Steps along child, attribute and descendant axes require their paths; a predicate requires what makes it true, as in
``siss.search.jsonpath.required``. What goes another way (parents, siblings, computed values) requires no more than
what was known before it. Expressions that give a number, a text or a truth have a value in every document, so they
require nothing; unions require nothing either. A relative path begins at the root element.
"""

from collections.abc import Iterator
from typing import Final

from siss.model.field import element_step
from siss.model.structure import ANY_DEPTH, ANY_STEP, RequiredPath
from siss.search.xpath.parser import Binary, Call, Constant, Expression, Path, Step

Steps = tuple[str, ...]

_STRINGS: Final = frozenset({"starts-with", "contains"})


def required_elements(expression: Expression) -> tuple[RequiredPath, ...]:
    """The paths that must be there; none where every document has to be looked at."""
    if not isinstance(expression, Path) or expression.start is not None:
        return ()
    found: dict[RequiredPath, None] = {}
    for path in _of_path(expression, (ANY_STEP,)):
        if any(step not in {ANY_STEP, ANY_DEPTH} for step in path.steps):
            found[path] = None
    steps = [path.steps for path in found]
    return tuple(
        path for path in found if not any(other[: len(path.steps)] == path.steps != other for other in steps)
    )


def _of_path(path: Path, here: Steps | None) -> Iterator[RequiredPath]:
    """The paths that must be there for a path to select something, seen from a place (None: an unknown one)."""
    if path.start is not None:
        return
    at: Steps | None = () if path.absolute else here
    for step in path.steps:
        at = _take_step(at, step)
        if at is None:
            return
        if step.test != "node()" or step.axis not in {"self", "descendant-or-self"}:
            yield RequiredPath(at)
        for predicate in step.predicates:
            yield from _of_truth(predicate, at)


def _take_step(at: Steps | None, step: Step) -> Steps | None:
    """Where a step leads; None where that cannot be said."""
    if at is None:
        return None
    if step.test == "text()":
        return at if step.axis == "child" else None
    if step.test == "node()":
        match step.axis:
            case "self":
                return at
            case "descendant-or-self":
                return (*at, ANY_DEPTH)
        return None
    if step.test.endswith(")"):
        return None
    match step.axis:
        case "child":
            return (*at, _name_step(step.test))
        case "attribute":
            return (*at, _name_step(step.test, "@"))
        case "descendant":
            return (*at, ANY_DEPTH, _name_step(step.test))
        case _:
            return None


def _name_step(test: str, mark: str = "") -> str:
    if test.endswith("*"):
        return ANY_STEP
    return element_step(mark + test)


def _of_truth(expression: Expression, here: Steps) -> Iterator[RequiredPath]:
    """What must be there for a predicate to be true."""
    match expression:
        case Path():
            yield from _of_path(expression, here)
        case Binary(operator="and", left=left, right=right):
            yield from _of_truth(left, here)
            yield from _of_truth(right, here)
        case Binary(operator="=" | "!=" | "<" | "<=" | ">" | ">=", left=left, right=right):
            # A set of nodes that is empty compares as false with any text or number.
            for side, other in ((left, right), (right, left)):
                if isinstance(side, Path) and isinstance(other, Constant | Path):
                    yield from _of_path(side, here)
        case Call(name=name, arguments=(Path() as path, Constant(value=str(value)))) if name in _STRINGS and value:
            # Of no node at all the text is empty, which holds nothing but the empty text.
            yield from _of_path(path, here)
        case Call(name="boolean", arguments=(inner,)):
            yield from _of_truth(inner, here)
