"""The same figures at growing sizes: what stays, what grows with the files, what grows faster."""

from bench.load import closed_loop, percentile
from bench.processes import summed_pss, tree_of
from bench.product import is_log_of_writes, parts_of
from bench.report import Budget, Row
from bench.stage import Stage

MEGABYTE = 1e6
MILLION = 1_000_000


async def run(stage: Stage) -> list[Row]:
    """Sizes are ``--growth`` (default: ``--files`` and four times as many). Further corpora are removed again."""
    rows: list[Row] = []
    for files in stage.options.growth or (stage.options.files, stage.options.files * 4):
        rows.extend(await _at(stage, files))
    return rows


async def _at(stage: Stage, files: int) -> list[Row]:
    built = stage.built(files)
    manifest, done = built.corpus.manifest, built.indexed.run
    paths = [question.path() for question in stage.mix(built.corpus)]
    async with built.product.serving(built.corpus.root) as server:
        scan = (await server.scan()).seconds
        await closed_loop(server.address, paths, clients=4, requests=400)
        answers, _ = await closed_loop(server.address, paths, requests=len(paths), seconds=stage.options.seconds * 2)
        memory = summed_pss(tree_of(server.pid, built.product.state))
        ready = server.ready_seconds
    parts = parts_of(built.product.state)
    whole = sum(size for name, size in parts.items() if not is_log_of_writes(name))
    times = [answer.ms for answer in answers]
    stage.recorder.keep("growth", files=files, parts=parts, ms=times, scan=scan, ready=ready, memory=memory)
    if files != stage.options.files:
        stage.forget(built.corpus)
    large = files >= MILLION
    name = f"{files:,} files"
    return [
        Row(
            f"{name}: indexing",
            files / done.seconds * 60,
            "files/min",
            f"{manifest.bytes / MEGABYTE:,.0f} MB, {built.indexed.chunks:,} chunks",
        ),
        Row(f"{name}: peak memory", done.peak_pss / MEGABYTE, "MB", "", (), Budget(2000 if large else 1000)),
        Row(f"{name}: index / text", whole / manifest.text_bytes, "x", f"{whole / MEGABYTE:,.0f} MB"),
        Row(f"{name}: search p50", percentile(times, 50), "ms", f"{len(times):,}"),
        Row(f"{name}: search p95", percentile(times, 95), "ms", "", (), Budget(50 if large else 12)),
        Row(f"{name}: unchanged scan", scan, "s", "", (), Budget(10) if large else None),
        Row(f"{name}: start to ready", ready, "s", "", (), Budget(5 if large else 2)),
        Row(f"{name}: memory serving", memory / MEGABYTE, "MB", "", (), Budget(2000) if large else None),
    ]
