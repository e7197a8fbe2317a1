from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from siss.extract.structure.select import select_fields
from siss.model.content import Kind
from siss.model.field import INCOMPLETE, NESTED, canonical_value, spelt_values, value_key
from siss.model.text import Window
from siss.search.xpath.evaluate import compile_xpath, evaluate_xpath
from siss.search.xpath.parser import parse_xpath
from siss.search.xpath.required import required_elements

NAMESPACES = {"n": "urn:n", "m": "urn:n"}


def required(expression: str) -> dict[str, Any]:
    found = required_elements(parse_xpath(expression, NAMESPACES))
    return {
        " ".join(path.steps): None if path.values is None else {*path.values} - {NESTED}
        for path in sorted(found, key=lambda path: path.values is not None)
    }


X, Y = canonical_value("x"), canonical_value("y")


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("/", {}),
        ("*", {}),
        ("count(//b)", {}),
        ("//a | //b", {}),
        ("//*[local-name() = 'x']", {}),
        ("/a/b", {"/a /b": None}),
        ("//server[@env='x']", {"** /server /@env": {X}}),
        ("//n:c/@n:d", {"** /{urn:n}c /@{urn:n}d": None}),
        ("/a/@xml:lang", {"/a /@{http://www.w3.org/XML/1998/namespace}lang": None}),
        ("//a[b and c='x']/d", {"** /a /b": None, "** /a /c": {X}, "** /a /d": None}),
        ("//a[not(b)]", {"** /a": None}),
        ("//a[b or c]", {"** /a": None}),
        ("//a[b/c or b]", {"** /a /b": None}),
        ("//a[b='x' or 'y'=b]", {"** /a /b": {X, Y}}),
        ("//a[b='x' or contains(b, 'z')]", {"** /a /b": None}),
        ("//a/..", {"** /a": None}),
        ("//a/following::b", {"** /a": None}),
        ("//a[contains(b, 'x')]/text()", {"** /a /b": None}),
        ("//a[contains(b, '')]", {"** /a": None}),
        ("//a[b = c]", {"** /a /b": None, "** /a /c": None}),
        ("//a[b = not(c)]", {"** /a": None}),
        ("//a[b = concat(c, 'x')]", {"** /a /b": None}),
        ("/a//b[2]", {"/a ** /b": None}),
        ("a/descendant::b/@*", {"* /a ** /b *": None}),
        ("//a[/r/s]", {"** /a": None, "/r /s": None}),
        ("(//a)[1]", {"** /a": None}),
        ("(//a[@n='x'])[last()]/b", {"** /a /@n": {X}, "** /a /b": None}),
        ("(//a | //b)[1]/c", {}),
        ("//a[.='x']", {"** /a": {X}}),
        ("//a/text()[normalize-space() = ' x ']", {"** /a": {X}}),
        ("//a[b != 'x']", {"** /a /b": None}),
        ("//a[string(b) != 'x']", {"** /a": None}),
        ("//a[normalize-space(b) = '']", {"** /a": None}),
        ("//a[b = '']", {"** /a /b": {canonical_value("")}}),
        ("//a[b = 80]", {"** /a /b": {canonical_value(80)}}),
        ("//a[b = -80.0]", {"** /a /b": {canonical_value(-80)}}),
        ("//a[b = '080']", {"** /a /b": {canonical_value(80)}}),
        ("//a[b = 1.5]", {"** /a /b": None}),
        ("//a[number(b) = '1.5']", {"** /a /b": None}),
        ("//a[translate(b, 'X', 'x') = 'x']", {"** /a /b": None}),
        ("//a/@n = 'x'", {"** /a /@n": {X}}),
        ("string(//a[@n = 'x']/b)", {"** /a /@n": {X}, "** /a /b": None}),
        ("//*[. = 'x']", {}),
    ],
)
def test_what_an_expression_needs(expression: str, wanted: dict[str, Any]):
    assert required(expression) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x", ["x"]),
        (" x \n y\t", ["x y"]),
        ("\u00a0x", ["\u00a0x"]),
        ("0080", [80]),
        (" -80 ", [-80]),
        ("+80", ["+80"]),
        ("80.0", ["80.0", 80]),
        ("8e1", ["8e1", 80]),
        ("8e", ["8e", 8]),
        ("80.5", ["80.5"]),
        ("1.2.3", ["1.2.3"]),
        ("1" * 400, ["1" * 400]),
        ("", [""]),
    ],
)
def test_what_a_text_is_looked_up_by(text: str, wanted: list[str | int]):
    assert spelt_values(text) == tuple(map(canonical_value, wanted))


values = st.sampled_from(
    [
        "",
        "1",
        " 1",
        "1.0",
        "01",
        "1e0",
        "1.",
        ".5",
        "-1",
        "x",
        " x ",
        "x  y",
        "x y",
        "\n",
        "&#160;x",
        "&lt;",
        "é",
        "é1",
    ]
)
pieces = values | st.sampled_from(
    ["<!--c-->", "<![CDATA[x]]>", "<![CDATA[1]]>", "<?p?>", "&e;", "&#13;\n", "x<!---->"]
)
names = st.sampled_from(["a", "b", "n:a"])


@st.composite
def elements(draw: st.DrawFn, depth: int = 2) -> str:
    name = draw(names)
    attributes = "".join(f' {key}="{draw(values | st.just("&e;"))}"' for key in draw(st.sets(st.sampled_from("kl"))))
    inner = "".join(draw(st.lists(pieces | elements(depth - 1) if depth else pieces, max_size=4)))
    return f"<{name}{attributes}>{inner}</{name}>"


DOCUMENT = '<!DOCTYPE r [<!ENTITY e "{}"><!ATTLIST b k NMTOKEN "1">]><r xmlns:n="urn:n">{}</r>'
documents = st.builds(DOCUMENT.format, st.sampled_from(["x", "1&#10;", " x"]), elements()) | st.builds(
    '<r xmlns:n="urn:n">{}</r>'.format, elements().map(lambda text: text.replace("&e;", "x"))
)
steps = st.sampled_from(
    ["a", "b", "*", "m:a", "@k", "@*", ".", "..", "text()", "a[1]", "self::a", "following-sibling::b", "ancestor::a"]
)
sources = (
    st.sampled_from(
        [
            "a",
            "b",
            "m:a",
            ".",
            "@k",
            "@l",
            "text()",
            ".//b",
            "*",
            "../b",
            "a/text()",
            "b/@k",
            "(a)[1]",
            "count(a)",
            "string(a)",
        ]
    )
    | st.sampled_from(
        [
            "normalize-space(b)",
            "number(@k)",
            "string()",
            "normalize-space()",
            "number()",
            "translate(a, 'X', 'x')",
            "name(b)",
        ]
    )
    | st.sampled_from(["substring(b, 1, 1)", "string-length(a)", "concat(a, b)", "number(normalize-space(@l))"])
)
literals = st.sampled_from(
    [
        "'x'",
        "''",
        "' x '",
        "'x y'",
        "'1'",
        "'1.0'",
        "'\n'",
        "'é'",
        "'\u00a0x'",
        "1",
        "1.0",
        "-1",
        ".5",
        "true()",
        "'<'",
    ]
)
tests = (
    sources
    | st.builds("{} {} {}".format, sources, st.sampled_from(["=", "=", "=", "!=", "<", ">="]), literals | sources)
    | st.builds("{} = {}".format, literals, sources)
    | st.builds("{}({}, {})".format, st.sampled_from(["contains", "starts-with"]), sources, literals)
)
conditions = st.recursive(
    tests,
    lambda inner: (
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("not({})".format, inner)
        | st.builds("boolean({})".format, inner)
    ),
    max_leaves=3,
)
parts = st.builds(
    lambda step, test: f"{step}[{test}]" if test and step not in {".", ".."} else step,
    steps,
    st.just("") | conditions,
)
paths = st.builds(
    lambda start, found: start + "/".join(found),
    st.sampled_from(["/", "//", "", ".//"]),
    st.lists(parts, min_size=1, max_size=2),
)
questions = (
    paths.filter(lambda text: not text.startswith("/@"))
    | st.builds("//{}[{}]".format, names.map(lambda name: name.replace("n:", "m:")), conditions)
    | conditions
    | st.builds("({})[1]".format, paths)
    | st.builds("(//a[{}])[1]/@k".format, conditions)
)  # fmt: skip


def can_match(text: bytes, expression: str) -> bool:
    """Whether pruning keeps a document: what the database asks, in Python."""
    reader = select_fields(Kind.XML, None, max_depth=32)
    assert reader is not None
    reader.feed(Window(0, text, 0, final=True))
    structure = reader.close()
    assert structure is not None
    if not structure.shape.complete:
        return True
    for path in required_elements(parse_xpath(expression, NAMESPACES)):
        found = [each for each in structure.shape.paths if path.matches(each)]
        keys = {value_key(each, value) for each in found for value in (*(path.values or ()), INCOMPLETE)}
        if not found or (path.values is not None and not keys & set(structure.value_keys)):
            return False
    return True


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("<r><a>x<!--c-->y</a></r>", "//a[text() = 'x']"),
        ("<r><a>x <?p?>\n</a></r>", "//a/text()[. = 'x ']"),
        ("<r><a><b>x</b><b>y</b></a></r>", "//a[. = 'xy']"),
        ("<r><a>80.0</a></r>", "//a[. = 80]"),
        ("<r><a>8e1</a><b/></r>", "//r[a = 80 and b = '']"),
        ("<r><a>\n 080 </a></r>", "//a[. = 80]"),
        ("<r><a k=' x  y '/></r>", "//a[normalize-space(@k) = 'x y']"),
    ],
)
def test_what_equals_in_xpath_is_looked_up_alike(text: str, expression: str):
    data = text.encode()
    _, total, problem = evaluate_xpath(compile_xpath(expression, NAMESPACES), data, limit=0)
    assert (total, problem) == (1, "")
    assert can_match(data, expression)


@settings(max_examples=examples(150))
@given(documents, st.lists(questions, min_size=1, max_size=8))
def test_pruning_never_loses_a_match(text: str, expressions: list[str]):
    data = text.encode()
    for expression in expressions:
        _, total, problem = evaluate_xpath(compile_xpath(expression, NAMESPACES), data, limit=0)
        assert not problem
        assert not total or can_match(data, expression)
