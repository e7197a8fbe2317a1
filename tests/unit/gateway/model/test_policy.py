"""A route's rules: bad values are the same error on every path."""

import math

import pytest

from siss.errors import ConfigError
from siss.gateway.model.directives import Directives, parse_cache_control
from siss.gateway.model.policy import CachePolicy, SemanticMode, clamp_oversampling


@pytest.mark.parametrize("value", [0, -0.1, 1.01, math.nan, math.inf, "", "high", True, None, [0.9]])
def test_a_bad_threshold(value):
    with pytest.raises(ConfigError) as caught:
        CachePolicy(threshold=value)
    assert caught.value.details["variable"] == "threshold"
    assert "above 0 and at most 1" in caught.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ttl", -1),
        ("ttl", math.inf),
        ("stale_while_revalidate", -1),
        ("stale_if_error", "soon"),
        ("negative_ttl", 31),
        ("max_bytes", 0),
        ("candidates", 0),
        ("candidates", 101),
        ("oversampling", math.nan),
        ("rerank_threshold", math.nan),
        ("semantic", "maybe"),
    ],
)
def test_other_bad_values_name_their_field(name, value):
    with pytest.raises(ConfigError) as caught:
        CachePolicy(**{name: value})
    assert caught.value.details["variable"] == name
    assert name in caught.value.message


def test_text_from_a_file_or_the_environment_is_read():
    policy = CachePolicy(threshold="0.9", semantic="shadow", ttl="60", max_bytes="4096", rerank_threshold="-2.5")
    assert (policy.threshold, policy.semantic, policy.ttl) == (0.9, SemanticMode.SHADOW, 60.0)
    assert (policy.max_bytes, policy.rerank_threshold) == (4096, -2.5)


@pytest.mark.parametrize(("given", "used"), [(-5, 1), (0, 1), (1, 1), (3.5, 3.5), (10, 10), (1e9, 10)])
def test_oversampling_is_clamped(given, used):
    assert clamp_oversampling(given) == used
    assert CachePolicy(oversampling=given).oversampling == used


def test_an_entry_is_kept_as_long_as_it_may_be_of_use():
    assert CachePolicy(ttl=10, stale_while_revalidate=5, stale_if_error=60).keeps_for == 70


@pytest.mark.parametrize(
    ("header", "read"),
    [
        (None, Directives()),
        ("", Directives()),
        ("no-cache", Directives(no_cache=True)),
        ("No-Store, max-age=5", Directives(no_store=True, max_age=5)),
        ('max-age="7"', Directives(max_age=7)),
        ("max-age=soon", Directives(max_age=0)),
        ("max-age=-1", Directives(max_age=0)),
        ("max-age=\u0663", Directives(max_age=0)),
        ("private, x=y,,", Directives()),
    ],
)
def test_cache_control(header, read):
    assert parse_cache_control(header) == read
