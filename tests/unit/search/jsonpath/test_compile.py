import pytest

from siss.errors import InvalidQueryError
from siss.search.jsonpath.compile import LONGEST, compile_jsonpath


@pytest.mark.parametrize(
    ("expression", "position", "expected"),
    [
        ("$.database[invalid", 12, "bracket close or filter expression"),
        ("", 1, "'$' at the beginning"),
        ("a.b", 1, "'$' at the beginning"),
        ("$.a[", 5, "a selector ('name', index, slice, '*' or ?filter) and a closing bracket"),
        ("$['a", 3, "a closing quote"),
        ("$..", 4, "a name, '*' or a bracketed selection after '..'"),
        ("$[01]", 3, "an index without leading zeros"),
        ("$.a[?foo(@.b)]", 6, "one of the functions length, count, match, search, value"),
        ("$.a[?count(@.b)]", 6, "a comparison of the function's result"),
        ("$[?@.* == 1]", 4, "a query for at most one value on both sides of a comparison"),
        ("$.a ", 5, "the end of the expression"),
        ("$.a[?@.b == ]", 13, "a value, a query or a function"),
        ("$.a[?@.b == 1e999]", 13, "a number of 64 bits, at most 1.8e308"),
    ],
)
def test_errors_say_where_and_what_was_expected(expression: str, position: int, expected: str):
    with pytest.raises(InvalidQueryError) as raised:
        compile_jsonpath(expression)
    details = raised.value.details
    assert (details["expression"], details["position"], details["expected"]) == (expression, position, expected)
    assert f"position {position}" in raised.value.message


@pytest.mark.parametrize("expression", ["$" + ".a" * LONGEST, "$" + "[0]" * 100_000, "$[?" + "(" * 900])
def test_what_is_too_long_or_too_deep_is_refused(expression: str):
    with pytest.raises(InvalidQueryError):
        compile_jsonpath(expression)
