"""The pool with real processes: hostile tasks cost themselves, everything else gets done."""

import errno
import math
import multiprocessing
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any, Literal

import psutil
import pytest

from siss.app.processes import background
from siss.app.processes.pool import ProcessPool
from siss.app.processes.wire import Done, Handler, Limits, LossKind, Lost, Partial, Wire
from siss.priority import run_as_others


class Echo(Handler[str, int, str]):
    """Does what its task says: a name is echoed, a verb is misbehaviour."""

    def __call__(self, task: str, emit: Callable[[int], None], beat: Callable[[], None]) -> str:
        match task.partition(":")[0]:
            case "hang" | "hang for ever":
                while True:
                    pass
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "exit":
                os._exit(3)
            case "eat":
                hoard = []
                while True:
                    hoard.append(bytearray(b"x" * (8 << 20)))
                    beat()
            case "parts":
                for number in range(3):
                    emit(number)
            case "busy":
                end = time.process_time() + 0.3
                while time.process_time() < end:
                    beat()
            case "slow":
                end = time.monotonic() + 1.5
                while time.monotonic() < end:
                    beat()
        return task.upper()


def make_echo(_config: Any) -> Echo:
    return Echo()


def make_nothing(_config: Any) -> Echo:
    raise RuntimeError("this worker never begins")


Events = queue.SimpleQueue[Any]


@pytest.fixture
def events() -> Events:
    return queue.SimpleQueue()


@pytest.fixture
def pool(events: Events, request: pytest.FixtureRequest) -> Iterator[ProcessPool[str, int, str]]:
    """Its patience is short only where something hangs: other workers may be kept waiting for a processor."""
    callspec = getattr(request.node, "callspec", None)
    timeout = 5.0 if callspec is not None and callspec.params.get("task") == "hang" else 120.0

    def sink(found: Sequence[Any]) -> None:
        for event in found:
            events.put(event)

    pool = ProcessPool(
        make_echo, None, Wire(str, int, str), 2, Limits(memory=300 << 20, timeout=timeout), sink, preload=[__name__]
    )
    pool.start()
    yield pool
    pool.stop()
    assert pool.processes() == []


def collect(events: Events, count: int) -> list[Any]:
    return [events.get(timeout=120) for _ in range(count)]


def test_every_task_is_answered_once(pool: ProcessPool[str, int, str], events: Events) -> None:
    names = [f"name{number}" for number in range(500)]
    for start in range(0, 500, 50):
        pool.submit(names[start : start + 50])
    found = collect(events, 500)
    assert sorted(event.result for event in found) == sorted(name.upper() for name in names)
    assert all(isinstance(event, Done) and event.result == event.task.upper() for event in found)


def test_what_somebody_waits_for_goes_before_what_waits(events: Events) -> None:
    pool = ProcessPool(
        make_echo,
        None,
        Wire(str, int, str),
        1,
        Limits(memory=300 << 20, timeout=120.0),
        lambda found: [events.put(event) for event in found] and None,
        preload=[__name__],
        outstanding=1,
    )
    for name in ("first", "second", "third"):
        pool.submit([name])
    pool.submit(["wanted"], wanted=True)
    pool.start()
    try:
        assert [event.task for event in collect(events, 4)] == ["wanted", "first", "second", "third"]
    finally:
        pool.stop()


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        ("hang", LossKind.TIMEOUT),
        ("crash", LossKind.CRASH),
        ("exit", LossKind.CRASH),
        ("eat", LossKind.MEMORY),
    ],
)
def test_a_hostile_task_costs_only_itself(
    pool: ProcessPool[str, int, str], events: Events, task: str, kind: LossKind
) -> None:
    before = [f"before{number}" for number in range(40)]
    after = [f"after{number}" for number in range(40)]
    pool.submit([*before, task, *after])
    found = collect(events, 81)
    lost = [event for event in found if isinstance(event, Lost)]
    assert [(event.task, event.kind) for event in lost] == [(task, kind)]
    assert {event.result for event in found if isinstance(event, Done)} == {name.upper() for name in before + after}


@pytest.fixture
def waited(events: Events) -> Iterator[ProcessPool[str, int, str]]:
    """One worker that may hang for long, but nobody waits for what is called "hang"."""
    pool: ProcessPool[str, int, str] = ProcessPool(
        make_echo,
        None,
        Wire(str, int, str),
        1,
        Limits(memory=300 << 20, timeout=300.0, hold=3600.0),
        lambda found: [events.put(event) for event in found] and None,
        preload=[__name__],
        outstanding=1,
        deadline=lambda task: 0.0 if task == "hang" else math.inf,
    )
    pool.start()
    yield pool
    pool.stop()


def test_a_task_that_nobody_waits_for_any_longer_is_ended(waited: ProcessPool[str, int, str], events: Events) -> None:
    waited.submit(["one", "two", "hang", "three"])
    found = collect(events, 4)
    assert [(event.task, event.kind) for event in found if isinstance(event, Lost)] == [("hang", LossKind.DEADLINE)]
    assert {event.result for event in found if isinstance(event, Done)} == {"ONE", "TWO", "THREE"}


def test_the_first_result_of_a_batch_waits_for_no_other(waited: ProcessPool[str, int, str], events: Events) -> None:
    waited.submit(["one", "hang for ever"])
    (found,) = collect(events, 1)
    assert (found.task, found.result) == ("one", "ONE")


def test_workers_that_never_begin_lose_their_tasks_and_end(events: Events) -> None:
    def sink(found: Sequence[Any]) -> None:
        for event in found:
            events.put(event)

    pool: ProcessPool[str, int, str] = ProcessPool(
        make_nothing, None, Wire(str, int, str), 1, Limits(memory=300 << 20, timeout=120.0), sink
    )
    pool.start()
    try:
        pool.submit(["one", "two"])
        assert {(event.task, event.kind) for event in collect(events, 2)} == {
            ("one", LossKind.CRASH),
            ("two", LossKind.CRASH),
        }
    finally:
        pool.stop()


def test_parts_come_before_the_end(pool: ProcessPool[str, int, str], events: Events) -> None:
    pool.submit(["parts"])
    found = collect(events, 4)
    assert [event.part for event in found[:3] if isinstance(event, Partial)] == [0, 1, 2]
    assert isinstance(found[3], Done)


def test_a_task_that_beats_is_not_hung(pool: ProcessPool[str, int, str], events: Events) -> None:
    pool.submit(["slow"])
    (event,) = collect(events, 1)
    assert isinstance(event, Done)


def test_a_worker_killed_from_outside_is_replaced(pool: ProcessPool[str, int, str], events: Events) -> None:
    pool.submit(["first"])
    collect(events, 1)
    for pid in pool.processes():
        os.kill(pid, signal.SIGKILL)
    pool.submit(["second", "third"])
    assert {event.result for event in collect(events, 2)} == {"SECOND", "THIRD"}


def test_an_answer_that_cannot_be_read_costs_its_own_task(events: Events) -> None:
    def sink(found: Sequence[Any]) -> None:
        for event in found:
            events.put(event)

    # One answer is of the type that is expected, the other is not.
    pool = ProcessPool(
        make_echo, None, Wire(str, int, Literal["FINE"]), 1, Limits(300 << 20, 120.0), sink, preload=[__name__]
    )
    pool.start()
    try:
        pool.submit(["odd", "fine"])
        odd, fine = collect(events, 2)
        assert isinstance(odd, Lost)
        assert isinstance(fine, Done)
        assert (odd.task, odd.kind, fine.result) == ("odd", LossKind.CRASH, "FINE")
    finally:
        pool.stop()


def test_where_no_process_can_be_started_work_waits(
    pool: ProcessPool[str, int, str], events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = ForkServerProcess.start
    failures = iter([True, True])

    def refuse(process: Any) -> None:
        if next(failures, False):
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        start(process)

    monkeypatch.setattr(ForkServerProcess, "start", refuse)
    pool.submit(["first", "second"])
    assert [event.result for event in collect(events, 2)] == ["FIRST", "SECOND"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing runs only when the processor is idle")
@pytest.mark.parametrize("granted", [True, False])
def test_a_worker_that_starves_comes_forward(events: Events, monkeypatch: pytest.MonkeyPatch, granted: bool) -> None:
    """It shares a processor with one who never rests; an ordinary user's cannot come forward, its successor can."""
    monkeypatch.setattr(background, "LOOK_SECONDS", 0.3)
    forward: list[int] = []

    def come_forward(process: int) -> bool:
        forward.append(process)
        return granted and run_as_others(process)

    monkeypatch.setattr(background, "run_as_others", come_forward)
    pool: ProcessPool[str, int, str] = ProcessPool(
        make_echo,
        None,
        Wire(str, int, str),
        1,
        Limits(300 << 20, 60.0, nice=5),
        lambda found: [events.put(event) for event in found] and None,
        preload=[__name__],
    )
    processor = min(os.sched_getaffinity(0))
    hog = subprocess.Popen([sys.executable, "-c", "print(flush=True)\nwhile True: pass"], stdout=subprocess.PIPE)
    assert hog.stdout is not None
    hog.stdout.readline()
    os.sched_setaffinity(hog.pid, {processor})
    pool.start()
    try:
        pool.submit(["first"])
        collect(events, 1)
        (worker,) = pool.processes()
        scheduler = os.sched_getscheduler(worker)
        assert scheduler == os.SCHED_IDLE or forward, "on a busy machine it may have starved while it began"
        os.sched_setaffinity(worker, {processor})
        pool.submit(["busy", "after"])
        assert {event.result for event in collect(events, 2)} == {"BUSY", "AFTER"}
        (after,) = pool.processes()
        assert forward
        assert os.sched_getscheduler(after) == os.SCHED_OTHER
        assert (after in forward) == (granted and os.geteuid() == 0)
    finally:
        pool.stop()
        hog.kill()
        hog.wait()
        hog.stdout.close()


def be_killed(pipe: Connection) -> None:
    """An owner that is killed while its worker runs away."""
    wire = Wire(str, int, str)
    pool = ProcessPool(make_echo, None, wire, 1, Limits(memory=300 << 20, timeout=600.0), lambda _: None)
    pool.start()
    pool.submit(["hang"])
    while not pool.processes():
        time.sleep(0.01)
    pipe.send(pool.processes())
    pipe.recv()


def test_a_worker_that_runs_away_ends_with_its_owner() -> None:
    ours, theirs = multiprocessing.Pipe()
    owner = multiprocessing.get_context("spawn").Process(target=be_killed, args=(theirs,))
    owner.start()
    theirs.close()  # or nobody would be told that the owner ended before it said anything
    workers = [psutil.Process(pid) for pid in ours.recv()]
    owner.kill()
    owner.join()
    assert psutil.wait_procs(workers, timeout=120)[1] == []
