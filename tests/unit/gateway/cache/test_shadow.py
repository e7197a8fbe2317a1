"""The shadow report: a curve of what serving would do at each threshold, not of what it did at one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.gateway.cache.eligible import MOST_TEXT
from siss.gateway.cache.shadow import (
    THRESHOLDS,
    Comparison,
    agree,
    build_report,
    comparison_rows,
    wilson_interval,
)
from siss.gateway.cache.verify import FAR, find_doubt, highest_threshold

SAME_WORDS = ("How do I restart nginx?", "What is the way to restart nginx?")
FEW_OTHERS = (
    "You can share your dataset with the community by making a repository on the hub.",
    "It is possible to publish a dataset for the community by creating a repository on the hub.",
)
MANY_OTHERS = (
    "The nightly job deletes old snapshots of the share and frees disk space on the server.",
    "The nightly task removes outdated snapshots of the share and releases disk space on the machine, as planned.",
)
PAIRS = (SAME_WORDS, FEW_OTHERS)


def row(pair, similarity, *, agreed=True, refused=""):
    return ("chat", 1.0, similarity, refused, int(agreed), *pair, "answer", "would")


@given(st.sampled_from((*PAIRS, MANY_OTHERS)), st.floats(0.5, 1.0), st.sampled_from(THRESHOLDS))
def test_the_highest_threshold_is_where_serving_stops(pair, similarity, threshold):
    highest = highest_threshold(*pair, similarity)
    if abs(highest - threshold) > 1e-9:
        assert (find_doubt(*pair, similarity, threshold) == "") == (highest > threshold)
        assert find_doubt(*pair, similarity, threshold) in {"", FAR}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("agreed", [True, False])
def test_each_point_of_the_curve_is_what_that_threshold_would_have_served(pair, agreed):
    similarities = [0.55 + number / 100 for number in range(45)]
    report = build_report([row(pair, similarity, agreed=agreed) for similarity in similarities])
    for point in report.curve:
        served = sum(not find_doubt(*pair, similarity, point.threshold) for similarity in similarities)
        assert (point.served, point.false) == (served, 0 if agreed else served)
        assert (point.low, point.high) == wilson_interval(point.false, point.served)
    at_the_lowest = report.curve[0].served
    assert 0 < at_the_lowest < len(similarities)
    assert len(report.confused) == (0 if agreed else at_the_lowest)


def test_a_threshold_is_suggested_only_on_enough_evidence():
    few = [row(SAME_WORDS, 0.9)] * 100
    assert build_report(few).suggested is None
    enough = [row(SAME_WORDS, 0.9)] * 800
    assert build_report(enough).suggested == THRESHOLDS[0]
    with_false = [*enough, *[row(SAME_WORDS, 0.8, agreed=False)] * 20]
    suggested = build_report(with_false).suggested
    assert suggested is not None
    assert suggested > 0.8
    refused = [*enough, *[row(SAME_WORDS, 0.8, agreed=False, refused="units")] * 20]
    assert build_report(refused).suggested == THRESHOLDS[0]
    assert build_report(refused).refused == {"units": 20}


def test_questions_are_kept_whole_since_the_report_judges_them():
    text = "x" * MOST_TEXT
    (_, kept), _ = comparison_rows("t", "m", Comparison("r", 1.0, 0.9, "", True, text, text, text, text))
    assert [len(each) for each in kept[-4:]] == [MOST_TEXT, MOST_TEXT, 400, 400]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Restart the unit.", "restart  the unit.", True),
        ("Restart the second unit of the rack now.", "Restart the third unit of the rack now.", False),
        ("It needs 5 GB.", "It needs 5 MB.", False),
        ("word " * 2000, "word  " * 2000, True),
        ("word " * 2000, "word " * 2001, False),  # too long to be looked at closely
        ("", "", True),
    ],
)
def test_answers_agree_where_nothing_in_them_differs(left, right, same):
    assert agree(left, right) is same
    assert agree(right, left) is same


def test_the_interval_of_a_share():
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(0, 100)[1] == pytest.approx(0.037, abs=1e-3)
    low, high = wilson_interval(1, 200)
    assert 0 < low < 1 / 200 < high < 0.03
