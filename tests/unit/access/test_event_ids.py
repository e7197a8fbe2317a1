"""Names of events: they lead back for who sees the same, and say nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.access.event_ids import MOST_NUMBER, EventIds
from siss.errors import InvalidRequestError
from siss.model.principal import LOCAL, Principal

IDS = EventIds(lambda: b"k" * 32)
THEY = Principal("key:a", scopes=("/nas/a", "/nas/ä"))


@given(st.integers(0, MOST_NUMBER))
def test_a_name_leads_back_to_its_number(number):
    name = str(IDS.name(THEY, number))
    assert IDS.number(THEY, name) == number
    assert EventIds(lambda: b"k" * 32).number(Principal("key:b", scopes=THEY.scopes), name) == number
    assert IDS.name(LOCAL, number) == number
    assert IDS.number(LOCAL, str(number)) == number


@pytest.mark.parametrize("step", [0, 1])
def test_names_have_nothing_in_common(step):
    names = [str(IDS.name(THEY, number * step)) for number in range(1000)]
    assert len({name[:6] for name in names}) > 990
    assert len({name[-6:] for name in names}) > 990
    assert names != sorted(names)


@pytest.mark.parametrize(
    "whose",
    [LOCAL, Principal("key:a", scopes=("/nas/a",)), Principal("key:a", scopes=()), Principal("key:a", scopes=("/",))],
)
def test_a_name_is_for_those_scopes_only(whose):
    with pytest.raises(InvalidRequestError):
        IDS.number(whose, str(IDS.name(THEY, 7)))


def test_another_service_does_not_know_it():
    with pytest.raises(InvalidRequestError):
        EventIds().number(THEY, str(IDS.name(THEY, 7)))


@given(st.text(max_size=30))
def test_what_is_no_name_is_refused(text):
    for whose in (LOCAL, THEY):
        try:
            assert IDS.number(whose, text) == (0 if whose is THEY else int(text))
        except InvalidRequestError:
            assert not (text.isascii() and text.isdigit() and len(text) < 19)
