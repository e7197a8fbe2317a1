"""Runs a blocking walk in a thread and hands what it yields to the event loop.

A dead mount does not fail, it blocks. So the walk has a thread of its own rather than one of the pool, and whoever
waits for it is told of silence; a thread that never comes back is left behind.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import TypeVar

SILENT_SECONDS = 10.0
"""How long a walk may yield nothing before ``on_silence`` is called."""

LEAVE_SECONDS = 5.0
"""How long to wait for a walk that is no longer wanted, before it is left behind."""

Item = TypeVar("Item")


async def run_in_thread(
    walk: Callable[[contextlib.ExitStack, Callable[[], bool]], Iterator[Item]],
    on_silence: Callable[[], Awaitable[None]],
) -> AsyncGenerator[Item, None]:
    """Yield what ``walk`` yields, at most two items ahead of the consumer.

    ``walk`` is called in the thread. It is given a stack for what must be closed there when it ends, and a function
    that says whether it should stop. ``on_silence`` may raise to give up. Raises what ``walk`` raises.
    """
    items: asyncio.Queue[Item | _End] = asyncio.Queue(maxsize=2)
    loop = asyncio.get_running_loop()
    stop, walked = threading.Event(), threading.Event()

    def put(item: "Item | _End") -> None:
        if not stop.is_set():
            asyncio.run_coroutine_threadsafe(items.put(item), loop).result()

    def run() -> None:
        with contextlib.ExitStack() as stack:
            end = _End(None)
            try:
                for item in walk(stack, stop.is_set):
                    put(item)
            except Exception as error:  # noqa: BLE001 - it is raised again where the walk is waited for
                end = _End(error)
            walked.set()  # before the stack is closed: nobody need wait for that
            put(end)

    threading.Thread(target=run, name="siss-walk", daemon=True).start()
    try:
        while not isinstance(item := await _next(items, on_silence), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stop.set()
        until = loop.time() + LEAVE_SECONDS
        while not walked.is_set() and loop.time() < until:
            while not items.empty():  # the thread may wait for room to put one
                items.get_nowait()
            await asyncio.sleep(0.005)


class _End:
    """The walk has ended, with an error or without."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error


async def _next(items: "asyncio.Queue[Item | _End]", on_silence: Callable[[], Awaitable[None]]) -> "Item | _End":
    while True:
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                return await items.get()
        except TimeoutError:
            await on_silence()
