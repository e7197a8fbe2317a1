"""The writer between a catalog and an engine that take their time."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from siss.app.ingest.write import IndexWriter
from siss.model.ingest import OutboxEntry, OutboxOp
from siss.ports.fulltext import FullTextWriter
from siss.ports.outbox import Outbox

GONE = OutboxEntry(1, OutboxOp.DROP_FILE, 5)


class SlowOutbox:
    """An outbox that settles when it is let."""

    def __init__(self) -> None:
        self.asked, self.may = asyncio.Event(), asyncio.Event()
        self.settled: list[OutboxEntry] = []

    async def file_documents(self, _files: Sequence[int]) -> list[Any]:
        return []

    async def settle(self, entries: Sequence[OutboxEntry]) -> None:
        self.asked.set()
        await self.may.wait()
        self.settled += entries


class Engine:
    """One that takes everything."""

    commits = 0

    async def drop_files(self, _files: Sequence[int]) -> None:
        return

    async def commit(self) -> None:
        self.commits += 1


async def test_what_is_being_committed_is_not_settled_yet() -> None:
    """Who waits for the end stops the writer then: rows that were not settled would be applied once more."""
    outbox, engine, nothing = SlowOutbox(), Engine(), cast(Any, None)
    writer = IndexWriter(
        nothing, cast(Outbox, outbox), nothing, nothing, cast(FullTextWriter, engine), commit_files=10
    )
    await writer.bring_up_to_date([GONE])
    committing = asyncio.create_task(writer.commit())
    await outbox.asked.wait()
    assert writer.unsettled == 1
    committing.cancel()
    await asyncio.wait([committing])
    outbox.may.set()
    await writer.commit()
    assert (writer.unsettled, outbox.settled, engine.commits) == (0, [GONE], 2)
