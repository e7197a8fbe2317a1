from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st

from siss.anomalies import values
from siss.anomalies.family import Family
from siss.anomalies.formats import find_formats
from unit.anomalies.made import family, member

_TYPED = st.sampled_from(("a", "b", "a b", "5 ms", "true", 1, 1.0, True, False, None, 0, 0.5, 10**16, 10**16 + 1))


@given(st.lists(_TYPED, min_size=1, max_size=4), _TYPED, st.integers(1, 8), st.integers(1, 2))
@example([True], 1, 1, 1)
@example([10**16], 10**16 + 1, 1, 1)
def test_counting_first_finds_the_same_rare_values(usual: list[object], odd: object, odds: int, files: int):
    members = [member({"x": usual[number % len(usual)]}) for number in range(100)]
    members += [member({"x": odd}, files=files) for _ in range(odds)]
    found = list(values.find_rare(Family(members)))
    with patch.object(values, "_is_open", return_value=False):
        assert list(values.find_rare(Family(members))) == found


def test_a_format_that_the_first_members_lack_is_told_of_them():
    odd = {number: {"address": "10.1.1"} for number in (0, 1)}
    found = [(number, each.path) for number, each in find_formats(Family(family(odd, count=200)))]
    assert found == [(0, "$.address"), (1, "$.address")]
