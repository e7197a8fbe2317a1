"""What a connection may ask of the server before it has asked anything: so many bytes, so much time."""

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from siss.api import protocol
from siss.api.protocol import MOST_HEAD, Protocol

LINE = b"GET /x HTTP/1.1\r\nHost: a\r\n"


class Wire(asyncio.Transport):
    """Keeps what is written, and whether it was hung up."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = asyncio.Event()

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed.set()

    def abort(self) -> None:
        self.closed.set()

    def is_closing(self) -> bool:
        return self.closed.is_set()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


@pytest.fixture
async def connection():
    served: list[str] = []
    go = asyncio.Event()
    go.set()

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        served.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await go.wait()
        await send({"type": "http.response.body", "body": b""})

    config = uvicorn.Config(app, log_config=None)
    found = Protocol(config, ServerState(), {}, asyncio.get_running_loop())
    wire = Wire()
    yield found, wire, served, go
    found.connection_lost(None)
    await asyncio.gather(*found.tasks)


@pytest.mark.parametrize("step", [1000, 100_000])
async def test_a_head_without_end_is_refused(connection, step):
    found, wire, served, _ = connection
    found.connection_made(wire)
    found.data_received(LINE + b"X-Long: ")
    sent = 0
    while not wire.is_closing():
        found.data_received(b"a" * step)
        sent += step
        assert sent <= MOST_HEAD + step
    assert wire.written.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"64 KiB" in wire.written
    assert not served


async def test_a_head_that_comes_whole_and_is_too_long_is_refused(connection):
    found, wire, served, _ = connection
    found.connection_made(wire)
    found.data_received(LINE + b"X-Long: " + b"a" * MOST_HEAD + b"\r\n\r\n")
    assert wire.written.startswith(b"HTTP/1.1 400 ")
    assert not served


@pytest.mark.parametrize(
    ("data", "answer"), [(b"", b""), (LINE, b"HTTP/1.1 408 Request Timeout\r\n"), (b"GE", b"HTTP/1.1 408 ")]
)
async def test_a_head_that_does_not_come_to_its_end_is_given_up(connection, monkeypatch, data, answer):
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.0)
    found, wire, served, _ = connection
    found.connection_made(wire)
    if data:
        found.data_received(data)
    await asyncio.wait_for(wire.closed.wait(), 60)
    assert wire.written.startswith(answer)
    assert not served


async def test_the_next_request_has_its_own_time_and_an_answer_on_its_way_all_it_needs(connection, monkeypatch):
    found, wire, served, go = connection
    go.clear()
    found.connection_made(wire)
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.0)
    found.data_received(LINE + b"\r\n" + LINE)  # and the beginning of another, while this is answered
    for _ in range(20):
        await asyncio.sleep(0)
    assert served == ["/x"]
    assert not wire.is_closing()
    go.set()
    await asyncio.wait_for(wire.closed.wait(), 60)
    assert wire.written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"HTTP/1.1 408 " in wire.written


async def test_what_comes_in_time_is_answered_again_and_again(connection):
    found, wire, served, _ = connection
    found.connection_made(wire)
    for count in range(1, 4):
        for part in (b"GET /x HT", b"TP/1.1\r\nHo", b"st: a\r\n\r\n"):
            found.data_received(part)
        await asyncio.gather(*found.tasks)
        assert wire.written.count(b"HTTP/1.1 200 OK") == len(served) == count
    assert not wire.is_closing()


async def test_who_does_not_read_the_answer_is_hung_up_on(connection, monkeypatch):
    monkeypatch.setattr(protocol, "READ_SECONDS", 0.0)
    found, wire, _, _ = connection
    found.connection_made(wire)
    found.data_received(LINE + b"\r\n")
    found.pause_writing()
    await asyncio.wait_for(wire.closed.wait(), 60)


async def test_who_reads_on_keeps_the_connection(connection, monkeypatch):
    monkeypatch.setattr(protocol, "READ_SECONDS", 0.0)
    found, wire, _, _ = connection
    found.connection_made(wire)
    found.data_received(LINE + b"\r\n")
    found.pause_writing()
    found.resume_writing()
    later = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.0, later.set_result, None)
    await later
    assert not wire.is_closing()
