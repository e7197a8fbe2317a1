"""Binary COPY: how everything large goes into the tables."""

from collections.abc import Iterable, Sequence

from siss.adapters.postgres.database import Connection
from siss.adapters.postgres.rows import Row


async def copy_rows(connection: Connection, sql: bytes, types: Sequence[str], rows: Iterable[Row]) -> None:
    """Send rows by binary COPY; none at all cost nothing."""
    waiting = iter(rows)
    first = next(waiting, None)
    if first is None:
        return
    async with connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.set_types(types)
        await copy.write_row(first)
        for row in waiting:
            await copy.write_row(row)
