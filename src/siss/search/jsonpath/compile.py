"""A JSONPath expression to a query that can be evaluated, or an error that says where and what was expected."""

import re
from typing import Final

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathQuery
from jsonpath_rfc9535.exceptions import JSONPathError

from siss.errors import InvalidQueryError
from siss.search.jsonpath.functions import Match, Search

LONGEST: Final = 1000
"""Characters. Parsing recurses: a hundred thousand segments would end the process."""

_EXPECTED: Final = (
    ("expected '$'", "'$' at the beginning"),
    ("bracketed selection", "bracket close or filter expression"),
    ("unbalanced brackets", "a selector ('name', index, slice, '*' or ?filter) and a closing bracket"),
    ("unbalanced parentheses", "a closing parenthesis"),
    ("unclosed string", "a closing quote"),
    ("bald descendant segment", "a name, '*' or a bracketed selection after '..'"),
    ("expected '.'", "'.', '..' or a bracketed selection"),
    ("'COMMA'", "a comma or a closing bracket"),
    ("is not defined", "one of the functions length, count, match, search, value"),
    ("must be compared", "a comparison of the function's result"),
    ("not comparable", "a query for at most one value on both sides of a comparison"),
    ("leading zero", "an index without leading zeros"),
    ("out of range", "an integer between -(2**53)+1 and (2**53)-1"),
    ("trailing whitespace", "the end of the expression"),
    ("end of expression", "a value, a query or a function"),
    ("escape", "an escape of JSON"),
    ("arguments", "as many arguments as the function takes"),
    ("ValueType", "a literal, a query for at most one value, or a function that gives a value"),
    ("NodesType", "a query"),
    ("literals outside", "a comparison of the literal"),
    ("number is too large", "a number of 64 bits, at most 1.8e308"),
)
_EXPONENT: Final = re.compile(r"-?\d+(?:\.\d+)?[eE]\+?\d{3,}")


class _Environment(JSONPathEnvironment):
    # Documents are at most as deep as decoders take.
    max_recursion_depth = 2000

    def setup_function_extensions(self) -> None:
        """The functions of RFC 9535, two of them our own."""
        super().setup_function_extensions()
        self.function_extensions["match"] = Match()
        self.function_extensions["search"] = Search()


_ENVIRONMENT: Final = _Environment()


def compile_jsonpath(expression: str) -> JSONPathQuery:
    """The query of an expression.

    Raises ``InvalidQueryError`` with ``position`` (0-based character offset) and ``expected``.
    """
    if len(expression) > LONGEST:
        raise InvalidQueryError(
            f"The JSONPath expression has {len(expression):,} characters, more than {LONGEST:,}.",
            expression=expression[:LONGEST],
            position=LONGEST,
            expected=f"at most {LONGEST:,} characters",
        )
    try:
        return _ENVIRONMENT.compile(expression)
    except JSONPathError as error:
        token = error.token
        position = min(token.index, len(expression)) if token is not None else 0
        what = str(error.args[0]) if error.args else "not a JSONPath expression"
    except RecursionError:
        position, what = 0, "nested too deeply"
    except OverflowError:
        found = _EXPONENT.search(expression)
        position, what = found.start() if found else 0, "the number is too large"
    raise InvalidQueryError(
        f"Invalid JSONPath expression at position {position}: {what}",
        expression=expression,
        position=position,
        expected=next(
            (expected for sign, expected in _EXPECTED if sign in what), "a JSONPath expression of RFC 9535"
        ),
    )
