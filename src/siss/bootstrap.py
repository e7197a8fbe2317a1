"""The wiring: which adapter stands behind which port. Nothing else picks one."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, MutableSequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import siss
from siss.access.event_ids import EventIds
from siss.access.rate import Limiter
from siss.access.sessions import Sessions, SignInCodes
from siss.adapters.clamav.scanner import ClamavScanner
from siss.adapters.folder.uploads import FolderUploads
from siss.adapters.http.sender import HttpSender
from siss.adapters.postgres.check_server import check_server
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.embedded.autovacuum import autovacuum_behind
from siss.adapters.postgres.embedded.dump import PostgresDump, running_dsn
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.adapters.postgres.ingest.catalog import PostgresIngestCatalog
from siss.adapters.postgres.ingest.outbox import PostgresOutbox
from siss.adapters.postgres.ingest.renewal import PostgresRenewal
from siss.adapters.postgres.ingest.scan_catalog import PostgresScanCatalog
from siss.adapters.postgres.ingest.state import PostgresIngestState
from siss.adapters.postgres.migrate import migrate
from siss.adapters.postgres.ownership import own_database
from siss.adapters.postgres.questions.anomalies import PostgresAnomalies
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.adapters.postgres.questions.entities import PostgresEntities
from siss.adapters.postgres.questions.pages import PostgresPages
from siss.adapters.postgres.questions.relationships import PostgresRelationships
from siss.adapters.postgres.questions.structure_schemas import PostgresStructures
from siss.adapters.postgres.questions.texts import PostgresTexts
from siss.adapters.postgres.records.audit import PostgresAuditLog
from siss.adapters.postgres.records.cache import PostgresCache
from siss.adapters.postgres.records.catalog_check import PostgresCatalogCheck
from siss.adapters.postgres.records.edits import PostgresFileEdits
from siss.adapters.postgres.records.events import PostgresEvents
from siss.adapters.postgres.records.idempotency import PostgresIdempotency
from siss.adapters.postgres.records.jobs import PostgresJobs
from siss.adapters.postgres.records.keys import PostgresKeys
from siss.adapters.postgres.records.maintenance import PostgresMaintenance
from siss.adapters.postgres.records.synonyms import PostgresSynonyms
from siss.adapters.postgres.records.webhooks import PostgresSavedSearches, PostgresWebhooks
from siss.adapters.tantivy.reader import TantivyReader
from siss.adapters.tantivy.writer import open_writer
from siss.app.access import AccessControl
from siss.app.audit import AuditWriter
from siss.app.authenticate import Authenticator
from siss.app.backup import Manifest, check_backup, clear_moves, forget_restore, move_database, restore_backup
from siss.app.child_process import run_in_child
from siss.app.evaluators import Evaluators
from siss.app.ingest.reading.extraction import Extractors, load_extraction
from siss.app.ingest.service import IndexingService
from siss.app.ingest.upkeep import derive
from siss.app.ingest.wiring import open_indexing
from siss.app.maintenance.tasks import MaintenancePorts
from siss.app.operate import require_known_roots
from siss.app.secret_key import find_key
from siss.app.services import Services
from siss.app.shown_paths import path_redactor
from siss.errors import ConfigError, DatabaseDamagedError
from siss.logs import configure_logs
from siss.model.stats import IngestStatus
from siss.ports.dump import DumpFacts
from siss.priority import step_behind
from siss.settings import Settings, as_toml
from siss.state import Owner, StateFolder, acquire_owner

_LOOKUPS: Final = 4
"""Connections for what every search asks: each is busy for a fraction of a millisecond."""


@dataclass(frozen=True, slots=True)
class State:
    """A state folder that this process owns, with its database running.

    ``dsn``: the database's URL; ``embedded``: whether its server belongs to the state folder.
    """

    owner: Owner
    dsn: str
    embedded: bool = False


@contextlib.asynccontextmanager
async def own_state(settings: Settings, report: Callable[[str], None] | None = None) -> AsyncIterator[State]:
    """Own the state folder for as long as the context lasts: lock, database, schema.

    Raises ``StateLockedError`` where another process owns it, or the database, ``StateError``, ``DiskFullError``,
    ``MigrationError``, and ``DatabaseUnavailableError`` for a server that does not answer.
    """
    async with _own_database(settings, report) as state:
        await migrate(state.dsn)
        yield state


@contextlib.asynccontextmanager
async def _own_database(settings: Settings, report: Callable[[str], None] | None) -> AsyncIterator[State]:
    """The same, with whatever schema the database has."""
    with acquire_owner(settings.data_dir) as owner:
        clear_moves(owner.folder.run)
        owner.note_settings(as_toml(settings))
        url = settings.database_url.get_secret_value()
        if url:
            await check_server(url)
            async with own_database(url):
                yield State(owner, url)
            return
        server = EmbeddedServer(owner.folder, report=report)
        try:
            await server.start()
        except DatabaseDamagedError:
            await server.stop()  # it is up, and lets nobody in
            raise
        guard = asyncio.create_task(server.keep_alive(), name="postgres")
        try:
            yield State(owner, server.dsn, embedded=True)
        finally:
            guard.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await guard
            await asyncio.shield(server.stop())


@contextlib.asynccontextmanager
async def open_services(
    settings: Settings,
    dsn: str,
    *,
    connections: int = 6,
    nice: int = 0,
    synonyms_mark: MutableSequence[int] | None = None,
) -> AsyncIterator[Services]:
    """The ports for a process that answers questions, owner or not.

    ``nice``: of ``Database``; ``synonyms_mark``: of ``PostgresSynonyms``.
    """
    async with contextlib.AsyncExitStack() as stack:
        database = Database(dsn, size=connections, nice=nice)
        lookups = Database(dsn, size=_LOOKUPS, by_key=True, nice=nice)
        for pool in (database, lookups):
            await pool.open()
            stack.push_async_callback(pool.close)
        fulltext = TantivyReader(settings.data_dir)
        stack.push_async_callback(fulltext.close)
        evaluators = Evaluators()
        stack.push_async_callback(evaluators.close)
        uploads = _open_uploads(settings)
        redact, _ = _redactors(settings)
        if uploads is not None:
            stack.callback(uploads.close)
        yield Services(
            settings=settings,
            catalog=PostgresCatalog(database, lookups),
            texts=PostgresTexts(database, lookups),
            pages=PostgresPages(lookups),
            fulltext=fulltext,
            cache=PostgresCache(database),
            jobs=PostgresJobs(database),
            scans=PostgresScanCatalog(database),
            ingest=PostgresIngestCatalog(database),
            ingest_state=PostgresIngestState(database),
            renewal=PostgresRenewal(database),
            catalog_check=PostgresCatalogCheck(database),
            outbox=PostgresOutbox(database),
            entities=PostgresEntities(database, lookups),
            relationships=PostgresRelationships(database),
            structures=PostgresStructures(database),
            evaluators=evaluators,
            anomalies=PostgresAnomalies(database),
            maintenance=PostgresMaintenance(database),
            edits=PostgresFileEdits(database),
            idempotency=PostgresIdempotency(database),
            synonyms=PostgresSynonyms(database, synonyms_mark, lookups),
            events=PostgresEvents(database),
            searches=PostgresSavedSearches(database),
            webhooks=PostgresWebhooks(database),
            sender=HttpSender(settings.webhook_allow, siss.__version__),
            uploads=uploads,
            redact=redact,
            redact_path=path_redactor(redact),
            event_ids=EventIds(lambda: find_key(settings.data_dir, settings.secret_key_file, make=False)),
            scanner=ClamavScanner(settings.scanner_url, settings.scanner_timeout) if settings.scanner_url else None,
        )


@contextlib.asynccontextmanager
async def _open_derived(
    dsn: str, nice: int
) -> AsyncIterator[tuple[Callable[[], Awaitable[object]], MaintenancePorts]]:
    """With connections of its own: what concerns many files asks long questions, for which no other waits."""
    database = Database(dsn, size=2, nice=nice)
    await database.open()
    try:
        maintenance = MaintenancePorts(
            PostgresMaintenance(database), PostgresDump(dsn), PostgresAuditLog(database), PostgresKeys(database)
        )
        async with autovacuum_behind(database, nice):
            yield functools.partial(derive, PostgresStructures(database), PostgresAnomalies(database)), maintenance
    finally:
        await database.close()


def derive_here(given: tuple[Settings, str, int]) -> str:
    """Upkeep in a process of its own; settings, the database's URL and how nice its connections are."""
    settings, dsn, nice = given
    configure_logs(settings.log_level, settings.log_format)

    async def work() -> str:
        async with _open_derived(dsn, nice) as (act, _):
            return str(await act())

    return asyncio.run(work())


def _open_uploads(settings: Settings) -> FolderUploads | None:
    if settings.upload_root is None:
        return None
    return FolderUploads(settings.upload_root, settings.nas_timeout, StateFolder(settings.data_dir).run / "uploads")


def _redactors(settings: Settings) -> tuple[Callable[[str], str], Callable[[str], str]]:
    """What redacts a text, and a question. Their rules are compiled when they are first needed."""

    @functools.cache
    def extractors() -> Extractors:
        return Extractors(load_extraction(settings, make_key=False))

    return lambda text: extractors().redact(text), lambda text: extractors().redact_question(text)


@contextlib.asynccontextmanager
async def open_access(
    settings: Settings,
    dsn: str,
    *,
    times: MutableMapping[str, float] | None = None,
    keys_required: bool = False,
    local_token: str | None = None,
    session_secret: bytes | None = None,
) -> AsyncIterator[AccessControl]:
    """Keys and the audit log.

    ``times``: of rates, shared by all processes that answer; ``session_secret``: of ``Sessions``, None where no
    browser is signed in; the others: of ``Authenticator``.
    """
    async with contextlib.AsyncExitStack() as stack:
        database = Database(dsn, size=2)
        await database.open()
        stack.push_async_callback(database.close)
        keys, audit = PostgresKeys(database), PostgresAuditLog(database)
        authenticator = Authenticator(
            keys,
            Limiter({} if times is None else times),
            required=keys_required,
            local_token=local_token,
            codes=SignInCodes(StateFolder(settings.data_dir)),
            sessions=None if session_secret is None else Sessions(session_secret),
        )
        writer = AuditWriter(audit, *_redactors(settings))
        await stack.enter_async_context(writer.running())
        yield AccessControl(keys, audit, authenticator, writer)


@contextlib.asynccontextmanager
async def open_indexer(
    settings: Settings,
    state: State,
    on_status: Callable[[IngestStatus], None] | None = None,
    *,
    apart: bool = False,
    restoring: bool = False,
) -> AsyncIterator[tuple[Services, IndexingService]]:
    """Services and indexing, for the owner of the state folder. An empty engine is filled from the catalog.

    ``apart``: upkeep is done in a process of its own, behind those that answer; ``restoring``: this is a part of a
    restore, which goes on with the same backup when it is killed here.
    """
    extraction = load_extraction(settings)
    # What this process computes aside (anomalies, clusters) is nobody's answer.
    asyncio.get_running_loop().set_default_executor(
        ThreadPoolExecutor(thread_name_prefix="behind", initializer=step_behind, initargs=(settings.nice,))
    )
    engine = open_writer(settings.data_dir, settings.writer_memory, settings.nice)
    try:
        nice = settings.nice if state.embedded else 0  # elsewhere its processes are not ours to rank
        async with (
            open_services(settings, state.dsn, nice=nice) as services,
            _open_derived(state.dsn, nice) as (upkeep, maintenance),
        ):
            await require_known_roots(services)
            given = (settings, state.dsn, nice)
            behind = functools.partial(run_in_child, "siss-upkeep", derive_here, given, settings.nice)
            act = behind if apart else upkeep
            async with open_indexing(settings, services, engine, extraction, act, maintenance, on_status) as indexing:
                if engine.is_empty:
                    await indexing.refill_engine()
                else:
                    await indexing.bring_engine_in_step()
                if not restoring:
                    await asyncio.to_thread(forget_restore, settings.data_dir)
                yield services, indexing
    finally:
        await engine.close()


@contextlib.asynccontextmanager
async def open_dump(settings: Settings, report: Callable[[str], None] | None = None) -> AsyncIterator[PostgresDump]:
    """The database to be dumped: a service may use it meanwhile. Raises as ``own_state``."""
    url = settings.database_url.get_secret_value() or running_dsn(StateFolder(settings.data_dir))
    if url:
        yield PostgresDump(url)
        return
    async with own_state(settings, report) as state:
        yield PostgresDump(state.dsn)


async def restore_state(settings: Settings, backup: Path, report: Callable[[str], None] | None = None) -> Manifest:
    """Fill a new state folder, or a new database, from a backup, and bring it to this version's schema.

    The full-text index is made when the index is opened next. Raises what ``own_state`` and ``restore_backup`` raise;
    what was begun is left for the message to name.
    """
    await asyncio.to_thread(check_backup, backup)
    async with _own_database(settings, report) as state:
        if report is not None:
            report("restoring")
        manifest = await restore_backup(PostgresDump(state.dsn), backup, settings.data_dir)
        await migrate(state.dsn)
    return manifest


async def move_state(settings: Settings, url: str, report: Callable[[str], None] | None = None) -> DumpFacts:
    """Carry what the embedded database holds to an empty database on a server; the embedded one stays as it is.

    Nobody else works on it meanwhile. The full-text index is to be made anew afterwards: what it had yet to be told
    is not carried over. Raises ``ConfigError`` where the settings name a server already, and what ``own_state`` and
    ``move_database`` raise.
    """
    if settings.database_url.get_secret_value():
        raise ConfigError(
            "SISS_DATABASE_URL names a server already: only the embedded database is moved (siss backup and restore "
            "carry one server's to another)",
            variable="SISS_DATABASE_URL",
        )
    await check_server(url, "--to")
    async with own_state(settings, report) as state:
        if report is not None:
            report("moving")
        facts = await move_database(PostgresDump(state.dsn), PostgresDump(url), state.owner.folder.run)
        await migrate(url)
    return facts
