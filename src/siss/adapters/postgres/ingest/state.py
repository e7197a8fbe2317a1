"""What processes tell each other about indexing, in PostgreSQL."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Final

import msgspec

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.enqueue import ring
from siss.adapters.postgres.listening import listen
from siss.adapters.postgres.statements import load_statements
from siss.errors import DatabaseDamagedError, SissError
from siss.logs import get_logger
from siss.model.stats import IngestStatus

SQL: Final = load_statements("ingest_state")
_CHANNELS: Final = ("jobs", "outbox", "paused")
_LISTEN_SECONDS: Final = 3.0

_logger = get_logger(__name__)


class PostgresIngestState:
    """Implements ``siss.ports.ingest_state.IngestState``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write_status(self, status: IngestStatus) -> None:
        """Publish what indexing does now."""
        await self._database.execute(SQL["write_status"], {"status": msgspec.json.encode(status).decode()})

    async def read_status(self) -> IngestStatus:
        """What indexing last published."""
        row = await self._database.row(SQL["read_status"])
        assert row is not None
        told, updated_at, fresh, files_wait, damage = row
        status = IngestStatus() if updated_at is None else msgspec.convert(told, IngestStatus)
        status = status.looked_at(fresh=bool(fresh), files_wait=files_wait)
        return replace(status, updated_at=updated_at, damage=damage)

    async def note_damage(self, error: DatabaseDamagedError) -> None:
        """Show this damage in the status, as far as that can still be stored."""
        try:
            await self._database.execute(SQL["note_damage"], {"told": error.message})
        except SissError as another:
            _logger.warning("damage was not noted", damage=error.message, error=another.message)

    async def forget_damage(self) -> None:
        """Show no damage any more."""
        await self._database.execute(SQL["forget_damage"])

    async def paused(self) -> bool:
        """Whether somebody asked indexing to pause."""
        row = await self._database.row(SQL["paused"])
        assert row is not None
        return bool(row[0])

    async def set_paused(self, paused: bool) -> None:
        """Ask indexing to pause, or to go on."""
        async with self._database.transaction() as connection:
            await connection.execute(SQL["set_paused"], {"paused": paused})
            await ring(connection, "paused")

    def listen(self) -> AsyncGenerator[str, None]:
        """The names of bells as they ring, on a connection of its own that is made again when it breaks."""
        return listen(self._database.dsn, _CHANNELS, _LISTEN_SECONDS)
