import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from draws import examples
from siss.extract.structure.record_fields import read_records
from siss.extract.structure.select import select_fields
from siss.model.content import Kind
from siss.model.dialect import Dialect
from siss.model.shape import Structure
from siss.model.text import Window
from siss.schemas.definition import define
from siss.schemas.name import name_schema
from siss.schemas.tree import overlay
from unit.schemas.instances import json_instances, row_instances
from unit.schemas.members import collect_values, counted, structure_of, structures

names = st.sampled_from(["a", "b", "c", "odd name", "10.0.0.1", "10.0.0.2", "it's", "\\", "$ref", "é"]) | st.text(
    max_size=3
)
documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def schema_of(members: list[Structure], kind: Kind = Kind.JSON) -> dict[str, Any]:
    found = define(overlay(counted(members)), kind, "x", collect_values(members))
    jsonschema_rs.meta.validate(found)  # as Draft202012Validator.check_schema, which takes ten times as long
    return found


@given(st.lists(documents, min_size=1, max_size=12))
def test_every_member_is_valid(values: list[Any]):
    # Decoded from text, as members are: that an integer is a float is lost there.
    values = [json.loads(json.dumps(value)) for value in values]
    validator = Draft202012Validator(schema_of(structures(values)))
    for value in values:
        assert [error.message for error in validator.iter_errors(value)] == []


@given(st.lists(st.dictionaries(names, documents, max_size=5), min_size=9, max_size=20))
@settings(max_examples=examples(25))
def test_every_member_is_valid_where_much_is_concluded(values: list[Any]):
    values = [json.loads(json.dumps(value)) for value in values * 2]
    validator = Draft202012Validator(schema_of(structures(values)))
    assert all(validator.is_valid(value) for value in values)


def test_what_no_database_holds_is_not_said():
    members = [{"mode": "ab"[n % 2] + "\0", "od\0d": n % 2, "in": {"\0": n}} for n in range(20)]
    top = overlay(counted(structures(members)))
    schema = schema_of(structures(members))
    assert "\\u0000" not in json.dumps(schema)
    assert all(Draft202012Validator(schema).is_valid(member) for member in members)
    assert list(schema["properties"]) == ["in", "mode"]
    assert name_schema(top, Kind.JSON) == "json: in, mode, od␀d"


def test_names_that_were_cut_are_not_said():
    members = [{"n" * 300: n, "short": 1} for n in range(20)]
    schema = schema_of(structures(members))
    assert [member for member in members if not Draft202012Validator(schema).is_valid(member)] == []
    assert list(schema["properties"]) == ["short"]


def test_many_members_make_it_strict():
    members = [{"host": f"h{n}", "port": 5432 + n % 2, "mode": "ab"[n % 2]} for n in range(20)]
    schema = schema_of(structures(members))
    assert schema["required"] == ["host", "mode", "port"]
    assert schema["additionalProperties"] is False
    assert schema["properties"] == {
        "host": {"type": "string", "minLength": 1},
        "mode": {"type": "string", "enum": ["a", "b"]},
        "port": {"type": "integer", "enum": [5432, 5433]},
    }
    validator = Draft202012Validator(schema)
    for bad in ({"host": "h", "port": 1, "mode": "a"}, {"host": "h", "mode": "a"}, {**members[0], "password": "x"}):
        assert not validator.is_valid(bad)


def test_few_members_conclude_nothing():
    schema = schema_of(structures([{"mode": "a"}, {"mode": "b"}]))
    assert schema["properties"] == {"mode": {"type": "string"}}
    assert "additionalProperties" not in schema


def test_a_field_that_some_elements_lack_is_not_required():
    schema = schema_of(structures([{"servers": [{"name": "a", "port": 1}, {"name": "b"}]}] * 2))
    assert schema["properties"]["servers"]["items"]["required"] == ["name"]


def test_what_was_not_recorded_may_be_anything():
    deep = structure_of('{"a": {"b": {"c": {"d": 1}}}}')
    reader = select_fields(Kind.JSON, None, max_depth=2)
    assert reader is not None
    other = b'{"a": {"b": {"c": "text"}}}'
    reader.feed(Window(0, other, 0, final=True))
    cut = reader.close()
    assert cut is not None
    assert Draft202012Validator(schema_of([deep, cut])).is_valid(json.loads(other))


def test_lines_are_validated_one_by_one():
    text = b'{"level": "info", "code": 1}\n{"level": "error"}\n'
    schema = schema_of([structure_of(text, Kind.JSONL)], Kind.JSONL)
    assert all(Draft202012Validator(schema).is_valid(value) for value in json_instances(Kind.JSONL, text))


@pytest.mark.parametrize("header", [True, False])
def test_rows_of_every_member_are_valid(header: bool):
    dialect = Dialect(";", '"', header=header, columns=3)
    texts = [f"name;size;on\nn{n};{n}.5;true\nm;;x\n".encode() for n in range(10)]
    members = []
    for text in texts:
        reader = select_fields(Kind.DELIMITED, dialect, max_depth=32)
        assert reader is not None
        reader.feed(Window(0, text, 0, final=True))
        members.append(reader.close())
    validator = Draft202012Validator(schema_of([m for m in members if m is not None], Kind.DELIMITED))
    for text in texts:
        rows = row_instances(read_records(text, dialect, whole=True), header=header)
        assert [error.message for error in validator.iter_errors(rows)] == []
