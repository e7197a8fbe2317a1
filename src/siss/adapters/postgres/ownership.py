"""One owner a database: two machines that index into one by mistake would each undo what the other does.

The owner holds an advisory lock on a connection of its own. The lock ends with the connection, so a process that was
killed owns nothing; one whose database restarts takes it again.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any, Final

import psycopg

from siss.adapters.postgres.translate import translated
from siss.errors import StateLockedError
from siss.logs import get_logger

_LOCK: Final = 0x53495355
"""Advisory lock number: the letters SISU. Beside that of migrations."""

_PATIENCE_SECONDS: Final = 5.0
"""How long the lock of an owner that was just killed, or of a connection that just broke, may last."""

_RETRY_SECONDS: Final = 0.25
_LOOK_SECONDS: Final = 5.0

_HOLDER: Final = b"""\
SELECT a.application_name, a.client_addr::text, a.backend_start FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND (l.classid, l.objid) = (0, %(number)s)
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_log = get_logger(__name__)

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


@contextlib.asynccontextmanager
async def own_database(dsn: str, *, patience: float = _PATIENCE_SECONDS) -> AsyncIterator[None]:
    """Own a database for as long as the context lasts.

    Raises ``StateLockedError`` naming who owns it, ``DatabaseUnavailableError``.
    """
    with translated():
        owner = _Owner(dsn, await _take(dsn, patience))
    keeping = asyncio.create_task(owner.keep(), name="database owner")
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await owner.close()


class _Owner:
    """Has the lock on a connection, and takes it again on another one where that breaks."""

    def __init__(self, dsn: str, connection: Connection) -> None:
        self._dsn = dsn
        self._connection = connection

    async def keep(self) -> None:
        """Hold the lock until cancelled."""
        told = False
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if await self._holds():
                continue
            try:
                # With patience: the server may not know yet that the connection that broke has ended.
                self._connection = await _take(self._dsn, _PATIENCE_SECONDS)
                told = False
            except psycopg.Error:
                continue
            except StateLockedError as error:
                if not told:
                    _log.critical("the database was taken while it did not answer", error=error.message)
                    told = True

    async def _holds(self) -> bool:
        try:
            await self._connection.execute("SELECT 1")
        except psycopg.Error:
            await self._connection.close()
            return False
        return True

    async def close(self) -> None:
        """Let go of the lock."""
        await self._connection.close()


async def _take(dsn: str, patience: float) -> Connection:
    name = f"siss owner on {socket.gethostname()}"[:63]
    connection = await psycopg.AsyncConnection.connect(
        dsn, autocommit=True, connect_timeout=10, application_name=name
    )
    try:
        # A machine that lost its power closes nothing: the server must find out, and not after two hours.
        await connection.execute("SET tcp_keepalives_idle = 15")
        await connection.execute("SET tcp_keepalives_interval = 5")
        await connection.execute("SET tcp_keepalives_count = 3")
        until = asyncio.get_running_loop().time() + patience
        while not await _try_lock(connection):
            if asyncio.get_running_loop().time() >= until:
                raise await _owned(connection)
            await asyncio.sleep(_RETRY_SECONDS)
    except BaseException:
        await connection.close()
        raise
    return connection


async def _try_lock(connection: Connection) -> bool:
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,))
    row = await cursor.fetchone()
    return bool(row and row[0])


async def _owned(connection: Connection) -> StateLockedError:
    row = await (await connection.execute(_HOLDER, {"number": _LOCK})).fetchone()
    who = f"{row[0]} ({row[1] or 'the same machine'}), since {row[2]:%Y-%m-%d %H:%M} UTC" if row else "somebody"
    return StateLockedError(
        f"SISS_DATABASE_URL: another SISS indexes into this database: {who}. Two would undo each other's work: stop "
        "that one, or give this one a database of its own",
        owner=who,
    )
