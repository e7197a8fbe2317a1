"""Priorities of threads and processes."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from siss.priority import step_behind


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
