import asyncio

import pytest

from siss.app.ahead import read_ahead


async def test_one_more_is_read_while_one_is_worked_on():
    begun: list[int] = []

    async def read(item: int) -> str:
        begun.append(item)
        return str(item)

    found: list[tuple[int, str, list[int]]] = []
    async with read_ahead(range(4), read) as every:
        async for item, text in every:
            await asyncio.sleep(0)
            found.append((item, text, list(begun)))
    assert found == [(0, "0", [0, 1]), (1, "1", [0, 1, 2]), (2, "2", [0, 1, 2, 3]), (3, "3", [0, 1, 2, 3])]
    async with read_ahead((), read) as every:
        assert [each async for each in every] == []


async def test_nothing_is_being_read_when_the_work_fails():
    ended: list[int] = []

    async def read(item: int) -> int:
        try:
            await asyncio.sleep(3600 if item else 0)
        finally:
            ended.append(item)
        return item

    async def work() -> None:
        async with read_ahead(range(3), read) as every:
            async for _ in every:
                raise ValueError("work")

    with pytest.raises(ValueError, match="work"):
        await work()
    assert ended == [0, 1]


async def test_what_cannot_be_read_is_told():
    async def read(item: int) -> int:
        return 1 // item

    async def work() -> list[tuple[int, int]]:
        async with read_ahead([1, 0], read) as every:
            return [each async for each in every]

    with pytest.raises(ZeroDivisionError):
        await work()
