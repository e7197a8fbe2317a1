"""Numbers are kept while counting them is slow, and never otherwise."""

import asyncio

import pytest

from siss.adapters.postgres import counts_cache
from siss.adapters.postgres.counts_cache import CountsCache
from siss.errors import DatabaseUnavailableError


class Counter:
    """Counts how often it was asked; each answer waits to be let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = asyncio.Event()
        self.failure: Exception | None = None

    async def __call__(self) -> int:
        self.asked += 1
        asked = self.asked
        await self.go.wait()
        if self.failure is not None:
            raise self.failure
        return asked


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(counts_cache.time, "monotonic", lambda: now[0])
    return now


async def _counted(numbers: CountsCache[int], counter: Counter, clock: list[float], took: float) -> int:
    counter.go.clear()
    asking = asyncio.ensure_future(numbers.get("key", counter))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clock[0] += took
    counter.go.set()
    return await asking


async def test_what_is_quick_to_count_is_waited_for(clock):
    numbers, counter = CountsCache[int](2.0), Counter()
    assert await _counted(numbers, counter, clock, 0.01) == 1
    assert await numbers.get("key", counter) == 1
    clock[0] += 2.1
    assert await numbers.get("key", counter) == 2


async def test_what_is_slow_is_answered_at_once_and_counted_behind(clock):
    numbers, counter = CountsCache[int](2.0), Counter()
    assert await _counted(numbers, counter, clock, 3.0) == 1
    clock[0] += 14.9
    assert await numbers.get("key", counter) == 1
    assert counter.asked == 1
    clock[0] += 0.2
    counter.go.clear()
    assert [await numbers.get("key", counter) for _ in range(3)] == [1, 1, 1]
    counter.go.set()
    while await numbers.get("key", counter) == 1:
        await asyncio.sleep(0)
    assert counter.asked == 2


async def test_what_is_too_old_is_waited_for(clock):
    numbers, counter = CountsCache[int](2.0), Counter()
    assert await _counted(numbers, counter, clock, 3.0) == 1
    clock[0] += 601
    assert await numbers.get("key", counter) == 2


async def test_many_who_ask_are_counted_for_once():
    numbers, counter = CountsCache[int](2.0), Counter()
    asking = [asyncio.ensure_future(numbers.get("key", counter)) for _ in range(5)]
    counter.go.set()
    assert await asyncio.gather(*asking) == [1] * 5


async def test_a_failure_is_told_and_not_kept():
    numbers, counter = CountsCache[int](2.0), Counter()
    counter.go.set()
    counter.failure = DatabaseUnavailableError("gone")
    with pytest.raises(DatabaseUnavailableError):
        await numbers.get("key", counter)
    counter.failure = None
    assert await numbers.get("key", counter) == 2
