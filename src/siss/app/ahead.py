"""Reading ahead: what the database answers next is fetched while what it answered last is worked on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")


@contextlib.asynccontextmanager
async def read_ahead(
    items: Iterable[Item], read: Callable[[Item], Awaitable[Found]]
) -> AsyncIterator[AsyncIterator[tuple[Item, Found]]]:
    """Each item with what is read of it, in order; one more is read meanwhile, and never more than that.

    Nothing is being read any more when the context ends. Raises what ``read`` raises.
    """
    reading: set[asyncio.Task[Found]] = set()

    def begin(item: Item) -> tuple[Item, asyncio.Task[Found]]:
        async def answer() -> Found:
            return await read(item)

        task = asyncio.create_task(answer())
        reading.add(task)
        return item, task

    async def every() -> AsyncIterator[tuple[Item, Found]]:
        waiting: tuple[Item, asyncio.Task[Found]] | None = None
        for item in items:
            before, waiting = waiting, begin(item)
            if before is not None:
                yield before[0], await before[1]
                reading.discard(before[1])
        if waiting is not None:
            yield waiting[0], await waiting[1]

    try:
        yield every()
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
