"""The whole service in one command: the owner indexes, its children answer.

The owner binds the socket first, so that the port is known to be free before anything is built, and clients wait
for the first worker instead of being refused. Workers share the socket (``supervisor``).
"""

import asyncio
import contextlib
import errno
import ipaddress
import os
import secrets
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from siss.access.key_text import parse_key
from siss.access.sessions import SignInCodes, sign_in_link
from siss.api.gateway import check_gateway
from siss.api.supervisor import supervise_workers
from siss.api.template import begin_template
from siss.app.ingest.jobs import refuse_jobs
from siss.app.keys import ensure_key
from siss.bootstrap import State, open_access, open_indexer, own_state
from siss.errors import ConfigError, DatabaseDamagedError
from siss.logs import get_logger
from siss.model.stats import IngestStatus
from siss.settings import Settings
from siss.state import acquire_owner, find_owner, local_token_file

_log = get_logger(__name__)


async def serve(
    settings: Settings,
    *,
    on_ready: Callable[[str], None] | None = None,
    on_status: Callable[[IngestStatus], None] | None = None,
    report: Callable[[str], None] | None = None,
    on_key: Callable[[str, str], None] | None = None,
) -> None:
    """Index and answer until SIGTERM or SIGINT, then stop in order. SIGHUP restarts the API workers in turn.

    On a terminal SIGHUP says that it was closed, and stops it, too.

    ``on_ready`` is told the URL once it answers; ``report`` what the start waits for, in a word; ``on_key`` the first
    API key, where one was made because requests need one and none was ever made, and a link that signs a browser in.
    Raises ``ConfigError`` for an address that cannot be listened on, and what ``own_state`` raises.
    """
    check_gateway(settings)
    if find_owner(settings.data_dir) is not None:
        acquire_owner(settings.data_dir).release()  # says who that is, rather than that the port is taken
    with contextlib.closing(bind(settings.host, settings.port)) as listening:
        begin_template()
        url = address_of(settings.host, listening)
        required = are_keys_required(settings, listening)
        stop = asyncio.Event()
        closed_terminal_ends = _stop_on_signals(stop)
        async with (
            own_state(settings, report) as state,
            open_indexer(settings, state, on_status, apart=True) as (services, indexing),
            _admitting(settings, state, listening, required=required, on_key=on_key) as local_token,
            supervise_workers(settings, state.dsn, listening, local_token) as supervisor,
        ):
            if not closed_terminal_ends:
                asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, supervisor.restart)
            await indexing.announce()
            state.owner.announce(url)

            async def index() -> None:
                await supervisor.answering()  # first: the processor is theirs until then
                _log.info("serving", address=url, data_dir=str(settings.data_dir))
                if (why := why_unreachable(listening)) is not None:
                    _log.warning(
                        "nobody can reach this address: is the network interface up?", error=why, address=url
                    )
                if on_ready is not None:
                    on_ready(url)
                try:
                    await indexing.run()
                except DatabaseDamagedError as error:
                    # Nothing is added to what is damaged; what can still be read is searched.
                    _log.error("nothing is indexed any more, searches go on", error=error.message)
                    await refuse_jobs(services, error)

            await _until_one_ends(
                asyncio.create_task(index(), name="indexing"),
                asyncio.create_task(supervisor.watch(), name="api workers"),
                asyncio.create_task(stop.wait(), name="stop"),
            )
            _log.info("stopping")


def _stop_on_signals(stop: asyncio.Event) -> bool:
    """Have SIGTERM and SIGINT set ``stop``; returns whether SIGHUP does, too.

    Who closes a terminal means the end, unless nohup says otherwise; a service has no terminal.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ends = os.isatty(0) and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    loop.add_signal_handler(signal.SIGHUP, stop.set if ends else lambda: None)
    return ends


async def _until_one_ends(*tasks: "asyncio.Task[object]") -> None:
    """Wait for the first of these tasks to end, cancel the others, and raise what ended it."""
    done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for task in done:
        task.result()


def are_keys_required(settings: Settings, listening: socket.socket) -> bool:
    """Whether requests need a key.

    Raises ``ConfigError`` where they should not, though others than this machine can ask.
    """
    only_here = ipaddress.ip_address(listening.getsockname()[0]).is_loopback
    if settings.keys == "off" and not only_here:
        raise ConfigError(
            f"SISS_KEYS: {settings.host} is not loopback, and without keys anybody who can reach the port could read "
            "everything: leave SISS_KEYS at auto, or listen on 127.0.0.1",
            variable="SISS_KEYS",
        )
    return settings.keys == "required" or not only_here


@contextlib.asynccontextmanager
async def _admitting(
    settings: Settings,
    state: State,
    listening: socket.socket,
    *,
    required: bool,
    on_key: Callable[[str, str], None] | None,
) -> AsyncIterator[str | None]:
    """Where keys are required: see that there is one, and let this machine's commands in by a token of their own."""
    file = local_token_file(settings.data_dir)
    file.unlink(missing_ok=True)
    if not required:
        yield None
        return
    async with open_access(settings, state.dsn) as access:
        first = await ensure_key(access.keys)
    codes = SignInCodes(state.owner.folder)
    codes.clear()
    if first is not None and on_key is not None and (made := parse_key(first)) is not None:
        on_key(first, sign_in_link(address_of(settings.host, listening), codes.make(made.id, time.time())))
    token = secrets.token_urlsafe(32)
    _write_private(file, token)
    try:
        yield token
    finally:
        file.unlink(missing_ok=True)


def _write_private(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ``ConfigError`` for an address that is taken, or none of this machine."""
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with contextlib.ExitStack() as unless_it_listens:
            listening = unless_it_listens.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(where)
            listening.listen(1024)
            unless_it_listens.pop_all()
    except OSError as error:
        no_address = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        variable, option = ("SISS_HOST", "--host") if no_address else ("SISS_PORT", "--port")
        raise ConfigError(
            f"{variable}: cannot listen on {host}:{port}: {error.strerror or error}. Choose another with {option}",
            variable=variable,
        ) from error
    listening.set_inheritable(True)
    return listening


def why_unreachable(listening: socket.socket) -> str | None:
    """Why nobody reaches an address that is listened on, as where loopback is down. Sends nothing."""
    try:
        with socket.socket(listening.family, socket.SOCK_DGRAM) as asking:
            asking.connect(listening.getsockname())
    except OSError as error:
        return error.strerror or str(error)
    return None


def address_of(host: str, listening: socket.socket) -> str:
    """The URL of a listening socket."""
    port = listening.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
