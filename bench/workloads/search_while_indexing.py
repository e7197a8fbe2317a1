"""Search latency while a few thousand new files are being indexed, and what that costs the indexing."""

import asyncio
import shutil
import time

from bench.load import Answer, closed_loop, percentile
from bench.product import Server
from bench.report import Beside, Budget, Row
from bench.stage import Stage
from bench.workloads.search import keep_answers, refuse_errors

NEW_SEED = 7919
"""The arriving files are those of another seed, so that their contents are new."""


async def run(stage: Stage) -> list[Row]:
    """One client asks without pause while files, half as many as are indexed, arrive at once."""
    built = stage.built()
    root = built.corpus.root
    questions = stage.mix(built.corpus)
    paths = [question.path() for question in questions]
    arriving = stage.corpus(max(1, stage.options.files // 2), seed=NEW_SEED)
    count = arriving.manifest.files
    target = root / "arriving"
    async with built.product.serving(root) as server:
        quiet, _ = await closed_loop(server.address, paths, requests=min(500, len(paths)))
        begun = time.perf_counter()
        # one rename: all files are there at once, as after a copy to the NAS that went through a staging folder
        arriving.root.rename(target)
        busy: list[Answer] = []
        indexing = asyncio.create_task(_index_all(server))
        while not indexing.done():
            answers, _ = await closed_loop(server.address, paths, seconds=0.5)
            busy.extend(answers)
        await indexing
        seconds = time.perf_counter() - begun
        shutil.rmtree(target)
        stage.forget(arriving)
        await _index_all(server)
    refuse_errors("while indexing", questions, busy)
    keep_answers(stage, "while indexing", questions, busy)
    times = [answer.ms for answer in busy]
    calm = [answer.ms for answer in quiet]
    alone = built.corpus.manifest.files / built.indexed.run.seconds * 60
    return [
        Row(
            "p50 while indexing",
            percentile(times, 50),
            "ms",
            f"{len(busy):,}",
            [Beside("idle", percentile(calm, 50), f"{len(calm):,}")],
        ),
        Row(
            "p95 while indexing", percentile(times, 95), "ms", "", [Beside("idle", percentile(calm, 95))], Budget(25)
        ),
        Row(
            "indexing meanwhile",
            count / seconds * 60,
            "files/min",
            f"{count:,} in {seconds:.1f} s",
            [Beside("siss index alone", alone)],
        ),
    ]


async def _index_all(server: Server) -> None:
    await server.scan()
    await server.wait_idle()
