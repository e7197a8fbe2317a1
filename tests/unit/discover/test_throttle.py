from hypothesis import given
from hypothesis import strategies as st

from siss.discover.throttle import TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_no_limit_never_waits() -> None:
    bucket = TokenBucket(0)
    assert bucket.take(1 << 40) == 0


def test_a_seconds_worth_is_saved_and_a_debt_is_waited_for() -> None:
    clock = Clock()
    bucket = TokenBucket(1000, clock=clock)
    assert bucket.take(1000) == 0
    assert bucket.take(500) == 0.5
    clock.now += 0.5
    assert bucket.take(0) == 0
    clock.now += 3600
    assert bucket.take(1000) == 0
    assert bucket.take(10_000) == 10


def test_a_clock_that_steps_back_earns_nothing() -> None:
    clock = Clock()
    bucket = TokenBucket(1000, clock=clock)
    bucket.take(1000)
    clock.now -= 50
    assert bucket.take(1000) == 1


@given(st.lists(st.tuples(st.integers(0, 5000), st.floats(0, 2)), min_size=1, max_size=50))
def test_whoever_waits_as_told_stays_within_the_rate(steps: list[tuple[int, float]]) -> None:
    clock = Clock()
    began = clock.now
    bucket = TokenBucket(1000, clock=clock)
    taken = 0
    for count, pause in steps:
        clock.now += pause
        clock.now += bucket.take(count)
        taken += count
        assert taken <= 1000 + 1000 * (clock.now - began) + 1e-3
