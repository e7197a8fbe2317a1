"""When a worker runs only where nobody else wants to, and when it comes forward."""

from collections.abc import Iterator

import pytest

from siss.app.processes import background
from siss.app.processes.background import FORWARD_SECONDS, LOOK_SECONDS, Background

SECOND = 1_000_000_000
WORKER = 4711


class Machine:
    """A clock, and a system that schedules one process. ``grants``: whether it takes an idle process back."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.ran = self.waited = 0
        self.idle = False
        self.grants = True

    def pass_by(self, seconds: float, *, ran: float, waited: float) -> None:
        self.now += seconds
        self.ran += int(ran * SECOND)
        self.waited += int(waited * SECOND)

    def waits_of(self, process: int) -> tuple[int, int]:
        assert process == WORKER
        return self.ran, self.waited

    def run_when_idle(self, _process: int) -> bool:
        self.idle = True
        return True

    def run_as_others(self, _process: int) -> bool:
        self.idle = not self.grants
        return self.grants

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    machine = Machine()
    for name in ("waits_of", "run_when_idle", "run_as_others"):
        monkeypatch.setattr(background, name, getattr(machine, name))
    monkeypatch.setattr(background, "time", machine)
    return machine


@pytest.fixture
def worker(machine: Machine) -> Background:
    worker = Background()
    worker.begin(WORKER)
    assert machine.idle
    return worker


@pytest.mark.parametrize(
    ("ran", "waited", "starves"),
    [
        (0.0, 2.0, True),
        (0.05, 1.95, True),
        (0.2, 1.8, False),
        (2.0, 0.0, False),
        (0.0, 0.0, False),
        (0.01, 0.3, False),
    ],
)
def test_it_starves_that_wants_to_run_and_hardly_can(
    machine: Machine, worker: Background, ran: float, waited: float, starves: bool
) -> None:
    """One that waits for a disk wants no processor, and starves of nothing that we could give."""
    machine.pass_by(LOOK_SECONDS, ran=ran, waited=waited)
    assert worker.starves() == starves


def test_a_moment_says_nothing(machine: Machine, worker: Background) -> None:
    machine.pass_by(LOOK_SECONDS / 2, ran=0.0, waited=LOOK_SECONDS / 2)
    assert not worker.starves()
    machine.pass_by(LOOK_SECONDS / 2, ran=0.0, waited=LOOK_SECONDS / 2)
    assert worker.starves()


def test_what_happened_before_the_last_look_does_not_count(machine: Machine, worker: Background) -> None:
    machine.pass_by(60.0, ran=60.0, waited=0.0)
    assert not worker.starves()
    machine.pass_by(LOOK_SECONDS, ran=0.0, waited=LOOK_SECONDS)
    assert worker.starves()


def test_one_that_starved_is_nice_only_for_a_while(machine: Machine, worker: Background) -> None:
    assert worker.come_forward()
    assert not machine.idle
    machine.pass_by(FORWARD_SECONDS - 1, ran=0.0, waited=FORWARD_SECONDS - 1)
    assert not worker.starves()
    worker.step_aside()
    assert not machine.idle
    machine.pass_by(1, ran=0.0, waited=0.0)
    worker.step_aside()
    assert machine.idle


def test_where_it_cannot_come_forward_its_successor_is_nice_only(machine: Machine, worker: Background) -> None:
    machine.grants = False
    assert not worker.come_forward()
    machine.idle = False  # the next process
    worker.begin(WORKER)
    assert not machine.idle
    machine.pass_by(FORWARD_SECONDS, ran=0.0, waited=0.0)
    worker.begin(WORKER)
    assert machine.idle
