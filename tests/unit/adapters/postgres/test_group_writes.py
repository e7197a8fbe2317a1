"""Writes that share a transaction."""

import asyncio
from collections.abc import Sequence

import pytest

from siss.adapters.postgres.group_writes import MOST, GroupWrites
from siss.errors import DatabaseUnavailableError


class Disk:
    """Writes one group after another, each when it is let; refuses what holds an x."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.written: list[str] = []
        self.let = asyncio.Semaphore(0)
        self.writes = GroupWrites(self.write, lambda one, other: one[0] != other[0])

    async def write(self, items: Sequence[str]) -> None:
        self.groups.append(list(items))
        await self.let.acquire()
        if any("x" in item for item in items):
            raise ValueError(items)
        self.written += items

    def begin(self, *items: str) -> list["asyncio.Task[None]"]:
        return [asyncio.create_task(self.writes.add(item)) for item in items]

    async def begun(self, groups: int) -> None:
        async with asyncio.timeout(60):
            while len(self.groups) < groups:
                await asyncio.sleep(0)


async def test_who_comes_while_one_is_written_shares_the_next_transaction():
    disk = Disk()
    first = disk.begin("a")
    await disk.begun(1)
    others = disk.begin("b", "c", "b2", "d", "b3")
    disk.let.release()
    await disk.begun(2)
    assert disk.groups == [["a"], ["b", "c", "d"]]
    await asyncio.gather(*first)
    assert not any(task.done() for task in others)
    for _ in range(3):
        disk.let.release()
    await asyncio.gather(*others)
    assert disk.groups[2:] == [["b2"], ["b3"]]


async def test_a_group_has_an_end():
    disk = Disk()
    tasks = disk.begin(*(chr(1000 + number) for number in range(MOST + 1)))
    disk.let.release()
    disk.let.release()
    await asyncio.gather(*tasks)
    assert [len(group) for group in disk.groups] == [MOST, 1]


async def test_what_is_refused_takes_nothing_down_with_it():
    disk = Disk()
    for _ in range(9):
        disk.let.release()
    results = await asyncio.gather(*disk.begin("a", "bx", "c"), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), ValueError, type(None)]
    assert disk.groups == [["a", "bx", "c"], ["a"], ["bx"], ["c"]]
    assert disk.written == ["a", "c"]


async def test_a_database_that_is_away_is_told_to_all_at_once():
    tries = 0

    async def write(items: Sequence[str]) -> None:
        nonlocal tries
        tries += 1
        raise DatabaseUnavailableError("away")

    writes = GroupWrites(write, lambda one, other: True)
    results = await asyncio.gather(*(writes.add(item) for item in "abc"), return_exceptions=True)
    assert [type(result) for result in results] == [DatabaseUnavailableError] * 3
    assert tries == 1


@pytest.mark.parametrize("waiting", [True, False])
async def test_who_gives_up_has_nothing_written_and_the_others_have(waiting: bool):
    disk = Disk()
    tasks = disk.begin("a") if waiting else []
    if waiting:
        await disk.begun(1)
    tasks += disk.begin("b", "c")
    await disk.begun(1) if not waiting else await asyncio.sleep(0)
    given_up = tasks.pop(-2)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    for _ in range(3):
        disk.let.release()
    await asyncio.gather(*tasks)
    assert disk.written == (["a", "c"] if waiting else ["c"])
