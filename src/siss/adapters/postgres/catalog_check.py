"""Rows that contradict each other, in PostgreSQL."""

from collections.abc import Sequence
from typing import Final

from psycopg import sql

from siss.adapters.postgres.database import Database, fetch
from siss.adapters.postgres.enqueue import drop_contents, ring
from siss.adapters.postgres.statements import load_statements
from siss.model.ids import ContentId, FileId

SQL: Final = load_statements("catalog_check")


class PostgresCatalogCheck:
    """Implements ``siss.ports.catalog_check.CatalogCheck``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_everything(self) -> None:
        """Read every page of every table, the system's own as well: what nobody asked for may be damaged, too."""
        tables = await self._database.rows(SQL["readable_tables"])
        async with self._database.connection() as connection:
            for schema, table in tables:
                # Of places, not of ``*``: an index could answer that.
                every = sql.SQL("SELECT count(ctid) FROM {}")
                await connection.execute(every.format(sql.Identifier(schema, table)))

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

    async def drop_contents(self, contents: Sequence[ContentId]) -> int:
        """Delete what is there of contents that no file has."""
        async with self._database.transaction() as connection:
            rows = await fetch(connection, SQL["without_files"], {"ids": list(contents)})
            gone = [ContentId(row[0]) for row in rows]
            await drop_contents(connection, gone)
            await ring(connection, "outbox")
            return len(gone)
