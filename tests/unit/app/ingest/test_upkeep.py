"""Upkeep runs when something changed and nothing else is to be done."""

import asyncio

from siss.app.ingest import upkeep
from siss.app.ingest.upkeep import Upkeep
from siss.errors import UnavailableError


class Work:
    def __init__(self) -> None:
        self.runs = 0
        self.changes = 1
        self.idle = True
        self.fails = False
        self.ran = asyncio.Event()

    async def act(self) -> None:
        self.ran.set()
        if self.fails:
            raise UnavailableError("the database is away", retry_after=1)
        self.runs += 1


def kept_by(work: Work, interval: float = 0.001) -> Upkeep:
    return Upkeep(work.act, lambda: work.changes, lambda: work.idle, interval)


async def test_nothing_changed_nothing_to_do():
    work = Work()
    kept = kept_by(work)
    await kept.run_now()
    await kept.run_now()
    assert work.runs == 1
    work.changes = 2
    await kept.run_now()
    assert work.runs == 2


async def test_never_where_it_is_switched_off():
    work = Work()
    await kept_by(work, 0.0).run_now()
    assert work.runs == 0


async def test_it_waits_for_indexing_but_not_for_ever(monkeypatch):
    work = Work()
    work.idle = False
    running = asyncio.create_task(kept_by(work).run())
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert work.runs == 0
    monkeypatch.setattr(upkeep, "LONGEST_WAIT", 0.0)
    await asyncio.wait_for(work.ran.wait(), 5)
    running.cancel()


async def test_a_database_that_is_away_ends_nothing():
    work = Work()
    work.fails = True
    running = asyncio.create_task(kept_by(work).run())
    await asyncio.wait_for(work.ran.wait(), 5)
    work.ran.clear()
    work.fails = False
    await asyncio.wait_for(work.ran.wait(), 5)
    assert not running.done()
    running.cancel()
