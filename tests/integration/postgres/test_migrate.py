"""Migrations: in order, once, never altered."""

import asyncio
from dataclasses import replace

import pytest

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.migrate import Migration, load_migrations, migrate
from siss.errors import MigrationError

KNOWN = load_migrations()
NEXT = Migration(9001, "next", "CREATE TABLE next (id int); INSERT INTO next VALUES (1)")


def test_every_number_is_taken_once():
    numbers = [migration.number for migration in KNOWN]
    assert numbers == sorted(set(numbers))


async def test_twice_changes_nothing(database_url: str):
    assert await migrate(database_url) == []


async def test_what_is_new_is_applied_once_by_whoever_comes_first(database_url: str, database: Database):
    applied = await asyncio.gather(*(migrate(database_url, [*KNOWN, NEXT]) for _ in range(3)))
    assert sorted(applied, key=len) == [[], [], [NEXT]]
    assert await database.rows(b"SELECT id FROM next") == [(1,)]


async def test_an_altered_migration_is_refused(database_url: str):
    altered = [replace(KNOWN[0], sql=KNOWN[0].sql + "-- altered")]
    with pytest.raises(MigrationError, match=r"0001_main was applied .* in another form"):
        await migrate(database_url, altered)


async def test_a_newer_schema_is_refused(database_url: str):
    await migrate(database_url, [*KNOWN, NEXT])
    with pytest.raises(MigrationError, match="newer version") as caught:
        await migrate(database_url)
    assert caught.value.details["number"] == 9001


async def test_a_migration_that_fails_changes_nothing(database_url: str, database: Database):
    broken = replace(NEXT, sql="CREATE TABLE half (id int); SELECT no_such_function()")
    with pytest.raises(MigrationError, match="9001_next failed"):
        await migrate(database_url, [*KNOWN, broken])
    assert await database.row(b"SELECT to_regclass('half')") == (None,)
    assert await migrate(database_url, [*KNOWN, NEXT]) == [NEXT]


async def test_a_migration_outside_of_a_transaction(database_url: str, database: Database):
    outside = replace(
        NEXT,
        sql="-- no transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS later ON files (size);\nSELECT 1;\n",
    )
    assert await migrate(database_url, [*KNOWN, outside]) == [outside]
    assert await database.row(b"SELECT to_regclass('later') IS NOT NULL") == (True,)
