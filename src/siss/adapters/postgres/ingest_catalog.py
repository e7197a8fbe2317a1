"""The catalog as indexing sees it, in PostgreSQL. Folders and files are recorded in ``record_folders``."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg import sql

from siss.adapters.postgres.contents import SQL as CONTENTS
from siss.adapters.postgres.contents import WriterMemory, delete_contents, replace_segment
from siss.adapters.postgres.database import Connection, Database, fetch
from siss.adapters.postgres.listening import listen
from siss.adapters.postgres.record_folders import record_folders
from siss.adapters.postgres.redact_paths import redact_paths
from siss.adapters.postgres.rows import clamp, join, short_hash, signed, stat_of, unpack_tail
from siss.adapters.postgres.statements import load_statements
from siss.adapters.postgres.write_drawn import SQL as SECRETS
from siss.adapters.postgres.write_outcomes import REFUSALS, enqueue, write_outcomes
from siss.errors import DatabaseDamagedError, InvalidRequestError, SissError
from siss.logs import get_logger
from siss.model.content import Kind, Segment
from siss.model.coverage import LIMITS
from siss.model.file import FileStat, PendingFile, Root, RootState, WatchMode
from siss.model.ids import ContentId, FileId, Generation, RootId, new_generation
from siss.model.ingest import FileOutcome, FolderDelta, KnownFile, OutboxOp, RootSpec, WrittenBatch
from siss.model.stats import IngestStatus

SQL: Final = load_statements("ingest")
_CHANNELS: Final = ("jobs", "outbox", "paused")
_LISTEN_SECONDS: Final = 3.0
_PURGED: Final = 1000
"""Contents that are deleted in one transaction."""

_logger = get_logger(__name__)


class PostgresIngestCatalog:
    """Implements ``siss.ports.ingest_catalog.IngestCatalog``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._memory = WriterMemory()

    async def sync_roots(self, specs: Sequence[RootSpec]) -> list[Root]:
        """Make the roots what the settings say; files of the others are soft-deleted."""
        async with self._database.transaction() as connection:
            named = {spec.path for spec in specs}
            found = await fetch(connection, SQL["lock_roots"])
            gone = [root_id for root_id, path, active in found if active and path not in named]
            for position, spec in enumerate(specs):
                values = {"path": spec.path, "path_hash": short_hash(spec.path), "shown": spec.shown}
                more = {"position": position, "case_insensitive": spec.case_insensitive}
                await connection.execute(SQL["put_root"], values | more)
            if gone:
                for statement in ("drop_roots", "forget_folders_of_roots", "delete_skipped_of_roots"):
                    await connection.execute(SQL[statement], {"ids": gone})
                deleted = await fetch(connection, SQL["delete_files_of_roots"], {"ids": gone})
                await connection.execute(SQL["orphan_all"])
                await _drop_documents(connection, deleted)
            return [_root(row) for row in await fetch(connection, SQL["active_roots"])]

    async def redact_paths(self, version: int, redact_path: Callable[[str], str]) -> int:
        """Show all paths as rules of this version have them."""
        return await redact_paths(self._database, version, redact_path)

    async def set_root(self, root_id: RootId, state: RootState, watch: WatchMode, reason: str = "") -> None:
        """Record what the probe of a root found."""
        values = {"id": root_id, "state": state.value, "watch": watch.value, "reason": reason}
        await self._database.execute(SQL["set_root"], values)

    async def folder_fingerprints(self, root_id: RootId) -> dict[bytes, bytes]:
        """The fingerprint of each known folder."""
        return dict(await self._database.rows(SQL["fingerprints"], {"root_id": root_id}))

    async def files_in_folders(
        self, root_id: RootId, folders: Sequence[bytes]
    ) -> Mapping[bytes, Sequence[KnownFile]]:
        """The files of these folders."""
        values = {"root_id": root_id, "hashes": [short_hash(folder) for folder in folders]}
        found: dict[bytes, list[KnownFile]] = {folder: [] for folder in folders}
        for row in await self._database.rows(SQL["files_in_folders"], values):
            found[row[0]].append(_known_file(row))
        return found

    async def unreadable_files(
        self, root_id: RootId, folders: Sequence[bytes] | None = None
    ) -> list[tuple[FileId, bytes]]:
        """Files that failed because they could not be opened or read."""
        hashes = None if folders is None else [short_hash(folder) for folder in folders]
        rows = await self._database.rows(SQL["unreadable_files"], {"root_id": root_id, "folders": hashes})
        return [(FileId(row[0]), join(row[1], row[2])) for row in rows]

    async def files_by_inode(self, root_id: RootId, stats: Sequence[FileStat]) -> list[KnownFile]:
        """Candidates for a move."""
        values = {
            "root_id": root_id,
            "inodes": [signed(stat.inode) for stat in stats],
            "sizes": [stat.size for stat in stats],
            "mtimes": [clamp(stat.mtime_ns) for stat in stats],
        }
        return [_known_file(row) for row in await self._database.rows(SQL["files_by_inode"], values)]

    async def record_folders(self, root_id: RootId, deltas: Sequence[FolderDelta]) -> int:
        """Record differences; returns how many files became pending."""
        async with self._database.transaction() as connection:
            return await record_folders(connection, root_id, deltas)

    async def mark_missing(self, root_id: RootId, folders: Sequence[bytes], files: Sequence[FileId]) -> int:
        """Mark files, and all files in and below these folders, as missing."""
        async with self._database.transaction() as connection:
            below = await _folders_below(connection, root_id, folders) if folders else []
            values = {"root_id": root_id, "files": list(files), "folders": below}
            lost = await fetch(connection, SQL["mark_missing"], values)
            if below:
                await connection.execute(SQL["forget_folders"], {"folders": below})
            await _drop_documents(connection, lost)
            return len(lost)

    async def count_files(self, root_id: RootId) -> int:
        """How many files of a root are there."""
        return await self._number("count_files", {"root_id": root_id})

    async def finish_scan(self, root_id: RootId) -> None:
        """Record that a scan of a whole root ended."""
        await self._database.execute(SQL["finish_scan"], {"id": root_id})

    async def expire_missing(self, grace_seconds: float) -> int:
        """Soft-delete files that are missing for longer, and drop contents that no file has for as long."""
        async with self._database.transaction() as connection:
            gone = await fetch(connection, SQL["expire_missing"], {"grace": grace_seconds})
            if gone:
                await connection.execute(SQL["orphan_all"])
            expired = [row[0] for row in await fetch(connection, SQL["expired_contents"], {"grace": grace_seconds})]
            await delete_contents(connection, expired)
            if expired:
                await enqueue(connection, [(OutboxOp.DROP_CONTENT, content_id) for content_id in expired])
                await ring(connection, "outbox")
            return len(gone)

    async def pending_files(self, limit: int, after: FileId) -> list[PendingFile]:
        """Files of available roots that may be read now."""
        rows = await self._database.rows(SQL["pending_files"], {"limit": limit, "after": after})
        return [_pending_file(row) for row in rows]

    async def wanted_files(self, limit: int) -> list[PendingFile]:
        """Those of them that somebody waits for."""
        return [_pending_file(row) for row in await self._database.rows(SQL["wanted_files"], {"limit": limit})]

    async def count_pending(self) -> tuple[int, float]:
        """How many files wait, and for how many seconds the oldest has."""
        row = await self._database.row(SQL["count_pending"])
        assert row is not None
        return row[0], row[1]

    async def open_content(self) -> tuple[ContentId, Generation]:
        """Begin a content whose segments come before its hash."""
        async with self._database.connection() as connection:
            await self._memory.ids.reserve(connection, 1)
            content_id, generation = next(self._memory.ids), new_generation()
            await connection.execute(CONTENTS["open_content"], {"id": content_id, "generation": generation})
            return content_id, generation

    async def append_segment(self, content_id: ContentId, segment: Segment) -> None:
        """Store a stretch of a content that was opened, in place of what it has from there on.

        Raises ``InvalidRequestError`` where the database refuses what is in it.
        """
        async with self._database.connection() as connection:
            try:
                async with connection.transaction():
                    await replace_segment(connection, self._memory.structures, content_id, segment)
            except REFUSALS as error:
                raise InvalidRequestError(f"the database refuses a segment: {error}") from error

    async def discard_opened(self, keep: Sequence[ContentId] = ()) -> list[ContentId]:
        """Delete what opened contents left behind."""
        async with self._database.transaction() as connection:
            rows = await fetch(connection, CONTENTS["opened_except"], {"keep": list(keep)})
            gone = [ContentId(row[0]) for row in rows]
            await delete_contents(connection, gone)
            await enqueue(connection, [(OutboxOp.DROP_CONTENT, content_id) for content_id in gone])
            return gone

    async def write_outcomes(self, outcomes: Sequence[FileOutcome]) -> WrittenBatch:
        """Record what became of files."""
        return await write_outcomes(self._database, self._memory, outcomes)

    async def requeue(self, file_ids: Sequence[FileId] | None, *, forced: bool, wanted: bool = False) -> int:
        """Make files pending."""
        values = {"ids": None if file_ids is None else list(file_ids), "forced": forced, "wanted": wanted}
        return await self._database.execute(SQL["requeue"], values)

    async def broken_texts(self) -> list[ContentId]:
        """Contents of which less text is there than was written."""
        return [ContentId(row[0]) for row in await self._database.rows(SQL["broken_texts"])]

    async def files_without_content(self) -> list[FileId]:
        """Files that count as indexed, or are known with a content, and have none."""
        return [FileId(row[0]) for row in await self._database.rows(SQL["files_without_content"])]

    async def requeue_without_content(self, file_ids: Sequence[FileId]) -> int:
        """Have those of them that are still so read again."""
        return await self._database.execute(SQL["requeue_without_content"], {"ids": list(file_ids)})

    async def left_behind(self) -> list[ContentId]:
        """Contents that are not in the catalog, of which chunks, blocks or gaps are there."""
        return [ContentId(row[0]) for row in await self._database.rows(SQL["left_behind"])]

    async def read_everything(self) -> None:
        """Read every page of every table, the system's own as well: what nobody asked for may be damaged, too."""
        tables = await self._database.rows(SQL["readable_tables"])
        async with self._database.connection() as connection:
            for schema, table in tables:
                # Of places, not of ``*``: an index could answer that.
                every = sql.SQL("SELECT count(ctid) FROM {}")
                await connection.execute(every.format(sql.Identifier(schema, table)))

    async def drop_contents(self, contents: Sequence[ContentId]) -> int:
        """Delete what is there of contents that no file has."""
        async with self._database.transaction() as connection:
            rows = await fetch(connection, SQL["without_files"], {"ids": list(contents)})
            gone = [ContentId(row[0]) for row in rows]
            await delete_contents(connection, gone)
            await enqueue(connection, [(OutboxOp.DROP_CONTENT, content_id) for content_id in gone])
            await ring(connection, "outbox")
            return len(gone)

    async def requeue_content(self, content_id: ContentId) -> int:
        """Have the files of a content parsed again."""
        return await self._database.execute(SQL["requeue_content"], {"id": content_id})

    async def note_limits(self, limits: str, largest: int) -> int:
        """Have read again what other limits cut short."""
        values = {
            "reasons": [reason.value for reason in LIMITS],
            "largest": largest,
            "kinds": [kind.value for kind in Kind if not kind.line_structured],
        }
        async with self._database.transaction() as connection:
            if not await fetch(connection, SQL["note_limits"], {"limits": limits}):
                return 0
            return (await connection.execute(SQL["requeue_limited"], values)).rowcount

    async def count_outdated(self, extraction: int) -> int:
        """How many contents were drawn from with other rules."""
        row = await self._database.row(SECRETS["count_outdated"], {"version": extraction})
        assert row is not None
        return int(row[0])

    async def outdated_contents(self, extraction: int, after: ContentId, limit: int) -> list[ContentId]:
        """Those contents by id, beginning after one."""
        values = {"version": extraction, "after": after, "limit": limit}
        return [ContentId(row[0]) for row in await self._database.rows(SECRETS["outdated_contents"], values)]

    async def requeue_contents(self, contents: Sequence[ContentId]) -> int:
        """Have one readable file of each parsed again."""
        async with self._database.transaction() as connection:
            rows = await fetch(connection, SECRETS["first_files"], {"contents": list(contents)})
            values = {"ids": [row[0] for row in rows], "forced": True, "wanted": False}
            return (await connection.execute(SQL["requeue"], values)).rowcount if rows else 0

    async def purge_outdated(self, extraction: int) -> int:
        """Delete contents of other rules that no file that is there has."""
        count = 0
        while True:
            async with self._database.transaction() as connection:
                values = {"version": extraction, "limit": _PURGED}
                gone = [ContentId(row[0]) for row in await fetch(connection, SECRETS["lost_contents"], values)]
                if not gone:
                    return count
                await connection.execute(SECRETS["leave_contents"], {"contents": gone})
                await delete_contents(connection, gone)
                await enqueue(connection, [(OutboxOp.DROP_CONTENT, content_id) for content_id in gone])
                await ring(connection, "outbox")
            count += len(gone)

    async def write_status(self, status: IngestStatus) -> None:
        """Publish what indexing does now."""
        await self._database.execute(SQL["write_status"], {"status": msgspec.json.encode(status).decode()})

    async def note_damage(self, error: DatabaseDamagedError) -> None:
        """Tell of it in the status, as far as that can still be written."""
        try:
            await self._database.execute(SQL["note_damage"], {"told": error.message})
        except SissError as another:
            _logger.warning("damage was not noted", damage=error.message, error=another.message)

    async def forget_damage(self) -> None:
        """Whatever the database keeps could be read."""
        await self._database.execute(SQL["forget_damage"])

    async def paused(self) -> bool:
        """Whether somebody asked indexing to pause."""
        return bool(await self._number("paused"))

    async def forget_waits(self) -> None:
        """Pending files wait no longer."""
        await self._database.execute(SQL["forget_waits"])

    async def set_paused(self, paused: bool) -> None:
        """Ask indexing to pause, or to go on."""
        async with self._database.transaction() as connection:
            await connection.execute(SQL["set_paused"], {"paused": paused})
            await ring(connection, "paused")

    def listen(self) -> AsyncGenerator[str, None]:
        """Channels as they ring, on a connection of its own that is made again when it breaks."""
        return listen(self._database.dsn, _CHANNELS, _LISTEN_SECONDS)

    async def _number(self, statement: str, values: Mapping[str, Any] | None = None) -> int:
        row = await self._database.row(SQL[statement], values)
        assert row is not None
        return int(row[0])


async def ring(connection: Connection, channel: str) -> None:
    """Wake whoever listens, when the transaction is on disk."""
    await connection.execute(SQL["ring"], {"channel": channel})


async def _drop_documents(connection: Connection, files: Sequence[tuple[Any, ...]]) -> None:
    """Outbox rows for files (id, generation) that the engine should no longer hold."""
    changes = [(OutboxOp.DROP_FILE, file_id) for file_id, generation in files if generation]
    if changes:
        await enqueue(connection, changes)
        await ring(connection, "outbox")


async def _folders_below(connection: Connection, root_id: RootId, folders: Sequence[bytes]) -> list[int]:
    prefixes = [folder + b"/" if folder else b"" for folder in folders]
    values = {
        "root_id": root_id,
        "hashes": [short_hash(folder) for folder in folders],
        "prefixes": prefixes,
        "lows": [prefix[:400] for prefix in prefixes],
        # No UTF-8 and hardly any name begins so; the whole prefix is compared anyway.
        "highs": [prefix[:400] + b"\xff\xff\xff\xff" for prefix in prefixes],
    }
    return [row[0] for row in await fetch(connection, SQL["folders_below"], values)]


def _root(row: tuple[Any, ...]) -> Root:
    root_id, path, shown, case_insensitive, state, watch, reason = row
    return Root(RootId(root_id), path, shown, case_insensitive, RootState(state), WatchMode(watch), reason)


def _known_file(row: tuple[Any, ...]) -> KnownFile:
    folder, name, file_id, key, size, mtime_ns, inode, device, missing, *tail = row
    path = join(folder, name)
    stat = stat_of(size, mtime_ns, inode, device)
    return KnownFile(FileId(file_id), path, path if key is None else key, stat, missing, *map(unpack_tail, tail))


def _pending_file(row: tuple[Any, ...]) -> PendingFile:
    (
        file_id,
        root_id,
        root,
        folder,
        name,
        shown,
        size,
        mtime_ns,
        inode,
        device,
        attempts,
        forced,
        content_id,
        *rest,
    ) = row
    sha256, tail = rest
    return PendingFile(
        FileId(file_id),
        RootId(root_id),
        join(root, join(folder, name)),
        shown,
        stat_of(size, mtime_ns, inode, device),
        attempts,
        forced,
        content_id,
        sha256,
        unpack_tail(tail),
    )
