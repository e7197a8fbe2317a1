"""Cursors: they come back as they went, and nobody else's are taken."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.errors import InvalidRequestError
from siss.model.principal import LOCAL, Principal
from siss.model.query import FacetField, Query, Sort, SortField
from siss.search.cursor import MAX_CURSOR, After, Frozen, Opening, decode_cursor, encode_cursor, identify_question

MARK = b"12345678"
CURSORS = st.one_of(
    st.builds(Opening, st.just(MARK), st.lists(st.integers(-(2**40), 2**40), max_size=100).map(tuple)),
    st.builds(Frozen, st.just(MARK), st.binary(min_size=16, max_size=16), st.integers(0, 1000)),
    st.builds(After, st.just(MARK), st.integers(-(2**63), 2**63 - 1) | st.text(), st.integers(1, 2**62)),
    st.builds(After, st.just(MARK), st.text(), st.integers(1, 2**62), st.binary(max_size=16)),
)


@given(CURSORS)
def test_round_trip(cursor):
    text = encode_cursor(cursor)
    assert text.replace("-", "a").replace("_", "a").isalnum()
    assert decode_cursor(text, MARK) == cursor


@given(CURSORS, st.data())
def test_an_altered_cursor_is_refused(cursor, data):
    text = encode_cursor(cursor)
    at = data.draw(st.integers(0, len(text) - 2))  # the last letter holds spare bits
    letter = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda letter: letter != text[at]))
    with pytest.raises(InvalidRequestError):
        decode_cursor(text[:at] + letter + text[at + 1 :], MARK)


@given(st.text(max_size=80))
def test_any_other_text_is_refused(text):
    with pytest.raises(InvalidRequestError) as caught:
        decode_cursor(text, MARK)
    assert caught.value.details["field"] == "cursor"


@pytest.mark.parametrize("text", ["eyJpZCI6MTAwfQ==", "A" * (MAX_CURSOR + 1), "é"])
def test_foreign_cursors_are_refused(text):
    with pytest.raises(InvalidRequestError):
        decode_cursor(text, MARK)


def test_another_questions_cursor_is_refused():
    text = encode_cursor(Frozen(MARK, b"k", 10))
    with pytest.raises(InvalidRequestError, match="another question"):
        decode_cursor(text, b"87654321")


def test_the_fingerprint_is_of_the_question_and_the_scopes():
    query = Query(text="a")
    own = identify_question(query, LOCAL)
    assert own == identify_question(replace(query, size=50, facets=(FacetField.MIME,), highlight=False), LOCAL)
    others = [
        identify_question(replace(query, text="b"), LOCAL),
        identify_question(replace(query, sort=Sort(SortField.SIZE)), LOCAL),
        identify_question(replace(query, sort=Sort(descending=False)), LOCAL),
        identify_question(query, Principal("x", scopes=("/nas/a",))),
        identify_question(query, Principal("x", scopes=())),
    ]
    assert len({own, *others}) == len(others) + 1
