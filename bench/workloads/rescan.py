"""A scan that finds nothing changed: files a second, catalog compared."""

import statistics

from bench.peers import limits
from bench.report import Beside, Budget, Row
from bench.stage import Stage

TIMES = 5


async def run(stage: Stage) -> list[Row]:
    """``POST /ingest/scan`` on a serving product, as timed by itself and from outside, beside ``find``."""
    built = stage.built()
    files = built.corpus.manifest.files
    own: list[float] = []
    outside: list[float] = []
    async with built.product.serving(built.corpus.root) as server:
        for _ in range(TIMES):
            scan = await server.scan()
            own.append(scan.seconds)
            outside.append(scan.waited)
    found = min((limits.stat_all(built.corpus.root) for _ in range(3)), key=lambda timed: timed.seconds)
    stage.recorder.keep("scans", own=own, outside=outside)
    limit = [Beside(found.name, files / found.seconds, f"{found.lines:,}")]
    seconds = statistics.median(own)
    return [
        Row(
            "unchanged files a second",
            files / seconds,
            "files/s",
            f"{files:,} in {seconds:.3f} s",
            limit,
            Budget(150_000, most=False),
        ),
        Row("from the request to the end of the job", statistics.median(outside), "s", f"{TIMES} scans"),
    ]
