"""The limit of questions that are worked on at once."""

import asyncio

import pytest

from siss.app.concurrency import ConcurrencyLimit
from siss.errors import UnavailableError

LONG = 600.0


class Crowd:
    """Questions that are worked on until the test says so."""

    def __init__(self, at_work: int) -> None:
        self.limit = ConcurrencyLimit(at_work)
        self.begun: list[int] = []
        self.ends: dict[int, asyncio.Event] = {}
        self.came = asyncio.Event()

    async def ask(self, number: int, seconds: float | None = LONG) -> None:
        self.ends[number] = asyncio.Event()
        async with asyncio.timeout(seconds) as clock, self.limit.turn(clock):
            self.begun.append(number)
            self.came.set()
            await self.ends[number].wait()

    async def until(self, *begun: int) -> None:
        async with asyncio.timeout(60):
            while self.begun != list(begun):
                self.came.clear()
                await self.came.wait()


async def test_a_few_are_worked_on_at_once_and_the_others_in_their_order():
    crowd = Crowd(2)
    asked = [asyncio.create_task(crowd.ask(number)) for number in range(4)]
    await crowd.until(0, 1)
    crowd.ends[1].set()
    await crowd.until(0, 1, 2)
    crowd.ends[0].set()
    await crowd.until(0, 1, 2, 3)
    for end in crowd.ends.values():
        end.set()
    await asyncio.gather(*asked)


async def test_who_waits_too_long_is_told_so_and_keeps_nobody():
    crowd = Crowd(1)
    first = asyncio.create_task(crowd.ask(0))
    await crowd.until(0)
    with pytest.raises(UnavailableError, match="More is asked") as caught:
        await crowd.ask(1, 0.001)
    assert caught.value.details["retry_after"] == 1
    crowd.ends[0].set()
    await first
    last = asyncio.create_task(crowd.ask(2))
    await crowd.until(0, 2)
    crowd.ends[2].set()
    await last


async def test_waiting_takes_nothing_of_the_time_for_the_answer():
    crowd, seen = Crowd(1), []
    first = asyncio.create_task(crowd.ask(0, None))
    await crowd.until(0)

    async def ask() -> None:
        async with asyncio.timeout(LONG) as clock:
            ends = clock.when()
            assert ends is not None
            async with crowd.limit.turn(clock):
                seen.append((clock.when() or 0.0) - ends)

    begun = asyncio.get_running_loop().time()
    waiting = asyncio.create_task(ask())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    crowd.ends[0].set()
    await asyncio.gather(first, waiting)
    assert 0.0 < seen[0] <= asyncio.get_running_loop().time() - begun


async def test_without_a_limit_nobody_is_sent_away():
    crowd = Crowd(1)
    asked = [asyncio.create_task(crowd.ask(number, None)) for number in range(2)]
    await crowd.until(0)
    crowd.ends[0].set()
    await crowd.until(0, 1)
    crowd.ends[1].set()
    await asyncio.gather(*asked)


async def test_who_gives_up_while_waiting_keeps_nobody():
    crowd = Crowd(1)
    asked = [asyncio.create_task(crowd.ask(number)) for number in range(3)]
    await crowd.until(0)
    asked[1].cancel()
    crowd.ends[0].set()
    await crowd.until(0, 2)
    crowd.ends[2].set()
    with pytest.raises(asyncio.CancelledError):
        await asked[1]
    await asyncio.gather(asked[0], asked[2])
