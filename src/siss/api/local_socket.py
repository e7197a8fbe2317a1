"""Answers while the process does something else: what ``siss index`` finds is searchable while it goes on.

It listens on a Unix socket in the state folder, which only the folder's user can reach, so nobody needs a key. What
answering needs is loaded when somebody first asks: most runs of ``siss index`` are asked nothing.
"""

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from siss.app.services import Services
from siss.http_server import configure_server, make_quiet_server
from siss.logs import get_logger
from siss.state import UNIX_PREFIX, Owner, StateFolder

GRACE_SECONDS: Final = 2
"""How long requests may take to finish when the work has ended."""

LONGEST_PATH: Final = 100
"""Bytes of a socket's path that every system takes."""

_log = get_logger(__name__)


@contextlib.asynccontextmanager
async def answering_locally(services: Services, owner: Owner) -> AsyncIterator[None]:
    """Answer the questions of this user's commands for as long as the context lasts."""
    with _listen(owner.folder) as listening:
        stop = asyncio.Event()
        answering = asyncio.create_task(_answer(services, listening, stop), name="answering")
        owner.announce(UNIX_PREFIX + listening.getsockname())
        try:
            yield
        finally:
            owner.announce(None)  # who asks now waits for the end instead
            stop.set()
            await asyncio.gather(answering, return_exceptions=True)


@contextlib.contextmanager
def _listen(folder: StateFolder) -> Iterator[socket.socket]:
    with contextlib.ExitStack() as stack:
        path = folder.run / "api.sock"
        if len(bytes(path)) > LONGEST_PATH:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="siss-"))) / "api.sock"
        path.unlink(missing_ok=True)
        listening = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)))
        listening.bind(str(path))
        stack.callback(path.unlink, missing_ok=True)
        listening.listen(128)
        listening.setblocking(False)
        yield listening


async def _answer(services: Services, listening: socket.socket, stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    loop.add_reader(listening, asked.set)
    waits = [asyncio.create_task(asked.wait()), asyncio.create_task(stop.wait())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    loop.remove_reader(listening)
    for wait in waits:
        wait.cancel()
    if stop.is_set():
        return
    try:
        await _serve(services, listening, stop)
    except Exception:  # noqa: BLE001 - the work that goes on beside this matters more
        _log.exception("questions are not answered any more")


async def _serve(services: Services, listening: socket.socket, stop: asyncio.Event) -> None:
    from siss.api.server import create_app

    server = make_quiet_server(configure_server(create_app(services), "httptools", GRACE_SECONDS))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await stop.wait()
    server.should_exit = True
    await serving
