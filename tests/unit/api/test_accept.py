"""The end of a process that takes connections from a socket that others listen on, too."""

import asyncio
import socket
from typing import Any

import pytest
import uvicorn

from siss.api.accept import TurnTakingServer
from siss.api.protocol import Protocol
from siss.api.shared_socket import ConnectionCounts

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"told"})


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


async def begin(listening: socket.socket, *, is_over: bool) -> TurnTakingServer:
    config = uvicorn.Config(
        app, http=Protocol, ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=5
    )
    config.load()
    server = TurnTakingServer(config, listening.dup(), ConnectionCounts([0], 0), is_over=lambda: is_over)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    return server


async def test_who_waits_at_the_end_is_answered_and_who_comes_later_is_refused(listening: socket.socket):
    server, other = await begin(listening, is_over=True), await begin(listening, is_over=True)
    where = listening.getsockname()
    with socket.create_connection(where) as first, socket.create_connection(where) as second:
        first.sendall(REQUEST)
        asyncio.get_running_loop().call_later(0.02, second.sendall, REQUEST)
        await server.shutdown()
        for client in (first, second):
            client.settimeout(60)
            assert client.recv(9).startswith(b"HTTP/1.1 "), "nobody reset it"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(where)
    await other.shutdown()


async def test_the_end_of_one_leaves_the_connections_to_the_others(listening: socket.socket):
    server = await begin(listening, is_over=False)
    await server.shutdown()
    with socket.create_connection(listening.getsockname()) as client:
        client.sendall(REQUEST)
        successor = await begin(listening, is_over=True)
        await successor.shutdown()
        client.settimeout(60)
        assert client.recv(9).startswith(b"HTTP/1.1 ")
