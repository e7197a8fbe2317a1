"""What was indexed by other rules, versions or limits, in PostgreSQL."""

from collections.abc import Callable, Sequence
from typing import Final

from siss.adapters.postgres.database import Database, fetch
from siss.adapters.postgres.ingest.enqueue import drop_contents, ring
from siss.adapters.postgres.ingest.redact_paths import redact_paths
from siss.adapters.postgres.statements import load_statements
from siss.model.content import Kind
from siss.model.coverage import LIMITS
from siss.model.ids import ContentId

SQL: Final = load_statements("renewal")
INGEST: Final = load_statements("ingest")
_PURGED: Final = 1000
"""Contents that are deleted in one transaction."""


class PostgresRenewal:
    """Implements ``siss.ports.renewal.Renewal``."""

    def __init__(self, database: Database) -> None:
        self._database = database

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

    async def redact_paths(self, version: int, redact_path: Callable[[str], str]) -> int:
        """Show all paths as rules of this version have them."""
        return await redact_paths(self._database, version, redact_path)

    async def is_engine_redacted(self, version: int) -> bool:
        """Whether the engine was told to let go of what older rules had left."""
        row = await self._database.row(SQL["engine_redacted"])
        assert row is not None
        return bool(row[0] == version)

    async def note_new_engine(self, version: int) -> None:
        """Note the same where nothing was indexed yet."""
        await self._database.execute(SQL["note_new_engine"], {"version": version})

    async def note_engine_redacted(self, version: int) -> None:
        """Note that it did."""
        await self._database.execute(SQL["note_engine_redacted"], {"version": version})

    async def count_outdated(self, extraction: int) -> int:
        """How many contents were drawn from with other rules."""
        row = await self._database.row(SQL["count_outdated"], {"version": extraction})
        assert row is not None
        return int(row[0])

    async def outdated_contents(self, extraction: int, after: ContentId, limit: int) -> list[ContentId]:
        """Those contents by id, beginning after one."""
        values = {"version": extraction, "after": after, "limit": limit}
        return [ContentId(row[0]) for row in await self._database.rows(SQL["outdated_contents"], values)]

    async def requeue_contents(self, contents: Sequence[ContentId]) -> int:
        """Have one readable file of each parsed again."""
        async with self._database.transaction() as connection:
            rows = await fetch(connection, SQL["first_files"], {"contents": list(contents)})
            values = {"ids": [row[0] for row in rows], "forced": True, "wanted": False}
            return (await connection.execute(INGEST["requeue"], values)).rowcount if rows else 0

    async def purge_outdated(self, extraction: int) -> int:
        """Delete contents of other rules that no file that is there has."""
        count = 0
        while True:
            async with self._database.transaction() as connection:
                values = {"version": extraction, "limit": _PURGED}
                gone = [ContentId(row[0]) for row in await fetch(connection, SQL["lost_contents"], values)]
                if not gone:
                    return count
                await connection.execute(SQL["leave_contents"], {"contents": gone})
                await drop_contents(connection, gone)
                await ring(connection, "outbox")
            count += len(gone)
