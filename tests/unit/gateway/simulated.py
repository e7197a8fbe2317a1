"""Time that passes as fast as there is nothing to do: a loop for minutes of traffic in a second of test."""

import asyncio
import contextlib
import selectors
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any

from siss.gateway.budgets import Budgets
from siss.gateway.cache.cache import ResponseCache
from siss.gateway.cache.tiers import CacheOptions
from siss.gateway.config import GatewayConfig
from siss.gateway.hosts.host import Host
from siss.gateway.hosts.pool import Pool
from siss.gateway.lifecycle.activity import Activity
from siss.gateway.metrics import Metrics
from siss.gateway.model.request import Endpoint
from siss.gateway.pipeline import Pipeline
from siss.gateway.routes import Routes
from siss.gateway.upstream import Upstream

EPOCH = 1_800_000_000.0


class _Clock(selectors.SelectSelector):
    """Waiting is a step of the clock; what is ready comes first."""

    now = 0.0

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready and timeout is not None and timeout > 0:
            self.now += timeout
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._simulated = _Clock()
        super().__init__(self._simulated)

    def time(self) -> float:
        return self._simulated.now


def run_simulated(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end. Nothing in it may wait for another thread: no time would pass for it."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        runner.run(work)


class Scripted:
    """A host in memory. ``behave``: seconds until it answers, or what it raises, as the test sets it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.behave: Callable[[], float | Exception] = lambda: 0.05
        self.health: Callable[[], int] = lambda: 200
        self.asked: list[float] = []

    async def ask(self, endpoint: Endpoint, body: Mapping[str, Any]) -> dict[str, Any]:
        await self._wait()
        message = {"role": "assistant", "content": f"{self.name}: {body['messages'][-1]['content']}"}
        return {"choices": [{"index": 0, "finish_reason": "stop", "message": message}], "usage": {"prompt_tokens": 1}}

    @contextlib.asynccontextmanager
    async def stream(self, endpoint: Endpoint, body: Mapping[str, Any]) -> AsyncIterator[AsyncIterator[bytes]]:
        await self._wait()

        async def chunks() -> AsyncIterator[bytes]:
            yield b'data: {"choices": [{"index": 0, "delta": {"content": "so"}, "finish_reason": null}]}\n\n'
            await asyncio.sleep(0.1)
            yield b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'

        yield chunks()

    async def get(self, path: str, seconds: float) -> tuple[int, Any]:
        await asyncio.sleep(0.001)
        return (self.health(), None) if path == "/health" else (404, None)

    async def _wait(self) -> None:
        self.asked.append(asyncio.get_running_loop().time())
        found = self.behave()
        if isinstance(found, Exception):
            await asyncio.sleep(0.002)
            raise found
        await asyncio.sleep(found)


@contextlib.asynccontextmanager
async def simulated_pipeline(config: GatewayConfig, scripted: Mapping[str, Scripted]) -> AsyncIterator[Pipeline]:
    """A pipeline in memory, its hosts watched, on the loop's time."""
    clock = asyncio.get_running_loop().time

    def wall() -> float:
        return EPOCH + clock()

    hosts = {name: Host(name, table, scripted[name], clock) for name, table in config.hosts.items()}
    metrics = Metrics(hosts)
    pool = Pool(hosts, config.models, metrics, jitter=lambda: 0.5)
    upstream = Upstream(pool)
    budgets = Budgets({}, None, clock, wall)
    async with await ResponseCache.open(CacheOptions(folder=None), clock=wall) as cache:
        pipeline = Pipeline(
            upstream, Routes(config.routes, pool.resolve), cache, metrics,
            lambda tenant, tokens: budgets.of(tenant).spend(tokens), Activity(clock),
        )  # fmt: skip
        for host in hosts.values():
            await host.probe()
        watching = [asyncio.create_task(host.watch()) for host in hosts.values()]
        try:
            yield pipeline
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            await pipeline.close()
            await upstream.close()
