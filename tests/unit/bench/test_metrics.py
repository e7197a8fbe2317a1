import math

import pytest

from bench.load import percentile
from bench.metrics import ndcg, recall


def test_a_ranking_by_hand():
    # gains 0, 2, 0, 1 at ranks 1-4: 2/log2(3) + 1/log2(5); ideal 2/log2(2) + 1/log2(3) + 1/log2(4)
    relevant = {"b": 2, "d": 1, "z": 1, "n": 0}
    expected = (2 / math.log2(3) + 1 / math.log2(5)) / (2 + 1 / math.log2(3) + 0.5)
    assert ndcg(["a", "b", "c", "d"], relevant) == pytest.approx(expected)
    assert ndcg(["a", "b", "c", "d"], relevant) == pytest.approx(0.5406, abs=0.0001)


def test_the_ideal_ranking_is_one_and_nothing_is_nought():
    assert ndcg(["b", "d"], {"d": 1, "b": 3}) == 1.0
    assert ndcg([], {"a": 1}) == 0.0
    assert ndcg(["a"], {}) == 0.0
    assert ndcg(["a"], {"a": -1}) == 0.0


def test_only_the_first_ten_count_for_the_ranking_and_the_ideal():
    relevant = {str(n): 1 for n in range(20)}
    assert ndcg([str(n) for n in range(10)], relevant) == 1.0
    assert ndcg(["x"] * 10 + ["1"], relevant) == 0.0


def test_recall_counts_positive_grades_only():
    assert recall(["a", "x", "b"], {"a": 1, "b": 2, "c": 1, "x": 0}) == pytest.approx(2 / 3)
    assert recall(["a"], {"a": 0}) == 0.0


def test_percentiles_are_values_that_were_seen():
    assert percentile([4, 1, 3, 2], 50) == 2
    assert percentile(list(range(1, 101)), 95) == 95
    assert percentile([7], 99) == 7
    assert math.isnan(percentile([], 50))
