"""``siss gateway check``: what the configuration means, and what its hosts say to it."""

import asyncio
from dataclasses import dataclass
from typing import Any

from siss.errors import CacheError
from siss.gateway.cache.embed import probe
from siss.gateway.config import GatewayConfig
from siss.gateway.hosts.client import HttpTransport, open_session
from siss.gateway.hosts.host import Health, Host
from siss.gateway.hosts.pool import Pool
from siss.gateway.metrics import Metrics
from siss.gateway.upstream import Upstream
from siss.gateway.wiring import make_embedder


@dataclass(frozen=True, slots=True)
class Check:
    """``hosts`` and ``models``: as JSON objects. ``remarks``: what works, but not as one may think."""

    hosts: list[dict[str, Any]]
    models: list[dict[str, Any]]
    remarks: list[str]

    @property
    def ready(self) -> bool:
        """Whether every host answers, and lets the gateway in."""
        return all(host["health"] == Health.READY and not host["problem"] for host in self.hosts)


async def check_hosts(config: GatewayConfig) -> Check:
    """Ask every host for its health and properties, and the embedder for a vector.

    Never raises for a host that does not answer; ``ConfigError`` where the gateway would not start.
    """
    clock = asyncio.get_running_loop().time
    async with open_session() as session:
        hosts = {
            name: Host(name, table, HttpTransport(session, name, table, config.server.max_reply), clock)
            for name, table in config.hosts.items()
        }
        await asyncio.gather(*(host.probe() for host in hosts.values()))
        pool = Pool(hosts, config.models, Metrics(hosts))
        remarks = [*_remarks(config, pool), *await _probe_embedder(config, pool)]
    return Check(
        hosts=[
            {
                "name": host.name,
                "url": host.config.url,
                "health": host.health.value,
                "slots": host.slots.total,
                "model_path": (host.reported or ("",))[0],
                "build": (host.reported or ("", ""))[1],
                "problem": host.problem,
            }
            for host in hosts.values()
        ],
        models=[
            {"name": name, "aliases": list(model.aliases), "hosts": list(model.hosts)}
            for name, model in config.models.items()
        ],
        remarks=remarks,
    )


async def _probe_embedder(config: GatewayConfig, pool: Pool) -> list[str]:
    """Why the semantic tier would be off, if it would."""
    upstream = Upstream(pool)
    try:
        if (embedder := make_embedder(config.cache, upstream)) is not None:
            await probe(embedder)
    except CacheError as error:
        return [f"cache.embedder: gives no vectors, so semantic caching is off until it does: {error.message}"]
    finally:
        await upstream.close()
    return []


def _remarks(config: GatewayConfig, pool: Pool) -> list[str]:
    remarks = []
    if not config.models:
        remarks.append("No models: nobody can ask anything. See docs/gateway.md for a first file.")
    if not config.tenants:
        remarks.append("No tenants: everybody on this machine may ask, without a key.")
    for name, model in config.models.items():
        said = {pool.hosts[host].reported for host in model.hosts if pool.hosts[host].reported is not None}
        if len(said) > 1:
            remarks.append(f"{name}: its hosts run different models or builds, so they do not share cached answers.")
    semantic = [name for name, route in config.routes.items() if route.cache.semantic != "off"]
    if semantic and config.cache.embedder is None:
        remarks.append(f"{', '.join(semantic)}: semantic caching is off, because there is no [cache.embedder].")
    for name, route in config.routes.items():
        if route.cache.rerank_threshold is not None and config.cache.reranker is None:
            remarks.append(f"{name}: rerank_threshold has no effect, because there is no [cache.reranker].")
    lifecycle = config.lifecycle
    if lifecycle.enable_instance_stop and lifecycle.provider == "local":
        remarks.append("lifecycle: enable_instance_stop has no effect with the provider 'local'.")
    return remarks
