"""The gateway as it is now, for people and programs: hosts, models, cache, tenants."""

from dataclasses import asdict
from typing import Any

from siss.gateway.wiring import Gateway


async def build_stats(gateway: Gateway) -> dict[str, Any]:
    """Everything as JSON: what ``siss gateway stats --json`` prints."""
    stats = asdict(await gateway.cache.stats())
    stats["lookups"] = [
        {"tier": tier, "result": result, "reason": reason, "count": count}
        for (tier, result, reason), count in sorted(stats["lookups"].items())
    ]
    stats["owners"] = [
        {"tenant": tenant, "model": model, "entries": entries} for tenant, model, entries in stats["owners"]
    ]
    return {
        "hosts": [
            {
                "name": host.name,
                "url": host.config.url,
                "health": host.health.value,
                "breaker": host.breaker.state.value,
                "busy": host.slots.busy,
                "slots": host.slots.total,
                "waiting": host.slots.waiting,
                "problem": host.problem,
            }
            for host in gateway.pool.hosts.values()
        ],
        "models": [
            {"name": name, "aliases": list(model.aliases), "hosts": list(model.hosts)}
            for name, model in gateway.pool.models.items()
        ],
        "cache": stats,
        "tokens_today": gateway.budgets.usage(),
        "in_flight": len(gateway.pipeline.flights),
        "idle_seconds": round(gateway.activity.idle_seconds, 1),
    }
