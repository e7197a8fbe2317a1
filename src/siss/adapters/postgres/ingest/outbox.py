"""The outbox in PostgreSQL.

Every session commits synchronously, and PostgreSQL shows a transaction to others only after its commit record is on
disk, so whatever ``pending`` sees is durable.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.enqueue import ring
from siss.adapters.postgres.statements import load_statements
from siss.model.ids import ContentId, FileId, Generation
from siss.model.ingest import FileDocument, OutboxEntry, OutboxOp, StoredContent

SQL: Final = load_statements("outbox")
_PAGE: Final = 10_000


class PostgresOutbox:
    """Implements ``siss.ports.outbox.Outbox``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending(self, limit: int, after: int = 0) -> list[OutboxEntry]:
        """Rows in order, beginning after an id."""
        rows = await self._database.rows(SQL["pending"], {"limit": limit, "after": after})
        return [OutboxEntry(number, OutboxOp(op), subject) for number, op, subject in rows]

    async def settle(self, entries: Sequence[OutboxEntry], stamp: str | None = None) -> None:
        """Mark rows as done, and keep the stamp of the commit."""
        if entries or stamp is not None:
            ids = [entry.id for entry in entries]
            await self._database.execute(SQL["settle"], {"ids": ids, "stamp": stamp})

    async def stamp(self) -> str:
        """The stamp of the last commit that was told of."""
        row = await self._database.row(SQL["stamp"])
        assert row is not None
        return str(row[0])

    async def settled(self, up_to: int) -> bool:
        """Whether the engine has seen all rows up to this id."""
        row = await self._database.row(SQL["settled"], {"up_to": up_to})
        assert row is not None
        return bool(row[0])

    async def depth(self) -> int:
        """How many rows wait."""
        row = await self._database.row(SQL["depth"])
        assert row is not None
        return int(row[0])

    async def file_documents(self, files: Sequence[FileId]) -> list[FileDocument]:
        """What the engine should hold of these files."""
        rows = await self._database.rows(SQL["file_documents"], {"ids": list(files)})
        return [_document(row) for row in rows]

    async def stored_contents(self, contents: Sequence[ContentId]) -> Mapping[ContentId, StoredContent]:
        """What the engine should hold of these contents."""
        rows = await self._database.rows(SQL["stored_contents"], {"ids": list(contents)})
        return {
            ContentId(content_id): StoredContent(Generation(generation), chunk_count)
            for content_id, generation, chunk_count in rows
        }

    async def enqueue_all(self) -> int:
        """A row for every content and file."""
        async with self._database.transaction() as connection:
            contents = await connection.execute(SQL["enqueue_contents"])
            files = await connection.execute(SQL["enqueue_files"])
            await ring(connection, "outbox")
            return contents.rowcount + files.rowcount

    async def every_file(self) -> AsyncIterator[tuple[FileId, Generation]]:
        """All files that the engine should hold."""
        async for file_id, generation in self._pages("every_file"):
            yield FileId(file_id), Generation(generation)

    async def every_content(self) -> AsyncIterator[tuple[ContentId, Generation, int]]:
        """All contents that the engine should hold."""
        async for content_id, generation, chunks in self._pages("every_content"):
            yield ContentId(content_id), Generation(generation), chunks

    async def _pages(self, statement: str) -> AsyncIterator[tuple[Any, ...]]:
        after = 0
        while rows := await self._database.rows(SQL[statement], {"after": after, "limit": _PAGE}):
            for row in rows:
                yield row
            after = rows[-1][0]


def _document(row: tuple[Any, ...]) -> FileDocument:
    file_id, generation, content_id, content_generation, shown, name, tags, mime, kind, size, mtime_ns, *rest = row
    indexed_us, level_mask, members, description, chunk_count = rest
    return FileDocument(
        file_id=FileId(file_id),
        generation=Generation(generation),
        content_id=content_id,
        content_generation=content_generation,
        shown=shown,
        name=name,
        tags=tuple(tags),
        mime=mime,
        kind=kind,
        size=size,
        modified_us=mtime_ns // 1000,
        indexed_us=indexed_us,
        level_mask=level_mask,
        members=tuple(members),
        description=description,
        chunk_count=chunk_count,
    )
