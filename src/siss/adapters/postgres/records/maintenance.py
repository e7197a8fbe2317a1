"""Maintenance of the PostgreSQL database, and its records."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString

from psycopg import sql
from psycopg.types.json import Jsonb

from siss.adapters.postgres.database import Database, Params
from siss.adapters.postgres.ingest.write_outcomes import note_unread
from siss.adapters.postgres.statements import load_statements
from siss.model.coverage import Gap
from siss.model.file import FileStat
from siss.model.ids import FileId
from siss.model.maintenance import StoredHash, Task, TaskRun, Vacuumed

SQL: Final = load_statements("maintenance")
_KNOWN: Final = frozenset(Task)

SMALL: Final = 8 << 20
"""Bytes below which an index is left alone: there is little to gain."""

LOOSE: Final = 1.4
"""An index is built anew when it is so many times as large as that makes it. A B-tree of hashes that only grows is
1.3 times (pages are 69 % full, and 90 % when built); one whose rows were all written again, as new rules of
extraction do, twice, and PostgreSQL gives none of it back."""


class PostgresMaintenance:
    """Implements ``siss.ports.maintenance.Maintenance``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def runs(self) -> Mapping[Task, TaskRun]:
        """The last run of each task; of those of another version of SISS nothing is said."""
        rows = await self._database.rows(SQL["runs"])
        return {Task(name): TaskRun(Task(name), *rest) for name, *rest in rows if name in _KNOWN}

    async def record(self, run: TaskRun) -> None:
        """Keep how a task went."""
        values = {
            "task": run.task.value,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "succeeded_at": run.succeeded_at,
            "result": Jsonb(dict(run.result)),
            "error": run.error,
        }
        await self._database.execute(SQL["record"], values)

    async def vacuum(self) -> Vacuumed:
        """One table after another, so that none is kept from others for long; indexes beside the ones in use."""
        before = await self._size()
        tables = await self._names("tables")
        for table in tables:
            await self._do("VACUUM (ANALYZE) {}", table)
        for index in await self._names("unfinished_indexes"):
            await self._do("DROP INDEX CONCURRENTLY IF EXISTS {}", index)
        loose = await self._names("loose_indexes", {"least": SMALL, "loose": LOOSE})
        for index in loose:
            await self._do("REINDEX INDEX CONCURRENTLY {}", index)
            await self._database.execute(SQL["note_build"], {"name": index})
        return Vacuumed(len(tables), len(loose), before, await self._size())

    async def forget_jobs(self, ended_before: datetime) -> int:
        """Delete jobs that ended before a time."""
        return await self._database.execute(SQL["forget_jobs"], {"ended_before": ended_before})

    async def sample_hashes(self, share: float) -> Sequence[StoredHash]:
        """A random share of the files that can be compared, and all that are damaged."""
        return [_stored(row) for row in await self._database.rows(SQL["sample"], {"share": share}, plan=True)]

    async def set_damaged(self, file_id: FileId, detail: str | None) -> None:
        """Put bit rot on a file's ledger, or take it off."""
        if detail is None:
            await self._database.execute(SQL["clear_damaged"], {"id": file_id})
        else:
            await self._database.execute(SQL["set_damaged"], {"id": file_id, "detail": detail})

    async def note_unread(self, file_id: FileId, gap: Gap) -> None:
        """Put on a file's ledger that it cannot be read any more."""
        async with self._database.transaction() as connection:
            await note_unread(connection, {file_id: gap})

    async def written(self) -> int:
        """The number of the last change that the engine was told of."""
        row = await self._database.row(SQL["written"])
        assert row is not None
        return int(row[0])

    async def upkeep_mark(self) -> str | None:
        """What the last upkeep noted."""
        row = await self._database.row(SQL["upkeep_mark"])
        return row[0] if row else None

    async def note_upkeep(self, mark: str) -> None:
        """Keep the mark of an upkeep."""
        await self._database.execute(SQL["note_upkeep"], {"mark": mark})

    async def _names(self, statement: str, params: Params | None = None) -> list[str]:
        return [row[0] for row in await self._database.rows(SQL[statement], params)]

    async def _do(self, command: LiteralString, name: str) -> None:
        """What cannot stand in a transaction."""
        async with self._database.connection() as connection:
            await connection.execute(sql.SQL(command).format(sql.Identifier(name)))

    async def _size(self) -> int:
        row = await self._database.row(SQL["database_bytes"])
        assert row is not None
        return int(row[0])


def _stored(row: tuple[Any, ...]) -> StoredHash:
    file_id, root, folder, name, shown, size, mtime_ns, inode, device, sha256, damaged = row
    path = os.path.join(bytes(root), bytes(folder), bytes(name))  # noqa: PTH118 - names need not be UTF-8
    return StoredHash(FileId(file_id), path, shown, FileStat(size, mtime_ns, inode, device), bytes(sha256), damaged)
