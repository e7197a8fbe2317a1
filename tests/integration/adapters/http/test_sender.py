"""Where webhooks may be sent, and how."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from siss.adapters.http.sender import Allowed, HttpSender
from siss.errors import ConfigError, ForbiddenError, InvalidRequestError, UnavailableError


class Names(AbstractResolver):
    """Names that mean what a test says, one answer after another."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if not self._answers:
            raise OSError("no such name")
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=0)
            for each in found
        ]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:db8::1",
    ],
)  # fmt: skip
async def test_private_addresses_are_refused(address: str):
    assert not Allowed([]).address(address)
    literal = f"[{address}]" if ":" in address else address
    sender = HttpSender([], "0", Names([address]))
    if "%" not in address:
        with pytest.raises(ForbiddenError):
            await sender.check(f"http://{literal}/x")
        with pytest.raises(ForbiddenError):
            await sender.send(f"http://{literal}/x", b"", {})
    with pytest.raises(ForbiddenError):
        await sender.check("https://hooks.example.com/x")
    with pytest.raises(ForbiddenError):
        await sender.send("https://hooks.example.com/x", b"", {})


async def test_one_private_address_among_others_is_enough():
    with pytest.raises(ForbiddenError):
        await HttpSender([], "0", Names(["93.184.216.34", "127.0.0.1"])).check("https://example.com")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/", "http://LOCALHOST/", "http://a.localhost/", "http://2130706433/", "http://0x7f000001/",
        "http://127.1/", "http://0177.0.0.1/", "http://127.0.0.1./",
    ],
)  # fmt: skip
async def test_other_spellings_of_this_machine(url: str):
    with pytest.raises((ForbiddenError, InvalidRequestError)):
        await HttpSender([], "0", Names(["93.184.216.34"])).check(url)


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com", "https://", "http:///x",
        "https://user:pass@example.com/", "https://user@example.com/", "https://example.com/#x", "https://ex ample.com/",
        "https://example.com:99999/", "https://example.com/\r\nX-Evil: 1", "https://example.com/\0", "https://[::1",
        "https://exämple.com/", "https://example.com\\@127.0.0.1/", "https://example.com/" + "x" * 2000,
    ],
)  # fmt: skip
async def test_what_is_no_url(url: str):
    with pytest.raises(InvalidRequestError):
        await HttpSender([], "0", Names(["93.184.216.34"])).check(url)


@pytest.mark.parametrize("host", ["a..example.com", "a" * 64 + ".com", "xn--.com", "-", "_"])
async def test_a_name_that_none_can_have_is_not_found(host: str):
    with pytest.raises(InvalidRequestError, match="cannot be found"):
        await HttpSender([], "0").check(f"http://{host}/")


async def test_what_the_settings_allow():
    assert Allowed(["10.0.0.0/8"]).address("10.1.2.3")
    assert Allowed(["127.0.0.1"]).address("::ffff:127.0.0.1")
    assert not Allowed(["10.0.0.0/8"]).address("192.168.0.1")
    sender = HttpSender(["hooks.internal"], "0", Names(["192.168.0.1"]))
    await sender.check("http://hooks.internal/x")
    with pytest.raises(ForbiddenError):
        await sender.check("http://other.internal/x")
    with pytest.raises(ConfigError):
        Allowed(["10.0.0.0/99"])
    with pytest.raises(InvalidRequestError):
        await HttpSender([], "0", Names()).check("https://nowhere.example/")


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[str, list[web.Request]]]:
    seen: list[web.Request] = []
    over = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        await request.read()
        seen.append(request)
        match request.path:
            case "/away":
                raise web.HTTPFound("http://169.254.169.254/")
            case "/slow":
                await over.wait()
        return web.Response(text="x" * 1_000_000)

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://hooks.example.com:{port}", seen
    over.set()  # or what is answered slowly would be waited for
    await runner.cleanup()


async def test_it_is_sent_to_the_address_that_was_looked_at(
    receiver: tuple[str, list[web.Request]], monkeypatch: pytest.MonkeyPatch
):
    url, seen = receiver
    sender = HttpSender(["127.0.0.0/8"], "1.2", Names(["127.0.0.1"]))
    assert await sender.send(f"{url}/x?y=1", b"body", {"webhook-id": "1"}) == 200
    assert (await seen[0].read(), seen[0].headers["webhook-id"], seen[0].headers["User-Agent"]) == (
        b"body", "1", "siss/1.2",
    )  # fmt: skip
    assert seen[0].host.startswith("hooks.example.com")
    assert await sender.send(f"{url}/away", b"", {}) == 302
    assert len(seen) == 2, "a redirect is not followed"
    rebinding = HttpSender([], "1", Names(["93.184.216.34"], ["127.0.0.1"]))
    await rebinding.check(f"{url}/x")
    with pytest.raises(ForbiddenError):
        await rebinding.send(f"{url}/x", b"", {})
    monkeypatch.setattr("siss.adapters.http.sender.SECONDS", 0.3)
    with pytest.raises(UnavailableError):
        await sender.send(f"{url}/slow", b"", {})
    with pytest.raises(UnavailableError):
        await HttpSender(["127.0.0.0/8"], "1").send("http://127.0.0.1:1/", b"", {})
