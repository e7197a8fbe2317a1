import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.extract.structure.select import select_fields
from siss.model.content import Kind
from siss.model.field import INCOMPLETE, canonical_value, value_key
from siss.model.structure import RequiredPath
from siss.model.text import Window
from siss.search.jsonpath.compile import compile_jsonpath
from siss.search.jsonpath.evaluate import evaluate_jsonpath
from siss.search.jsonpath.required import required_paths


def required(expression: str) -> dict[str, Any]:
    found = required_paths(compile_jsonpath(expression))
    return {" ".join(path.steps): None if path.values is None else set(path.values) for path in found}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("$", {}),
        ("$..*", {}),
        ("$.a.b", {".a .b": None}),
        ("$.servers[*].hostname", {".servers * .hostname": None}),
        ("$..port", {"** .port": None}),
        ("$.a[0]['odd name']", {".a [*] ['odd name']": None}),
        ("$.a[?@.host]", {".a * .host": None}),
        ("$.a[?@.x || @.y]", {".a *": None}),
        ("$.a[?!@.x]", {".a *": None}),
        ("$.a[?@.x == @.y]", {".a *": None}),
        ("$.a[?@.x != 1]", {".a *": None}),
        ("$.a[?@.x < @.y]", {".a * .x": None, ".a * .y": None}),
        ("$.a[?@.x == -0.0]", {".a * .x": {canonical_value(0)}}),
        ("$.a[?@.x == 1].b", {".a * .x": {canonical_value(1)}, ".a * .b": None}),
        ("$.a[?'v' == @.x]", {".a * .x": {canonical_value("v")}}),
        ("$.a[?@.x >= 2 && match(@.y, 'z')]", {".a * .x": None, ".a * .y": None}),
        ("$.a[?length(@.x) > 2]", {".a * .x": None}),
        ("$.a[?count(@.x.*) > 2]", {".a *": None}),
        ("$.a[?$.on == true]", {".on": {canonical_value(True)}, ".a *": None}),
        ("$.a['x','y'].c", {".a * .c": None}),
        ("$[?@.a[?@.b == null]]", {"* .a * .b": {canonical_value(None)}}),
    ],
)
def test_what_a_query_needs(expression: str, wanted: dict[str, Any]):
    assert required(expression) == wanted


@pytest.mark.parametrize(
    ("steps", "path", "wanted"),
    [
        ((".a", ".b"), "$.a.b", True),
        ((".a", ".b"), "$.a.*", True),
        ((".a", ".b"), "$.*.*", True),
        ((".a", "[*]"), "$.a.*", False),
        ((".a", "*"), "$.a[*]", True),
        (("**", ".b"), "$.a[*].c.b", True),
        (("**", ".b"), "$.b", True),
        (("**", ".b"), "$.b.c", False),
        (("**", "**", ".b", "**"), "$.a.b.c", True),
        ((".a",), "$.a.b", False),
    ],
)
def test_required_paths_match_paths_of_shapes(steps: tuple[str, ...], path: str, wanted: bool):
    assert RequiredPath(steps).matches(path) is wanted


names = st.sampled_from(["a", "b", "c", "10.0.0.1", "10.0.0.2", "x y"])
scalars = st.sampled_from([None, True, False, 0, 1, 1.0, 2.5, 100, "", "x", "1", "long" * 60])
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(names, inner, max_size=5),
    max_leaves=30,
)
steps = st.sampled_from([".a", ".b", "['10.0.0.1']", "[0]", "[*]", ".*", "..a", "..*", "['a','b']", "[0:2]", "[-1]"])
literals = st.sampled_from(["null", "true", "1", "1.0", "2.5", "-0.0", "1e2", "''", "'x'", "'1'"])
operands = st.sampled_from(["@", "@.a", "@.b", "@[0]", "$.a", "@.a.b"])
comparisons = st.builds(
    "{} {} {}".format, operands, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), literals | operands
)
tests = (
    st.sampled_from(["@", "@.a", "@.b", "@..a", "$.c", "@.*", "@.a[?@.b == $.a]", "@[?@ == 1, 0]"])
    | st.sampled_from(
        ["match(@.a, 'x')", "search(@.b, '.')", "length(@.a) == 1", "count(@) == 1", "value(@..a) != 1"]
    )
    | comparisons
)
conditions = st.recursive(
    tests,
    lambda inner: (
        st.builds("({} && {})".format, inner, inner)
        | st.builds("({} || {})".format, inner, inner)
        | st.builds("!({})".format, inner)
    ),
    max_leaves=3,
)
filters = st.builds("[?{}]".format, conditions)
queries = st.lists(steps | filters, max_size=3).map(lambda parts: "$" + "".join(parts))


def can_match(text: bytes, expression: str) -> bool:
    """Whether pruning keeps a document: what the database asks, in Python."""
    reader = select_fields(Kind.JSON, None, max_depth=32)
    assert reader is not None
    reader.feed(Window(0, text, 0, final=True))
    structure = reader.close()
    assert structure is not None
    if not structure.shape.complete:
        return True
    for path in required_paths(compile_jsonpath(expression)):
        found = [each for each in structure.shape.paths if path.matches(each)]
        keys = {value_key(each, value) for each in found for value in (*(path.values or ()), INCOMPLETE)}
        if not found or (path.values is not None and not keys & set(structure.value_keys)):
            return False
    return True


@given(st.lists(documents, min_size=1, max_size=3), queries)
def test_pruning_never_loses_a_match(values: list[Any], expression: str):
    for value in values:
        text = json.dumps(value).encode()
        _, total, _ = evaluate_jsonpath(compile_jsonpath(expression), text, Kind.JSON, limit=1)
        assert not total or can_match(text, expression)
