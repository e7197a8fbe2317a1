"""From a change on local disk to the answer that shows it, settle time taken off."""

import asyncio
import hashlib
import shutil
import time
from pathlib import Path

from bench.load import percentile
from bench.processes import BenchError
from bench.product import Server, settle_seconds
from bench.report import Beside, Budget, Row
from bench.stage import Stage

CHANGES = 40
_POLL = 0.01
_PATIENCE = 60.0


async def run(stage: Stage) -> list[Row]:
    """Files are written one by one, then changed one by one; each is asked for until it is found."""
    built = stage.built()
    folder = built.corpus.root / "fresh"
    folder.mkdir()
    try:
        async with built.product.serving(built.corpus.root) as server:
            new = [await _until_found(server, folder / f"note-{n}.txt", _word("new", n), "w") for n in range(CHANGES)]
            edited = [
                await _until_found(server, folder / f"note-{n}.txt", _word("edited", n), "a") for n in range(CHANGES)
            ]
    finally:
        shutil.rmtree(folder)
    stage.recorder.keep("fresh", settle=settle_seconds(), new=new, edited=edited)
    rows: list[Row] = []
    for name, times in (("new file", new), ("edited file", edited)):
        beyond = [seconds - settle_seconds() for seconds in times]
        beside = [Beside("settle time", settle_seconds())]
        rows.append(Row(f"{name}: beyond settling, p50", percentile(beyond, 50), "s", f"{len(times)}", beside))
        rows.append(Row(f"{name}: beyond settling, p95", percentile(beyond, 95), "s", "", (), Budget(0.7)))
    return rows


def _word(kind: str, number: int) -> str:
    # unlike every other, so that a respelling of an earlier one is no answer
    return "q" + hashlib.sha256(f"{kind}:{number}".encode()).hexdigest()[:15]


async def _until_found(server: Server, path: Path, word: str, mode: str) -> float:
    with path.open(mode) as file:
        file.write(f"The maintenance window of this host is over, reference {word}.\n")
    begun = time.perf_counter()
    while not await server.finds(word):
        if time.perf_counter() - begun > _PATIENCE:
            raise BenchError(f"{path.name} was not found within {_PATIENCE:.0f} s of its change")
        await asyncio.sleep(_POLL)
    return time.perf_counter() - begun
