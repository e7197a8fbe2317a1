import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_linear
from siss.model.content import Kind
from siss.model.json_text import decode_json
from siss.search.jsonpath.compile import compile_jsonpath
from siss.search.jsonpath.evaluate import evaluate_jsonpath
from siss.search.jsonpath.select import make_select

STORE = {
    "store": {
        "book": [
            {"category": "reference", "author": "Nigel Rees", "title": "Sayings", "price": 8.95},
            {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword", "price": 12.99},
            {"category": "fiction", "author": "Herman Melville", "title": "Moby", "isbn": "0-553", "price": 8.99},
        ],
        "bicycle": {"color": "red", "price": 399},
    }
}


def find(expression: str, text: str | bytes | dict[str, Any] | list[Any], kind: Kind = Kind.JSON):
    data = text if isinstance(text, bytes) else (text if isinstance(text, str) else json.dumps(text)).encode()
    return evaluate_jsonpath(compile_jsonpath(expression), data, kind, limit=100)


def values(expression: str, text: Any) -> list[Any]:
    return [json.loads(match.value) for match in find(expression, text)[0]]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("$.store.book[*].author", ["Nigel Rees", "Evelyn Waugh", "Herman Melville"]),
        ("$..author", ["Nigel Rees", "Evelyn Waugh", "Herman Melville"]),
        ("$.store..price", [8.95, 12.99, 8.99, 399]),
        ("$..book[2].title", ["Moby"]),
        ("$..book[-1].title", ["Moby"]),
        ("$..book[0,1].price", [8.95, 12.99]),
        ("$..book[:2].price", [8.95, 12.99]),
        ("$..book[::-1].title", ["Moby", "Sword", "Sayings"]),
        ("$..book[?@.isbn].title", ["Moby"]),
        ("$..book[?@.price<10].title", ["Sayings", "Moby"]),
        ("$..book[?@.price<10 && @.category=='fiction'].title", ["Moby"]),
        ("$..book[?!@.isbn].title", ["Sayings", "Sword"]),
        ("$..book[?@.price == $.store.book[0].price].title", ["Sayings"]),
        ("$..book[?length(@.title) == 4].title", ["Moby"]),
        ("$.store[?count(@.*) == 2].color", ["red"]),
        ("$..book[?value(@..title) == 'Moby'].price", [8.99]),
        ("$..book[?match(@.author, '.*n.*')].title", ["Sword", "Moby"]),
        ("$..book[?search(@.author, '^Nigel')].title", ["Sayings"]),
        ("$['store']['bicycle']['color']", ["red"]),
        ("$.nothing", []),
    ],
)
def test_selectors_filters_and_functions(expression: str, wanted: list[Any]):
    assert values(expression, STORE) == wanted


@pytest.mark.parametrize(
    ("function", "pattern", "wanted"),
    [
        ("match", "a.c", ["abc", "a\u2028c", "a\U00010101c"]),
        ("match", "a[.]c", ["a.c"][:0]),
        ("match", "[^a].*", ["xabc"]),
        ("match", "\\\\p{L}{3}", ["abc"]),
        ("match", "(", []),
        ("match", "\\\\d+", []),
        ("match", "^abc$", ["abc"]),
        ("search", "bc", ["abc", "xabc"]),
        ("search", "a\\\\n", ["a\nc"]),
    ],
)
def test_patterns_are_i_regexps(function: str, pattern: str, wanted: list[str]):
    texts = ["abc", "a\nc", "a\rc", "a\u2028c", "a\U00010101c", "xabc", 1, None, ["abc"]]
    assert values(f"$[?{function}(@, '{pattern}')]", texts) == wanted


def test_a_pattern_that_backtracks_takes_no_time():
    assert values("$[?match(@, '(a+)+b')]", ["a" * 50_000]) == []


def test_matches_have_path_line_and_span():
    text = '{"a": [\n  {"b": "x\\"y"},\n  {"b" : [1, {"c": "é"}]}\n]}'
    matches, total, problem = find("$..b", text)
    assert (total, problem) == (2, "")
    data = text.encode()
    assert [(match.path, match.line, data[match.start : match.end].decode()) for match in matches] == [
        ("$['a'][0]['b']", 2, '"x\\"y"'),
        ("$['a'][1]['b']", 3, '[1, {"c": "é"}]'),
    ]


def test_values_are_as_they_are_written():
    text = b'{"a": [1, /* b */ 2,], "c": "\\ud800"}'
    assert [match.value for match in find("$.*", text)[0]] == ["[1, /* b */ 2,]", '"\\ud800"']


def test_lines_of_very_many_matches_take_linear_time():
    def look(size: int) -> None:
        text = b"[" + b",\n".join(b"%d" % number for number in range(size)) + b"]"
        for expression, line in (("$[*]", size), ("$[::-1]", 1)):
            matches, _, _ = evaluate_jsonpath(compile_jsonpath(expression), text, Kind.JSON, limit=size)
            assert (len(matches), matches[-1].line) == (size, line)

    assert_linear(look, 16000)


def test_of_names_that_come_twice_the_last_counts():
    text = b'{"a": 1, "b": 0, "a": {"c": 2}, "\\u0061": [3]}'
    (match,), _, _ = find("$.a", text)
    assert text[match.start : match.end] == b"[3]"


def test_each_line_is_a_document():
    text = b'{"a": 1}\n\nnonsense\n{"b": 2}\n{"a": 3}'
    matches, total, problem = find("$.a", text, Kind.JSONL)
    assert (total, problem) == (2, "")
    found = [(match.line, match.document, text[match.start : match.end]) for match in matches]
    assert found == [(1, 1, b"1"), (5, 5, b"3")]


@pytest.mark.parametrize(
    "text",
    [b'{\n// one\n"a": 1, /* "a": 2 */ }', b'{"x": NaN, "a": 1}', b'{"x": "\\ud800", "a": 1}', b'{"a": 1,}'],
)
def test_what_is_nearly_json_is_evaluated_where_it_stands(text: bytes):
    (match,), _, problem = find("$.a", text)
    assert (text[match.start : match.end], problem) == (b"1", "")


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b"\xff", b"nonsense"])
def test_what_is_no_json_is_said(text: bytes):
    assert find("$.a", text) == ([], 0, "not JSON")


def test_deep_documents_and_pages_of_matches():
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    matches, total, problem = find("$..a", deep)
    assert (len(matches), total, problem) == (100, 900, "")
    query = compile_jsonpath("$[*]")
    text = json.dumps(list(range(50))).encode()
    found, total, _ = evaluate_jsonpath(query, text, Kind.JSON, limit=5, skip=10)
    assert ([match.value for match in found], total) == (["10", "11", "12", "13", "14"], 50)


def test_long_expressions_and_deep_values_are_no_deep_calls():
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    (match,), total, problem = find("$" + ".a" * 499, deep)
    assert (deep[match.start : match.end].count(b"a"), total, problem) == (401, 1, "")
    assert find("$[?@ == $.a && @ != $.a.a]", deep)[1:] == (1, "")
    assert find("$" + "[?@.a" * 50 + "]" * 50, deep)[1:] == (1, "")


def test_integers_beyond_64_bits_are_numbers():
    assert values("$[?@ > 1e30]", [10**40, 1]) == [10**40]


def test_numbers_that_no_machine_type_holds_cost_nothing_else():
    text = b'{"huge": ' + b"9" * 5000 + b', "far": 1e999, "none": NaN, "small": 1e-999, "name": "kept"}'
    assert [match.value for match in find("$.name", text)[0]] == ['"kept"']
    assert [match.path for match in find("$[?@ > 1e300]", text)[0]] == ["$['huge']", "$['far']"]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=25,
)


@given(json_values, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_every_span_parses_to_its_value(value: Any, ascii_only: bool, indent: Any):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    decoded = decode_json(text)
    if decoded is None:
        return
    query = compile_jsonpath("$..*")
    nodes = list(make_select(query)(decoded.value))
    matches, total, _ = evaluate_jsonpath(query, text, Kind.JSON, limit=10_000)
    assert total == len(nodes)
    for node, match in zip(nodes, matches, strict=True):
        found = decode_json(text[match.start : match.end])
        assert found is not None
        assert found.value == node[0]
        assert match.line == 1 + text.count(b"\n", 0, match.start)
