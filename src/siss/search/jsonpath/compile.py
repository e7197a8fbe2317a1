"""A JSONPath expression to a query that can be evaluated, or an error that says where and what was expected."""

from typing import Final

from siss.search.jsonpath.literals import fail
from siss.search.jsonpath.parser import Parser
from siss.search.jsonpath.syntax import Query

LONGEST: Final = 1000
"""Characters."""


def compile_jsonpath(expression: str) -> Query:
    """The query of an expression.

    Raises ``InvalidQueryError`` with ``position`` (in characters, from 1) and ``expected``.
    """
    if len(expression) > LONGEST:
        what = f"{len(expression):,} characters"
        raise fail(expression[:LONGEST], LONGEST, what, f"at most {LONGEST:,} characters")
    return Parser(expression).whole()
