"""Rows that contradict each other, in PostgreSQL."""

import os
from collections.abc import Sequence
from typing import Final

import msgspec
import zstandard
from psycopg import sql

from siss.adapters.postgres.database import Database, fetch
from siss.adapters.postgres.ingest.enqueue import drop_contents, ring
from siss.adapters.postgres.questions.structure import StructureReader
from siss.adapters.postgres.rows import Row
from siss.adapters.postgres.statements import load_statements
from siss.model.content import Kind
from siss.model.drawn import Drawn
from siss.model.entity import EntityId, EntityType, Name, Place, unpack_places
from siss.model.ids import ContentId, FileId
from siss.model.mentions import split_places
from siss.model.secret import SecretFinding, SecretSeverity
from siss.model.shape import Structure

SQL: Final = load_statements("catalog_check")


class PostgresCatalogCheck:
    """Implements ``siss.ports.catalog_check.CatalogCheck``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._structures = StructureReader(database)

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

    async def sample_drawn(self, share: float, count: range, most_bytes: int, extraction: int) -> list[ContentId]:
        """A random share of the contents of this version, by id."""
        values = {"share": share, "least": count.start, "most": count.stop}
        values |= {"most_bytes": most_bytes, "extraction": extraction}
        return [ContentId(row[0]) for row in await self._database.rows(SQL["sample_drawn"], values, plan=True)]

    async def drawn(self, content_id: ContentId) -> Drawn | None:
        """What was drawn from a content."""
        values = {"id": content_id}
        row = await self._database.row(SQL["drawn_from"], values)
        if row is None:
            return None
        kind, encoding, hidden, names, cuts = row
        return Drawn(
            Kind(kind),
            [os.fsdecode(name) for name in names],
            encoding == "utf-8",
            hidden,
            cuts,
            await self._mentions(content_id),
            [_finding(row) for row in await self._database.rows(SQL["findings_of"], values)],
            await self._structure(content_id),
        )

    async def _mentions(self, content_id: ContentId) -> dict[int, dict[EntityId, list[Place]]]:
        rows = await self._database.rows(SQL["mentions_of"], {"id": content_id})
        values = {"id": content_id, "ids": [entity_id for row in rows for entity_id in row[1]]}
        known = {
            row[0]
            for row in await self._database.rows(SQL["known_things"], values)
            if Name(EntityType.of(row[1]), row[2]).id == row[0]
        }
        return {
            part: {key: places if key in known else [] for key, places in _places(ids, column)}
            for part, ids, column in rows
        }

    async def _structure(self, content_id: ContentId) -> Structure | None:
        try:
            return await self._structures.structure(content_id)
        except (LookupError, ValueError, msgspec.MsgspecError, zstandard.ZstdError):
            return None  # a path is gone, or the values do not read back

    async def drop_contents(self, contents: Sequence[ContentId]) -> int:
        """Delete what is there of contents that no file has."""
        async with self._database.transaction() as connection:
            rows = await fetch(connection, SQL["without_files"], {"ids": list(contents)})
            gone = [ContentId(row[0]) for row in rows]
            await drop_contents(connection, gone)
            await ring(connection, "outbox")
            return len(gone)


def _finding(row: Row) -> SecretFinding:
    rule, critical, *rest = row
    return SecretFinding(rule, SecretSeverity.CRITICAL if critical else SecretSeverity.HIGH, *rest)


def _places(ids: Sequence[EntityId], column: bytes) -> list[tuple[EntityId, list[Place]]]:
    """Where each thing is named; nothing where the column does not read back."""
    try:
        return list(zip(ids, map(unpack_places, split_places(column, len(ids))), strict=True))
    except (LookupError, ValueError):
        return []
