from datetime import UTC, datetime

import pytest

from siss.model.content import Kind
from siss.schemas.drift import compare_profiles
from siss.schemas.profile import describe_numbers, profile_members
from unit.schemas.members import collect_values, counted, structures

SINCE = datetime(2026, 11, 1, tzinfo=UTC)


def profile(values):
    members = structures(values)
    return profile_members(Kind.JSON, counted(members), collect_values(members), [10.0] * len(members))


def test_a_profile_counts_members_types_values_and_numbers():
    found = profile([{"port": 1, "host": "a"}, {"port": 3}, {"port": "x", "host": "a"}])
    port = next(field for field in found.fields if field.path == "$.port")
    assert (port.members, port.share, port.types, port.required) == (3, 1.0, {"integer": 2, "string": 1}, True)
    assert port.numbers == describe_numbers([1, 3])
    host = next(field for field in found.fields if field.path == "$.host")
    assert (host.members, host.required, host.values, host.complete) == (2, False, (("a", 2),), True)
    assert found.members == 3


def test_numbers_without_a_square_are_in_no_distribution():
    found = profile([{"x": 1e308}, {"x": -1e308}, {"x": 10**400}, {"x": "nan"}, {"x": "1e9999"}, {"x": 2}])
    seen = next(field for field in found.fields if field.path == "$.x")
    assert seen.numbers == describe_numbers([2.0])


def test_deviations_are_those_of_a_sample():
    found = describe_numbers([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])
    assert found is not None
    assert found.deviation == pytest.approx(2.138089935299395)
    assert (found.mean, found.median, found.mad) == (5.0, 4.5, 0.5)


def test_changes_are_shown_field_by_field():
    before = profile([{"host": "a", "port": 1, "old": 1}] * 9 + [{"host": "a", "port": 1}])
    after = profile([{"host": "a", "port": "1", "new": True}] * 5 + [{"host": "a", "port": 1}] * 5)
    drift = compare_profiles(before, after, SINCE)
    assert [(change.path, change.change) for change in drift.changes] == [
        ("$.new", "added"),
        ("$.old", "removed"),
        ("$.port", "types"),
    ]
    assert drift.changes[0].text == "$.new is new: boolean, in 5 members (50%)."
    assert drift.changes[2].text == "$.port was integer and is integer or string."


def test_a_type_that_becomes_commoner_is_a_change():
    before = profile([{"port": 1}] * 19 + [{"port": "1"}])
    after = profile([{"port": 1}] * 14 + [{"port": "1"}] * 6)
    (change,) = compare_profiles(before, after, SINCE).changes
    assert (change.path, change.change) == ("$.port", "types")
    assert (change.before, change.after) == ({"integer": 0.95, "string": 0.05}, {"integer": 0.7, "string": 0.3})
    assert change.text == (
        "$.port was integer in 95% of its members and is in 70%, string in 5% of its members and is in 30%."
    )


def test_presence_and_requirement():
    before = profile([{"a": 1, "b": 1}] * 20)
    after = profile([{"a": 1, "b": 1}] * 10 + [{"a": 1}] * 10)
    assert [(c.path, c.change, c.before, c.after) for c in compare_profiles(before, after, SINCE).changes] == [
        ("$.b", "presence", 1.0, 0.5)
    ]
    slightly = profile([{"a": 1, "b": 1}] * 19 + [{"a": 1}])
    assert [c.text for c in compare_profiles(before, slightly, SINCE).changes] == [
        "$.b was required and is optional."
    ]


def test_nothing_changed():
    same = profile([{"a": 1}])
    assert compare_profiles(same, same, SINCE).changes == ()
