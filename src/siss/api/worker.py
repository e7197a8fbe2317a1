"""A process that answers requests, on a socket that it shares with its like.

What it needs is imported where it is used: the process that starts it needs none of that, and the one that it is
forked from has loaded it (``siss.api.preload``).
"""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import MutableSequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Final

from siss.http_server import configure_server
from siss.logs import configure_logs, get_logger
from siss.settings import Settings
from siss.titles import name_process
from siss.traces.collector import open_traces

if TYPE_CHECKING:
    from siss.app.evaluators import Evaluators

GRACE_SECONDS: Final = 8
"""How long requests may take to finish after SIGTERM; less than the parent waits."""

WARM_SECONDS: Final = 2.0
"""When a worker that answers gets ready for questions about structure."""

SWITCH_SECONDS: Final = 0.0005
"""How long a thread that ranks keeps the interpreter when the event loop wants it. Every answer comes back through
that loop several times, and waited for Python's own 5 ms each time: with this, sixteen clients that ask without
thinking had the middle answer in .78 of the time, for the same processor time."""

LEAVE: Final = signal.SIGUSR1
"""Tells a worker that its successor answers (``TurnTakingServer.leave``)."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What the workers have in common.

    ``metrics``: folder of their counts (``clear_shared`` makes it); ``connections``: how many each has
    (``ConnectionCounts``); ``times``: of rates (``SharedTimes``); ``synonyms``: a number that changes when these do
    (``PostgresSynonyms``); ``keys_required``, ``local_token``: of ``Authenticator``; ``session_secret``: of
    ``Sessions``; ``over``: one number, 1 once all of them end.
    """

    metrics: Path
    connections: MutableSequence[int]
    times: MutableSequence[float]
    synonyms: MutableSequence[int]
    keys_required: bool
    local_token: str | None
    session_secret: bytes
    over: MutableSequence[int]


def run_worker(settings: Settings, dsn: str, listening: socket.socket, shared: Shared, place: int) -> None:
    """Answer requests until SIGTERM. The target of a process, so all arguments are pickled.

    ``place``: number of this worker.
    """
    name_process("siss-api")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # until there are requests to finish
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what it means is the parent's business
    _end_with_parent()
    sys.setswitchinterval(SWITCH_SECONDS)
    configure_logs(settings.log_level, settings.log_format)
    import uvloop

    from siss.api.metrics import share_counts

    share_counts(shared.metrics)
    with contextlib.suppress(KeyboardInterrupt), open_traces(settings.otel_endpoint, "api"):
        uvloop.run(_serve(settings, dsn, listening, shared, place))


def clear_shared(metrics: Path) -> None:
    """Make the folder of shared counts, without those of an earlier run. For the parent, before any worker."""
    metrics.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in metrics.glob("*.db"):
        file.unlink(missing_ok=True)


async def _serve(settings: Settings, dsn: str, listening: socket.socket, shared: Shared, place: int) -> None:
    from siss.access.shared_times import SharedTimes
    from siss.api.accept import TurnTakingServer
    from siss.api.gateway import with_gateway
    from siss.api.protocol import Protocol
    from siss.api.server import create_app
    from siss.api.shared_socket import ConnectionCounts
    from siss.api.warm_routes import API
    from siss.app.events import Feed
    from siss.bootstrap import open_access, open_services

    async with (
        open_services(settings, dsn, synonyms_mark=shared.synonyms) as services,
        open_access(
            settings,
            dsn,
            times=SharedTimes(shared.times),
            keys_required=shared.keys_required,
            local_token=shared.local_token,
            session_secret=shared.session_secret,
        ) as access,
        with_gateway(create_app(services, access, feed := Feed(services.events), API), settings) as app,
    ):
        config = configure_server(app, Protocol, GRACE_SECONDS)
        counts = ConnectionCounts(shared.connections, place)
        server = TurnTakingServer(config, listening, counts, feed.close, lambda: bool(shared.over[0]))
        gc.collect()
        gc.freeze()  # modules and routes stay: to look through them all would stop requests for a tenth of a second
        get_logger(__name__).debug("answering", pid=os.getpid())
        # uvicorn sends itself the signal again once it has shut down; by then there is nothing left to end.
        signal.signal(signal.SIGTERM, lambda *_: None)
        asyncio.get_running_loop().add_signal_handler(LEAVE, server.leave)
        warming = asyncio.create_task(_warm_evaluators(services.evaluators))
        await server.serve(sockets=[])
        warming.cancel()


async def _warm_evaluators(evaluators: "Evaluators") -> None:
    """Have the process that others are forked from; not at once, which would hold up the first answers."""
    await asyncio.sleep(WARM_SECONDS)
    await evaluators.warm()


def _end_with_parent() -> None:
    """End when the owner dies, however it dies: nobody would stop this process any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for_end, args=(parent.sentinel,), name="siss-parent", daemon=True).start()


def _wait_for_end(sentinel: int, grace: float = GRACE_SECONDS + 2.0) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    # A signal that came between two handlers is lost, and nobody is left to send another.
    threading.Event().wait(grace)
    os.kill(os.getpid(), signal.SIGKILL)
