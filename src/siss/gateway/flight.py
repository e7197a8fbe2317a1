"""Single flight: identical questions that are in flight share one call to the host.

A flight is a task of its own. Whoever started it may leave; the others go on waiting. When nobody waits any more it
stops. Its failure is everybody's failure, and nobody's afterwards.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Final, Generic, TypeVar

from siss.errors import ModelUnavailableError

T = TypeVar("T")


class Flight(Generic[T]):
    """One call and those who wait for it. ``streaming``: events come before the result does."""

    def __init__(self, *, streaming: bool) -> None:
        self.streaming: Final = streaming
        self.waiters = 0
        self._events: list[bytes] = []
        self._task: asyncio.Task[T] | None = None
        self._for_more: set[asyncio.Future[None]] = set()
        self._for_the_end: set[asyncio.Future[None]] = set()

    def start(self, work: Coroutine[Any, Any, T], name: str) -> None:
        """Begin; the task's end is the flight's."""
        self._task = asyncio.get_running_loop().create_task(work, name=name)
        self._task.add_done_callback(self._ended)

    def push(self, event: bytes) -> None:
        """Add an event, which every follower gets, those too that come later."""
        self._events.append(event)
        _wake(self._for_more)

    @property
    def done(self) -> bool:
        """Whether it has ended, one way or the other."""
        return self._task is not None and self._task.done()

    async def result(self) -> T:
        """What the call gave; raises what it raised. To be called while waiting."""
        while not self.done:
            await _wait_among(self._for_the_end)
        return self._outcome()

    async def begun(self) -> bool:
        """Wait for the first event, or the end: whether there is one. Raises what the call raised before it."""
        while not self._events and not self.done:
            await _wait_among(self._for_more)
        if not self._events:
            self._outcome()
        return bool(self._events)

    async def events(self) -> AsyncIterator[bytes]:
        """Every event from the first on; then raises what the call raised."""
        at = 0
        while True:
            while at < len(self._events):
                yield self._events[at]
                at += 1
            if self.done:
                if at == len(self._events):
                    break
                continue
            await _wait_among(self._for_more)
        self._outcome()

    def stop(self) -> None:
        """Nobody waits any more."""
        if self._task is not None:
            self._task.cancel()

    def _outcome(self) -> T:
        assert self._task is not None
        if self._task.cancelled():  # with a waiter left, only the gateway's own end stops it
            raise ModelUnavailableError("The gateway is stopping", retry_after=1.0)
        return self._task.result()

    def _ended(self, task: asyncio.Task[T]) -> None:
        if not task.cancelled():
            task.exception()  # whoever waited has it; with nobody left it is no news
        _wake(self._for_more)
        _wake(self._for_the_end)


async def _wait_among(waiters: set[asyncio.Future[None]]) -> None:
    """Wait with others, each for itself: who is cancelled leaves the others waiting."""
    mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiters.add(mine)
    try:
        await mine
    finally:
        waiters.discard(mine)


def _wake(waiters: set[asyncio.Future[None]]) -> None:
    for each in waiters:
        if not each.done():
            each.set_result(None)


class Flights(Generic[T]):
    """The flights there are, by question. For one event loop."""

    def __init__(self) -> None:
        self._flying: dict[bytes, Flight[T]] = {}
        self._alone: set[Flight[T]] = set()

    def __len__(self) -> int:
        return len(self._flying) + len(self._alone)

    @contextlib.contextmanager
    def board(
        self, key: bytes | None, start: Callable[[Flight[T]], Coroutine[Any, Any, T]], *, streaming: bool
    ) -> Iterator[tuple[Flight[T], bool]]:
        """Wait for a question's answer inside; also whether somebody else had asked already.

        ``key``: None for a question that shares nothing. ``start`` makes the call where there is none yet.
        """
        flight = None if key is None else self._flying.get(key)
        shared = flight is not None
        if flight is None:
            flight = Flight(streaming=streaming)
            self._enter(key, flight)
            flight.start(self._fly(key, flight, start), "flight")
        flight.waiters += 1
        try:
            yield flight, shared
        finally:
            flight.waiters -= 1
            if not flight.waiters and not flight.done:
                self._leave(key, flight)  # who asks now starts another one
                flight.stop()

    async def close(self) -> None:
        """Stop all of them."""
        flights = [*self._flying.values(), *self._alone]
        for flight in flights:
            flight.stop()
        for flight in flights:
            with contextlib.suppress(BaseException):
                await flight.result()

    async def _fly(
        self, key: bytes | None, flight: Flight[T], start: Callable[[Flight[T]], Coroutine[Any, Any, T]]
    ) -> T:
        try:
            return await start(flight)
        finally:
            self._leave(key, flight)

    def _enter(self, key: bytes | None, flight: Flight[T]) -> None:
        if key is None:
            self._alone.add(flight)
        else:
            self._flying[key] = flight

    def _leave(self, key: bytes | None, flight: Flight[T]) -> None:
        self._alone.discard(flight)
        if key is not None and self._flying.get(key) is flight:
            del self._flying[key]
