"""A process that answers ends with its owner, whatever it does with signals just then."""

import os
import signal
import subprocess
import sys

DEAF = """
import signal, sys
from siss.api.worker import _wait_for_end
signal.signal(signal.SIGTERM, lambda *_: None)
_wait_for_end(int(sys.argv[1]), grace=0.1)
"""


def test_a_signal_that_was_lost_keeps_no_worker_alive():
    ours, theirs = os.pipe()
    with subprocess.Popen([sys.executable, "-c", DEAF, str(ours)], pass_fds=(ours,)) as worker:
        os.close(ours)
        os.close(theirs)
        assert worker.wait(timeout=60) == -signal.SIGKILL
