import pytest

from siss.errors import InvalidQueryError
from siss.search.xpath.evaluate import compile_xpath

NAMESPACES = {"n": "urn:n"}


@pytest.mark.parametrize(
    ("expression", "position", "expected"),
    [
        ("//a[", 5, "a step: a name, '*', '@', '.', '..' or a node test"),
        ("//a[b", 6, "an operator or a closing bracket"),
        ("//a]", 4, "an operator or the end of the expression"),
        ("//", 3, "a step: a name, '*', '@', '.', '..' or a node test"),
        ("//x:y", 3, "a prefix that 'namespaces' declares, not 'x'"),
        ("foo(1)", 1, "a function of XPath 1.0"),
        ("a b", 3, "an operator or the end of the expression"),
        ('a["b', 3, "a closing quote"),
        ("count()", 1, "1 arguments of count()"),
        ("count(1)", 7, "a path"),
        ("//a | 'b'", 7, "a path"),
        ("string(a)/b", 1, "a path"),
        ("name(//a = 1)", 6, "a path"),
        ("(1)[2]", 1, "a path"),
        ("$x", 1, "no variables"),
        ("(a", 3, "an operator or a closing parenthesis"),
        ("a/#", 3, "a name, a literal, a number or an operator"),
        ("", 1, "a step: a name, '*', '@', '.', '..' or a node test"),
    ],
)
def test_errors_say_where_and_what_was_expected(expression: str, position: int, expected: str):
    with pytest.raises(InvalidQueryError) as raised:
        compile_xpath(expression, NAMESPACES)
    details = raised.value.details
    assert (details["expression"], details["position"], details["expected"]) == (expression, position, expected)


@pytest.mark.parametrize("expression", ["a" * 2000, "(" * 900, "-" * 999, "a[" * 400])
def test_what_is_too_long_or_too_deep_is_refused(expression: str):
    with pytest.raises(InvalidQueryError):
        compile_xpath(expression, {})


@pytest.mark.parametrize(
    "expression",
    [
        "/",
        "/a",
        "//a/@*",
        "a[1][last()]",
        "a | b | //c",
        "child::a/descendant-or-self::node()/attribute::b",
        "ancestor-or-self::*[self::a or self::b]",
        "* * * div *",
        "div div div",
        "and and or",
        "-1 + --2 - 3 mod 4",
        "(a | b)[2]/c",
        "id('x')/y",
        "concat('a', \"b\", string(1))",
        "processing-instruction('x') | comment() | text()",
        "n:a/n:*/@n:b",
        "@*[name() = 'x'] != .5",
        "substring(., 1., 2)",
        "a-b.c_d",
        "..//.",
        "not(a) and true() or false()",
        "a[b >= 2 and c<3]//text()",
    ],
)
def test_what_libxml2_takes_is_taken(expression: str):
    compile_xpath(expression, NAMESPACES)
