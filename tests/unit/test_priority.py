"""Priorities of threads and processes."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from siss import priority
from siss.priority import run_as_others, run_when_idle, step_behind, waits_of


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priorities of their own")
def test_a_thread_steps_behind_the_others():
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with ThreadPoolExecutor(1, initializer=step_behind, initargs=(own + 3,)) as threads:
        number = threads.submit(threading.get_native_id).result()
        assert os.getpriority(os.PRIO_PROCESS, number) == own + 3
        threads.submit(step_behind, own + 1).result()
        assert os.getpriority(os.PRIO_PROCESS, number) == own + 3
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


def test_a_process_steps_behind_and_one_that_has_gone_does_not_matter():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        wanted = os.getpriority(os.PRIO_PROCESS, other.pid) + 2
        step_behind(wanted, other.pid)
        assert os.getpriority(os.PRIO_PROCESS, other.pid) == wanted
        other.communicate(b"\n")
    step_behind(19, other.pid)


def _session_of(process: int | str) -> tuple[str, int] | None:
    match Path(f"/proc/{process}/autogroup").read_text().split():
        case [name, _, nice]:
            return name, int(nice)
        case _:
            return None


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="sessions do not share processors here")
def test_a_session_of_its_own_steps_behind_and_ours_stays():
    own = _session_of("self")
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as other:
        while not step_behind(7, other.pid):
            time.sleep(0.1)  # the system takes ten of these a second
        assert step_behind(3, other.pid)
        session = _session_of(other.pid)
        assert session is None or session[1] == 7
        other.communicate(b"\n")
    with subprocess.Popen(command, stdin=subprocess.PIPE) as other:
        assert step_behind(7, other.pid)
        other.communicate(b"\n")
    assert _session_of("self") == own


NOBODY = 2**31 - 1
"""A number that no process has."""


@pytest.mark.parametrize(
    ("other", "ours", "after"),
    [
        ("/autogroup-25 nice 0\n", "/autogroup-9 nice 0\n", "7"),
        ("/autogroup-25 nice 0\n", "", "7"),  # ours is the session in which the system began
        ("/autogroup-25 nice 0\n", "/autogroup-25 nice 0\n", "/autogroup-25 nice 0\n"),
        ("/autogroup-25 nice 9\n", "/autogroup-9 nice 0\n", "/autogroup-25 nice 9\n"),
        ("", "/autogroup-9 nice 0\n", ""),
        ("", "", ""),
    ],
)
def test_only_another_session_that_is_less_nice_steps_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str, ours: str, after: str
):
    monkeypatch.setattr(priority, "PROC", tmp_path)
    for name, text in ((str(NOBODY), other), ("self", ours)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "autogroup").write_text(text)
    assert step_behind(7, NOBODY)
    assert (tmp_path / str(NOBODY) / "autogroup").read_text() == after


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no such thing")
def test_a_process_runs_when_idle_and_is_told_how_long_it_waited():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert run_when_idle(other.pid)
        assert os.sched_getscheduler(other.pid) == os.SCHED_IDLE
        waits = waits_of(other.pid)
        assert waits is not None
        assert min(waits) >= 0
        assert run_as_others(other.pid) == (os.sched_getscheduler(other.pid) == os.SCHED_OTHER)
        other.communicate(b"\n")
    assert not run_when_idle(NOBODY)
    assert waits_of(NOBODY) is None
