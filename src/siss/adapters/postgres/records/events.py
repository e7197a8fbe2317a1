"""Events in PostgreSQL. Triggers on the table of files note them, so that no way of changing a file forgets to."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final, Literal

from siss.adapters.postgres import listening
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.scopes import scope_values
from siss.adapters.postgres.statements import load_statements
from siss.model.event import Event, EventFilter, EventKind, EventPage
from siss.model.principal import Principal

SQL: Final = load_statements("events")
LISTEN_SECONDS: Final = 5.0


class PostgresEvents:
    """Implements ``siss.ports.events.Events``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def number(self, limit: int) -> int:
        """Give numbers to what was noted."""
        async with self._database.transaction() as connection:
            await connection.execute(SQL["lock"])
            count = (await connection.execute(SQL["number"], {"limit": limit})).rowcount
            if count:
                await connection.execute(SQL["ring"])
            return count

    async def page(self, where: EventFilter, after: int, limit: int, principal: Principal) -> EventPage:
        """Events beyond a number."""
        _, last = await self.bounds()
        values = {
            "after": after,
            "last": last,
            "limit": limit,
            "kinds": None if where.kinds is None else [kind.value for kind in where.kinds],
            "tag": where.tag,
            "folder": None if where.folder is None else where.folder.rstrip("/") + "/",
            "scopes": scope_values(principal)["scopes"],
        }
        found = tuple(map(_event, await self._database.rows(SQL["page"], values, plan=True)))
        return EventPage(found, found[-1].seq if len(found) == limit else max(after, last))

    async def bounds(self) -> tuple[int, int]:
        """Numbers of the oldest event that is kept and of the latest."""
        row = await self._database.row(SQL["bounds"])
        assert row is not None
        return row[0], row[1]

    async def prune(self, keep: int) -> int:
        """Delete events but the latest."""
        return await self._database.execute(SQL["prune"], {"keep": keep})

    async def listen(self, bell: Literal["noted", "numbered"]) -> AsyncIterator[None]:
        """On a connection of its own, which is made again when it breaks."""
        async with aclosing(listening.listen(self._database.dsn, [bell], LISTEN_SECONDS)) as heard:
            async for _ in heard:
                yield


def _event(row: tuple[Any, ...]) -> Event:
    seq, at, kind, what, file_id, public_id, shown, former, tags, outbox_id = row
    return Event(seq, at, EventKind(kind), what, file_id, public_id, shown, former, tuple(tags), outbox_id)
