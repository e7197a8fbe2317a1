"""What an entry is worth at an age."""

import pytest

from siss.gateway.cache.freshness import judge_entry, oldest_allowed
from siss.gateway.model.directives import NO_DIRECTIVES, Directives
from siss.gateway.model.entry import Entry
from siss.gateway.model.lookup import Hit, Miss, Reason, Ticket
from siss.gateway.model.policy import CachePolicy
from siss.gateway.model.reply import Reply
from unit.gateway.cache.asking import answer

TICKET = Ticket(b"k", storable=True)
POLICY = CachePolicy(ttl=100, stale_while_revalidate=20, stale_if_error=50, negative_ttl=10)


def judge(
    age: float, directives: Directives = NO_DIRECTIVES, policy: CachePolicy = POLICY, reply: Reply | None = None
):
    entry = Entry(b"k", "red", "stella", "chat", 1000.0, 9999.0, reply or answer("yes"))
    return judge_entry(entry, 1000.0 + age, TICKET, policy, directives)


def test_no_entry():
    found = judge_entry(None, 0.0, TICKET, POLICY, NO_DIRECTIVES)
    assert isinstance(found, Miss)
    assert found.reason is Reason.ABSENT


@pytest.mark.parametrize(("age", "stale"), [(0, False), (100, False), (100.1, True), (120, True)])
def test_fresh_then_stale_while_it_is_asked_for_again(age, stale):
    found = judge(age)
    assert isinstance(found, Hit)
    assert (found.stale, found.age_seconds) == (stale, pytest.approx(age))


@pytest.mark.parametrize(("age", "kept"), [(121, True), (150, True), (151, False)])
def test_then_only_for_a_failure_of_the_host(age, kept):
    found = judge(age)
    assert isinstance(found, Miss)
    assert found.reason is Reason.EXPIRED
    assert (found.stale is not None) == kept


def test_a_route_that_allows_nothing_stale():
    found = judge(101, policy=CachePolicy(ttl=100))
    assert isinstance(found, Miss)
    assert found.stale is None


def test_max_age_is_the_client_s_word():
    assert isinstance(judge(30, Directives(max_age=30)), Hit)
    for age in (31, 110, 140):
        found = judge(age, Directives(max_age=30))
        assert isinstance(found, Miss)
        assert (found.reason, found.stale) == (Reason.MAX_AGE, None)


def test_negative_replies_have_a_time_of_their_own_and_are_never_stale():
    negative = Reply(b"{}", status=404)
    assert isinstance(judge(10, reply=negative), Hit)
    found = judge(11, reply=negative)
    assert isinstance(found, Miss)
    assert found.stale is None


def test_a_clock_that_was_turned_back():
    assert judge(-5).age_seconds == 0


def test_the_oldest_that_may_answer_by_meaning():
    assert oldest_allowed(1000, POLICY, NO_DIRECTIVES) == 900
    assert oldest_allowed(1000, POLICY, Directives(max_age=5)) == 995
    assert oldest_allowed(1000, POLICY, Directives(max_age=5000)) == 900
