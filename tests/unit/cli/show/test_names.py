"""Lists of names, and pictures of time lines."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from siss.cli.show.names import draw_days, show_entities


def test_a_blank_is_a_stretch_without_any():
    days = [(date(2026, 11, 1), 1), (date(2026, 11, 2), 8), (date(2026, 11, 5), 4)]
    assert draw_days(days) == "▁█  ▄"


def test_long_times_are_put_together():
    first = date(2026, 1, 1)
    assert draw_days([(first + timedelta(days=n), 1) for n in range(120)], width=10) == "█" * 10


@given(st.dictionaries(st.dates(), st.integers(1, 10**9), min_size=1, max_size=50), st.integers(1, 80))
def test_every_mention_is_seen(days, width):
    drawn = draw_days(sorted(days.items()), width)
    assert 1 <= len(drawn) <= width
    assert drawn[0] != " " != drawn[-1]
    assert "█" in drawn


def test_that_nothing_has_a_name_is_told(capsys):
    show_entities({"items": [], "cursor": None, "notes": []})
    assert capsys.readouterr() == ("", "0 names.\n")
