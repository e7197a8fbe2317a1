"""Memory of all processes, summed PSS: while indexing, and idle over the whole index."""

import asyncio
import statistics
from pathlib import Path

from bench.load import closed_loop
from bench.processes import summed_pss, tree_of
from bench.report import Beside, Budget, Row
from bench.stage import Stage

MEGABYTE = 1e6
SAMPLES = 12


async def run(stage: Stage) -> list[Row]:
    """The peak of ``siss index`` beside Recoll's; ``siss serve`` when idle, and after a load of searches."""
    built = stage.built()
    peer = stage.recoll_index(built.corpus)
    beside = [Beside("Recoll", peer.run.peak_pss / MEGABYTE)] if peer else []
    paths = [question.path() for question in stage.mix(built.corpus)]
    async with built.product.serving(built.corpus.root) as server:
        idle = await _median(server.pid, built.product.state)
        await closed_loop(server.address, paths, clients=8, seconds=min(10.0, stage.options.seconds))
        after = await _median(server.pid, built.product.state)
        members = sorted(
            ((process.name(), summed_pss([process])) for process in tree_of(server.pid, built.product.state)),
            key=lambda member: -member[1],
        )
    stage.recorder.keep("memory", idle=idle, after_searches=after, processes=members)
    return [
        Row("peak while indexing", built.indexed.run.peak_pss / MEGABYTE, "MB", "", beside, Budget(1000)),
        Row("idle", idle / MEGABYTE, "MB", f"{len(members)} processes", (), Budget(400)),
        Row("idle, after searches", after / MEGABYTE, "MB"),
    ]


async def _median(pid: int, state: Path) -> float:
    seen: list[int] = []
    for _ in range(SAMPLES):  # a process's memory has no event to wait for: it is sampled for three seconds
        await asyncio.sleep(0.25)
        seen.append(summed_pss(tree_of(pid, state)))
    return statistics.median(seen)
