"""The indexer without anything to index: waiting, and being stopped."""

import asyncio
from typing import Any, cast

import pytest

from siss.app.ingest.index import Indexer, Patience
from siss.app.ingest.write import IndexWriter
from siss.ports.ingest_catalog import IngestCatalog


class Nothing:
    """A catalog in which nothing waits, and a writer that has nothing to do."""

    unsettled = 0
    behind = False
    committed_at = 0.0

    async def pending_files(self, _limit: int, _after: int) -> list[Any]:
        return []

    async def commit(self) -> None:
        return


@pytest.mark.parametrize("turns", range(6))
async def test_stopping_at_the_moment_a_result_comes_is_stopping(turns: int) -> None:
    nothing = Nothing()
    indexer = Indexer(
        cast(IngestCatalog, nothing),
        cast(IndexWriter, nothing),
        lambda _: None,
        patience=Patience(lambda _: 0.0, 0.0),
        capacity=1,
        commit_seconds=0.0,
    )
    task = asyncio.create_task(indexer.run())
    await indexer.drained()
    await asyncio.sleep(0)
    await asyncio.to_thread(indexer.sink, [])
    asyncio.get_running_loop().run_in_executor(None, indexer.sink, [])
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=5)
    assert done, "the indexer goes on"
    await indexer.close()
