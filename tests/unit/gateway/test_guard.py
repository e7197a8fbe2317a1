"""Who may call a gateway without keys; bodies that are too large, stop arriving, or end early."""

import asyncio

import pytest

from siss.errors import ForbiddenError, HostRefusedError, InvalidRequestError, TooLargeError
from siss.gateway.guard import BODY_SECONDS, ClientGone, Guard, read_body, while_client_waits
from unit.gateway.simulated import run_simulated


@pytest.mark.parametrize("host", ["127.0.0.1:8090", "localhost", "[::1]:8090", "a.localhost:1", "nas.example"])
def test_names_of_this_machine_pass(host):
    Guard(["nas.example"], open=True).check(host, "none", "")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8090", "10.0.0.1", "", "localhost.evil.example"])
def test_other_names_are_refused(host):
    with pytest.raises(HostRefusedError):
        Guard([], open=True).check(host, "", "")


@pytest.mark.parametrize(
    ("site", "origin"),
    [
        ("cross-site", ""),
        ("same-site", ""),
        ("", "http://evil.example"),
        ("", "null"),
        ("", "http://["),
        ("", "http://127.0.0.1:3000"),
        ("cross-site", "http://127.0.0.1:8090"),
    ],
)
def test_pages_of_other_sites_are_refused_however_the_browser_says_it(site, origin):
    guard = Guard([], open=True)
    with pytest.raises(ForbiddenError):
        guard.check("127.0.0.1:8090", site, origin)
    guard.check("127.0.0.1:8090", "same-origin", "http://127.0.0.1:8090")
    Guard([], open=False).check("127.0.0.1:8090", site, origin)  # with tenants the key decides


def receiving(*messages):
    left = list(messages)

    async def receive():
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    return receive


def part(body, *, more):
    return {"type": "http.request", "body": body, "more_body": more}


async def test_bodies():
    assert await read_body(receiving(part(b"abc", more=False)), 3) == b"abc"
    assert await read_body(receiving(part(b"ab", more=True), part(b"c", more=False)), 3) == b"abc"
    for parts in ([part(b"abcd", more=False)], [part(b"abc", more=True), part(b"d", more=True)]):
        with pytest.raises(TooLargeError):
            await read_body(receiving(*parts), 3)
    with pytest.raises(ClientGone):
        await read_body(receiving(part(b"a", more=True), {"type": "http.disconnect"}), 3)


@pytest.mark.parametrize("came", [[], [part(b"a", more=True)]])
def test_a_body_that_stops_arriving_is_given_up(came):
    async def work():
        with pytest.raises(InvalidRequestError, match="stopped arriving"):
            await read_body(receiving(*came), 3)
        assert asyncio.get_running_loop().time() == pytest.approx(BODY_SECONDS)

    run_simulated(work())


async def test_work_ends_when_the_client_leaves_and_only_then():
    gone = asyncio.Event()

    async def receive():
        await gone.wait()
        return {"type": "http.disconnect"}

    async with while_client_waits(receive):
        await asyncio.sleep(0)
    gone.set()
    with pytest.raises(ClientGone):
        async with while_client_waits(receive):
            await asyncio.Event().wait()
    await asyncio.sleep(0)  # nothing of it is left in this task
    assert asyncio.current_task().cancelling() == 0


async def test_who_is_stopped_by_the_server_is_not_taken_for_a_client_that_left():
    async def serve():
        async with while_client_waits(receiving()):
            await asyncio.Event().wait()

    serving = asyncio.create_task(serve())
    await asyncio.sleep(0)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    await asyncio.sleep(0)
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "client"] == []
