"""Writes of one turn of the loop go out together, in order, and none is lost to a close."""

import asyncio

import pytest

from siss.gateway.protocol import _Corked


class Transport:
    """Notes what is done with it."""

    def __init__(self):
        self.done = []
        self.closing = False

    def write(self, data):
        self.done.append(data)

    def close(self):
        self.closing = True
        self.done.append("closed")

    def abort(self):
        self.closing = True

    def is_closing(self):
        return self.closing

    def get_extra_info(self, name):
        return name


@pytest.fixture
async def corked():
    return _Corked(Transport(), asyncio.get_running_loop())


async def test_the_writes_of_a_turn_are_one(corked):
    corked.write(b"head")
    corked.write(b"body")
    assert corked._transport.done == []
    await asyncio.sleep(0)
    corked.write(b"next")
    await asyncio.sleep(0)
    assert corked._transport.done == [b"headbody", b"next"]
    assert corked.get_extra_info("peername") == "peername"


async def test_what_was_written_goes_out_before_a_close_and_nothing_behind_it(corked):
    corked.write(b"last")
    corked.close()
    corked.write(b"too late")
    await asyncio.sleep(0)
    assert corked._transport.done == [b"last", "closed"]


async def test_nothing_goes_out_on_a_connection_that_was_aborted(corked):
    corked.write(b"lost")
    corked.abort()
    await asyncio.sleep(0)
    assert corked._transport.done == []


async def test_much_is_not_held_back(corked):
    corked.write(b"x" * 40_000)
    corked.write(b"y" * 40_000)
    assert [len(each) for each in corked._transport.done] == [80_000]
    await asyncio.sleep(0)
    assert len(corked._transport.done) == 1
