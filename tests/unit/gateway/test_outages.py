"""Ten minutes of traffic, simulated, over hosts that are down, flap, or are slow."""

import asyncio
import random
from dataclasses import dataclass, field

import orjson
import pytest

from siss.errors import DeadlineError, ModelUnavailableError
from siss.gateway.config import GatewayConfig
from siss.gateway.hosts.breaker import State
from siss.gateway.hosts.client import HostFailure
from siss.gateway.model.directives import NO_DIRECTIVES
from siss.gateway.model.lookup import Hit
from siss.gateway.model.request import Endpoint
from siss.gateway.tenants import Tenant
from unit.gateway.simulated import Scripted, run_simulated, simulated_pipeline

MINUTES = 10
TIMEOUT = 8.0
BREAKER = {"breaker_failures": 5, "breaker_seconds": 10, "slots": 4, "queue": 16}


def configure(**more):
    return GatewayConfig.model_validate(
        {
            "hosts": {name: {"url": f"http://{name}", **BREAKER} for name in ("one", "two", "other")},
            "models": {"stella": {"hosts": ["one", "two"]}, "pegasus": {"hosts": ["other"]}},
            "routes": {"all": {"models": ["stella"], "timeout": TIMEOUT, **more}},
        }
    )


@dataclass
class Traffic:
    """What became of the requests: (asked at, seconds, model or error, stale)."""

    rows: list[tuple[float, float, str, bool]] = field(default_factory=list)

    def said(self, low=0.0, high=1e9):
        return {what for at, _, what, _ in self.rows if low <= at < high}


async def send_traffic(pipeline, traffic, *, questions=10**9, every=0.25, seconds=60.0 * MINUTES, streams=0.2):
    """Requests at random moments, as many as there are seconds divided by ``every``."""
    chance = random.Random(7)
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    running = set()
    while clock() < end:
        await asyncio.sleep(chance.expovariate(1 / every))
        task = asyncio.create_task(ask(pipeline, traffic, chance.randrange(questions), chance.random() < streams))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)


async def ask(pipeline, traffic, number, streamed):
    clock = asyncio.get_running_loop().time
    began = clock()
    body = {
        "model": "stella",
        "temperature": 0,
        "stream": streamed,
        "messages": [{"role": "user", "content": f"question {number}"}],
    }
    stale = False
    try:
        asked = pipeline.take_in(Endpoint.CHAT, orjson.dumps(body), Tenant("local"))
        found = await pipeline.look_up(asked, NO_DIRECTIVES)
        if isinstance(found, Hit):
            answer = pipeline.serve_hit(asked, found)
            what, stale = await read(answer), answer.hit.stale
        else:
            async with pipeline.ask(asked, found) as answer:
                what = await read(answer)
                stale = answer.hit is not None and answer.hit.stale
    except (ModelUnavailableError, DeadlineError) as error:
        what = error.kind.code
    traffic.rows.append((began, clock() - began, what, stale))


async def read(answer):
    """The model that answered, or the error at a stream's end."""
    if answer.reply is not None:
        return answer.reply.body()["model"]
    events = [event async for event in answer.events]
    last = orjson.loads(events[-1][6:]) if events[-1] != b"data: [DONE]\n\n" else orjson.loads(events[0][6:])
    return last["model"] if "model" in last else last["error"]["code"].upper()


def refused():
    return HostFailure("connection refused")


def test_both_hosts_down_for_a_while():
    async def work():
        hosts = {name: Scripted(name) for name in ("one", "two", "other")}
        traffic = Traffic()
        async with simulated_pipeline(configure(), hosts) as pipeline:
            running = asyncio.create_task(send_traffic(pipeline, traffic))
            await asyncio.sleep(120)
            for name in ("one", "two"):
                hosts[name].behave, hosts[name].health = refused, lambda: 500
            asked = {name: len(hosts[name].asked) for name in ("one", "two")}
            await asyncio.sleep(180)
            breakers = [pipeline.pool.hosts[name].breaker for name in ("one", "two")]
            for name in ("one", "two"):  # the health check keeps requests away: few had to find out
                assert len(hosts[name].asked) - asked[name] <= 40
                hosts[name].behave, hosts[name].health = (lambda: 0.05), (lambda: 200)
            await running
        assert max(seconds for _, seconds, _, _ in traffic.rows) <= TIMEOUT
        assert traffic.said(0, 119) == {"stella"}
        assert traffic.said(130, 299) == {"MODEL_UNAVAILABLE"}
        assert max(seconds for at, seconds, _, _ in traffic.rows if 130 <= at < 299) < 0.5  # told at once
        assert traffic.said(320) == {"stella"}
        assert all(breaker.state is State.CLOSED for breaker in breakers)

    run_simulated(work())


def test_requests_fail_though_health_is_well():
    """The breaker's own business: it opens at the fifth failure, tries once in ten seconds, closes at a success."""

    async def work():
        hosts = {name: Scripted(name) for name in ("one", "two", "other")}
        config = configure(fallback=["pegasus"], retries=0)
        traffic = Traffic()
        async with simulated_pipeline(config, hosts) as pipeline:
            hosts["two"].health = lambda: 500  # one host only
            await asyncio.sleep(6)
            breaker = pipeline.pool.hosts["one"].breaker
            running = asyncio.create_task(send_traffic(pipeline, traffic))
            await asyncio.sleep(60)
            assert breaker.openings == 0
            before = len(hosts["one"].asked)
            hosts["one"].behave = refused
            while breaker.state is State.CLOSED:
                await asyncio.sleep(0.01)
            assert before + 5 <= len(hosts["one"].asked) <= before + 5 + BREAKER["slots"]
            opened = asyncio.get_running_loop().time()
            await asyncio.sleep(200)
            trials = [at for at in hosts["one"].asked if at > opened]
            assert 15 <= len(trials) <= 20
            assert all(
                later - earlier >= 10 for earlier, later in zip([opened - 0.02, *trials], trials, strict=False)
            )
            hosts["one"].behave = lambda: 0.05
            await asyncio.sleep(12)
            assert breaker.state is State.CLOSED
            closed = asyncio.get_running_loop().time()
            await running
        assert max(seconds for _, seconds, _, _ in traffic.rows) <= TIMEOUT
        assert traffic.said() == {"stella", "pegasus"}  # the fallback answered: nobody saw a failure
        assert traffic.said(opened, opened + 200) == {"pegasus"}
        assert traffic.said(closed) == {"stella"}

    run_simulated(work())


def test_a_host_that_flaps_costs_time_but_no_answers():
    async def work():
        hosts = {name: Scripted(name) for name in ("one", "two", "other")}
        chance = random.Random(3)
        traffic = Traffic()
        async with simulated_pipeline(configure(), hosts) as pipeline:
            hosts["one"].behave = lambda: refused() if chance.random() < 0.5 else 0.05
            hosts["one"].health = lambda: 500 if chance.random() < 0.3 else 200
            await send_traffic(pipeline, traffic)
            assert pipeline.pool.hosts["one"].breaker.openings > 3
        assert traffic.said() == {"stella"}
        assert max(seconds for _, seconds, _, _ in traffic.rows) < 1.0

    run_simulated(work())


def test_slow_hosts_keep_nobody_past_the_deadline():
    async def work():
        hosts = {name: Scripted(name) for name in ("one", "two", "other")}
        traffic = Traffic()
        async with simulated_pipeline(configure(fallback=["pegasus"]), hosts) as pipeline:
            running = asyncio.create_task(send_traffic(pipeline, traffic))
            await asyncio.sleep(60)
            hosts["one"].behave = hosts["two"].behave = lambda: 600.0
            await asyncio.sleep(200)
            assert all(pipeline.pool.hosts[name].breaker.openings >= 1 for name in ("one", "two"))
            hosts["one"].behave = hosts["two"].behave = lambda: 0.05
            await running
            assert all(host.slots.busy == 0 and host.slots.waiting == 0 for host in pipeline.pool.hosts.values())
        assert max(seconds for _, seconds, _, _ in traffic.rows) <= TIMEOUT + 0.001
        slow = [row for row in traffic.rows if 60 <= row[0] < 260]
        assert "DEADLINE" in {what for _, _, what, _ in slow}  # those that found out
        assert sum(what == "pegasus" for _, _, what, _ in slow) / len(slow) > 0.7
        assert traffic.said(290) == {"stella"}

    run_simulated(work())


@pytest.mark.parametrize("stale", [0, 3600])
def test_stale_answers_come_only_where_the_route_allows_them(stale):
    async def work():
        hosts = {name: Scripted(name) for name in ("one", "two", "other")}
        traffic = Traffic()
        config = configure(cache={"ttl": 30, "stale_if_error": stale})
        async with simulated_pipeline(config, hosts) as pipeline:
            running = asyncio.create_task(send_traffic(pipeline, traffic, questions=20))
            await asyncio.sleep(120)
            for name in ("one", "two"):
                hosts[name].behave = refused
            await running
        outage = [row for row in traffic.rows if row[0] > 155]
        if stale:
            assert {(what, old) for _, _, what, old in outage} == {("stella", True)}
        else:
            assert {(what, old) for _, _, what, old in outage} == {("MODEL_UNAVAILABLE", False)}
        assert not any(old for at, _, _, old in traffic.rows if at < 120)

    run_simulated(work())
