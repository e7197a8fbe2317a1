"""Contents that are read back several at once."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from siss.app.ingest.stored_terms import PAGE_CHUNKS, grouped


@given(st.lists(st.integers(0, 8).map(lambda quarters: quarters * PAGE_CHUNKS // 4), max_size=60))
def test_groups_hold_everything_in_order_and_little_at_once(counts):
    groups = list(grouped(counts, lambda count: count))
    assert [count for group in groups for count in group] == counts
    assert all(sum(group) <= PAGE_CHUNKS or len(group) == 1 for group in groups)
    assert all(sum(before) + after[0] > PAGE_CHUNKS for before, after in itertools.pairwise(groups))
