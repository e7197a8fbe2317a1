"""Snapshots: saved while in use, taken at start, refused when they do not read back."""

import asyncio
import sqlite3

from siss.gateway.cache.cache import ResponseCache
from siss.gateway.cache.snapshot import FolderSnapshots
from siss.gateway.cache.tiers import CacheOptions
from siss.gateway.model.lookup import Hit, Miss
from siss.gateway.model.policy import CachePolicy, SemanticMode
from unit.gateway.cache.asking import WordEmbedder, answer, ask

POLICY = CachePolicy(semantic=SemanticMode.ON, threshold=0.8)


async def keep(cache: ResponseCache, text: str) -> None:
    found = await cache.lookup(ask(text), POLICY)
    await cache.store(ask(text), answer(f"about {text}"), found.ticket, POLICY)


def open_cache(folder, snapshots=None):
    return ResponseCache.open(CacheOptions(folder=folder), embedder=WordEmbedder(), snapshots=snapshots)


async def test_another_machine_goes_on_with_the_snapshot(tmp_path):
    snapshots = FolderSnapshots(tmp_path / "share" / "gateway")
    async with await open_cache(tmp_path / "one", snapshots) as cache:
        for number in range(50):
            await keep(cache, f"What does error code {number} of the tape library mean?")
        assert await cache.save_snapshot(snapshots)
        assert not (tmp_path / "one" / "snapshot").exists()
    kept = tmp_path / "share" / "gateway" / "siss-gateway-cache.db"
    assert kept.stat().st_mode & 0o077 == 0
    async with await open_cache(tmp_path / "two", snapshots) as cache:
        assert (tmp_path / "two" / "cache.db").stat().st_mode & 0o077 == 0
        stats = await cache.stats()
        assert (stats.entries, stats.vectors, stats.faults) == (50, 50, {})
        found = await cache.lookup(ask("Please, what does error code 7 of the tape library mean?"), POLICY)
        assert isinstance(found, Hit)
        assert found.reply == answer("about What does error code 7 of the tape library mean?")


async def test_a_snapshot_of_a_cache_under_load_is_whole(tmp_path):
    snapshots = FolderSnapshots(tmp_path / "share")
    async with await open_cache(tmp_path / "one") as cache:
        writing = True

        async def write() -> None:
            number = 0
            while writing:
                await keep(cache, f"What does error code {number} mean?")
                number += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(write())
        for _ in range(5):
            assert await cache.save_snapshot(snapshots)
        writing = False
        await task
    with sqlite3.connect(tmp_path / "share" / "siss-gateway-cache.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()


async def test_a_folder_with_a_database_takes_none(tmp_path):
    snapshots = FolderSnapshots(tmp_path / "share")
    async with await open_cache(tmp_path / "one") as cache:
        await keep(cache, "old")
        await cache.save_snapshot(snapshots)
        await keep(cache, "new")
    async with await open_cache(tmp_path / "one", snapshots) as cache:
        assert (await cache.stats()).entries == 2


async def test_a_snapshot_that_does_not_read_back_is_left_alone(tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    for content in (b"garbage" * 500, b"", None):
        if content is None:
            (share / "siss-gateway-cache.db").unlink()
        else:
            (share / "siss-gateway-cache.db").write_bytes(content)
        async with await open_cache(tmp_path / "one", FolderSnapshots(share)) as cache:
            stats = await cache.stats()
            assert (stats.entries, stats.problem) == (0, "")
            assert stats.faults == ({} if content is None else {"CACHE_CORRUPT": 1})
        for left in (tmp_path / "one").iterdir():
            assert left.name == "cache.db"
            left.unlink()


async def test_a_log_of_a_database_that_is_gone_is_not_taken_for_the_snapshot_s(tmp_path):
    snapshots = FolderSnapshots(tmp_path / "share")
    async with await open_cache(tmp_path / "one") as cache:
        for number in range(30):
            await keep(cache, f"question {number}")
        await cache.save_snapshot(snapshots)
        await cache.flush()
        log = (tmp_path / "one" / "cache.db-wal").read_bytes()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "cache.db-wal").write_bytes(log)
    async with await open_cache(tmp_path / "two", snapshots) as cache:
        assert (await cache.stats()).entries == 30
        assert isinstance(await cache.lookup(ask("question 3"), POLICY), Hit)
    with sqlite3.connect(tmp_path / "two" / "cache.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()


async def test_a_place_that_fails_is_a_warning(tmp_path):
    class Failing:
        async def put(self, _file):
            raise RuntimeError("the bucket is gone")

        async def fetch(self, _file):
            raise OSError(5, "Input/output error")

    async with await open_cache(tmp_path / "one", Failing()) as cache:
        await keep(cache, "x")
        assert not await cache.save_snapshot(Failing())
        assert isinstance(await cache.lookup(ask("y"), POLICY), Miss)
        assert (await cache.stats()).faults == {"OSError": 1, "RuntimeError": 1}
    assert not list((tmp_path / "one").glob("*coming*"))


async def test_a_cache_without_disk_has_nothing_to_save(tmp_path):
    async with await open_cache(None) as cache:
        assert not await cache.save_snapshot(FolderSnapshots(tmp_path))
