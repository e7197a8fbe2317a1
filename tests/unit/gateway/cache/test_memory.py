"""The memory tier: bytes, ends, purges."""

from dataclasses import replace

from siss.gateway.cache.memory import MemoryTier
from siss.gateway.model.entry import Entry, Filter
from unit.gateway.cache.asking import Clock, answer

NOW = Clock().now


def entry(key: bytes, *, ends: float = 100.0, text: str = "yes", **more) -> Entry:
    fields = {"tenant": "red", "model": "stella", "route": "chat", **more}
    return Entry(key, created=NOW, keep_until=NOW + ends, reply=answer(text), **fields)


def test_entries_end_on_their_own():
    clock = Clock()
    memory = MemoryTier(100_000, clock)
    memory.put(entry(b"a", ends=10))
    memory.put(entry(b"b", ends=30))
    clock.pass_by(20)
    assert memory.get(b"a") is None
    assert memory.get(b"b") is not None


def test_the_least_recently_used_goes_when_bytes_are_short():
    memory = MemoryTier(4000, Clock())
    for key in (b"a", b"b", b"c"):
        memory.put(entry(key))
    memory.get(b"a")
    memory.put(entry(b"d", text="y" * 500))
    assert memory.get(b"a") is not None
    assert memory.get(b"b") is None
    assert memory.totals[1] <= 4000


def test_what_is_larger_than_all_of_it_replaces_nothing_with_itself():
    memory = MemoryTier(4000, Clock())
    memory.put(entry(b"a"))
    memory.put(replace(entry(b"a"), reply=answer("y" * 10_000)))
    assert memory.get(b"a") is None  # not the old one either: it is not the answer any more


def test_what_has_ended_already_takes_the_one_before_with_it():
    clock = Clock()
    memory = MemoryTier(4000, clock)
    memory.put(entry(b"a"))
    memory.put(replace(entry(b"a"), reply=answer("newer"), keep_until=clock()))
    assert memory.get(b"a") is None


def test_purges():
    memory = MemoryTier(100_000, Clock())
    memory.put(entry(b"a"))
    memory.put(entry(b"b", tenant="blue", tags=("x",)))
    memory.put(entry(b"c", model="max"))
    assert memory.purge(Filter(tenant="blue", tag="y")) == 0
    assert memory.purge(Filter(tag="x")) == 1
    assert memory.purge(Filter(model="max")) == 1
    assert memory.purge(Filter()) == 1
    assert memory.totals == (0, 0)
