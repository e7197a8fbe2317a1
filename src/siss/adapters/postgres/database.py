"""Connections to PostgreSQL: pools that survive its outages, and whose users can be cancelled at once."""

import asyncio
import contextlib
import logging
import select
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg.pq.abc import PGcancelConn
from psycopg.waiting import wait_async, wait_conn_async
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from siss.adapters.postgres.statements import load_statements
from siss.adapters.postgres.translate import damaged, translated
from siss.errors import DatabaseDamagedError, DatabaseUnavailableError
from siss.priority import step_behind

_WAIT_SECONDS: Final = 3.0
_RECONNECT_SECONDS: Final = 0.25
_STEPS_BEHIND: Final = 20
"""How often a server's process is asked to be nice: the system takes ten requests a second from all that ask."""

_BY_KEY: Final = (
    "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
)
"""For statements that look up a few rows by their keys: the way through the indexes is right whatever the values and
however large the tables, so it is planned once a connection and not once a question."""

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Params = Mapping[str, Any]
_Given = TypeVar("_Given")

_TELL_SECONDS: Final = 5.0
"""Seconds for telling the server that a statement is given up."""
_telling: Final[set[asyncio.Task[None]]] = set()


class _Quitting(psycopg.AsyncConnection[tuple[Any, ...]]):
    """A connection that a cancelled task leaves at once.

    psycopg would first have the server end the statement, and wait for that: ten seconds where the server hangs, and
    the time limit of a request is over. Here the connection is closed, which ends a transaction too, and the server
    is told beside it. The pool opens another.
    """

    async def wait(
        self,
        gen: PQGen[_Given],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109 - psycopg's
    ) -> _Given:
        """Drive a conversation with the server, as psycopg does."""
        try:
            return await wait_async(gen, self.pgconn.socket, interval=interval, timeout=timeout)
        except asyncio.CancelledError:
            self.quit()
            raise

    def quit(self) -> None:
        """Close it in the middle of whatever it does."""
        if self.pgconn.status != ConnStatus.OK:
            return
        if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
            with contextlib.suppress(psycopg.Error):  # a libpq before 17 has no way to say so without waiting
                telling = asyncio.create_task(_tell(self.pgconn.cancel_conn()))
                _telling.add(telling)
                telling.add_done_callback(_telling.discard)
        self.pgconn.finish()


def _is_news(record: logging.LogRecord) -> bool:
    """Log filter: drops the pool's warning about connections that were closed on purpose."""
    return not str(record.msg).startswith("discarding closed connection")


logging.getLogger("psycopg.pool").addFilter(_is_news)


async def _tell(cancelling: PGcancelConn) -> None:
    """Ask the server to end a statement that nobody waits for any more."""
    with contextlib.suppress(psycopg.Error, OSError):
        cancelling.start()
        await wait_conn_async(generators.cancel(cancelling), interval=0.1, timeout=_TELL_SECONDS)


class Database:
    """A pool of connections. Opened in the process and loop that use it; reconnects by itself after an outage.

    ``by_key``: for nothing but looking up a few rows by their keys; ``nice``: how far the server's processes for
    these connections step behind others, 0 to 19. Only for a server of this machine.
    """

    def __init__(
        self,
        dsn: str,
        *,
        size: int = 8,
        wait_seconds: float = _WAIT_SECONDS,
        by_key: bool = False,
        nice: int = 0,
    ) -> None:
        self.dsn: Final = dsn
        known = {"autocommit": True, "application_name": "siss", "prepare_threshold": 2, "connect_timeout": 5}
        self._pool: AsyncConnectionPool[_Quitting] = AsyncConnectionPool(
            dsn,
            connection_class=_Quitting,
            kwargs=known | ({"options": _with_options(dsn, _BY_KEY)} if by_key else {}),
            min_size=1,
            max_size=size,
            open=False,
            configure=_stepping_behind(nice) if nice else None,
            timeout=wait_seconds,
            # Short: a request that finds no connection makes the pool try again, without the backoff of minutes.
            reconnect_timeout=_RECONNECT_SECONDS,
            name="siss",
        )
        self._in_use = 0

    async def open(self) -> None:
        """Connect. Raises ``DatabaseUnavailableError``."""
        with translated():
            await self._pool.open(wait=True, timeout=10.0)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection in autocommit mode; who is cancelled in it waits for nothing.

        Raises ``DatabaseUnavailableError``, ``DiskFullError``, ``DatabaseDamagedError``.
        """
        try:
            with translated():
                # Not the pool's own context: that commits at its end, for which there is nothing in autocommit mode.
                connection = await self._take()
                try:
                    yield connection
                finally:
                    await self._give_back(connection)
        except DatabaseDamagedError as error:
            raise await self._named(error) from error.__cause__

    async def _named(self, error: DatabaseDamagedError) -> DatabaseDamagedError:
        """The same with the name of the table, if the part of the database that knows it can be read."""
        number = error.details.get("file")
        if number is None:
            return error
        with contextlib.suppress(psycopg.Error):
            connection = await self._take()
            try:
                rows = await fetch(connection, load_statements("database")["damaged"], {"file": number})
            finally:
                await self._give_back(connection)
            if rows:
                return damaged(error.__cause__ or error, rows[0][0])
        return error

    async def _take(self) -> _Quitting:
        """A connection that still stands: those that the server ended while nobody used them are replaced."""
        while _is_ended(connection := await self._wait_for_one()):
            await connection.close()
            await self._pool.putconn(connection)
        self._in_use += 1
        return connection

    async def _give_back(self, connection: _Quitting) -> None:
        self._in_use -= 1
        await self._pool.putconn(connection)

    async def _wait_for_one(self) -> _Quitting:
        """As the pool has it, which before Python 3.12 loses a cancellation that comes together with its answer."""
        task = asyncio.current_task()
        cancelled = task.cancelling() if task else 0
        try:
            connection = await self._pool.getconn()
        except PoolTimeout as error:
            if task and task.cancelling() > cancelled:
                raise asyncio.CancelledError from None
            if self._in_use >= self._pool.max_size:
                raise DatabaseUnavailableError(
                    f"All {self._in_use} connections to PostgreSQL are in use: ask again", retry_after=1
                ) from error
            raise
        if task and task.cancelling() > cancelled:
            await self._pool.putconn(connection)
            raise asyncio.CancelledError
        return connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside of a transaction."""
        async with self.connection() as connection, connection.transaction():
            try:
                yield connection
            except asyncio.CancelledError:
                assert isinstance(connection, _Quitting)
                connection.quit()  # or its end would be asked for, and waited for
                raise

    async def rows(self, sql: bytes, params: Params | None = None, *, plan: bool = False) -> list[tuple[Any, ...]]:
        """All rows. ``plan``: plan with the values in hand (optional filters fall away), prepare nothing."""
        async with self.connection() as connection:
            return await fetch(connection, sql, params, plan=plan)

    async def row(self, sql: bytes, params: Params | None = None, *, plan: bool = False) -> tuple[Any, ...] | None:
        """The first row, None where there is none."""
        found = await self.rows(sql, params, plan=plan)
        return found[0] if found else None

    async def execute(self, sql: bytes, params: Params | None = None) -> int:
        """Run a statement; returns how many rows it touched."""
        async with self.connection() as connection:
            return (await connection.execute(sql, params)).rowcount


def _stepping_behind(nice: int) -> Callable[[Connection], Awaitable[None]]:
    """What makes a server's process for a connection as nice as that, where the system lets this process do so."""

    async def step(connection: Connection) -> None:
        for _ in range(_STEPS_BEHIND):
            if step_behind(nice, connection.info.backend_pid):
                return
            await asyncio.sleep(0.1)

    return step


def _is_ended(connection: Connection) -> bool:
    """Whether there is something to read on a connection that nobody uses: the server's farewell, or its end."""
    if connection.closed:
        return True
    looking = select.poll()
    looking.register(connection.fileno(), select.POLLIN)
    return bool(looking.poll(0))


async def fetch(
    connection: Connection, sql: bytes, params: Params | None = None, *, plan: bool = False
) -> list[tuple[Any, ...]]:
    """All rows, in binary form (``bytea`` costs twice as much as text)."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(sql, params, prepare=False if plan else None)
    return await cursor.fetchall()


def _with_options(dsn: str, options: str) -> str:
    """Options of a connection, after those that its URL has."""
    return f"{psycopg.conninfo.conninfo_to_dict(dsn).get('options') or ''} {options}".strip()
