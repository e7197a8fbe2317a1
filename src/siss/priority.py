"""Who goes first: what indexes steps behind what answers, as far as the system lets it."""

import contextlib
import os
import threading
from pathlib import Path


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
    group = Path(f"/proc/{process}/autogroup")
    try:
        # As in "/autogroup-25 nice 0"; where sessions do not share there is no such file.
        name, _, before = group.read_text().split()
        if name != Path("/proc/self/autogroup").read_text().split()[0] and int(before) < nice:
            group.write_text(str(nice))
    except BlockingIOError:
        return False
    except (OSError, ValueError):
        pass
    return True
