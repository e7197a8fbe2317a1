import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.extract.structure.tree import MOST_VALUES_OF_PATH
from siss.model.content import Kind
from siss.model.field import (
    ARRAY,
    BOOLEAN,
    INCOMPLETE,
    INTEGER,
    NULL,
    NUMBER,
    OBJECT,
    OPEN,
    PARTIAL,
    STRING,
    canonical_value,
    value_key,
)
from unit.extract.structure.reading import fields, read, values

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)


def test_paths_and_types_of_a_document():
    found = fields(read(Kind.JSON, '{"a": [1, {"b": "x", "c": null}, {"b": 2.5}], "d e": true}'))
    assert found == {
        "$": OBJECT,
        "$.a": ARRAY,
        "$.a[*]": INTEGER | OBJECT,
        "$.a[*].b": STRING | NUMBER,
        "$.a[*].c": NULL | PARTIAL,
        "$['d e']": BOOLEAN,
    }


def test_values_are_distinct_and_have_keys():
    structure = read(Kind.JSON, '{"a": [1, 1.0, "x", "x", true, null], "b": false}')
    assert structure is not None
    assert values(structure) == {"$.a[*]": [1, "x", True], "$.b": [False]}
    wanted = [("$.a[*]", value) for value in (1, "x", True, None)] + [("$.b", False)]
    assert structure.value_keys == sorted(value_key(path, canonical_value(value)) for path, value in wanted)


def test_a_path_with_many_values_says_that_there_are_more():
    structure = read(Kind.JSON, json.dumps(list(range(100))))
    assert structure is not None
    assert values(structure) == {"$[*]": list(range(MOST_VALUES_OF_PATH))}
    assert value_key("$[*]", INCOMPLETE) in structure.value_keys


def test_objects_whose_names_are_data_become_maps():
    hosts = {f"10.0.0.{number}": {"port": number, "name": "n"} for number in range(3)}
    assert fields(read(Kind.JSON, json.dumps({"hosts": hosts, "kind": "x"}))) == {
        "$": OBJECT,
        "$.hosts": OBJECT,
        "$.hosts.*": OBJECT,
        "$.hosts.*.name": STRING,
        "$.hosts.*.port": INTEGER,
        "$.kind": STRING,
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"user-17": {"name": "x"}, "user-1290": {"name": "y", "mail": "z"}}', "$.*.name"),
        ('{"eth0": {"mtu": 1}, "wlan0": {"mtu": 1}}', "$.*.mtu"),
        ('{"b0c4de12-aaaa-4bbb-8ccc-0123456789ab": 1, "f0c4de12-aaaa-4bbb-8ccc-0123456789ab": 2}', "$.*"),
        ('{"line1": "x", "line2": "y"}', "$.line1"),
        ('{"http2": {"on": true}, "grpc": {"port": 1, "tls": {}}}', "$.http2.on"),
    ],
)
def test_objects_under_numbers_are_those_of_a_map(text: str, wanted: str):
    assert wanted in fields(read(Kind.JSON, text))


def test_a_million_members_are_a_map_in_bounded_memory():
    text = "{" + ",".join(f'"key{number}": {number}' for number in range(200_000)) + "}"
    assert fields(read(Kind.JSON, text)) == {"$": OBJECT, "$.*": INTEGER}


def test_what_is_deeper_than_the_limit_is_left_out_and_said():
    assert fields(read(Kind.JSON, '{"a": {"b": {"c": 1}}}', max_depth=2)) == {
        "$": OBJECT,
        "$.a": OBJECT,
        "$.a.b": OBJECT | OPEN,
    }


def test_more_paths_than_the_cap_leave_their_object_open():
    text = json.dumps({f"a{x}": {f"b{y}": {f"c{z}": 1 for z in range(20)} for y in range(20)} for x in range(20)})
    structure = read(Kind.JSON, text)
    assert structure is not None
    assert len(structure.shape.paths) <= 5000
    assert not structure.shape.complete


@pytest.mark.parametrize("text", ['{"a": 1,}', '{"a": 1} // end', '/* x */ {"a": 1}'])
def test_comments_and_trailing_commas_are_overlooked(text: str):
    assert fields(read(Kind.JSON, text)) == {"$": OBJECT, "$.a": INTEGER}


@pytest.mark.parametrize("text", ["", "{", '{"a" 1}', "[" * 100_000])
def test_what_is_no_json_has_no_structure(text: str):
    assert read(Kind.JSON, text) is None


def test_lines_are_documents_and_bad_ones_are_passed_over():
    structure = read(Kind.JSONL, '{"a": 1}\nnonsense\n{"a": 2, "b": "x"}\n\n{"a": 3}', step=7)
    assert structure is not None
    assert structure.documents == 3
    assert fields(structure) == {"$": OBJECT, "$.a": INTEGER, "$.b": STRING | PARTIAL}


@given(json_values, st.randoms(use_true_random=False))
def test_a_shape_does_not_depend_on_the_order_of_keys(value: Any, chance: random.Random):
    def shuffled(inner: Any) -> Any:
        if isinstance(inner, dict):
            names = list(inner)
            chance.shuffle(names)
            return {name: shuffled(inner[name]) for name in names}
        return [shuffled(each) for each in inner] if isinstance(inner, list) else inner

    one, other = (read(Kind.JSON, json.dumps(each)) for each in (value, shuffled(value)))
    assert one is not None
    assert other is not None
    assert one.shape == other.shape
    assert one.value_keys == other.value_keys


@given(json_values, st.integers(1, 50))
def test_windows_make_no_difference(value: Any, step: int):
    text = json.dumps(value)
    assert read(Kind.JSON, text, step=step) == read(Kind.JSON, text)
