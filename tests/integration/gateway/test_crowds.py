"""Many at once: one call for all who ask the same, and nothing left behind when they leave."""

import asyncio
import gc
import json
import random
from pathlib import Path

import aiohttp
import httpx
import pytest

from integration.gateway.answering import answering, write_config
from integration.gateway.hosting import begin_stream, hosting, send, stall
from siss.gateway.hosts import client


async def test_500_identical_requests_make_one_call():
    async with (
        hosting() as host,
        answering(write_config(host)) as door,
        aiohttp.ClientSession(door.url, connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        go = asyncio.Event()
        host.always = stall(host, go)

        async def ask(stream):
            body = {"model": "stella", "stream": stream, "messages": [{"role": "user", "content": "hello"}]}
            async with http.post("/v1/chat/completions", json=body) as answer:
                return answer.status, answer.headers["x-siss-cache"], await answer.text()

        asking = [asyncio.create_task(ask(number % 2 == 1)) for number in range(500)]
        await host.until(lambda: host.running == 1)
        flight = next(iter(door.gateway.pipeline.flights._flying.values()))
        async with asyncio.timeout(60):
            while flight.waiters < 500:
                await asyncio.sleep(0.01)
        go.set()
        answers = await asyncio.gather(*asking)
        assert {status for status, _, _ in answers} == {200}
        assert sorted(state for _, state, _ in answers) == ["coalesced"] * 499 + ["miss"]
        assert len(host.calls()) == 1
        assert all(text.endswith("data: [DONE]\n\n") for _, _, text in answers[1::2])
        assert len({text for _, _, text in answers[::2]}) == 1
        assert len(door.gateway.pipeline.flights) == 0


async def test_200_streams_of_which_half_are_cancelled_leave_nothing():
    quiet = 3600.0  # seconds: the health check, too, takes a connection for a moment
    async with hosting(slots=200) as host, answering(write_config(host, health_interval=quiet)) as door:
        await door.chat("warm")
        gateway = door.gateway
        await settle(gateway)
        tasks, sockets = len(asyncio.all_tasks()), count_sockets()
        host.token_seconds = 0.02
        chance = random.Random(5)
        whole = 0

        async def follow(number, client):
            nonlocal whole
            body = {
                "model": "stella",
                "stream": True,
                "messages": [{"role": "user", "content": f"{number} " + "x " * 30}],
            }
            pieces = 0
            leave = chance.randrange(1, 25) if number % 2 else 10**9
            async with client.stream("POST", "/v1/chat/completions", json=body) as answer:
                async for line in answer.aiter_lines():
                    pieces += line.startswith("data: ")
                    if pieces >= leave:
                        return
                    whole += line == "data: [DONE]"

        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        async with httpx.AsyncClient(base_url=door.url, timeout=60, limits=limits, trust_env=False) as client:
            await asyncio.gather(*(follow(number, client) for number in range(200)))
        await host.until(lambda: host.running == 0)
        assert whole == 100
        assert host.left > 80  # who left after the last word left nothing to stop
        await settle(gateway)
        assert gateway.pool.hosts["stella"].slots.busy == 0
        assert gateway.activity.running == 0
        assert gateway.budgets.of("local").running == 0
        kept = gateway.pool.hosts["stella"].transport._session.connector
        assert len(kept._acquired) == 0
        await kept.close()  # those that would serve the next requests
        async with asyncio.timeout(60):
            while len(asyncio.all_tasks()) > tasks or count_sockets() > sockets:
                await asyncio.sleep(0.01)
                gc.collect()


async def test_streams_one_after_the_other_share_a_connection(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client, "_END_SECONDS", 60.0)  # however long a busy machine takes for the end
    async with hosting() as host, answering(write_config(host, health_interval=3600.0)) as door:
        peers = []

        async def note(request, body):
            peers.append(request.transport.get_extra_info("peername"))
            response = await host.answer(request, body)
            await asyncio.sleep(0.01)  # the end of the body comes in a packet of its own, as from real servers
            return response

        host.always = note
        for number in range(5):
            await door.chat(f"number {number}", stream=True)
        assert len(peers) == 5
        assert len(set(peers)) == 1


async def test_a_host_that_says_done_and_does_not_end_holds_nobody_up():
    async with hosting() as host, answering(write_config(host, health_interval=3600.0)) as door:
        go = asyncio.Event()

        async def linger(request, body):
            response = await begin_stream(request)
            for chunk in host.events(request.path, body):
                await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            await response.write(b"data: [DONE]\n\n")
            await go.wait()
            return response

        host.always = linger
        async with asyncio.timeout(60):
            answer = await door.chat(stream=True)
        assert answer.text.endswith("data: [DONE]\n\n")
        await host.until(lambda: host.running == 0)  # its connection was closed
        assert door.gateway.pool.hosts["stella"].slots.busy == 0
        assert (await door.chat(stream=True)).headers["x-siss-cache"] == "hit-exact"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_large_answer_comes_whole_to_a_client_that_reads_slowly(stream):
    said = "0123456789 " * 300_000
    more = '[routes.all.cache]\nmax_bytes = "8MB"'
    async with (
        hosting() as host,
        answering(write_config(host, more=more)) as door,
        aiohttp.ClientSession(door.url, read_bufsize=1 << 12) as http,
    ):
        host.always = send(json.dumps(host.whole("/v1/chat/completions", {"say": said, "messages": []})).encode())
        await door.chat()
        body = {
            "model": "stella",
            "temperature": 0,
            "stream": stream,
            "messages": [{"role": "user", "content": "hello"}],
        }
        async with http.post("/v1/chat/completions", json=body) as answer:
            assert answer.headers["x-siss-cache"] == "hit-exact"
            await asyncio.sleep(0.1)  # the sockets' buffers fill, and the server has to wait
            got = b"".join([part async for part in answer.content.iter_any()]).decode()
        if stream:
            events = [json.loads(line[6:]) for line in got.split("\n") if line.startswith("data: {")]
            assert "".join(each["choices"][0]["delta"].get("content", "") for each in events) == said
        else:
            assert json.loads(got)["choices"][0]["message"]["content"] == said


async def test_requests_beyond_slots_wait_in_turn_and_beyond_the_queue_are_refused():
    async with hosting(slots=2) as host, answering(write_config(host, host_more="queue = 3")) as door:
        go = asyncio.Event()
        host.always = stall(host, go)
        slots = door.gateway.pool.hosts["stella"].slots
        assert slots.total == 2  # as /props said
        asking = []
        for number in range(5):
            asking.append(asyncio.create_task(door.chat(f"number {number}")))
            async with asyncio.timeout(60):
                while slots.busy + slots.waiting < number + 1:
                    await asyncio.sleep(0.001)
        refused = await door.chat("one too many")
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        asking[3].cancel()  # leaves the queue
        async with asyncio.timeout(60):
            while slots.waiting > 2:
                await asyncio.sleep(0.001)
        go.set()
        done = await asyncio.gather(*asking, return_exceptions=True)
        assert [getattr(each, "status_code", None) for each in done] == [200, 200, 200, None, 200]
        assert host.most_running == 2
        assert [call["messages"][0]["content"] for call in host.calls()] == [f"number {n}" for n in (0, 1, 2, 4)]
        assert (slots.busy, slots.waiting) == (0, 0)


async def settle(gateway):
    """Wait until what is left of requests is gone."""
    async with asyncio.timeout(60):
        while len(gateway.pipeline.flights) or gateway.activity.running:
            await asyncio.sleep(0.01)


def count_sockets() -> int:
    return sum(kind == "socket" for kind in map(kind_of, Path("/proc/self/fd").iterdir()))


def kind_of(descriptor: Path) -> str:
    try:
        return descriptor.readlink().name.partition(":")[0]
    except OSError:
        return ""
