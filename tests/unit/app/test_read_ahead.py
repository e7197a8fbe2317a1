import asyncio
from collections.abc import AsyncGenerator

import pytest

from siss.app.read_ahead import read_ahead


async def test_the_next_one_is_read_while_one_is_worked_on():
    begun: list[int] = []

    async def source() -> AsyncGenerator[int]:
        for number in range(4):
            begun.append(number)
            yield number

    seen: list[tuple[int, list[int]]] = []
    async with read_ahead(source()) as every:
        async for number in every:
            await asyncio.sleep(0)
            seen.append((number, list(begun)))
    assert seen == [(0, [0, 1]), (1, [0, 1, 2]), (2, [0, 1, 2, 3]), (3, [0, 1, 2, 3])]


async def test_a_source_may_have_nothing():
    async def source() -> AsyncGenerator[int]:
        for number in ():
            yield number

    async with read_ahead(source()) as every:
        assert [each async for each in every] == []


async def test_the_source_is_closed_when_the_work_fails():
    ended: list[int] = []

    async def source() -> AsyncGenerator[int]:
        try:
            yield 1
            await asyncio.sleep(3600)
            yield 2
        finally:
            ended.append(1)

    async def work() -> None:
        async with read_ahead(source()) as every:
            async for _ in every:
                await asyncio.sleep(0)
                raise ValueError("work")

    with pytest.raises(ValueError, match="work"):
        await work()
    assert ended == [1]


async def test_what_cannot_be_read_is_told():
    async def source() -> AsyncGenerator[int]:
        yield 1
        raise ZeroDivisionError

    async with read_ahead(source()) as every:
        assert await anext(every) == 1
        with pytest.raises(ZeroDivisionError):
            await anext(every)
