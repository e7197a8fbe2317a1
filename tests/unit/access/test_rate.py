from hypothesis import given
from hypothesis import strategies as st

from siss.access.rate import Limiter, Rate


@given(st.integers(1, 50), st.floats(0.5, 100), st.lists(st.floats(0, 20), max_size=200))
def test_no_window_holds_more_than_two_buckets(burst: int, seconds: float, pauses: list[float]):
    """A whole bucket at once, and what comes back meanwhile: never more, however the requests come."""
    rate, limiter, now = Rate(burst, seconds), Limiter({}), 100.0
    allowed: list[float] = []
    for pause in pauses:
        now += pause
        if limiter.take("a", rate, now).allowed:
            allowed.append(now)
    for at, first in enumerate(allowed):
        within = sum(1 for time in allowed[at:] if time - first < seconds)
        assert within <= burst + (seconds / rate.spacing) + 1


def test_a_bucket_empties_and_fills_evenly():
    rate, limiter = Rate(3, 60.0), Limiter({})
    verdicts = [limiter.take("a", rate, 5.0) for _ in range(4)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0]
    assert round(verdicts[3].retry_after, 6) == 20.0
    assert round(verdicts[2].reset, 6) == 60.0
    assert not limiter.take("a", rate, 24.9).allowed
    assert limiter.take("a", rate, 25.1).allowed
    assert limiter.take("b", rate, 25.1).remaining == 2


def test_looking_takes_nothing():
    rate, limiter = Rate(1, 60.0), Limiter({})
    assert limiter.look("a", rate, 0.0).allowed
    assert limiter.take("a", rate, 0.0).allowed
    assert not limiter.look("a", rate, 1.0).allowed
