"""Who goes first: what indexes steps behind what answers, as far as the system lets it."""

import contextlib
import os
import sys
import threading
from pathlib import Path

PROC = Path("/proc")


def step_behind(nice: int, process: int | None = None) -> bool:
    """Make this thread, or a process of this machine, as nice as that (0 to 19), if it is not nicer already.

    What it begins from then on is as nice. Where threads have no priorities of their own, nothing happens.
    Returns False where the system wants to be asked again a tenth of a second later.
    """
    which = threading.get_native_id() if process is None else process
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, which, max(nice, os.getpriority(os.PRIO_PROCESS, which)))
    return process is None or _step_behind_as_session(nice, process)


def run_when_idle(process: int) -> bool:
    """Let the first thread of a process run only while no other of its session or control group wants to.

    Returns False where the system has no such thing.
    """
    return _schedule(process, "SCHED_IDLE")


def run_as_others(process: int) -> bool:
    """Take that back. Returns False where the system does not let us: few may take back more than they gave away."""
    return _schedule(process, "SCHED_OTHER")


def _schedule(process: int, policy: str) -> bool:
    if sys.platform != "linux":
        return False
    try:
        os.sched_setscheduler(process, getattr(os, policy), os.sched_param(0))
    except OSError:
        return False
    return True


def waits_of(process: int) -> tuple[int, int] | None:
    """How long the first thread of a process ran, and how long it waited for a processor, in nanoseconds.

    None where the system does not say, or there is no such process.
    """
    try:
        ran, waited, _ = (PROC / str(process) / "schedstat").read_text().split()
        return int(ran), int(waited)
    except (OSError, ValueError):
        return None


def _step_behind_as_session(nice: int, process: int) -> bool:
    """The same for the session of a process, if it is another than ours.

    Without control groups Linux shares processors out among sessions first, and processes are nice only to others of
    their session (``sched(7)``, autogroups). Each process of a PostgreSQL server is a session.
    """
    try:
        other = _session(process)
        if other is not None and other != _session("self") and other[1] < nice:
            (PROC / str(process) / "autogroup").write_text(str(nice))
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _session(process: int | str) -> tuple[str, int] | None:
    """The autogroup of a process and how nice it is; None for one in none, as init's own session is."""
    # As in "/autogroup-25 nice 0"; where sessions do not share there is no such file.
    match (PROC / str(process) / "autogroup").read_text().split():
        case [name, "nice", nice]:
            return name, int(nice)
        case _:
            return None
