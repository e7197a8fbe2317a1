import uuid

from siss.schemas.identity import identify

OLD = [uuid.UUID(int=number) for number in range(1, 6)]
NEW = uuid.UUID(int=99)


def test_the_largest_overlap_keeps_the_id():
    before = {b"a": OLD[0], b"b": OLD[0], b"c": OLD[0], b"d": OLD[1]}
    found = identify([{b"a": 1, b"d": 1, b"x": 9}, {b"b": 1, b"c": 1}], before, lambda: NEW)
    assert found.ids == (OLD[1], OLD[0])
    assert found.created == frozenset()
    assert found.redirects == {}


def test_merged_ids_lead_to_their_heir():
    before = {b"a": OLD[0], b"b": OLD[1], b"c": OLD[1]}
    found = identify([{b"a": 1, b"b": 1, b"c": 1}], before, lambda: NEW)
    assert found.ids == (OLD[1],)
    assert found.redirects == {OLD[0]: OLD[1]}


def test_a_split_keeps_the_id_with_the_larger_part():
    before = dict.fromkeys([b"a", b"b", b"c"], OLD[0])
    found = identify([{b"a": 1}, {b"b": 1, b"c": 1}], before, lambda: NEW)
    assert found.ids == (NEW, OLD[0])
    assert found.created == {NEW}


def test_weights_count_and_what_is_gone_leads_nowhere():
    found = identify([{b"a": 1, b"b": 5}], {b"a": OLD[0], b"b": OLD[1], b"gone": OLD[2]}, lambda: NEW)
    assert found.ids == (OLD[1],)
    assert found.redirects == {OLD[0]: OLD[1]}
