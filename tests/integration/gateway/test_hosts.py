"""Hosts that are slow, load, refuse, die, come back: real servers, and what the gateway makes of them."""

import asyncio
import time

import openai
import pytest

from integration.gateway.answering import answering, write_config
from integration.gateway.hosting import hosting, refuse, stall
from siss.gateway.hosts.breaker import State
from siss.gateway.hosts.host import Health


def write_pair(first, second, *, route="", more=""):
    """One model on two hosts."""
    hosts = "\n".join(
        f'[hosts.{host.name}]\nurl = "{host.url}"\nhealth_interval = 0.1\n{more}' for host in (first, second)
    )
    return f'[server]\nport = 0\n{hosts}\n[models.stella]\nhosts = ["{first.name}", "{second.name}"]\nupstream = "stella"\n[routes.all]\n{route}\n'


async def until(true):
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.01)


async def test_the_same_model_on_another_host_first():
    async with hosting("a") as first, hosting("b") as second, answering(write_pair(first, second)) as door:
        first.always = refuse(500, "out of memory")
        answer = await door.chat("one")
        assert answer.headers["x-siss-host"] == "b"
        assert (len(first.calls()), len(second.calls())) == (1, 1)
        await first.die()
        assert (await door.chat("two")).headers["x-siss-host"] == "b"


async def test_a_busy_host_leaves_the_request_to_the_other():
    async with (
        hosting("a", slots=1) as first,
        hosting("b", slots=1) as second,
        answering(write_pair(first, second)) as door,
    ):
        go = asyncio.Event()
        first.always = stall(first, go)
        waiting = asyncio.create_task(door.chat("one"))
        await first.until(lambda: first.running == 1)
        assert (await door.chat("two")).headers["x-siss-host"] == "b"
        go.set()
        assert (await waiting).headers["x-siss-host"] == "a"


async def test_another_model_only_where_the_route_lists_it_and_kept_under_its_own_name():
    more = '[routes.all]\nmodels = ["stella"]\nfallback = ["pegasus"]\nretries = 0'
    async with (
        hosting("stella") as stella,
        hosting("pegasus") as pegasus,
        hosting("max") as largest,
        answering(write_config(stella, pegasus, largest, more=more)) as door,
    ):
        stella.always = largest.always = refuse(500, "broken")
        answer = await door.chat("one")
        assert answer.json()["model"] == "pegasus"
        assert answer.headers["x-siss-model"] == "pegasus"
        assert answer.json()["choices"][0]["message"]["content"] == "pegasus says: one"
        assert (await door.chat("one", model="max")).status_code == 503  # its route lists nobody
        stella.always = None
        assert (await door.chat("one")).json()["model"] == "stella"  # not the other's answer
        other = await door.chat("one", model="pegasus")
        assert other.headers["x-siss-cache"] == "hit-exact"
        assert b'siss_gateway_fallbacks_total{answered="pegasus",asked="stella"} 1.0' in door.gateway.metrics.render()


async def test_vectors_never_come_from_another_model():
    more = '[routes.all]\nfallback = ["pegasus"]\nretries = 0'
    async with (
        hosting("stella") as stella,
        hosting("pegasus") as pegasus,
        answering(write_config(stella, pegasus, more=more)) as door,
    ):
        stella.always = refuse(500, "broken")
        answer = await door.http.post("/v1/embeddings", json={"model": "stella", "input": "x"})
        assert answer.status_code == 503
        assert pegasus.calls("/v1/embeddings") == []


async def test_a_host_that_loads_is_not_dead():
    async with hosting() as host:
        host.loading = True
        async with answering(write_config(host, host_more="breaker_failures = 1")) as door:
            await until(lambda: door.gateway.pool.hosts["stella"].health is Health.LOADING)
            ready = await door.http.get("/readyz")
            assert (ready.status_code, ready.json()["hosts"]) == (503, {"stella": "loading"})
            answer = await door.chat()
            assert answer.status_code == 503
            assert "loading its model" in answer.json()["error"]["message"]
            assert answer.headers["x-should-retry"] == "true"
            assert host.calls() == []
            host.loading = False
            await until(lambda: door.gateway.pool.hosts["stella"].health is Health.READY)
            assert (await door.chat()).status_code == 200
            assert (await door.http.get("/readyz")).status_code == 200
            host.loading = True  # found out by a request, before the next health check
            answer = await door.chat("two")
            assert answer.status_code == 503
            assert door.gateway.pool.hosts["stella"].breaker.state is State.CLOSED


async def test_the_breaker_opens_lets_one_trial_through_and_closes():
    more = "[routes.all]\nretries = 0"
    async with (
        hosting() as host,
        answering(write_config(host, more=more, host_more="breaker_failures = 3\nbreaker_seconds = 3600")) as door,
    ):
        breaker = door.gateway.pool.hosts["stella"].breaker
        host.always = refuse(500, "broken")
        for number in range(3):
            assert breaker.state is State.CLOSED
            assert (await door.chat(f"{number}")).status_code == 503
        assert breaker.state is State.OPEN
        answers = await asyncio.gather(*(door.chat(f"open {number}") for number in range(5)))
        assert {answer.status_code for answer in answers} == {503}
        assert len(host.calls()) == 3
        breaker._opened -= 3600  # an hour ago
        go = asyncio.Event()
        host.always = stall(host, go)
        trial = asyncio.create_task(door.chat("trial"))
        await host.until(lambda: host.running == 1)
        assert breaker.state is State.HALF_OPEN
        assert (await door.chat("beside it")).status_code == 503
        go.set()
        assert (await trial).status_code == 200
        assert breaker.state is State.CLOSED
        assert len(host.calls()) == 4


async def test_a_long_stream_is_trial_enough_at_its_first_byte():
    more = "[routes.all]\nretries = 0"
    async with (
        hosting() as host,
        answering(write_config(host, more=more, host_more="breaker_failures = 1\nbreaker_seconds = 0.1")) as door,
    ):
        host.acts.append(refuse(500, "broken"))
        await door.chat("x")
        await asyncio.sleep(0.15)
        host.token_seconds = 0.05
        async with door.http.stream(
            "POST",
            "/v1/chat/completions",
            json={"model": "stella", "stream": True, "messages": [{"role": "user", "content": "a b c d e f"}]},
        ) as answer:
            lines = answer.aiter_lines()
            await anext(lines)
            assert (await door.chat("beside it")).status_code == 200
            async for _ in lines:
                pass


async def test_no_request_waits_past_its_deadline():
    more = "[routes.all]\ntimeout = 0.5"
    async with (
        hosting(slots=1) as host,
        answering(write_config(host, more=more, host_more="breaker_failures = 100")) as door,
    ):
        go = asyncio.Event()
        host.always = stall(host, go)
        answers = await asyncio.gather(*(door.chat(f"{n}", stream=n % 2 == 0) for n in range(6)))
        assert not go.is_set()
        assert {answer.status_code for answer in answers} == {504}
        assert {answer.headers["x-should-retry"] for answer in answers} == {"false"}


async def test_a_stream_does_not_go_on_past_the_deadline_of_its_request():
    for seconds in (0.5, 5.0, 50.0):  # the machine may be too slow for the first ones
        more = f"[routes.all]\ntimeout = {seconds}"
        async with hosting() as host, answering(write_config(host, more=more)) as door:
            host.token_seconds = 0.4 * seconds
            answer = await door.chat("a b c d e f g h", stream=True)
            await host.until(lambda host=host: host.running == 0)
        if answer.status_code == 200:
            break
    assert answer.status_code == 200, "it had begun"
    assert "in time" in answer.text.strip().splitlines()[-1]


async def test_stale_answers_only_where_the_route_allows_them():
    more = """
[routes.kind]
models = ["stella"]
retries = 0
[routes.kind.cache]
ttl = 1000
stale_if_error = 1000
[routes.strict]
models = ["pegasus"]
retries = 0
[routes.strict.cache]
ttl = 1000
[routes.eager]
models = ["max"]
[routes.eager.cache]
ttl = 1000
stale_while_revalidate = 1000
"""
    async with (
        hosting("stella") as stella,
        hosting("pegasus") as pegasus,
        hosting("max") as largest,
        answering(write_config(stella, pegasus, largest, more=more)) as door,
    ):
        for model in ("stella", "pegasus", "max"):
            assert (await door.chat(model=model)).status_code == 200
        door.gateway.cache._clock = lambda: time.time() + 1001
        stella.always = pegasus.always = refuse(500, "broken")
        answer = await door.chat()
        assert answer.status_code == 200
        assert (answer.headers["x-siss-cache"], answer.headers["x-siss-stale"]) == ("hit-exact", "true")
        streamed = await door.chat(stream=True)
        assert streamed.text.endswith("data: [DONE]\n\n")
        assert (await door.chat(headers={"Cache-Control": "max-age=0"})).status_code == 503
        assert (await door.chat(model="pegasus")).status_code == 503
        eager = await door.chat(model="max")
        assert eager.headers["x-siss-stale"] == "true"
        await largest.until(lambda: len(largest.calls()) == 2)
        await until(lambda: not door.gateway.pipeline._refreshing)
        fresh = await door.chat(model="max")
        assert "x-siss-stale" not in fresh.headers


async def test_a_host_that_died_and_came_back_with_another_model_has_other_answers():
    async with hosting() as host, answering(write_config(host)) as door:
        await door.chat()
        assert (await door.chat()).headers["x-siss-cache"] == "hit-exact"
        await host.die()
        await until(lambda: door.gateway.pool.hosts["stella"].health is Health.DOWN)
        assert (await door.chat()).headers["x-siss-cache"] == "hit-exact"  # the cache needs no host
        assert (await door.chat("new")).status_code == 503
        host.build = "b8000-fedcba"
        await host.start()
        await until(lambda: door.gateway.pool.hosts["stella"].health is Health.READY)
        assert (await door.chat()).headers["x-siss-cache"] == "miss"


async def test_a_model_that_changed_behind_a_host_that_stayed_up_is_noticed():
    async with hosting() as host, answering(write_config(host)) as door:
        await door.chat()
        host.template = "{{ other }}"
        await until(lambda: (door.gateway.pool.hosts["stella"].reported or ("",))[2:] == ("{{ other }}",))
        assert (await door.chat()).headers["x-siss-cache"] == "miss"


async def test_a_server_that_is_not_llamas_works_under_its_models_name():
    async with hosting() as host:
        host.props = False
        async with answering(write_config(host)) as door:
            assert (await door.chat()).headers["x-siss-cache"] == "miss"
            assert (await door.chat()).headers["x-siss-cache"] == "hit-exact"


async def test_the_hosts_key_is_sent_and_a_wrong_one_is_the_gateways_trouble():
    async with hosting() as host:
        host.key = "hosts-own"
        async with answering(write_config(host, host_more='api_key = "hosts-own"')) as door:
            client = await door.client("clients-own")
            assert (
                await client.chat.completions.create(model="stella", messages=[{"role": "user", "content": "x"}])
            ).id
        async with answering(write_config(host, host_more='api_key = "wrong"')) as door:
            client = await door.client("clients-own")
            with pytest.raises(openai.InternalServerError, match="refused the gateway's own key"):
                await client.chat.completions.create(model="stella", messages=[{"role": "user", "content": "x"}])
            assert "the gateway's" in door.gateway.pool.hosts["stella"].problem


async def test_a_host_that_redirects_is_not_followed():
    async with hosting("stella") as host, hosting("other") as other, answering(write_config(host)) as door:
        from aiohttp import web

        async def act(_request, _body):
            return web.Response(status=307, headers={"Location": f"{other.url}/v1/chat/completions"})

        host.always = act
        assert (await door.chat()).status_code == 502
        assert other.requests == []
