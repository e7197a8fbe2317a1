"""Who goes first: what indexes steps behind what answers, as far as the system lets it."""

import contextlib
import os
import threading


def step_behind(nice: int, process: int | None = None) -> None:
    """Make this thread, or a process of this machine, as nice as that (0 to 19), if it is not nicer already.

    What it begins from then on is as nice. Where threads have no priorities of their own, nothing happens.
    """
    which = threading.get_native_id() if process is None else process
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, which, max(nice, os.getpriority(os.PRIO_PROCESS, which)))
