"""What any state of indexing keeps: the process's own and the tables."""

import asyncio
from contextlib import aclosing
from typing import cast

import pytest

from siss.adapters.memory.ingest_state import MemoryIngestState
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.state import PostgresIngestState
from siss.errors import DatabaseDamagedError
from siss.model.stats import IngestStatus

Made = MemoryIngestState | PostgresIngestState


class Ages:
    """Lets what was published grow old."""

    def __init__(self, database: Database | None) -> None:
        self._database = database
        self._seconds = 0.0

    def clock(self) -> float:
        return self._seconds

    async def by(self, seconds: float) -> None:
        self._seconds += seconds
        if self._database is not None:
            sql = b"UPDATE control SET updated_at = updated_at - make_interval(secs => %(seconds)s)"
            await self._database.execute(sql, {"seconds": seconds})


@pytest.fixture(params=["memory", "postgres"])
def made(request: pytest.FixtureRequest) -> tuple[Made, Ages]:
    if request.param == "memory":
        ages = Ages(None)
        return MemoryIngestState(clock=ages.clock), ages
    database = cast(Database, request.getfixturevalue("database"))
    return PostgresIngestState(database), Ages(database)


async def test_what_was_published_is_read_until_it_is_old(made: tuple[Made, Ages]):
    state, ages = made
    never = await state.read_status()
    assert (never.phase, never.updated_at) == ("stopped", None)
    await state.write_status(
        IngestStatus("indexing", pending=3, current=("/nas/a",), files_per_second=1.5, waits_for="the database")
    )
    status = await state.read_status()
    assert (status.phase, status.pending, status.current) == ("indexing", 3, ("/nas/a",))
    assert status.waits_for == "the database"
    assert status.updated_at is not None
    await ages.by(11)
    old = await state.read_status()
    assert (old.phase, old.pending, old.waits_for) == ("stopped", 3, ""), (
        "nobody publishes any more, and nobody waits"
    )
    await state.write_status(IngestStatus("idle"))
    assert (await state.read_status()).phase == "idle"


async def test_damage_is_told_until_it_is_forgotten(made: tuple[Made, Ages]):
    state, ages = made
    for what in ("first", "the table files cannot be read"):
        await state.note_damage(DatabaseDamagedError(what))
    assert (await state.read_status()).damage == "the table files cannot be read", "though nothing was published"
    await state.write_status(IngestStatus("idle"))
    assert (await state.read_status()).damage == "the table files cannot be read"
    await ages.by(11)
    assert (await state.read_status()).damage == "the table files cannot be read"
    await state.forget_damage()
    assert (await state.read_status()).damage == ""


async def test_a_pause_is_asked_for_and_taken_back(made: tuple[Made, Ages]):
    state, _ = made
    assert not await state.paused()
    for paused in (True, True, False):
        await state.set_paused(paused)
        assert await state.paused() is paused


async def test_who_begins_to_listen_hears_every_bell_once_and_then_those_that_ring(made: tuple[Made, Ages]):
    state, _ = made
    async with asyncio.timeout(60), aclosing(state.listen()) as first, aclosing(state.listen()) as second:
        for bells in (first, second):
            assert [await anext(bells) for _ in range(3)] == ["jobs", "outbox", "paused"]
        await state.set_paused(True)
        for bells in (first, second):
            while (heard := await anext(bells)) == "":
                pass  # the machine was slow, and silence came first
            assert heard == "paused"


async def test_silence_is_heard(made: tuple[Made, Ages]):
    state, _ = made
    if isinstance(state, MemoryIngestState):
        state = MemoryIngestState(silence=0)
    async with asyncio.timeout(60), aclosing(state.listen()) as bells:
        assert [await anext(bells) for _ in range(4)] == ["jobs", "outbox", "paused", ""]
