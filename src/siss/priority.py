"""Who goes first: what indexes steps behind what answers, as far as the system lets it."""

import contextlib
import os
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
