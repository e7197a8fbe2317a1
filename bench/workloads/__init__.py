"""One module a workload: ``async def run(stage) -> list[Row]``. The order is that of a run without names."""

from types import ModuleType

from bench.workloads import (
    anomalies,
    clients,
    entities,
    fresh,
    gateway_cache,
    gateway_door,
    growth,
    ingest,
    memory,
    naming,
    rescan,
    restart,
    retrieval,
    search,
    search_while_indexing,
    secrets,
    size,
    structure,
)

WORKLOADS: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module
    # those that leave the corpus as it was come first
    for module in (
        entities,
        secrets,
        anomalies,
        naming,
        structure,
        gateway_cache,
        gateway_door,
        ingest,
        size,
        rescan,
        memory,
        search,
        retrieval,
        restart,
        fresh,
        search_while_indexing,
        clients,
        growth,
    )
}
