import pytest

from siss.errors import InvalidQueryError
from siss.search.jsonpath.compile import LONGEST, compile_jsonpath


@pytest.mark.parametrize(
    ("expression", "position", "expected"),
    [
        ("$.database[invalid", 11, "bracket close or filter expression"),
        ("", 0, "'$' at the beginning"),
        ("a.b", 0, "'$' at the beginning"),
        ("$.a[", 4, "a selector ('name', index, slice, '*' or ?filter) and a closing bracket"),
        ("$['a", 2, "a closing quote"),
        ("$..", 3, "a name, '*' or a bracketed selection after '..'"),
        ("$[01]", 2, "an index without leading zeros"),
        ("$.a[?foo(@.b)]", 5, "one of the functions length, count, match, search, value"),
        ("$.a[?count(@.b)]", 5, "a comparison of the function's result"),
        ("$[?@.* == 1]", 3, "a query for at most one value on both sides of a comparison"),
        ("$.a ", 4, "the end of the expression"),
        ("$.a[?@.b == ]", 12, "a value, a query or a function"),
        ("$.a[?@.b == 1e999]", 12, "a number of 64 bits, at most 1.8e308"),
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
