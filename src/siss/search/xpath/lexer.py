"""Tokens of XPath 1.0 (section 3.7 of the recommendation), each with its position."""

import re
from dataclasses import dataclass
from typing import Final

from siss.errors import InvalidQueryError

LONGEST: Final = 1000
"""Characters, as in ``siss.search.jsonpath.compile``."""

_NAME = r"[^\W\d][\w.\-·]*"
_TOKEN: Final = re.compile(
    rf"""\s*+(?:
    (?P<literal>"[^"]*"|'[^']*')
  | (?P<number>\d+(?:\.\d*)?|\.\d+)
  | (?P<symbol>//|\.\.|::|!=|<=|>=|[()\[\].@,/|+\-=<>*])
  | \$(?P<variable>{_NAME}(?::{_NAME})?)
  | (?P<name>{_NAME}(?::(?:{_NAME}|\*))?(?!:(?!:)))
  )""",
    re.VERBOSE,
)
_SYMBOLS: Final = frozenset(["@", "::", "(", "[", ",", "/", "//", "|", "+", "-", "=", "!=", "<", "<=", ">", ">="])
_BEFORE_OPERAND: Final = _SYMBOLS | {"and", "or", "mod", "div", "*op"}
"""After these, and at the beginning, ``*`` and ``and`` are names; elsewhere they are operators."""


@dataclass(frozen=True, slots=True)
class Token:
    """``sort``: ``literal``, ``number``, ``variable``, ``name``, ``end``, or the symbol itself (``*op``: times)."""

    sort: str
    text: str
    position: int


def tokenize(expression: str) -> list[Token]:
    """The tokens, with one for the end. Raises ``InvalidQueryError``."""
    if len(expression) > LONGEST:
        raise fail(expression[:LONGEST], LONGEST, f"at most {LONGEST:,} characters", "too long")
    tokens: list[Token] = []
    at = 0
    end = len(expression.rstrip())
    while at < end:
        found = _TOKEN.match(expression, at)
        if found is None:
            at += len(expression[at:]) - len(expression[at:].lstrip())
            quoted = expression[at] in "\"'"
            expected = "a closing quote" if quoted else "a name, a literal, a number or an operator"
            raise fail(expression, at, expected, f"unexpected {expression[at]!r}")
        sort = found.lastgroup or ""
        text, start = found[sort], found.start(sort)
        operand = bool(tokens) and tokens[-1].sort not in _BEFORE_OPERAND
        if sort == "symbol":
            sort = "*op" if text == "*" and operand else text
        elif sort == "name" and operand:
            if text not in {"and", "or", "mod", "div"}:
                raise fail(expression, start, "an operator or the end of the expression", f"unexpected {text!r}")
            sort = text
        tokens.append(Token(sort, text, start))
        at = found.end()
    return [*tokens, Token("end", "", end)]


def fail(expression: str, position: int, expected: str, what: str) -> InvalidQueryError:
    """The error for an expression that does not parse. ``position``: its offset in characters, from 0."""
    return InvalidQueryError(
        f"Invalid XPath expression at position {position + 1}: {what}",
        expression=expression,
        position=position + 1,
        expected=expected,
    )
