"""Calls to model hosts, as a collector sees them: each attempt, and never what was asked or said."""

import asyncio

from siss.gateway.hosts.client import HostFailure
from siss.gateway.hosts.pool import Call
from siss.gateway.model.request import Endpoint
from unit.gateway.simulated import Scripted, run_simulated, simulated_pipeline
from unit.gateway.test_outages import configure
from unit.traces.recording import recording


def test_each_attempt_is_a_span_with_the_name_of_its_host():
    async def work() -> None:
        hosts = {name: Scripted(name) for name in ("one", "two", "other")}
        async with simulated_pipeline(configure(), hosts) as pipeline:
            hosts["one"].behave = lambda: HostFailure("it said hunter2")
            deadline = asyncio.get_running_loop().time() + 5
            body = {"messages": [{"role": "user", "content": "hunter2"}]}
            call = Call(Endpoint.CHAT, body, ("stella",), deadline)
            with recording() as spans:
                _, origin = await pipeline.pool.ask(call, lambda _: True)
                async with pipeline.pool.stream(call) as (chunks, _):
                    assert [chunk async for chunk in chunks]
        assert origin.host == "two"
        assert {span.name for span in spans} == {"gateway /v1/chat/completions"}
        assert {span.kind for span in spans} == {"client"}
        assert [span.attributes for span in spans] == [{"siss.host": name} for name in ("one", "two") * 2]

    run_simulated(work())
