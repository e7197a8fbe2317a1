"""What a document must have for an XPath expression to select a node in it.

Steps along child, attribute and descendant axes require their paths; a predicate requires what makes it true, as in
``siss.search.jsonpath.required``: a comparison with a text or a whole number its path with that value, and an ``or``
what both sides have in common. What goes another way (parents, siblings, computed values) requires no more than what
was known before it. An expression that gives a truth or a text matches where that is neither false nor empty, so it
requires what a predicate would; one that gives a number has a value in every document and requires nothing; nor do
unions. A relative path begins at the root element.
"""

from collections.abc import Generator
from typing import Final

from siss.model.field import NESTED, counted_value, element_step, spelt_values
from siss.model.structure import ANY_DEPTH, ANY_STEP, RequiredPath, either
from siss.search.xpath.parser import Binary, Call, Constant, Expression, Path, Step

Steps = tuple[str, ...]

_TESTS: Final = frozenset({"starts-with", "contains"})
_SAME_TEXT: Final = frozenset({"string", "normalize-space", "number"})
"""What these make of a text is looked up as the text is (``siss.model.field.spelt_values``)."""
_OTHER_TEXT: Final = frozenset(
    {"translate", "substring", "substring-before", "substring-after", "name", "local-name", "namespace-uri"}
)
"""What these make of no node at all is empty."""
_TRUTHS: Final = frozenset({"boolean", "not", "true", "false", "lang", "id", *_TESTS})
_COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})
_HERE: Final = Path(absolute=False, steps=(Step("self", "node()", ()),))


def required_elements(expression: Expression) -> tuple[RequiredPath, ...]:
    """The paths that must be there; none where every document has to be looked at."""
    every = _of_truth(expression, (ANY_STEP,))
    found = {path: None for path in every if any(step not in {ANY_STEP, ANY_DEPTH} for step in path.steps)}
    return tuple(path for path in found if not any(_implies(other, path) for other in found if other != path))


def _implies(other: RequiredPath, path: RequiredPath) -> bool:
    """Whether a path is there anyway where another one is."""
    return path.values is None and other.steps[: len(path.steps)] == path.steps


def _of_path(path: Path, here: Steps | None) -> Generator[RequiredPath, None, Steps | None]:
    """The paths that must be there for a path to select something, seen from a place (None: an unknown one).

    Returns where what it selects stands; None where that cannot be said.
    """
    at: Steps | None = () if path.absolute else here
    if path.start is not None:
        if not isinstance(path.start, Path):
            return None
        at = yield from _of_path(path.start, here)
    for step in path.steps:
        at = _take_step(at, step)
        if at is None:
            return None
        if step.test != "node()" or step.axis not in {"self", "descendant-or-self"}:
            yield RequiredPath(at)
        for predicate in step.predicates:
            yield from _of_truth(predicate, at)
    return at


def _take_step(at: Steps | None, step: Step) -> Steps | None:
    """Where a step leads; None where that cannot be said. A text stands where its element does."""
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


def _of_truth(expression: Expression, here: Steps) -> Generator[RequiredPath]:
    """What must be there for a predicate to be true."""
    match expression:
        case Path():
            yield from _of_path(expression, here)
        case Binary(operator="and", left=left, right=right):
            yield from _of_truth(left, here)
            yield from _of_truth(right, here)
        case Binary(operator="or", left=left, right=right):
            yield from either(_of_truth(left, here), _of_truth(right, here))
        case Binary(operator=operator, left=left, right=right) if operator in _COMPARISONS:
            yield from _of_comparison(operator, left, right, here)
        case Call(name=name, arguments=(text, Constant(value=str(value)))) if name in _TESTS and value:
            # Of no node at all the text is empty, which holds nothing but the empty text.
            yield from _of_text(text, here)
        case Call(name="boolean", arguments=(inner,)):
            yield from _of_truth(inner, here)
        case Call():
            yield from _of_text(expression, here)


def _of_comparison(operator: str, left: Expression, right: Expression, here: Steps) -> Generator[RequiredPath]:
    """What must be there for a comparison to be true: a set of nodes that is empty compares as false with all else.

    All but a truth, that is; and only paths are sets of nodes: what a function makes of none is an empty text.
    """
    for side, other in ((left, right), (right, left)):
        constant = _constant_of(other)
        if constant is None:
            if isinstance(side, Path) and not _is_truth(other):
                yield from _of_path(side, here)
        elif isinstance(side, Path) or (operator != "!=" and constant.value != ""):
            yield from _of_text(side, here, _values_of(constant) if operator == "=" else None)


def _of_text(expression: Expression, here: Steps, values: frozenset[bytes] | None = None) -> Generator[RequiredPath]:
    """What must be there for a text not to be empty, and to be one of some values."""
    match expression:
        case Path():
            at = yield from _of_path(expression, here)
            if at is not None and values is not None:
                yield RequiredPath(at, values)
        case Call(name=name, arguments=arguments) if name in _SAME_TEXT:
            if name == "number" and values is not None and any(value.startswith(b'"') for value in values):
                values = None  # what spells the same number otherwise has other values
            yield from _of_text(arguments[0] if arguments else _HERE, here, values)
        case Call(name=name, arguments=(text, *_)) if name in _OTHER_TEXT:
            yield from _of_text(text, here)


def _values_of(constant: Constant) -> frozenset[bytes] | None:
    """The values by which nodes that equal a constant are looked up."""
    if isinstance(constant.value, str):
        return frozenset({spelt_values(constant.value)[0], NESTED})
    value = counted_value(constant.value)
    return None if value is None else frozenset({value, NESTED})


def _constant_of(expression: Expression) -> Constant | None:
    match expression:
        case Constant():
            return expression
        case Call(name="-", arguments=(Constant(value=float(value)),)):
            return Constant(-value)
    return None


def _is_truth(expression: Expression) -> bool:
    """Whether an expression gives a truth, or something that is not known."""
    if isinstance(expression, Binary):
        return expression.operator in {"and", "or", "|", *_COMPARISONS}
    return isinstance(expression, Call) and expression.name in _TRUTHS
