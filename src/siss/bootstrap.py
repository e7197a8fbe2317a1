"""The wiring: which adapter stands behind which port. Nothing else picks one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from siss.adapters.postgres.cache import PostgresCache
from siss.adapters.postgres.catalog import PostgresCatalog
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.entities import PostgresEntities
from siss.adapters.postgres.ingest_catalog import PostgresIngestCatalog
from siss.adapters.postgres.jobs import PostgresJobs
from siss.adapters.postgres.migrate import migrate
from siss.adapters.postgres.outbox import PostgresOutbox
from siss.adapters.postgres.relationships import PostgresRelationships
from siss.adapters.postgres.server import EmbeddedServer
from siss.adapters.postgres.texts import PostgresTexts
from siss.adapters.tantivy.reader import TantivyReader
from siss.adapters.tantivy.writer import open_writer
from siss.app.ingest.service import IndexingService, open_indexing
from siss.app.services import Services
from siss.errors import ConfigError
from siss.model.stats import IngestStatus
from siss.settings import Settings
from siss.state import Owner, acquire_owner


@dataclass(frozen=True, slots=True)
class State:
    """A state folder that this process owns, with its database running. ``dsn``: the database's URL."""

    owner: Owner
    dsn: str


@contextlib.asynccontextmanager
async def own_state(settings: Settings, report: Callable[[str], None] | None = None) -> AsyncIterator[State]:
    """Own the state folder for as long as the context lasts: lock, database, schema.

    Raises ``StateLockedError`` where another process owns it, ``StateError``, ``DiskFullError``,
    ``MigrationError``, and ``DatabaseUnavailableError`` for a server that does not answer.
    """
    with acquire_owner(settings.data_dir) as owner:
        url = settings.database_url.get_secret_value()
        if url:
            await migrate(url)
            yield State(owner, url)
            return
        server = EmbeddedServer(owner.folder, report=report)
        await server.start()
        guard = asyncio.create_task(server.keep_alive(), name="postgres")
        try:
            await migrate(server.dsn)
            yield State(owner, server.dsn)
        finally:
            guard.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await guard
            await asyncio.shield(server.stop())


@contextlib.asynccontextmanager
async def open_services(settings: Settings, dsn: str, *, connections: int = 8) -> AsyncIterator[Services]:
    """The ports for a process that answers questions, owner or not."""
    for name in ("search_url", "cache_url"):
        if getattr(settings, name):
            raise ConfigError(
                f"SISS_{name.upper()}: this version has only the embedded one; leave it empty",
                variable=f"SISS_{name.upper()}",
            )
    async with contextlib.AsyncExitStack() as stack:
        database = Database(dsn, size=connections)
        await database.open()
        stack.push_async_callback(database.close)
        fulltext = TantivyReader(settings.data_dir)
        stack.push_async_callback(fulltext.close)
        yield Services(
            settings=settings,
            catalog=PostgresCatalog(database),
            texts=PostgresTexts(database),
            fulltext=fulltext,
            cache=PostgresCache(database),
            jobs=PostgresJobs(database),
            ingest=PostgresIngestCatalog(database),
            outbox=PostgresOutbox(database),
            entities=PostgresEntities(database),
            relationships=PostgresRelationships(database),
        )


@contextlib.asynccontextmanager
async def open_indexer(
    settings: Settings, state: State, on_status: Callable[[IngestStatus], None] | None = None
) -> AsyncIterator[tuple[Services, IndexingService]]:
    """Services and indexing, for the owner of the state folder. An empty engine is filled from the catalog."""
    engine = open_writer(settings.data_dir, settings.writer_memory)
    try:
        async with (
            open_services(settings, state.dsn) as services,
            open_indexing(settings, services, engine, on_status) as indexing,
        ):
            if engine.is_empty:
                await indexing.refill_engine()
            yield services, indexing
    finally:
        await engine.close()
