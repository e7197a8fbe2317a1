"""Mentions as columns: nothing is lost on the way."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from siss.model.entity import Confidence, EntityType, Mentions, Name
from siss.model.mentions import SEPARATOR, PartMentions, join_places, places_at, split_places

VALUES = st.text(st.characters(exclude_characters=SEPARATOR, exclude_categories=("Cs",)), min_size=1)
MENTIONS = st.builds(
    Mentions,
    st.builds(Name, st.sampled_from(EntityType), VALUES),
    st.sampled_from(Confidence),
    st.integers(1, 1 << 30),
    st.binary(max_size=9),
)


@given(st.lists(MENTIONS, max_size=9))
def test_columns_give_back_what_they_were_made_of(said: list[Mentions]):
    sent = msgspec.msgpack.decode(msgspec.msgpack.encode(PartMentions.of(said)), type=PartMentions)
    assert list(sent) == said
    assert list(sent.things) == [(one.name.id, (one.name.type.code, one.name.value)) for one in said]
    assert len(sent) == len(said)


SIZES = st.one_of(st.integers(0, 20), st.sampled_from([254, 255, 256, 70_000]))


@given(st.lists(SIZES, max_size=30))
def test_places_are_found_in_their_column(sizes: list[int]):
    places = [bytes([number]) * size for number, size in enumerate(sizes)]
    column = join_places(places)
    assert split_places(column, len(places)) == places
    assert [places_at(column, len(places), at) for at in range(len(places))] == places


def test_ids_are_those_that_the_catalog_holds():
    assert Name(EntityType.HOSTNAME, "db01.example.com").id == -2121816665173583807
    assert Name(EntityType.URL, "https://a.example/\u00fc").id == -7708245204016375166
