"""From start to ready: after a clean stop, and after all processes were killed while files arrived."""

import shutil
import statistics

from bench.corpus import Generator
from bench.report import Budget, Row
from bench.stage import Stage

TIMES = 3
MOST_ARRIVING = 200


async def run(stage: Stage) -> list[Row]:
    """Median seconds until ``/readyz`` says yes, and the totals of a search before and after."""
    built = stage.built()
    root = built.corpus.root
    word = next(question.text for question in stage.mix(built.corpus) if question.sort == "common word")
    async with built.product.serving(root) as server:
        before = await server.total(word)
    clean: list[float] = []
    stops: list[float] = []
    for _ in range(TIMES):
        server = await built.product.start(root)
        clean.append(server.ready_seconds)
        stops.append(await server.stop())
    killed: list[float] = []
    # their going away at the end must not look like an outage, which deletes nothing
    arriving = min(MOST_ARRIVING, stage.options.files // (4 * TIMES))
    generator = Generator(built.corpus.generator.world.sources, stage.options.seed + 104_729)
    target = root / "restart"
    for number in range(TIMES):
        server = await built.product.start(root)
        await server.wait_idle()
        for made in map(generator.make, range(number * arriving, (number + 1) * arriving)):
            path = target / made.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made.data)
        await server.wait_busy()
        await server.kill()
        server = await built.product.start(root)
        killed.append(server.ready_seconds)
        await server.wait_idle()
        await server.stop()
    shutil.rmtree(target)
    async with built.product.serving(root) as server:
        await server.scan()
        after = await server.total(word)
    stage.recorder.keep("restart", clean=clean, killed=killed, stops=stops, total_before=before, total_after=after)
    return [
        Row("ready after a clean stop", statistics.median(clean), "s", f"{TIMES} starts", (), Budget(2)),
        Row("ready after kill -9 of everything", statistics.median(killed), "s", f"{TIMES} starts", (), Budget(60)),
        Row("stopping", statistics.median(stops), "s", f"{TIMES} stops"),
        Row("answers afterwards", after, "files", f"{before:,} before"),
    ]
