"""A process that answers requests, on a socket that it shares with its like.

Nothing is imported at the top that counts requests: where the counts live is decided before
``siss.api.metrics`` is loaded.
"""

import contextlib
import ctypes
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Final

from siss.logs import configure_logs, get_logger
from siss.settings import Settings

GRACE_SECONDS: Final = 8
"""How long requests may take to finish after SIGTERM; less than the parent waits."""

_PR_SET_PDEATHSIG: Final = 1


def run_worker(settings: Settings, dsn: str, listening: socket.socket, metrics: Path) -> None:
    """Answer requests until SIGTERM. The target of a spawned process, so all arguments are pickled.

    ``metrics``: folder that all workers share (``clear_shared`` makes it).
    """
    parent = os.getppid()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
    # uvicorn sends itself the signal again once it has shut down; by then there is nothing left to end.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    _end_with_parent(parent)
    configure_logs(settings.log_level, settings.log_format)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # its comings and goings are told by the parent
    import uvloop

    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_serve(settings, dsn, listening))


def clear_shared(metrics: Path) -> None:
    """Make the folder of shared counts, without those of an earlier run. For the parent, before any worker."""
    metrics.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in metrics.glob("*.db"):
        file.unlink(missing_ok=True)


async def _serve(settings: Settings, dsn: str, listening: socket.socket) -> None:
    import uvicorn

    from siss.api.server import create_app
    from siss.bootstrap import open_services

    async with open_services(settings, dsn) as services:
        config = uvicorn.Config(
            create_app(services),
            loop="none",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = uvicorn.Server(config)
        get_logger(__name__).debug("answering", pid=os.getpid())
        await server.serve(sockets=[listening])


def _end_with_parent(parent: int) -> None:
    """End when the owner dies, however it dies: nobody would stop this process any more."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
    else:
        threading.Thread(target=_watch_parent, args=(parent,), daemon=True).start()


def _watch_parent(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(1.0)
    os.kill(os.getpid(), signal.SIGTERM)
