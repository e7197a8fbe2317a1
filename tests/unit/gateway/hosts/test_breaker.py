"""The breaker against what it promises, over any sequence of events."""

from hypothesis import given
from hypothesis import strategies as st

from siss.gateway.hosts.breaker import Breaker, State

FAILURES, SECONDS = 3, 10.0


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_it_opens_waits_tries_once_and_closes():
    clock = Clock()
    breaker = Breaker(FAILURES, SECONDS, clock)
    for _ in range(FAILURES):
        assert breaker.state is State.CLOSED
        breaker.fail(breaker.admit())
    assert breaker.state is State.OPEN
    clock.now = 9.9
    assert breaker.admit() is None
    assert breaker.retry_after > 0
    clock.now = 10.0
    trial = breaker.admit()
    assert trial is not None
    assert breaker.state is State.HALF_OPEN
    assert breaker.admit() is None  # one at a time
    breaker.fail(trial)
    assert (breaker.state, breaker.openings) == (State.OPEN, 2)
    clock.now = 20.0
    breaker.abandon(breaker.admit())  # its client left: the next one is the trial
    breaker.succeed(breaker.admit())
    assert breaker.state is State.CLOSED


def test_a_success_between_failures_counts_them_anew():
    breaker = Breaker(FAILURES, SECONDS, Clock())
    for _ in range(5):
        for _ in range(FAILURES - 1):
            breaker.fail(breaker.admit())
        breaker.succeed(breaker.admit())
    assert breaker.openings == 0


def test_what_was_under_way_when_it_opened_tells_nothing_any_more():
    clock = Clock()
    breaker = Breaker(FAILURES, SECONDS, clock)
    passes = [breaker.admit() for _ in range(FAILURES + 2)]
    for number in passes[:FAILURES]:
        breaker.fail(number)
    breaker.succeed(passes[-2])
    breaker.fail(passes[-1])
    assert (breaker.state, breaker.openings) == (State.OPEN, 1)
    clock.now = SECONDS
    trial = breaker.admit()
    breaker.succeed(passes[0])
    assert breaker.state is State.HALF_OPEN
    breaker.begin(trial)  # its first byte is enough
    assert breaker.state is State.CLOSED


@given(st.lists(st.sampled_from(["ask", "succeed", "fail", "abandon", "wait"]), max_size=60))
def test_it_never_shuts_for_good_and_never_lets_two_trials_through(steps):
    clock = Clock()
    breaker = Breaker(FAILURES, SECONDS, clock)
    running = []
    for step in steps:
        if step == "wait":
            clock.now += 4.0
        elif step == "ask":
            was = breaker.state
            if (number := breaker.admit()) is not None:
                running.append(number)
                assert was is not State.HALF_OPEN
        elif running:
            getattr(breaker, step)(running.pop(0))
    while running:
        breaker.abandon(running.pop())
    clock.now += SECONDS
    number = breaker.admit()
    assert number is not None
    breaker.succeed(number)
    assert breaker.state is State.CLOSED
