"""The process that workers are forked from."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from siss.api.template import LOADED

_BEGIN = """
import sys
import signal
from multiprocessing import forkserver
from siss.api.template import begin_template
if __name__ == "__main__":
    begin_template()
    print(forkserver._forkserver._forkserver_pid, signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set())
    sys.stdin.read()
"""
_INTERRUPT = 1 << 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_ctrl_c_is_held_back_in_it_from_its_first_moment(tmp_path):
    """A terminal sends it to every process: this one would end with a traceback, while it loads modules."""
    script = tmp_path / "begin.py"
    script.write_text(_BEGIN)
    with subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        pid, free = process.stdout.readline().split()
        status = Path(f"/proc/{pid}/status").read_text()
        process.stdin.close()
    blocked = next(line for line in status.splitlines() if line.startswith("SigBlk"))
    assert int(blocked.split()[1], 16) & _INTERRUPT
    assert free == "True"


@pytest.mark.parametrize("module", LOADED.values())
def test_what_it_loads_is_there(module: str):
    """Python's fork server says nothing of a module that it does not find: each process would load it anew."""
    assert find_spec(module)
