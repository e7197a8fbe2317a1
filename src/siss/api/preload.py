"""Everything that a worker needs, loaded in the process that workers are forked from (``siss.api.template``).

That process ends when nobody is left who might ask it for another one. What ends or reloads a service goes to all
of its processes under some supervisors, and must not take it away from workers that are still answering.
"""

import gc
import importlib
import os
import signal
from typing import Final

_NEEDED: Final = (
    "uvloop",
    "uvicorn",
    "siss.api.accept",
    "siss.api.warm_routes",
    "siss.api.worker",
    "siss.app.ingest.reading.worker",
    "siss.bootstrap",
    "snowballstemmer",
)

_ENDS: Final = (signal.SIGTERM, signal.SIGHUP)


def _load() -> None:
    # Held back, not ignored: what is sent to a worker that has just been forked ends it, a moment later.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    os.register_at_fork(after_in_child=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS))
    gc.disable()  # there is no garbage yet, and looking for some takes a tenth of the time
    for name in _NEEDED:
        importlib.import_module(name)
    gc.freeze()  # what is never looked at stays shared
    gc.enable()


_load()
