"""Fixtures that suites share.

One embedded PostgreSQL runs for each pytest process that asks for a database (under xdist: each worker; starting it
takes a second, less than sharing one safely would cost in code). Each test gets a database of its own, copied from a
migrated template.
"""

import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.embedded.server import DATABASE, EmbeddedServer
from siss.adapters.postgres.ingest.catalog import PostgresIngestCatalog
from siss.adapters.postgres.ingest.outbox import PostgresOutbox
from siss.adapters.postgres.ingest.scan_catalog import PostgresScanCatalog
from siss.adapters.postgres.migrate import migrate
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.adapters.postgres.questions.texts import PostgresTexts
from siss.adapters.postgres.records.cache import PostgresCache
from siss.adapters.postgres.records.jobs import PostgresJobs
from siss.state import StateFolder

settings.register_profile("check", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile("check")
"""The same examples in each run, so that a check fails for the change it checks; ``make explore`` draws new ones."""

_numbers = itertools.count()


@pytest.fixture(scope="session")
async def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedServer]:
    """A server whose database ``siss`` is migrated and serves as a template: do not connect to it."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    server = EmbeddedServer(StateFolder(folder), lasting=False)
    await server.start()
    try:
        await migrate(server.dsn)
        yield server
    finally:
        await server.stop()


@pytest.fixture
async def database_url(postgres_server: EmbeddedServer) -> AsyncIterator[str]:
    """The URL of an empty, migrated database of this test's own."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    admin = postgres_server.dsn.replace(f"/{DATABASE}?", "/postgres?")
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE} STRATEGY file_copy")
        try:
            yield postgres_server.dsn.replace(f"/{DATABASE}?", f"/{name}?")
        finally:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open pool on the test's database."""
    opened = Database(database_url)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def scan_catalog(database: Database) -> PostgresScanCatalog:
    return PostgresScanCatalog(database)


@pytest.fixture
def ingest_catalog(database: Database) -> PostgresIngestCatalog:
    return PostgresIngestCatalog(database)


@pytest.fixture
def catalog(database: Database) -> PostgresCatalog:
    """Without the two seconds for which numbers are kept."""
    return PostgresCatalog(database, stats_seconds=0.0)


@pytest.fixture
def texts(database: Database) -> PostgresTexts:
    return PostgresTexts(database)


@pytest.fixture
def jobs(database: Database) -> PostgresJobs:
    return PostgresJobs(database)


@pytest.fixture
def outbox(database: Database) -> PostgresOutbox:
    return PostgresOutbox(database)


@pytest.fixture
def cache(database: Database) -> PostgresCache:
    return PostgresCache(database)
