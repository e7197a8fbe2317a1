"""Connections: one pool a process, errors in SISS's own words, statements from named ``.sql`` files."""

import asyncio
import contextlib
import logging
import re
import select
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from importlib import resources
from typing import Any, Final, TypeVar

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.errors import DataCorrupted, DiskFull, IndexCorrupted, UndefinedFile
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg.pq.abc import PGcancelConn
from psycopg.waiting import wait_async, wait_conn_async
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from siss.errors import (
    ConfigError,
    DatabaseDamagedError,
    DatabaseUnavailableError,
    DiskFullError,
    InvalidRequestError,
    SissError,
)
from siss.priority import step_behind

OLDEST_VERSION: Final = 17
_NAME: Final = re.compile(r"^-- (name|fragments?): (\w+)\n", re.MULTILINE)
_USE: Final = re.compile(r"/\*(\w+)\*/")
_WAIT_SECONDS: Final = 3.0
_RECONNECT_SECONDS: Final = 0.25
_FILE: Final = re.compile(r"\bbase/\d+/(\d+)")
"""How PostgreSQL names the file of a relation: by its number."""
_STEPS_BEHIND: Final = 20
"""How often a server's process is asked to be nice: the system takes ten requests a second from all that ask."""

_BY_KEY: Final = (
    "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
)
"""For statements that look up a few rows by their keys: the way through the indexes is right whatever the values and
however large the tables, so it is planned once a connection and not once a question."""

_WRONG_SIGNS: Final = ("authentication failed", "does not exist", "no pg_hba.conf entry", "invalid ")
"""What libpq says when the URL is to blame; it gives no SQLSTATE for a connection that was refused."""

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Params = Mapping[str, Any]
_Given = TypeVar("_Given")

_TELL_SECONDS: Final = 5.0
"""How long the server may take to hear that a question is given up."""
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
    """Not that the pool throws away what was closed here on purpose."""
    return not str(record.msg).startswith("discarding closed connection")


logging.getLogger("psycopg.pool").addFilter(_is_news)


async def _tell(cancelling: PGcancelConn) -> None:
    """Have the server end what nobody waits for any more."""
    with contextlib.suppress(psycopg.Error, OSError):
        cancelling.start()
        await wait_conn_async(generators.cancel(cancelling), interval=0.1, timeout=_TELL_SECONDS)


@cache
def load_statements(module: str) -> Mapping[str, bytes]:
    """The statements of ``sql/<module>.sql`` by the names in its ``-- name:`` lines.

    What follows a ``-- fragment:`` line stands for ``/*its name*/`` in what comes after it; ``-- fragments:`` brings
    those of another module.
    """
    return {name: sql.encode() for name, sql in _load(module)[0].items()}


def _load(module: str) -> tuple[dict[str, str], dict[str, str]]:
    """Statements and fragments."""
    text = (resources.files("siss.adapters.postgres") / "sql" / f"{module}.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    fragments: dict[str, str] = {}
    statements: dict[str, str] = {}
    for sort, name, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        sql = _USE.sub(lambda use: fragments.get(use[1], use[0]), body.strip())
        if sort == "fragments":
            fragments.update(_load(name)[1])
        else:
            (fragments if sort == "fragment" else statements)[name] = sql
    return statements, fragments


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
                    await self._pool.putconn(connection)
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
                await self._pool.putconn(connection)
            if rows:
                return damaged(error.__cause__ or error, rows[0][0])
        return error

    async def _take(self) -> _Quitting:
        """A connection that still stands: those that the server ended while nobody used them are replaced."""
        while _is_ended(connection := await self._wait_for_one()):
            await connection.close()
            await self._pool.putconn(connection)
        return connection

    async def _wait_for_one(self) -> _Quitting:
        """As the pool has it, which before Python 3.12 loses a cancellation that comes together with its answer."""
        task = asyncio.current_task()
        cancelled = task.cancelling() if task else 0
        try:
            connection = await self._pool.getconn()
        except PoolTimeout:
            if task and task.cancelling() > cancelled:
                raise asyncio.CancelledError from None
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


@contextmanager
def translated() -> Iterator[None]:
    """Errors of psycopg in SISS's own words."""
    try:
        yield
    except DiskFull as error:
        raise _full(error) from error
    except (PoolTimeout, PoolClosed) as error:
        raise DatabaseUnavailableError("PostgreSQL does not answer", retry_after=2) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if "No space left on device" in str(error):
            raise _full(error) from error
        if isinstance(error, UndefinedFile) and _FILE.search(str(error)):
            raise damaged(error) from error
        raise DatabaseUnavailableError(f"PostgreSQL does not answer: {_first_line(error)}", retry_after=2) from error
    except (DataCorrupted, IndexCorrupted) as error:
        raise damaged(error) from error
    except psycopg.Error as error:
        if isinstance(error, psycopg.DataError) and error.sqlstate is None and "NUL" in str(error):
            # psycopg did not send it: what the index was asked for cannot be in it
            raise InvalidRequestError("A value holds a NUL character, which nothing in the index does.") from error
        raise SissError(f"the database refused a statement: {_first_line(error)}") from error


async def check_server(dsn: str) -> str:
    """Whether SISS can work with the server that ``SISS_DATABASE_URL`` names; returns its version.

    Raises ``ConfigError`` naming the variable for a URL that cannot be right, or a server that is too old,
    ``DatabaseUnavailableError`` for one that does not answer.
    """
    variable = "SISS_DATABASE_URL"
    if not _is_url(dsn):
        # What is wrong with it is not quoted: what is taken for a host or an option may be a part of the password.
        raise ConfigError(
            f"{variable} is not a PostgreSQL URL: it should be postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with "
            "@ : / ? # and % of a password written as %40 %3A %2F %3F %23 and %25",
            variable=variable,
        )
    try:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True, connect_timeout=10) as connection:
            number = connection.info.server_version
            encoding = connection.info.parameter_status("server_encoding")
    except psycopg.OperationalError as error:
        told = _first_line(error)
        if any(sign in told for sign in _WRONG_SIGNS):
            raise ConfigError(f"{variable}: the server refuses it: {told}", variable=variable) from error
        raise DatabaseUnavailableError(f"{variable}: no server answers: {told}", retry_after=5) from error
    if number // 10_000 < OLDEST_VERSION:
        raise ConfigError(
            f"{variable} names PostgreSQL {number // 10_000}, SISS needs {OLDEST_VERSION} or newer", variable=variable
        )
    if encoding != "UTF8":
        raise ConfigError(f"{variable} names a database in {encoding}: create one in UTF8", variable=variable)
    return f"{number // 10_000}.{number % 10_000}"


def _is_url(dsn: str) -> bool:
    try:
        psycopg.conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return False
    user = dsn.partition("://")[2].rpartition("@")[0]
    return not any(sign in user for sign in "@/?#")


def damaged(error: BaseException, relation: str = "") -> DatabaseDamagedError:
    """What PostgreSQL says of its own files. ``relation``: the table that cannot be read, where that is known."""
    file = _FILE.search(str(error))
    said = _first_line(error).rpartition("FATAL:  ")[2]
    return DatabaseDamagedError(
        f"the database is damaged: {relation or 'a part of it'} cannot be read ({said}). "
        "Restore a backup into a new state folder (siss restore), or index into a new one",
        **({"file": int(file[1])} if file else {}),
    )


def _full(error: Exception) -> DiskFullError:
    return DiskFullError(
        f"disk full: the database has no room ({_first_line(error)}). Free some space: indexing goes on by itself"
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
