"""The process that others are forked from: what they need is loaded once, and shared by them in memory.

Python's fork server. Loading takes a second of processor time, so a program begins with this, on another core,
while it loads what it needs itself and starts the database.
"""

import multiprocessing
import signal
from multiprocessing import forkserver, resource_tracker
from typing import Final

LOADED: Final = {"serve": "siss.api.preload", "index": "siss.app.ingest.reading.worker"}
"""By command: what is imported in the template, the first of them nowhere else."""


def begin_template(command: str = "serve") -> None:
    """Start the template for a command, unless there is one. Does not wait: who asks it for a process does."""
    multiprocessing.get_context("forkserver").set_forkserver_preload([LOADED[command]])
    resource_tracker.ensure_running()  # or the template would begin it, and let signals through again
    # Held back in all that comes of it, from its first moment: Ctrl-C is for the owner, who ends the others in order.
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
