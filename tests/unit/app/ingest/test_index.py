"""The indexer without anything to index: waiting, and being stopped."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from siss.app.ingest.availability import Waits
from siss.app.ingest.debounce import Debouncer
from siss.app.ingest.index import Indexer
from siss.app.ingest.reading.task import ReadTask
from siss.app.ingest.write import IndexWriter
from siss.app.processes.wire import Done
from siss.errors import DiskFullError
from siss.model.file import FileStat, PendingFile
from siss.model.ids import FileId, RootId
from siss.model.ingest import FileOutcome, Outcome
from siss.ports.ingest_catalog import IngestCatalog

TASK = ReadTask(FileId(1), b"/nas/a.txt", FileStat(1, 0, 1, 1))


class Nothing:
    """A catalog in which nothing waits, and a writer that has nothing to do."""

    unsettled = 0
    behind = False
    committed_at = 0.0
    resting = False

    async def pending_files(self, _limit: int, _after: int) -> list[Any]:
        return []

    async def commit(self) -> None:
        return

    async def wanted_files(self, _limit: int) -> list[Any]:
        return []


class Writes(Nothing):
    """A writer that notes what it is given, in a catalog with one file."""

    def __init__(self) -> None:
        self.written: list[FileId] = []

    def is_open(self, _file_id: FileId) -> bool:
        return False

    async def write(self, outcomes: Sequence[FileOutcome]) -> None:
        self.written.extend(outcome.file_id for outcome in outcomes)


def made(both: Nothing, check_disk_space: Callable[[], None] = lambda: None) -> Indexer:
    """An indexer whose catalog and writer are one object, and whose workers do nothing."""
    return Indexer(
        cast(IngestCatalog, both),
        cast(IndexWriter, both),
        lambda _, __: None,
        waits=Waits(),
        debouncer=Debouncer(lambda _: 0.0, 0.0),
        capacity=1,
        commit_seconds=0.0,
        check_disk_space=check_disk_space,
    )


async def test_nothing_is_written_while_the_disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("siss.app.ingest.availability.RETRY_SECONDS", 0.0)
    writes, full = Writes(), ["/state"] * 3
    tried = asyncio.Event()

    def check_disk_space() -> None:
        if full:
            assert not writes.written
            full.pop()
            raise DiskFullError("the disk of /state is full")
        tried.set()

    indexer = made(writes, check_disk_space)
    task = asyncio.create_task(indexer.run())
    result = FileOutcome(TASK.file_id, Outcome.FAILED, TASK.stat)
    await asyncio.to_thread(indexer.sink, [Done(TASK, result)])
    async with asyncio.timeout(60):
        await tried.wait()
        while not writes.written:
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=60)
    await indexer.close()
    assert writes.written == [TASK.file_id]


@pytest.mark.parametrize("turns", range(6))
async def test_stopping_at_the_moment_a_result_comes_is_stopping(turns: int) -> None:
    nothing = Nothing()
    indexer = made(nothing)
    task = asyncio.create_task(indexer.run())
    await indexer.drained()
    await asyncio.sleep(0)
    await asyncio.to_thread(indexer.sink, [])
    asyncio.get_running_loop().run_in_executor(None, indexer.sink, [])
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=60)
    assert done, "the indexer goes on"
    await indexer.close()


class Resting(Nothing):
    """A writer that was told of changes while it rests."""

    resting = True
    behind = True

    def __init__(self) -> None:
        self.drained = 0
        self.looked = asyncio.Event()

    async def pending_files(self, _limit: int, _after: int) -> list[Any]:
        self.looked.set()
        return []

    async def drain(self, _give_way: Callable[[], bool]) -> None:
        assert not self.resting
        self.behind = False
        self.drained += 1


async def test_what_changes_right_after_a_commit_waits_for_the_next_one() -> None:
    writer = Resting()
    indexer = made(writer)
    task = asyncio.create_task(indexer.run())
    await writer.looked.wait()
    await asyncio.to_thread(indexer.sink, [])  # wakes the loop that collects
    assert (writer.behind, writer.drained) == (True, 0)
    writer.resting = False
    async with asyncio.timeout(60):
        while not writer.drained:
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=60)
    await indexer.close()
    assert not writer.behind


async def test_nothing_is_drained_while_the_writer_is_behind() -> None:
    """Whoever waits for that ends the indexer next: a commit would go on without it."""
    writer = Resting()
    indexer = made(writer)
    task = asyncio.create_task(indexer.run())
    drained = asyncio.create_task(indexer.drained())
    for _ in range(3):  # looks for files that wait: there is none
        writer.looked.clear()
        await writer.looked.wait()
    assert not drained.done()
    writer.resting = False
    async with asyncio.timeout(60):
        await drained
    assert writer.drained == 1
    task.cancel()
    await asyncio.wait([task], timeout=60)
    await indexer.close()


class Backlog(Nothing):
    """Many files that wait, and one that came last, for which somebody waits."""

    async def pending_files(self, limit: int, after: int) -> list[Any]:
        return [waiting(number) for number in range(after + 1, min(after + limit, 5000) + 1)]

    async def wanted_files(self, _limit: int) -> list[Any]:
        return [waiting(5000)] if self.asked else []

    asked = False


def waiting(number: int) -> PendingFile:
    stat = FileStat(1, 0, number, 1)
    return PendingFile(FileId(number), RootId(1), b"/nas/%d" % number, f"/nas/{number}", stat, 0, False, None, None)


async def test_nothing_is_given_where_a_pause_began_while_it_was_looked_up() -> None:
    given = list[FileId]()

    class Slow(Backlog):
        async def pending_files(self, limit: int, after: int) -> list[Any]:
            return []

        async def wanted_files(self, _limit: int) -> list[Any]:
            asked.set()
            await answer.wait()
            return [waiting(1)]

    asked, answer, both = asyncio.Event(), asyncio.Event(), Slow()
    indexer = Indexer(
        cast(IngestCatalog, both),
        cast(IndexWriter, both),
        lambda tasks, _: given.extend(task.file_id for task in tasks),
        waits=Waits(),
        debouncer=Debouncer(lambda _: 0.0, 0.0),
        capacity=10,
        commit_seconds=0.0,
    )
    task = asyncio.create_task(indexer.run())
    async with asyncio.timeout(60):
        await asked.wait()
        indexer.set_paused(True)
        answer.set()
        for _ in range(20):
            await asyncio.sleep(0)
        assert not given
        indexer.set_paused(False)
        while not given:
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=60)
    await indexer.close()


async def test_what_somebody_waits_for_needs_no_room() -> None:
    backlog, given = Backlog(), list[tuple[FileId, bool]]()
    indexer = Indexer(
        cast(IngestCatalog, backlog),
        cast(IndexWriter, backlog),
        lambda tasks, wanted: given.extend((task.file_id, wanted) for task in tasks),
        waits=Waits(),
        debouncer=Debouncer(lambda _: 0.0, 0.0),
        capacity=10,
        commit_seconds=0.0,
    )
    task = asyncio.create_task(indexer.run())
    async with asyncio.timeout(60):
        while len(indexer.in_flight) < 10:
            await asyncio.sleep(0)
        backlog.asked = True
        indexer.wake()
        while FileId(5000) not in {one.file_id for one in indexer.in_flight}:
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=60)
    await indexer.close()
    assert given[-1] == (FileId(5000), True)
    assert not any(wanted for _, wanted in given[:-1])
    assert len({file_id for file_id, _ in given}) == len(given) < 100
