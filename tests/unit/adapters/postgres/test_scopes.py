"""What a scope is for the index: from its own path to the last below it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.adapters.postgres.scopes import scope_values
from siss.model.principal import Principal

PARTS = st.text("ab-/.0é", min_size=1, max_size=6)


@given(st.lists(PARTS.map("/{}".format), max_size=3), PARTS.map("/{}".format))
def test_what_may_be_seen_lies_between_the_bounds(scopes, path):
    principal = Principal("somebody", scopes=tuple(scopes))
    values = scope_values(principal)
    if principal.may_see(path):
        assert values["low"] <= path <= values["high"]


@pytest.mark.parametrize("path", ["/nas/70", "/nas/70/a", "/nas/7a", "/nas/6"])
def test_siblings_that_begin_alike_do_not(path: str):
    values = scope_values(Principal("somebody", scopes=("/nas/7",)))
    assert not values["low"] <= path <= values["high"]
