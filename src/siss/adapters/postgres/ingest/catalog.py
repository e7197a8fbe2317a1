"""Which files wait to be read, in PostgreSQL. What was read is written by ``write_outcomes``."""

from collections.abc import Sequence
from typing import Any, Final

from siss.adapters.postgres.database import Database, fetch
from siss.adapters.postgres.ingest.contents import SQL as CONTENTS
from siss.adapters.postgres.ingest.contents import WriterMemory, replace_segment
from siss.adapters.postgres.ingest.enqueue import drop_contents
from siss.adapters.postgres.ingest.write_outcomes import REFUSALS, write_outcomes
from siss.adapters.postgres.rows import join, short_hash, stat_of, unpack_tail
from siss.adapters.postgres.statements import load_statements
from siss.errors import InvalidRequestError
from siss.model.content import Segment
from siss.model.file import PendingFile
from siss.model.ids import ContentId, FileId, Generation, RootId, new_generation
from siss.model.ingest import FileOutcome, WrittenBatch

SQL: Final = load_statements("ingest")


class PostgresIngestCatalog:
    """Implements ``siss.ports.ingest_catalog.IngestCatalog``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._memory = WriterMemory()

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

    async def forget_waits(self) -> None:
        """Pending files wait no longer."""
        await self._database.execute(SQL["forget_waits"])

    async def unreadable_files(
        self, root_id: RootId, folders: Sequence[bytes] | None = None
    ) -> list[tuple[FileId, bytes]]:
        """Files that failed because they could not be opened or read."""
        hashes = None if folders is None else [short_hash(folder) for folder in folders]
        rows = await self._database.rows(SQL["unreadable_files"], {"root_id": root_id, "folders": hashes})
        return [(FileId(row[0]), join(row[1], row[2])) for row in rows]

    async def requeue(self, file_ids: Sequence[FileId] | None, *, forced: bool, wanted: bool = False) -> int:
        """Make files pending."""
        values = {"ids": None if file_ids is None else list(file_ids), "forced": forced, "wanted": wanted}
        return await self._database.execute(SQL["requeue"], values)

    async def requeue_content(self, content_id: ContentId) -> int:
        """Have the files of a content parsed again."""
        return await self._database.execute(SQL["requeue_content"], {"id": content_id})

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
            await drop_contents(connection, gone)
            return gone

    async def write_outcomes(self, outcomes: Sequence[FileOutcome]) -> WrittenBatch:
        """Record what became of files."""
        return await write_outcomes(self._database, self._memory, outcomes)


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
