"""The one place where the gateway's parts are put together, started and stopped."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from siss.errors import ConfigError
from siss.gateway.budgets import Budgets
from siss.gateway.cache.cache import ResponseCache
from siss.gateway.cache.embed import Embedder, HostEmbedder, LocalEmbedder
from siss.gateway.cache.fingerprint import Namespace
from siss.gateway.cache.rerank import Calibration, HostReranker, Reranker
from siss.gateway.cache.tiers import CacheOptions
from siss.gateway.config import CacheTable, GatewayConfig
from siss.gateway.hosts.client import HttpTransport, open_session
from siss.gateway.hosts.host import Host
from siss.gateway.hosts.pool import Pool
from siss.gateway.lifecycle.activity import Activity, Reaper
from siss.gateway.lifecycle.folder import own_folder
from siss.gateway.lifecycle.objects import open_snapshots
from siss.gateway.lifecycle.providers import make_provider
from siss.gateway.metrics import Metrics
from siss.gateway.pipeline import Pipeline
from siss.gateway.routes import Routes
from siss.gateway.tenants import Tenants
from siss.gateway.upstream import Upstream
from siss.logs import get_logger

_log: Final = get_logger("siss.gateway")
_CHORES_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything that the HTTP side needs."""

    config: GatewayConfig
    pipeline: Pipeline
    tenants: Tenants
    budgets: Budgets
    activity: Activity
    metrics: Metrics
    cache: ResponseCache
    pool: Pool


@contextlib.asynccontextmanager
async def open_gateway(config: GatewayConfig) -> AsyncIterator[Gateway]:
    """A gateway that is ready, until the end of the block: then its cache is snapshotted and closed.

    Raises ``ConfigError`` where parts contradict each other: an embedder and its configuration, a snapshot's place.
    """
    loop = asyncio.get_running_loop()
    snapshots = open_snapshots(config.lifecycle)
    folder = config.cache.folder
    async with contextlib.AsyncExitStack() as stack:
        if folder is not None:
            stack.enter_context(own_folder(folder))
        session = await stack.enter_async_context(open_session())
        hosts = {
            name: Host(name, table, HttpTransport(session, name, table, config.server.max_reply), loop.time)
            for name, table in config.hosts.items()
        }
        metrics = Metrics(hosts)
        pool = Pool(hosts, config.models, metrics)
        _recall(hosts, folder)
        await _probe(hosts, config.server.probe_timeout)
        upstream = Upstream(pool)
        stack.push_async_callback(upstream.close)
        cache = await stack.enter_async_context(
            await ResponseCache.open(
                CacheOptions(folder=folder, memory_bytes=config.cache.memory, disk_bytes=config.cache.disk),
                embedder=make_embedder(config.cache, upstream),
                reranker=_make_reranker(config.cache, upstream),
                snapshots=snapshots,
            )
        )
        if snapshots is not None:
            stack.push_async_callback(cache.save_snapshot, snapshots)
        tenants = Tenants(config.tenants, _names(config))
        budgets = Budgets(tenants.budgets, folder and folder / "usage.json", loop.time, time.time)
        stack.callback(budgets.save)
        activity = Activity(loop.time)
        pipeline = Pipeline(
            upstream, Routes(config.routes, pool.resolve), cache, metrics, _spender(budgets), activity
        )
        stack.push_async_callback(pipeline.close)
        metrics.attach(cache.counts, lambda: len(pipeline.flights))

        async def stop_instance() -> None:
            if snapshots is not None:
                await cache.save_snapshot(snapshots)
            if activity.idle_seconds >= config.lifecycle.idle_timeout:  # and not: somebody came meanwhile
                await make_provider(config.lifecycle).stop()

        async def chores() -> None:
            while True:
                await asyncio.sleep(_CHORES_SECONDS)
                await cache.sweep()
                await asyncio.to_thread(budgets.save)
                await asyncio.to_thread(_remember, hosts, folder)

        reaper = Reaper(activity, config.lifecycle.idle_timeout, stop_instance)
        await stack.enter_async_context(
            _running(
                *(host.watch() for host in hosts.values()), chores(), *([reaper.run()] if _stops(config) else [])
            )
        )
        stack.callback(_remember, hosts, folder)
        yield Gateway(config, pipeline, tenants, budgets, activity, metrics, cache, pool)


def _stops(config: GatewayConfig) -> bool:
    return config.lifecycle.enable_instance_stop and config.lifecycle.provider != "local"


def _names(config: GatewayConfig) -> dict[str, str]:
    names = {name: name for name in config.models}
    for name, model in config.models.items():
        names.update(dict.fromkeys(model.aliases, name))
    return names


def _spender(budgets: Budgets) -> Any:
    return lambda tenant, tokens: budgets.of(tenant).spend(tokens)


async def _probe(hosts: dict[str, Host], seconds: float) -> None:
    """The hosts' first word, all at once; one that takes longer is asked again by its watch."""
    if hosts:
        probes = [asyncio.create_task(host.probe()) for host in hosts.values()]
        _, late = await asyncio.wait(probes, timeout=seconds)
        for probe in late:
            probe.cancel()
        await asyncio.gather(*probes, return_exceptions=True)


def make_embedder(table: CacheTable, upstream: Upstream) -> Embedder | None:
    """The configured one. Raises ``ConfigError`` where it cannot be had: the local one is an extra."""
    wanted = table.embedder
    if wanted is None:
        return None
    if wanted.source == "local":
        return LocalEmbedder()
    model = upstream.pool.resolve(wanted.model)
    if model is None:
        raise ConfigError(
            f"cache.embedder.model: there is no model {wanted.model!r}", variable="cache.embedder.model"
        )
    namespace = Namespace(
        model, wanted.dimension, quantisation=wanted.quantisation, pooling=wanted.pooling, prefix=wanted.prefix
    )
    return HostEmbedder(upstream.ask, namespace)


def _make_reranker(table: CacheTable, upstream: Upstream) -> Reranker | None:
    wanted = table.reranker
    if wanted is None:
        return None
    return HostReranker(upstream.ask, wanted.model, Calibration(wanted.slope, wanted.offset))


@contextlib.asynccontextmanager
async def _running(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Background work until the end of the block."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _recall(hosts: dict[str, Host], folder: Path | None) -> None:
    """What the hosts last said of themselves, so that a cache is of use while they still load their models."""
    if folder is None:
        return
    try:
        kept = orjson.loads((folder / "hosts.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return
    for name, reported in kept.items() if isinstance(kept, dict) else ():
        if name in hosts:
            hosts[name].recall(reported)


def _remember(hosts: dict[str, Host], folder: Path | None) -> None:
    reported = {name: host.reported for name, host in hosts.items() if host.reported is not None}
    if folder is None or not reported:
        return
    try:
        (folder / "hosts.json").write_bytes(orjson.dumps(reported))
    except OSError as error:
        _log.warning("hosts not remembered", error=str(error))
