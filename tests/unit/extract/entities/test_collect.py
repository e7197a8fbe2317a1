"""Counting what chunks name, and packing where."""

from hypothesis import given
from hypothesis import strategies as st

from siss.extract.entities import collect
from siss.extract.entities.collect import EntityCollector
from siss.extract.entities.scan import Scanner
from siss.model.entity import PART_CHUNKS, EntityType, Name, Place, pack_place, pack_places, unpack_places

SCANNER = Scanner()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 1 << 40), st.integers(1, 600), st.integers(1, 9999))))
def test_places_come_back(steps: list[tuple[int, int, int, int]]):
    places: list[Place] = []
    seq = start = 0
    for forward, further, length, count in steps:
        seq, start = seq + forward, start + further
        places.append(Place(seq, start, start + length, count))
    assert unpack_places(pack_places(places)) == places
    assert unpack_places(pack_places(places), 2) == places[:2]
    for forward, further, length, count in steps:
        assert unpack_places(pack_place(forward, further, length, count)) == [
            Place(forward, further, further + length, count)
        ]


def test_one_place_a_chunk_and_all_mentions_counted():
    collector = EntityCollector(SCANNER)
    collector.add(0, 0, b"10.0.0.1 and 10.0.0.1, port 22")
    collector.add(1, 100, b"x 10.0.0.1")
    (part,) = collector.take().items()
    said = {one.name.value: one for one in part[1]}
    assert part[0] == 0
    assert said["10.0.0.1"].count == 3
    assert unpack_places(said["10.0.0.1"].places) == [Place(0, 0, 8, 2), Place(1, 102, 110, 1)]
    assert unpack_places(said["22"].places) == [Place(0, 28, 30, 1)]


def test_parts_and_stretches():
    collector = EntityCollector(SCANNER)
    collector.add(PART_CHUNKS - 1, 0, b"10.0.0.1")
    collector.add(PART_CHUNKS, 10, b"10.0.0.1")
    first = collector.take()
    assert {number: [one.count for one in said] for number, said in first.items()} == {0: [1], 1: [1]}
    collector.add(PART_CHUNKS + 1, 20, b"10.0.0.1")
    assert list(collector.take()) == [1]
    assert collector.take() == {}


def test_names_are_bounded(monkeypatch):
    monkeypatch.setattr(collect, "MAX_NAMES", 2)
    collector = EntityCollector(SCANNER)
    collector.add(0, 0, b"10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.3")
    assert [one.name.value for one in collector.take()[0]] == ["10.0.0.1", "10.0.0.2"]
    assert collector.dropped == 2


def test_the_identity_of_a_thing_never_changes():
    # what stands in databases: a change would orphan every mention
    assert Name(EntityType.HOSTNAME, "db1").id == -1802392163538920186
    assert [kind.code for kind in EntityType] == list(range(1, 17))
    assert all(EntityType.of(kind.code) is kind for kind in EntityType)


def test_chunks_scanned_together_name_what_each_alone_names(monkeypatch):
    text = b"10.0.0.1 - ann [17/May/2015:10:05:03] GET /a/b.png\nhost=db-1 user=ann /srv/x\n"
    taken = []
    for most in (1, collect.SCAN_BYTES):
        monkeypatch.setattr(collect, "SCAN_BYTES", most)
        collector = EntityCollector(SCANNER, settings=True)
        for seq in range(3):
            collector.add(seq, seq * len(text), text + b"10.1.0.%d\n" % seq)
        taken.append(collector.take())
    assert taken[0] == taken[1]
