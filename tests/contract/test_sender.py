"""What any sender does with an address that a user names: the tests' own and the one over HTTP."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
from aiohttp import web

from siss.adapters.http.sender import HttpSender
from siss.adapters.memory.sender import MemorySender
from siss.errors import ForbiddenError, InvalidRequestError, UnavailableError
from siss.ports.sender import Sender

NOBODY = "http://127.0.0.1:1/"
PRIVATE = "http://10.0.0.1/"


@dataclass(frozen=True, slots=True)
class Sending:
    """``url``: of who answers 202; ``received``: the bodies that were sent there, with one of their headers."""

    sender: Sender
    url: str
    received: Callable[[], list[tuple[bytes, str]]]


@pytest.fixture(params=["memory", "http"])
async def sending(request: pytest.FixtureRequest) -> AsyncIterator[Sending]:
    if request.param == "memory":
        memory = MemorySender(refused={"10.0.0.1"}, silent={"127.0.0.1"})
        memory.answers = [202]
        yield Sending(
            memory,
            "https://example.com/hook",
            lambda: [(body, headers["webhook-id"]) for _, body, headers in memory.sent],
        )
        return
    received: list[tuple[bytes, str]] = []

    async def take(asked: web.Request) -> web.Response:
        received.append((await asked.read(), asked.headers["webhook-id"]))
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield Sending(HttpSender(["127.0.0.1"], "1"), url, lambda: received)
    finally:
        await runner.cleanup()


async def test_the_status_of_the_answer_comes_back(sending: Sending):
    await sending.sender.check(sending.url)
    assert await sending.sender.send(sending.url, b"\x00 body", {"webhook-id": "7"}) == 202
    assert sending.received() == [(b"\x00 body", "7")]


@pytest.mark.parametrize("url", ["", "example.com", "ftp://example.com/", "https://"])
async def test_what_is_no_url_is_refused(sending: Sending, url: str):
    with pytest.raises(InvalidRequestError):
        await sending.sender.check(url)
    with pytest.raises(InvalidRequestError):
        await sending.sender.send(url, b"", {"webhook-id": "7"})


async def test_what_may_not_be_sent_to_is_refused(sending: Sending):
    with pytest.raises(ForbiddenError):
        await sending.sender.check(PRIVATE)
    with pytest.raises(ForbiddenError):
        await sending.sender.send(PRIVATE, b"", {"webhook-id": "7"})


async def test_nobody_there_is_told(sending: Sending):
    await sending.sender.check(NOBODY)
    with pytest.raises(UnavailableError):
        await sending.sender.send(NOBODY, b"", {"webhook-id": "7"})
