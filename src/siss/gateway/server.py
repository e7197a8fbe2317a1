"""The gateway on a socket of its own: uvicorn on uvloop, one process, one loop.

One process, because the cache's folder, the hosts' slots and single flight are one each. A hit costs about a tenth of
a millisecond, so one core serves thousands a second.
"""

import asyncio
import contextlib
import ipaddress
import math
import signal
import socket
from collections.abc import AsyncIterator, Callable

import uvicorn

from siss.errors import ConfigError
from siss.gateway.app import GatewayApp
from siss.gateway.config import GatewayConfig
from siss.gateway.protocol import CorkedProtocol
from siss.gateway.wiring import open_gateway
from siss.http_server import configure_server, make_quiet_server
from siss.logs import get_logger

_log = get_logger("siss.gateway")


async def serve(config: GatewayConfig, on_ready: Callable[[str], None] | None = None) -> None:
    """Answer until SIGTERM or SIGINT; then finish what runs, snapshot and close. ``on_ready`` is told the URL.

    Raises ``ConfigError`` for an address that cannot be listened on.
    """
    with contextlib.closing(bind(config)) as listening:
        async with open_app(config) as app:
            server = make_server(app, config)
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop.set)
            running = asyncio.create_task(server.serve(sockets=[listening]))
            if on_ready is not None:
                on_ready(address_of(listening))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            _log.info("stopping")
            server.should_exit = True
            stopping.cancel()
            await running


def make_server(app: GatewayApp, config: GatewayConfig) -> uvicorn.Server:
    """The HTTP server of a gateway."""
    grace_seconds = math.ceil(config.server.drain_timeout)
    settings = configure_server(app, CorkedProtocol, grace_seconds, backlog=4096, timeout_keep_alive=75)
    return make_quiet_server(settings)


@contextlib.asynccontextmanager
async def open_app(config: GatewayConfig) -> AsyncIterator[GatewayApp]:
    """The gateway as an ASGI application, to be mounted; raises as ``open_gateway``."""
    async with open_gateway(config) as gateway:
        yield GatewayApp(gateway)


def bind(config: GatewayConfig) -> socket.socket:
    """A listening socket. Raises ``ConfigError`` for an address that is taken, or not loopback without tenants."""
    host, port = config.server.host, config.server.port
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        if not config.tenants and not ipaddress.ip_address(where[0]).is_loopback:
            raise ConfigError(
                f"server.host: {host} is not loopback, and there are no tenants, so anybody who can reach the port "
                "could use every model: add [tenants], or listen on 127.0.0.1",
                variable="server.host",
            )
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        listening.listen(4096)
        listening.setblocking(False)
    except OSError as error:
        raise ConfigError(
            f"server.port: cannot listen on {host}:{port}: {error.strerror or error}", variable="server.port"
        ) from error
    return listening


def address_of(listening: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
