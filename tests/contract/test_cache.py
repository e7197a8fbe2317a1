"""What any cache keeps: the process's own and the table."""

import pytest

from siss.adapters.memory.cache import MemoryCache
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.records.cache import PostgresCache
from siss.ports.cache import Cache


@pytest.fixture(params=["memory", "postgres"])
def cache(request: pytest.FixtureRequest) -> Cache:
    if request.param == "memory":
        return MemoryCache()
    return PostgresCache(request.getfixturevalue("database"), sweep_seconds=0.0)


async def test_what_was_put_is_got(cache: Cache):
    await cache.put("key", b"\x00\xff value", 60.0)
    assert await cache.get("key") == b"\x00\xff value"
    assert await cache.get("other") is None


async def test_the_last_value_counts(cache: Cache):
    await cache.put("key", b"one", 60.0)
    await cache.put("key", b"two", 60.0)
    assert await cache.get("key") == b"two"


async def test_a_value_ends_with_its_time(cache: Cache):
    await cache.put("key", b"value", 0.0)
    assert await cache.get("key") is None
    await cache.put("key", b"value", -1.0)
    assert await cache.get("key") is None


async def test_what_was_deleted_is_gone(cache: Cache):
    await cache.put("key", b"value", 60.0)
    await cache.delete("key")
    await cache.delete("never there")
    assert await cache.get("key") is None


@pytest.mark.parametrize("key", ["", "k" * 100_000, "nul \0", "half \ud800", "ünï"])
async def test_any_key_will_do(cache: Cache, key: str):
    await cache.put(key, b"value", 60.0)
    assert await cache.get(key) == b"value"


async def test_values_that_are_too_old_do_not_stay(database: Database):
    cache = PostgresCache(database, sweep_seconds=0.0)
    await cache.put("old", b"value", -1.0)
    await cache.put("new", b"value", 60.0)
    assert await database.rows(b"SELECT count(*) FROM cache") == [(1,)]


async def test_memory_is_bounded():
    now = 0.0
    cache = MemoryCache(lambda: now)
    for number in range(10_001):
        await cache.put(str(number), b"", 1.0)
    assert await cache.get("10000") == b""
    assert await cache.get("0") is None


async def test_a_cache_without_a_database_is_an_empty_one():
    cache = PostgresCache(Database("postgresql://siss@/siss?host=/nowhere", wait_seconds=0.05))
    await cache.put("key", b"value", 60.0)
    assert await cache.get("key") is None
    await cache.delete("key")
