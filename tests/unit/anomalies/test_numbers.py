import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.anomalies.numbers import Others, tail_probability


@pytest.mark.parametrize(
    "draw",
    [
        lambda r: r.gauss(100, 10),
        lambda r: r.expovariate(0.1),
        lambda r: r.uniform(5, 9),
        lambda r: r.paretovariate(1.2),
    ],
)
def test_one_more_of_the_same_is_seldom_called_unlikely(draw):
    """Of numbers drawn as the others are, a share p has a probability of p or less: no more than thrice as many."""
    rng = random.Random(4)
    alarms = sum(tail_probability(sorted(draw(rng) for _ in range(200)), draw(rng)) < 0.005 for _ in range(1500))
    assert alarms <= 1500 * 2 * 0.005 * 3


def test_far_ones_are_unlikely_on_both_sides():
    rng = random.Random(4)
    others = sorted(rng.gauss(100, 10) for _ in range(200))
    assert max(tail_probability(others, 400), tail_probability(others, -200)) < 1e-5
    assert tail_probability(others, 105) > 0.1


def test_two_wild_ones_do_not_hide_each_other():
    others = Others.of([10.0 + number % 7 for number in range(198)] + [1e6])
    assert others.is_far(1e6)


@given(st.lists(st.integers(-1000, 1000).map(float), min_size=12, max_size=60))
def test_leaving_out_is_the_same_as_never_having_seen(numbers: list[float]):
    assert Others.of(numbers).without(numbers[:2]) == Others.of(numbers[2:])
