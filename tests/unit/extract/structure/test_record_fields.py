import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.extract.structure import record_fields
from siss.extract.structure.record_fields import TABLE_BYTES
from siss.model.content import Kind
from siss.model.dialect import Dialect
from siss.model.field import ARRAY, BOOLEAN, INTEGER, NULL, NUMBER, OBJECT, OPEN, PARTIAL, STRING, incomplete_key
from unit.extract.structure.reading import fields, read, values

COMMA = Dialect(",", '"', header=True, columns=2)


@pytest.mark.parametrize("step", [0, 1, 5])
def test_columns_are_fields_of_rows(step: int):
    found = read(Kind.DELIMITED, 'name,size\n"a, b",1\nc,2.5\nd\n', dialect=COMMA, step=step)
    assert fields(found) == {"$": ARRAY, "$[*]": OBJECT, "$[*].name": STRING, "$[*].size": INTEGER | NUMBER | PARTIAL}
    assert values(found) == {"$[*].name": ["a, b", "c", "d"], "$[*].size": ["1", "2.5"]}
    assert found is not None
    assert found.documents == 3


def test_columns_without_names_are_numbered():
    found = read(Kind.DELIMITED, "1,x\n2,y\n", dialect=Dialect(",", '"', header=False, columns=2))
    assert fields(found).keys() == {"$", "$[*]", "$[*].column1", "$[*].column2"}


def test_columns_of_one_name_are_told_apart():
    found = fields(read(Kind.DELIMITED, "a,a,\n1,2,3\n", dialect=COMMA))
    assert found.keys() == {"$", "$[*]", "$[*].a", "$[*]['a (2)']", "$[*].column3"}


def test_a_long_table_may_hold_anything_behind_what_was_looked_at():
    found = fields(read(Kind.DELIMITED, "a,b\n" + "1,2\n" * (TABLE_BYTES // 4 + 10), dialect=COMMA))
    assert found["$[*].a"] == INTEGER | STRING
    assert found["$"] & OPEN


CELLS = st.sampled_from(["", "1", "-7", "007", "2.5", "true", "web01", "web02", "x" * 50])


@given(st.lists(st.lists(CELLS | st.integers(0, 99).map(str), min_size=1, max_size=5), min_size=1, max_size=30))
def test_columns_are_read_as_their_rows_would_be(rows: list[list[str]]):
    text = "a,b,c\n" + "".join(",".join(row) + "\n" for row in rows)
    by_column = read(Kind.DELIMITED, text, dialect=Dialect(header=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_fields, "_FEW_COLUMNS", 0)
        assert read(Kind.DELIMITED, text, dialect=Dialect(header=True)) == by_column


def test_values_that_nobody_can_ask_for_have_no_keys():
    rows = "".join(f"{number},x\n" for number in range(100))
    table = read(Kind.DELIMITED, "number,letter\n" + rows, dialect=COMMA)
    entries = read(Kind.KEYVALUE, "a=1\nb=\n")
    assert [None if found is None else found.value_keys for found in (table, entries)] == [
        [incomplete_key("$[*].number")],
        [],
    ]


def test_leading_zeros_make_a_text():
    assert fields(read(Kind.DELIMITED, "zip,n\n01234,1\n", dialect=COMMA))["$[*].zip"] == STRING


@pytest.mark.parametrize("step", [0, 1, 9])
def test_keys_and_values(step: int):
    text = '# comment\nexport A=1\nserver.port = 8080\nname = "x y"\nempty=\non: true\nA=two\n'
    found = read(Kind.KEYVALUE, text, step=step)
    assert fields(found) == {
        "$": OBJECT,
        "$.A": INTEGER | STRING,
        "$['server.port']": INTEGER,
        "$.name": STRING,
        "$.empty": NULL,
        "$.on": BOOLEAN,
    }
    assert values(found)["$.A"] == ["1", "two"]


def test_no_rows_and_no_entries_are_no_structure():
    assert read(Kind.DELIMITED, "a,b\n", dialect=COMMA) is None
    assert read(Kind.KEYVALUE, "# nothing\n") is None
