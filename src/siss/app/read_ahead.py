"""Reading ahead: what comes next is fetched while what came is worked on."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

Found = TypeVar("Found")


@contextlib.asynccontextmanager
async def read_ahead(source: AsyncGenerator[Found]) -> AsyncIterator[AsyncIterator[Found]]:
    """What a source yields, in order; it is asked for the next one before one is handed over, and for no more.

    The source is closed, and nothing is being read, when the context ends. Raises what the source raises.
    """
    reading: asyncio.Task[list[Found]] | None = None

    async def read() -> list[Found]:
        async for found in source:
            return [found]
        return []

    async def every() -> AsyncIterator[Found]:
        nonlocal reading
        reading = asyncio.create_task(read())
        while found := await reading:
            reading = asyncio.create_task(read())
            yield found[0]

    try:
        yield every()
    finally:
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        await source.aclose()
