"""Connections: outages, errors in SISS's own words, servers that will not do."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from integration.app.outages import Door
from integration.damaged import damage
from siss.adapters.postgres import check_server as module
from siss.adapters.postgres.check_server import check_server
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.embedded.server import DATABASE, EmbeddedServer
from siss.adapters.postgres.migrate import migrate
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.adapters.postgres.records.catalog_check import PostgresCatalogCheck
from siss.adapters.postgres.translate import translated
from siss.errors import (
    ConfigError,
    DatabaseDamagedError,
    DatabaseUnavailableError,
    DiskFullError,
    InvalidRequestError,
    SissError,
)
from siss.model.principal import LOCAL
from siss.state import StateFolder


async def test_an_outage_ends(tmp_path: Path):
    server = EmbeddedServer(StateFolder(tmp_path / "state"), lasting=False)
    await server.start()
    await migrate(server.dsn)
    database = Database(server.dsn, wait_seconds=0.5)
    catalog = PostgresCatalog(database, stats_seconds=0.0)
    try:
        await database.open()
        assert (await catalog.stats(LOCAL)).files == 0
        await server.stop()
        for _ in range(2):
            with pytest.raises(DatabaseUnavailableError):
                await catalog.ping()
        await server.start()
        async with asyncio.timeout(60):
            while not await answers(catalog):
                pass
        assert (await catalog.stats(LOCAL)).files == 0
    finally:
        await database.close()
        await server.stop()


async def answers(catalog: PostgresCatalog) -> bool:
    with contextlib.suppress(DatabaseUnavailableError):
        return await catalog.ping() >= 0.0
    return False


async def test_a_database_that_is_busy_is_not_one_that_does_not_answer(database_url: str):
    database = Database(database_url, size=1, wait_seconds=0.1)
    await database.open()
    try:
        async with database.connection():
            with pytest.raises(DatabaseUnavailableError, match="connections to PostgreSQL are in use"):
                await database.rows(b"SELECT 1")
        assert await database.rows(b"SELECT 1") == [(1,)]
    finally:
        await database.close()


async def test_connections_that_broke_while_idle_are_replaced_and_nobody_notices(database_url: str):
    database = Database(database_url, size=4)
    await database.open()
    try:
        async with database.connection(), database.connection(), database.connection():
            pass
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
            await other.execute(
                "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        assert [await database.row(b"SELECT 1") for _ in range(6)] == [(1,)] * 6
    finally:
        await database.close()


async def test_what_indexing_asks_steps_behind_what_searches_ask(database_url: str, database: Database):
    own = os.getpriority(os.PRIO_PROCESS, 0)
    behind = Database(database_url, nice=min(own + 3, 19))
    await behind.open()
    try:
        rows = [await each.row(b"SELECT pg_backend_pid()") for each in (behind, database)]
        nices = [os.getpriority(os.PRIO_PROCESS, row[0]) for row in rows if row is not None]
        assert nices == [min(own + 3, 19), own]
    finally:
        await behind.close()


async def test_a_transaction_happens_whole_or_not_at_all(database: Database):
    async def half() -> None:
        async with database.transaction() as connection:
            await connection.execute("UPDATE control SET paused = true")
            await connection.execute("SELECT 1 / 0")

    with pytest.raises(SissError, match="division by zero"):
        await half()
    assert await database.row(b"SELECT paused FROM control") == (False,)


async def ends_at_once(task: "asyncio.Task[Any]") -> bool:
    """Whether a task that is cancelled ends without waiting for anything from outside."""
    task.cancel()
    for _ in range(1000):
        if task.done():
            return True
        await asyncio.sleep(0)
    return False


@pytest.fixture
async def behind_a_door(postgres_server: EmbeddedServer, database_url: str) -> AsyncIterator[tuple[Door, Database]]:
    with tempfile.TemporaryDirectory(prefix="siss-door-") as folder:  # a socket's path must be short
        async with Door(postgres_server.dsn, Path(folder)).open() as door:
            database = Database(door.through(database_url), size=1, wait_seconds=60.0)
            await database.open()
            yield door, database
            door.mend()
            await database.close()


async def test_who_is_cancelled_does_not_wait_for_a_server_that_hangs(behind_a_door: tuple[Door, Database]):
    door, database = behind_a_door
    began = asyncio.Event()

    async def ask() -> None:
        await database.row(b"SELECT 1")
        door.stick()
        began.set()
        await database.row(b"SELECT 2")

    async def write() -> None:
        async with database.transaction() as connection:
            await connection.execute("UPDATE control SET paused = true")
            door.stick()
            began.set()
            await asyncio.Event().wait()  # in a transaction, but not in a statement

    for what in (ask, write):
        began.clear()
        task = asyncio.create_task(what())
        await began.wait()
        await asyncio.sleep(0)
        assert await ends_at_once(task), what
        assert task.cancelled()
        door.mend()
        assert await database.row(b"SELECT paused FROM control") == (False,)


async def test_a_cancellation_that_comes_with_a_connection_is_not_lost(database_url: str):
    database = Database(database_url, size=1)
    await database.open()
    try:
        for steps in range(30):
            async with database.connection():
                waiting = asyncio.create_task(database.row(b"SELECT 1"))
                for _ in range(10):
                    await asyncio.sleep(0)
            for _ in range(steps):
                await asyncio.sleep(0)
            asked = waiting.cancel()
            await asyncio.wait([waiting])
            assert waiting.cancelled() == asked
            assert await database.row(b"SELECT 2") == (2,)
    finally:
        await database.close()


async def test_the_server_ends_what_nobody_waits_for_any_more(database: Database, caplog: pytest.LogCaptureFixture):
    running = b"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT pg_sleep(3600)'"
    task = asyncio.create_task(database.row(b"SELECT pg_sleep(3600)"))
    async with asyncio.timeout(60):
        while await database.row(running) != (1,):
            pass
        assert await ends_at_once(task)
        while await database.row(running) != (0,):
            pass
    assert not caplog.records, "that the connection is closed is meant, and no news"


@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (psycopg.errors.DiskFull("could not extend file"), DiskFullError),
        (psycopg.OperationalError("could not write: No space left on device"), DiskFullError),
        (psycopg.OperationalError("server closed the connection"), DatabaseUnavailableError),
        (psycopg.errors.AdminShutdown("terminating connection"), DatabaseUnavailableError),
        (psycopg.InterfaceError("the connection is closed"), DatabaseUnavailableError),
        (psycopg.errors.DataCorrupted("invalid page in block 7"), DatabaseDamagedError),
        (psycopg.errors.IndexCorrupted("index contains unexpected zero page"), DatabaseDamagedError),
        (psycopg.errors.UndefinedFile('could not open file "base/5/16385": No such file'), DatabaseDamagedError),
        (psycopg.errors.UndefinedFile('could not access file "$libdir/vector"'), DatabaseUnavailableError),
        (psycopg.errors.ReadOnlySqlTransaction("cannot execute UPDATE"), SissError),
        (psycopg.errors.UndefinedTable("no such table"), SissError),
    ],
)
def test_errors_are_translated(raised: psycopg.Error, seen: type[SissError]):
    with pytest.raises(seen) as caught, translated():
        raise raised
    assert type(caught.value) is seen
    assert caught.value.__cause__ is raised


def test_a_disk_that_fails_under_the_database_is_told():
    """It read as a server that does not answer."""
    failed = psycopg.errors.IoError('could not read blocks 20..20 in file "base/5/16385": Input/output error')
    with (
        pytest.raises(DatabaseUnavailableError, match=r"Input/output error\. Look at the disk") as caught,
        translated(),
    ):
        raise failed
    assert "does not answer" not in str(caught.value)


@pytest.mark.parametrize(
    ("relation", "query", "named"),
    [
        ("text_blocks", b"SELECT count(*) FROM text_blocks", "the table text_blocks cannot be read"),
        ("pg_toast of text_blocks", None, "the table text_blocks cannot be read"),
        ("jobs_pkey", None, "the index jobs_pkey of the table jobs cannot be read"),
    ],
)
async def test_what_cannot_be_read_is_named(
    postgres_server: EmbeddedServer,
    database_url: str,
    database: Database,
    relation: str,
    query: bytes | None,
    named: str,
):
    await damage(postgres_server, database_url, relation)
    if relation == "jobs_pkey":
        query = b"SELECT * FROM jobs WHERE id = '00000000-0000-0000-0000-000000000000'"
    elif query is None:
        row = await database.row(b"SELECT reltoastrelid::regclass::text FROM pg_class WHERE relname = 'text_blocks'")
        assert row is not None
        query = f"SELECT count(*) FROM {row[0]}".encode()
    for _ in range(2):
        with pytest.raises(DatabaseDamagedError, match=named):
            await database.row(query)
    with pytest.raises(DatabaseDamagedError, match=named):
        async with database.transaction() as connection:
            await connection.execute(query)
    assert await database.row(b"SELECT 1") == (1,)


@pytest.mark.parametrize("relation", ["audit_logs", "pg_toast of jobs", "entity_spans", "pg_description"])
async def test_what_nobody_asks_for_is_read_as_well(
    postgres_server: EmbeddedServer, database_url: str, database: Database, relation: str
):
    """``siss verify`` called it clean."""
    await damage(postgres_server, database_url, relation)
    with pytest.raises(DatabaseDamagedError, match=f"the table {relation.rsplit(maxsplit=1)[-1]} cannot be read"):
        await PostgresCatalogCheck(database).read_everything()


async def test_what_can_be_read_is_not_called_damaged(database: Database):
    await PostgresCatalogCheck(database).read_everything()


async def test_a_nul_is_the_callers_fault(database: Database):
    with pytest.raises(InvalidRequestError, match="NUL"):
        await database.row(b"SELECT %(value)s::text", {"value": "a\0b"})


async def test_a_server_that_will_do(database_url: str):
    assert (await check_server(database_url)).startswith("18.")


@pytest.mark.parametrize("url", ["not a url", "postgresql://host/db?no_such_option=1", "mysql://x/y"])
async def test_a_url_that_is_none(url: str):
    with pytest.raises(ConfigError, match="SISS_DATABASE_URL") as caught:
        await check_server(url)
    assert caught.value.details["variable"] == "SISS_DATABASE_URL"


@pytest.mark.parametrize("start", ["postgresql://", "postgres//"])
@pytest.mark.parametrize("sign", ["@", "/", "?", "#", "%zz", ":"])
async def test_a_password_that_is_misread_is_not_told(start: str, sign: str):
    if (start, sign) == ("postgresql://", ":"):
        return  # a URL like any other
    with pytest.raises(ConfigError) as caught:
        await check_server(f"{start}siss:hunter{sign}7xq9@127.0.0.1:1/siss")
    told = f"{caught.value.message}{caught.value.details}{caught.value.__cause__}"
    assert "hunter" not in told
    assert "7xq9" not in told


async def test_a_server_that_refuses_or_is_not_there(database_url: str, tmp_path: Path):
    with pytest.raises(ConfigError, match="does not exist"):
        await check_server(database_url.replace("/test_", "/no_such_test_"))
    with pytest.raises(DatabaseUnavailableError, match="SISS_DATABASE_URL"):
        await check_server(f"postgresql:///siss?host={tmp_path}")


async def test_a_server_that_is_too_old(database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "OLDEST_VERSION", 99)
    with pytest.raises(ConfigError, match="PostgreSQL 18, SISS needs 99"):
        await check_server(database_url)


async def test_a_user_who_may_not_make_tables(postgres_server: EmbeddedServer, database_url: str):
    name = f"guest_{os.getpid()}"
    admin = postgres_server.dsn.replace(f"/{DATABASE}?", "/postgres?")
    guest = {"user": name, "dbname": name}
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute(f"CREATE ROLE {name} LOGIN")
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            with pytest.raises(ConfigError, match=f"ALTER DATABASE {name} OWNER TO {name}"):
                await check_server(make_conninfo(admin, **guest))
            await check_server(make_conninfo(database_url, user=name))  # whose tables are there
            await connection.execute(f"ALTER DATABASE {name} OWNER TO {name}")
            await check_server(make_conninfo(admin, **guest))
        finally:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            await connection.execute(f"DROP ROLE {name}")
