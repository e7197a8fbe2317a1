"""Upkeep runs when something changed and nothing else is to be done."""

import asyncio
import contextlib

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
        self.noted: str | None = None
        self.changed_before = 0

    async def act(self) -> None:
        self.ran.set()
        if self.fails:
            raise UnavailableError("the database is away", retry_after=1)
        self.runs += 1

    async def written(self) -> int:
        return self.changes + self.changed_before

    async def upkeep_mark(self) -> str | None:
        return self.noted

    async def note_upkeep(self, mark: str) -> None:
        self.noted = mark


def kept_by(work: Work, interval: float = 0.001) -> Upkeep:
    return Upkeep(work.act, lambda: work.changes, lambda: work.idle, interval, work)  # type: ignore[arg-type]


async def test_nothing_changed_nothing_to_do():
    work = Work()
    kept = kept_by(work)
    await kept.run_now()
    await kept.run_now()
    assert work.runs == 1
    work.changes = 2
    await kept.run_now()
    assert work.runs == 2


async def test_a_restart_repeats_nothing_and_forgets_nothing():
    work = Work()
    await kept_by(work).run_now()
    work.changes, work.changed_before = 0, 1
    started = kept_by(work)
    await started.run_now()
    assert work.runs == 1
    work.changes = 1
    await started.run_now()
    assert work.runs == 2
    work.changes, work.changed_before = 0, 3  # written by a process that ended before it came to upkeep
    await kept_by(work).run_now()
    assert work.runs == 3


async def test_what_was_cut_short_is_done_after_the_next_start():
    work = Work()
    work.fails = True
    with contextlib.suppress(UnavailableError):
        await kept_by(work).run_now()
    work.fails = False
    await kept_by(work).run_now()
    assert work.runs == 1


async def test_another_version_does_it_again(monkeypatch):
    work = Work()
    await kept_by(work).run_now()
    monkeypatch.setattr("siss.__version__", "99")
    await kept_by(work).run_now()
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
    await asyncio.wait_for(work.ran.wait(), 60)
    running.cancel()


async def test_a_database_that_is_away_ends_nothing():
    work = Work()
    work.fails = True
    running = asyncio.create_task(kept_by(work).run())
    await asyncio.wait_for(work.ran.wait(), 60)
    work.ran.clear()
    work.fails = False
    await asyncio.wait_for(work.ran.wait(), 60)
    assert not running.done()
    running.cancel()
