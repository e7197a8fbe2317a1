"""XPath 1.0 parsed: to say where an expression is wrong, and to know which paths it needs.

Evaluation is libxml2's; this tree holds only what ``siss.search.xpath.required`` looks at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from siss.model.field import expanded_name
from siss.search.xpath.lexer import Token, fail, tokenize

_AXES: Final = frozenset(
    {
        "ancestor",
        "ancestor-or-self",
        "attribute",
        "child",
        "descendant",
        "descendant-or-self",
        "following",
        "following-sibling",
        "namespace",
        "parent",
        "preceding",
        "preceding-sibling",
        "self",
    }
)
_OF_NODES: Final = frozenset({"count", "sum", "local-name", "namespace-uri", "name"})
"""Functions whose argument must be a set of nodes."""
XML_NAMESPACE: Final = "http://www.w3.org/XML/1998/namespace"
"""Of the prefix ``xml``, which needs no declaration."""
_NODE_TYPES: Final = frozenset({"comment", "text", "processing-instruction", "node"})
_ARGUMENTS: Final[Mapping[str, tuple[int, int]]] = {
    "last": (0, 0), "position": (0, 0), "count": (1, 1), "id": (1, 1), "local-name": (0, 1), "namespace-uri": (0, 1),
    "name": (0, 1), "string": (0, 1), "concat": (2, 1000), "starts-with": (2, 2), "contains": (2, 2),
    "substring-before": (2, 2), "substring-after": (2, 2), "substring": (2, 3), "string-length": (0, 1),
    "normalize-space": (0, 1), "translate": (3, 3), "boolean": (1, 1), "not": (1, 1), "true": (0, 0), "false": (0, 0),
    "lang": (1, 1), "number": (0, 1), "sum": (1, 1), "floor": (1, 1), "ceiling": (1, 1), "round": (1, 1),
}  # fmt: skip
_BINARY: Final = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*op", "div", "mod"))


@dataclass(frozen=True, slots=True)
class Step:
    """``test``: a name as in shapes (``name``, ``{uri}name``), ``*``, or a node type with parentheses."""

    axis: str
    test: str
    predicates: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Path:
    """A location path; ``start``: what a filter expression begins with, instead of a node."""

    absolute: bool
    steps: tuple[Step, ...]
    start: "Expression | None" = None


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions and the operator between them (``|`` too)."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or a minus sign (``-``)."""

    name: str
    arguments: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal or a number."""

    value: str | float


Expression = Path | Binary | Call | Constant
_DESCEND: Final = Step("descendant-or-self", "node()", ())


def parse_xpath(expression: str, namespaces: Mapping[str, str]) -> Expression:
    """The tree of an expression. Raises ``InvalidQueryError`` with ``position`` and ``expected``."""
    try:
        return _Parser(expression, namespaces).whole()
    except RecursionError:
        raise fail(expression, 0, "less nesting", "nested too deeply") from None


class _Parser:
    def __init__(self, expression: str, namespaces: Mapping[str, str]) -> None:
        self._expression = expression
        self._namespaces = {"xml": XML_NAMESPACE, **namespaces}
        self._tokens = tokenize(expression)
        self._at = 0

    def whole(self) -> Expression:
        found = self._binary(0)
        if self._next.sort != "end":
            raise self._unexpected("an operator or the end of the expression")
        return found

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self, *sorts: str) -> bool:
        if self._next.sort in sorts:
            self._at += 1
            return True
        return False

    def _expect(self, sort: str, expected: str) -> None:
        if not self._take(sort):
            raise self._unexpected(expected)

    def _unexpected(self, expected: str, token: Token | None = None) -> Exception:
        token = token or self._next
        what = "unexpected end" if token.sort == "end" else f"unexpected {token.text!r}"
        return fail(self._expression, token.position, expected, what)

    def _binary(self, level: int) -> Expression:
        if level == len(_BINARY):
            return self._unary()
        left = self._binary(level + 1)
        while self._next.sort in _BINARY[level]:
            operator = self._next.sort
            self._at += 1
            left = Binary(operator, left, self._binary(level + 1))
        return left

    def _unary(self) -> Expression:
        if self._take("-"):
            return Call("-", (self._unary(),))
        at = self._next.position
        left = self._path()
        while self._take("|"):
            self._require_nodes(left, at)
            at = self._next.position
            right = self._path()
            self._require_nodes(right, at)
            left = Binary("|", left, right)
        return left

    def _require_nodes(self, found: Expression, position: int) -> None:
        """Of what type an expression is, is known without variables (section 1): only these are sets of nodes."""
        match found:
            case Path() | Binary(operator="|") | Call(name="id"):
                return
        raise fail(self._expression, position, "a path", "no set of nodes")

    def _path(self) -> Expression:
        token = self._next
        following = self._tokens[self._at + 1] if token.sort != "end" else token
        is_call = token.sort == "name" and following.sort == "(" and token.text not in _NODE_TYPES
        if token.sort in {"(", "literal", "number", "variable"} or is_call:
            start = self._primary()
            if self._next.sort not in {"[", "/", "//"}:
                return start
            self._require_nodes(start, token.position)
            predicates = self._predicates()
            steps: list[Step] = [Step("self", "node()", predicates)] if predicates else []
            return Path(absolute=False, steps=(*steps, *self._more_steps()), start=start)
        if token.sort == "/":
            self._at += 1
            if self._next.sort in {"name", "@", "*", ".", ".."}:
                return Path(absolute=True, steps=(self._step(), *self._more_steps()))
            return Path(absolute=True, steps=())
        if token.sort == "//":
            self._at += 1
            return Path(absolute=True, steps=(_DESCEND, self._step(), *self._more_steps()))
        return Path(absolute=False, steps=(self._step(), *self._more_steps()))

    def _more_steps(self) -> list[Step]:
        steps: list[Step] = []
        while self._next.sort in {"/", "//"}:
            if self._next.sort == "//":
                steps.append(_DESCEND)
            self._at += 1
            steps.append(self._step())
        return steps

    def _step(self) -> Step:
        if self._take("."):
            return Step("self", "node()", ())
        if self._take(".."):
            return Step("parent", "node()", ())
        axis = "child"
        if self._take("@"):
            axis = "attribute"
        elif self._next.sort == "name" and self._tokens[self._at + 1].sort == "::":
            if self._next.text not in _AXES:
                raise self._unexpected("an axis: " + ", ".join(sorted(_AXES)))
            axis = self._next.text
            self._at += 2
        return Step(axis, self._node_test(), self._predicates())

    def _node_test(self) -> str:
        token = self._next
        if self._take("*"):
            return "*"
        if token.sort != "name":
            raise self._unexpected("a step: a name, '*', '@', '.', '..' or a node test")
        self._at += 1
        if token.text in _NODE_TYPES and self._take("("):
            if token.text == "processing-instruction":
                self._take("literal")
            self._expect(")", "a closing parenthesis")
            return f"{token.text}()"
        return self._resolve(token)

    def _resolve(self, token: Token) -> str:
        prefix, colon, local = token.text.partition(":")
        if not colon:
            return token.text
        if prefix not in self._namespaces:
            expected = f"a prefix that 'namespaces' declares, not {prefix!r}"
            raise fail(self._expression, token.position, expected, f"unknown prefix {prefix!r}")
        return expanded_name(self._namespaces[prefix], local)

    def _predicates(self) -> tuple[Expression, ...]:
        found: list[Expression] = []
        while self._take("["):
            found.append(self._binary(0))
            self._expect("]", "an operator or a closing bracket")
        return tuple(found)

    def _primary(self) -> Expression:
        token = self._next
        self._at += 1
        match token.sort:
            case "literal":
                return Constant(token.text[1:-1])
            case "number":
                return Constant(float(token.text))
            case "variable":
                raise fail(self._expression, token.position - 1, "no variables", f"unknown variable ${token.text}")
            case "(":
                inner = self._binary(0)
                self._expect(")", "an operator or a closing parenthesis")
                return inner
        return self._call(token)

    def _call(self, token: Token) -> Call:
        if token.text not in _ARGUMENTS:
            raise self._unexpected("a function of XPath 1.0", token)
        self._at += 1
        arguments: list[Expression] = []
        begins = self._next.position
        if not self._take(")"):
            arguments.append(self._binary(0))
            while self._take(","):
                arguments.append(self._binary(0))
            self._expect(")", "a comma or a closing parenthesis")
        fewest, most = _ARGUMENTS[token.text]
        if not fewest <= len(arguments) <= most:
            number = str(fewest) if fewest == most else f"{fewest} to {most}"
            raise fail(
                self._expression,
                token.position,
                f"{number} arguments of {token.text}()",
                f"{token.text}() has {len(arguments)} arguments",
            )
        if arguments and token.text in _OF_NODES:
            self._require_nodes(arguments[0], begins)
        return Call(token.text, tuple(arguments))
