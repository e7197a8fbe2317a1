"""The writer between a catalog and an engine that take their time."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, cast

import pytest

from siss.app.ingest import write
from siss.app.ingest.write import IndexWriter
from siss.errors import DatabaseUnavailableError
from siss.model.ingest import OutboxEntry, OutboxOp
from siss.ports.fulltext import FullTextWriter
from siss.ports.outbox import Outbox

GONE = OutboxEntry(1, OutboxOp.DROP_FILE, 5)


class SlowOutbox:
    """An outbox that settles when it is let."""

    def __init__(self) -> None:
        self.asked, self.may = asyncio.Event(), asyncio.Event()
        self.settled: list[OutboxEntry] = []
        self.waiting: list[OutboxEntry] = []

    async def pending(self, limit: int, after: int) -> list[OutboxEntry]:
        return [entry for entry in self.waiting if entry.id > after and entry not in self.settled][:limit]

    async def file_documents(self, _files: Sequence[int]) -> list[Any]:
        return []

    async def stamp(self) -> str:
        return "before"

    async def settle(self, entries: Sequence[OutboxEntry], _stamp: str | None = None) -> None:
        self.asked.set()
        await self.may.wait()
        self.settled += entries


class Engine:
    """One that takes everything."""

    commits = 0

    async def drop_files(self, _files: Sequence[int]) -> None:
        return

    async def commit(self, _stamps: Sequence[str] = ()) -> None:
        self.commits += 1

    def filling(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    async def take_over(self) -> None:
        return


class SlowEngine(Engine):
    """One that commits when it is let."""

    def __init__(self) -> None:
        self.asked, self.may = asyncio.Event(), asyncio.Event()

    async def commit(self, _stamps: Sequence[str] = ()) -> None:
        self.asked.set()
        await self.may.wait()
        self.commits += 1


class StampedOutbox(SlowOutbox):
    """One that keeps what it is told, and fails to say so the second time."""

    kept, times = "first", 0

    async def stamp(self) -> str:
        return self.kept

    async def settle(self, entries: Sequence[OutboxEntry], stamp: str | None = None) -> None:
        self.settled += entries
        self.kept, self.times = stamp or self.kept, self.times + 1
        if self.times == 2:
            raise DatabaseUnavailableError("the connection was lost behind it")


class StampedEngine(Engine):
    """One that keeps the stamps of its last commit."""

    kept: Sequence[str] = ()

    async def commit(self, stamps: Sequence[str] = ()) -> None:
        self.kept = stamps


async def test_an_engine_stays_in_step_with_what_was_settled_though_nobody_heard_of_it() -> None:
    outbox, engine, nothing = StampedOutbox(), StampedEngine(), cast(Any, None)
    writer = IndexWriter(
        nothing, cast(Outbox, outbox), nothing, nothing, cast(FullTextWriter, engine), commit_files=10
    )
    for _ in range(3):
        await writer.bring_up_to_date([GONE])
        told = outbox.kept
        with contextlib.suppress(DatabaseUnavailableError):
            await writer.commit()
        # Whoever is killed right after the engine's commit finds the stamp that the catalog has.
        assert told in engine.kept


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


async def test_rows_that_come_while_the_last_ones_are_committed_are_looked_for() -> None:
    """Somebody removed files just then: the rows waited until something else happened, and were found meanwhile."""
    outbox, nothing = SlowOutbox(), cast(Any, None)
    outbox.may.set()
    engine = SlowEngine()
    writer = IndexWriter(
        nothing, cast(Outbox, outbox), nothing, nothing, cast(FullTextWriter, engine), commit_files=10
    )
    outbox.waiting = [GONE]
    draining = asyncio.create_task(writer.drain())
    await engine.asked.wait()
    outbox.waiting.append(OutboxEntry(2, OutboxOp.DROP_FILE, 6))
    writer.behind = True  # as ``IndexingService.catch_up`` does
    engine.may.set()
    await draining
    assert writer.behind
    assert await writer.drain() == 1
    assert not writer.behind
    assert [entry.id for entry in outbox.settled] == [1, 2]


async def test_a_long_drain_makes_way_for_what_was_read_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "DRAIN_ROWS", 1)
    outbox, nothing = SlowOutbox(), cast(Any, None)
    outbox.may.set()
    writer = IndexWriter(
        nothing, cast(Outbox, outbox), nothing, nothing, cast(FullTextWriter, Engine()), commit_files=10
    )
    outbox.waiting = [OutboxEntry(number, OutboxOp.DROP_FILE, number) for number in range(1, 4)]
    assert await writer.drain(lambda: True) == 1
    assert writer.behind
    assert [entry.id for entry in outbox.settled] == [1], "what is done is committed, so that it is not done again"
    assert await writer.drain(lambda: False) == 2
    assert not writer.behind


async def test_a_drain_that_is_broken_off_leaves_the_writer_behind() -> None:
    outbox, nothing = SlowOutbox(), cast(Any, None)
    engine = SlowEngine()
    writer = IndexWriter(
        nothing, cast(Outbox, outbox), nothing, nothing, cast(FullTextWriter, engine), commit_files=10
    )
    outbox.waiting = [GONE]
    draining = asyncio.create_task(writer.drain())
    await engine.asked.wait()
    draining.cancel()
    await asyncio.wait([draining])
    assert writer.behind


@pytest.mark.parametrize("pause", [0.0, 60.0])
async def test_after_a_commit_that_wrote_something_the_writer_rests(pause: float) -> None:
    outbox, nothing = SlowOutbox(), cast(Any, None)
    outbox.may.set()
    engine = cast(FullTextWriter, Engine())
    writer = IndexWriter(nothing, cast(Outbox, outbox), nothing, nothing, engine, commit_files=10, commit_pause=pause)
    await writer.commit()
    assert not writer.resting
    await writer.bring_up_to_date([GONE])
    await writer.commit()
    assert writer.resting == (pause > 0)
