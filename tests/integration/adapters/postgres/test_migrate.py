"""Migrations: in order, once, never altered."""

import asyncio
import contextlib
import random
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import psycopg
import pytest

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.embedded.server import DATABASE, EmbeddedServer
from siss.adapters.postgres.migrate import Migration, load_migrations, migrate
from siss.errors import MigrationError
from siss.model.mentions import split_places

KNOWN = load_migrations()
PACKED = 18
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


async def test_mentions_of_before_are_packed(empty_url: str):
    await migrate(empty_url, [each for each in KNOWN if each.number < PACKED])
    rng = random.Random(3)
    mentions = {
        (thing, content, part): (rng.randint(1, 3), rng.randbytes(rng.choice((4, 9, 254, 255, 300))))
        for thing, contents in ((1, 1), (2, 2), (3, 64), (4, 65), (5, 3000))
        for content in rng.sample(range(1, 4000), contents)
        for part in range(rng.randint(1, 2))
    }
    async with await psycopg.AsyncConnection.connect(empty_url, autocommit=True) as connection:
        await connection.execute("INSERT INTO entities SELECT n, 0, 1, 'x' || n FROM generate_series(1, 6) n")
        async with connection.cursor() as cursor, cursor.copy("COPY entity_mentions FROM STDIN") as copy:
            for (thing, content, part), (confidence, places) in mentions.items():
                await copy.write_row((thing, content, part, 1, confidence, places))
        await migrate(empty_url)
        rows = await (await connection.execute("SELECT * FROM entity_mentions", binary=True)).fetchall()
        named = await (
            await connection.execute(
                "SELECT e.id, e.contents, e.content_id || e.others || ARRAY(SELECT (s.span::bigint << 10)"
                " + unnest(s.members) FROM entity_spans s WHERE s.entity_id = e.id) FROM entities e"
            )
        ).fetchall()
    assert mentions == {
        (thing, content, part): said
        for content, part, ids, confidences, column in rows
        for thing, said in zip(ids, zip(confidences, split_places(column, len(ids)), strict=True), strict=True)
    }
    assert {thing: (count, sorted(contents)) for thing, count, contents in named} == {
        thing: (len(contents), sorted(contents))
        for thing in range(1, 6)
        if (contents := {key[1] for key in mentions if key[0] == thing})
    }


async def fill(connection: psycopg.AsyncConnection) -> dict[str, int]:
    """One row, or as few as the rules of the schema let there be, in every table that takes one; returns their numbers."""
    cursor = await connection.execute(
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind = 'r' AND nspname = 'public' AND relname <> 'schema_migrations' ORDER BY pg_class.oid"
    )
    tables = [row[0] for row in await cursor.fetchall()]
    for table in tables:
        cursor = await connection.execute(
            "SELECT attname, format_type(atttypid, NULL), t.typtype, t.oid::regtype::text FROM pg_attribute"
            " JOIN pg_type t ON t.oid = atttypid WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " AND attidentity = '' AND attgenerated = '' AND NOT atthasdef AND attnotnull",
            (table,),
        )
        columns = await cursor.fetchall()
        names = ", ".join(f'"{name}"' for name, *_ in columns)
        values = ", ".join([await value_of(connection, table, name, kind, sort) for name, kind, sort, _ in columns])
        with contextlib.suppress(psycopg.IntegrityError):
            row = f"({names}) VALUES ({values})" if columns else "DEFAULT VALUES"
            await connection.execute(f"INSERT INTO {table} {row}".encode())
    return await counts(connection, tables)


async def value_of(connection: psycopg.AsyncConnection, table: str, column: str, kind: str, sort: str) -> str:
    """What a column takes: a row of the table that it refers to, a value that its check allows, or anything."""
    cursor = await connection.execute(
        "SELECT contype, confrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('f', 'c') AND conkey = ARRAY[(SELECT attnum FROM pg_attribute"
        " WHERE attrelid = conrelid AND attname = %s)]",
        (table, column),
    )
    for contype, referred, definition in await cursor.fetchall():
        if contype == "f":
            refers_to = re.findall(r"REFERENCES [^(]+[(]([^)]+)[)]", definition)[0]
            return f"(SELECT {refers_to} FROM {referred} LIMIT 1)"
        if allowed := re.findall(r"'([^']+)'", definition):
            return f"'{allowed[0]}'"
    if sort == "e":
        return f"(enum_range(NULL::{kind}))[1]"
    if kind.endswith("[]"):
        return "'{}'"
    return {"uuid": "gen_random_uuid()", "bytea": "sha256('x')", "jsonb": "'{}'", "boolean": "true"}.get(
        kind, "now()" if "time" in kind else "'x'" if kind in {"text", "character varying"} else "1"
    )


async def counts(connection: psycopg.AsyncConnection, tables: list[str]) -> dict[str, int]:
    found = {}
    for table in tables:
        row = await (await connection.execute(f"SELECT count(*) FROM {table}".encode())).fetchone()
        found[table] = row[0] if row else -1
    return found


async def shape_of(dsn: str) -> list[tuple[object, ...]]:
    """Every column and every index of the schema."""
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        columns = await connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
            " WHERE table_schema = 'public' ORDER BY 1, 2"
        )
        indexes = await connection.execute(
            "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
        )
        return [*await columns.fetchall(), *await indexes.fetchall()]


@pytest.fixture
async def empty_url(postgres_server: EmbeddedServer) -> AsyncIterator[str]:
    admin = postgres_server.dsn.replace(f"/{DATABASE}?", "/postgres?")
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute("CREATE DATABASE from_before TEMPLATE template0")
        yield postgres_server.dsn.replace(f"/{DATABASE}?", "/from_before?")
        await connection.execute("DROP DATABASE from_before WITH (FORCE)")


@pytest.mark.parametrize("known", range(1, len(KNOWN)), ids=lambda known: KNOWN[known - 1].name)
async def test_every_earlier_schema_with_rows_becomes_this_one(known: int, empty_url: str, database_url: str):
    await migrate(empty_url, KNOWN[:known])
    async with await psycopg.AsyncConnection.connect(empty_url, autocommit=True) as connection:
        before = await fill(connection)
        assert before["files"] == before["jobs"] == before["contents"] == 1
        assert sum(map(bool, before.values())) > 0.7 * len(before), before
        assert [each.number for each in await migrate(empty_url)] == [each.number for each in KNOWN[known:]]
        after = await counts(connection, list(before))
    kept = {table: rows for table, rows in before.items() if rows}
    assert {table: after[table] for table in kept} == kept
    assert await shape_of(empty_url) == await shape_of(database_url)
    assert await migrate(empty_url) == []
