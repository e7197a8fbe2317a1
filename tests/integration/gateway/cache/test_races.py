"""What happens at the same time: cancelled callers, writes that wait, entries that are replaced while they are read."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from siss.gateway.cache.cache import ResponseCache
from siss.gateway.cache.store import EntryStore
from siss.gateway.cache.tiers import CacheOptions
from siss.gateway.model.directives import Directives
from siss.gateway.model.entry import Filter
from siss.gateway.model.lookup import Hit, Miss, Reason
from siss.gateway.model.policy import CachePolicy, SemanticMode
from siss.gateway.model.reply import Reply
from unit.gateway.cache.asking import WordEmbedder, answer, ask

POLICY = CachePolicy(semantic=SemanticMode.ON, threshold=0.8)
AGAIN = Directives(no_cache=True)
RESTART = "How do I restart the backup service on the second node?"
REWORDED = "How can I restart the backup service on the second node please?"


def opened(folder: Path):
    return ResponseCache.open(CacheOptions(folder=folder), embedder=WordEmbedder(64))


async def give(cache: ResponseCache, reply: Reply, text: str = RESTART) -> None:
    """Keep a reply, without waiting until it is on disk."""
    found = await cache.lookup(ask(text), POLICY, AGAIN)
    assert await cache.store(ask(text), reply, found.ticket, POLICY) is Reason.NONE


def store_of(cache: ResponseCache) -> EntryStore:
    assert cache._tiers.store is not None
    return cache._tiers.store


@contextlib.contextmanager
def busy_writer(cache: ResponseCache) -> Iterator[None]:
    """The writer does nothing meanwhile."""
    gate = threading.Event()
    store_of(cache)._writer.submit(lambda _: gate.wait(60))
    try:
        yield
    finally:
        gate.set()


async def leave(work: "asyncio.Task[object]") -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert work.cancelled()


async def test_a_purge_whose_caller_leaves_is_done_to_its_end(tmp_path):
    async with await opened(tmp_path) as cache:
        await give(cache, answer("so"))
        await cache.flush()
        with busy_writer(cache):
            purging = asyncio.create_task(cache.purge(Filter(tenant="red")))
            await leave(purging)
            assert isinstance(await cache.lookup(ask(RESTART), POLICY), Hit)  # read once more, before it is gone
        await asyncio.gather(*cache._purging)
        stats = await cache.stats()
        assert (stats.entries, stats.memory_entries, stats.vectors) == (0, 0, 0)
        assert isinstance(await cache.lookup(ask(RESTART), POLICY), Miss)


async def test_a_flush_whose_caller_leaves_takes_no_write_with_it(tmp_path):
    async with await opened(tmp_path) as cache:
        with busy_writer(cache):
            await give(cache, answer("so"))
            await leave(asyncio.create_task(cache.flush()))  # while the vector is made
            await give(cache, answer("and so"), "What is a quorum?")
            while cache._tiers.pending.tasks:
                await asyncio.sleep(0)
            await leave(asyncio.create_task(cache.flush()))  # while it is being written
        await cache.flush()
        stats = await cache.stats()
        assert (stats.entries, stats.vectors, stats.faults) == (2, 2, {})


async def test_an_old_entry_read_from_disk_never_takes_the_place_of_a_newer_one(tmp_path):
    async with await opened(tmp_path) as cache:
        await give(cache, answer("old"))
    async with await opened(tmp_path) as cache:
        gate, read = threading.Event(), store_of(cache).get

        def slowly(key):
            found = read(key)
            gate.wait(60)
            return found

        store_of(cache).get = slowly
        looking = asyncio.create_task(cache.lookup(ask(RESTART), POLICY))
        await asyncio.sleep(0)
        await give(cache, answer("new"))
        gate.set()
        for found in (await looking, await cache.lookup(ask(RESTART), POLICY)):
            assert isinstance(found, Hit)
            assert found.reply == answer("new")


async def test_an_entry_that_is_replaced_by_one_without_a_vector_leaves_the_index(tmp_path):
    async with await opened(tmp_path) as cache:
        for reply, vectors in (
            (answer("so"), 1),
            (answer("cut", finish="length"), 0),  # answers its own question only
            (answer("so"), 1),
        ):
            await give(cache, reply)
            await cache.flush()
            assert (await cache.stats()).vectors == vectors
        with busy_writer(cache):
            await give(cache, answer("so"))
            await give(cache, answer("cut", finish="length"))  # in one group: the last one counts
        await cache.flush()
        assert (await cache.stats()).vectors == 0


async def test_a_reply_that_took_the_place_of_a_candidate_meanwhile_is_not_served(tmp_path):
    async with await opened(tmp_path) as cache:
        await give(cache, answer("so"))
        await cache.flush()
        assert isinstance(await cache.lookup(ask(REWORDED), POLICY), Hit)
        read = store_of(cache).get_by_id
        refusal = Reply.of({"error": {"message": "no such model"}}, 404)
        store_of(cache).get_by_id = lambda entry_id: replace(read(entry_id), reply=refusal)
        found = await cache.lookup(ask(REWORDED), POLICY)
        assert isinstance(found, Miss)
        assert found.reason is Reason.ABSENT


async def test_long_questions_are_verified_off_the_loop(tmp_path, monkeypatch):
    threads: list[str] = []

    def watched(*_given):
        threads.append(threading.current_thread().name)
        return "small-edit"

    monkeypatch.setattr("siss.gateway.cache.semantic.find_doubt", watched)
    async with await opened(tmp_path) as cache:
        for words in (20, 200):
            text = " ".join(f"word{number}" for number in range(words))
            await give(cache, answer("so"), text)
            await cache.flush()
            assert isinstance(await cache.lookup(ask(text + " please"), POLICY), Miss)
        assert threads[0] == "MainThread"
        assert threads[-1].startswith("siss-cache")
