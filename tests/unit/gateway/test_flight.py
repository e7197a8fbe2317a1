"""Single flight: who waits, who leaves, who comes late."""

import asyncio

import pytest

from siss.errors import ModelUnavailableError
from siss.gateway.flight import Flights


class Calls:
    """Flights that are told what to do by the test."""

    def __init__(self):
        self.flights = Flights()
        self.made = 0
        self.stopped = 0
        self.go = asyncio.Event()
        self.error = None

    async def call(self, flight):
        self.made += 1
        try:
            flight.push(b"one")
            await self.go.wait()
            if self.error is not None:
                raise self.error
            flight.push(b"two")
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        return "all"

    async def ask(self, key=b"k"):
        with self.flights.board(key, self.call, streaming=False) as (flight, _):
            return await flight.result()

    async def follow(self, key=b"k"):
        with self.flights.board(key, self.call, streaming=True) as (flight, _):
            assert await flight.begun()
            return [event async for event in flight.events()]


async def wait():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_all_who_ask_the_same_share_one_call_streams_and_late_comers_too():
    calls = Calls()
    early = [asyncio.create_task(calls.ask()), asyncio.create_task(calls.follow())]
    await wait()
    late = [asyncio.create_task(calls.follow()), asyncio.create_task(calls.ask())]
    other = asyncio.create_task(calls.ask(b"other"))
    await wait()
    calls.go.set()
    assert await asyncio.gather(*early, *late, other) == ["all", [b"one", b"two"], [b"one", b"two"], "all", "all"]
    assert calls.made == 2
    assert len(calls.flights) == 0


async def test_a_leader_may_leave_and_the_last_one_stops_it():
    calls = Calls()
    asking = [asyncio.create_task(calls.ask()) for _ in range(3)]
    await wait()
    for task in asking[:2]:
        task.cancel()
    await wait()
    assert calls.stopped == 0
    asking[2].cancel()
    await wait()
    assert (calls.stopped, len(calls.flights)) == (1, 0)


async def test_who_asks_after_the_last_one_left_has_a_call_of_its_own():
    calls = Calls()
    first = asyncio.create_task(calls.ask())
    await wait()
    first.cancel()
    second = asyncio.create_task(calls.ask())
    await wait()
    calls.go.set()
    assert await second == "all"
    assert calls.made == 2


async def test_a_failure_is_shared_and_forgotten():
    calls = Calls()
    calls.error = ModelUnavailableError("down")
    asking = [asyncio.create_task(calls.ask()) for _ in range(3)]
    await wait()
    calls.go.set()
    assert {str(error) for error in await asyncio.gather(*asking, return_exceptions=True)} == {"down"}
    calls.error = None
    assert await calls.ask() == "all"


async def test_without_a_key_nothing_is_shared():
    calls = Calls()
    calls.go.set()
    await asyncio.gather(calls.ask(None), calls.ask(None))
    assert calls.made == 2


async def test_the_gateways_end_is_told_to_those_who_wait():
    calls = Calls()
    asking = asyncio.create_task(calls.ask())
    await wait()
    await calls.flights.close()
    with pytest.raises(ModelUnavailableError, match="stopping"):
        await asking
