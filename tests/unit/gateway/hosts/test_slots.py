"""Slots: as many as there are, first come, first served, none lost to those who leave or are too late."""

import asyncio
import random

import pytest

from siss.errors import DeadlineError, ModelUnavailableError
from siss.gateway.hosts.slots import Slots
from unit.gateway.simulated import run_simulated


def test_no_slot_is_lost_or_given_twice_whatever_clients_do():
    async def work():
        chance = random.Random(11)
        loop = asyncio.get_running_loop()
        slots = Slots("host", 3, 20)
        most, ends = 0, {}

        async def ask(number):
            nonlocal most
            deadline = loop.time() + chance.choice([0.5, 5.0, 60.0])
            await slots.acquire(deadline)
            try:
                assert loop.time() <= deadline
                most = max(most, slots.busy)
                await asyncio.sleep(2 * chance.random())
            finally:
                slots.release()

        tasks = []
        for number in range(400):
            tasks.append(asyncio.create_task(ask(number)))
            await asyncio.sleep(chance.random() * 0.3)
            if chance.random() < 0.2:
                chance.choice(tasks[-20:]).cancel()
            if number == 200:
                slots.resize(5)
        for found in await asyncio.gather(*tasks, return_exceptions=True):
            ends[type(found)] = ends.get(type(found), 0) + 1
        assert (slots.busy, slots.waiting) == (0, 0)
        assert most == 5
        assert set(ends) <= {type(None), asyncio.CancelledError, DeadlineError, ModelUnavailableError}
        assert min(ends[type(None)], ends[asyncio.CancelledError], ends[DeadlineError]) >= 5

    run_simulated(work())


def test_they_are_served_in_the_order_of_their_coming():
    async def work():
        slots = Slots("host", 1, 10)
        await slots.acquire(100.0)
        order = []

        async def ask(number):
            await slots.acquire(100.0)
            order.append(number)
            slots.release()

        tasks = [asyncio.create_task(ask(number)) for number in range(5)]
        await asyncio.sleep(0.1)
        tasks[2].cancel()
        slots.release()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert order == [0, 1, 3, 4]

    run_simulated(work())


async def test_a_queue_that_is_full_refuses_at_once():
    slots = Slots("host", 1, 0)
    await slots.acquire(1e9)
    with pytest.raises(ModelUnavailableError) as caught:
        await slots.acquire(1e9)
    assert caught.value.details["retry_after"] == 1.0
