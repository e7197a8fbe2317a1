"""Dumps with PostgreSQL's own programs, in its custom format: compressed, for any server of this version or newer."""

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from siss.adapters.postgres.embedded.binaries import MAJOR, find_binaries
from siss.adapters.postgres.embedded.processes import servers_in, socket_folder
from siss.adapters.postgres.embedded.server import DATABASE, USER
from siss.adapters.postgres.translate import translated
from siss.errors import ConflictError, CorruptError, DatabaseUnavailableError, DiskFullError, StateError
from siss.ports.dump import DumpFacts
from siss.state import StateFolder

LEFT_OUT: Final = ("cache", "damage", "outbox")
"""Tables whose rows are of no use elsewhere: what is cached, what of this database cannot be read, and what an engine
has yet to be told."""

_VARIABLES: Final = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
}


class PostgresDump:
    """Implements ``siss.ports.dump.DatabaseDump``. ``dsn``: the database's URL."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    async def save(self, file: Path) -> DumpFacts:
        """Write what the database holds now."""
        with translated():
            async with await psycopg.AsyncConnection.connect(self._dsn) as connection:
                await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
                await connection.set_read_only(True)
                facts = await _count(connection)
                snapshot = (await _first(connection, "SELECT pg_export_snapshot()"))[0]
                skipped = [f"--exclude-table-data={table}" for table in LEFT_OUT]
                await self._run(
                    "pg_dump", "--format=custom", "--compress=gzip:1", f"--snapshot={snapshot}", *skipped,
                    "--no-owner", "--no-privileges", f"--file={file}",
                )  # fmt: skip
                return facts

    async def count(self) -> DumpFacts:
        """What the database holds now."""
        with translated():
            async with await psycopg.AsyncConnection.connect(self._dsn, autocommit=True) as connection:
                return await _count(connection)

    async def require_empty(self) -> None:
        """Only an empty database is filled."""
        with translated():
            async with await psycopg.AsyncConnection.connect(self._dsn) as connection:
                await _require_empty(connection)

    async def load(self, file: Path) -> DumpFacts:
        """Fill an empty database."""
        with translated():
            async with await psycopg.AsyncConnection.connect(self._dsn, autocommit=True) as connection:
                await _require_empty(connection)
                database = connection.info.dbname
                await self._run(
                    "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
                    f"--dbname={database}", str(file),
                )  # fmt: skip
                await connection.execute("ANALYZE")
                return await _count(connection)

    async def _run(self, program: str, *arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(
            await asyncio.to_thread(_find_program, program),
            *arguments,
            env=_environment(self._dsn),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, told = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            raise _failure(program, told.decode("utf-8", "replace").strip())


def running_dsn(state: StateFolder) -> str | None:
    """The URL of the embedded server that works for a state folder now, for another process; None where none does."""
    if not any(True for _ in servers_in(state.postgres / "cluster")):
        return None
    folder = socket_folder(state.path, find_binaries().account)
    return f"postgresql://{USER}@/{DATABASE}?host={folder}"


async def _require_empty(connection: psycopg.AsyncConnection[Any]) -> None:
    if await _tables(connection):
        raise ConflictError(
            "the database is not empty: name a new one, or a new data folder. If an attempt that was killed left it "
            "so, it holds everything: siss serve goes on with it, and siss verify --repair compares it with the "
            "full-text index"
        )


async def _tables(connection: psycopg.AsyncConnection[Any]) -> list[str]:
    cursor = await connection.execute(
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind = 'r' AND nspname = 'public' ORDER BY relname"
    )
    return [row[0] for row in await cursor.fetchall()]


async def _count(connection: psycopg.AsyncConnection[Any]) -> DumpFacts:
    rows = {}
    for table in await _tables(connection):
        if table not in LEFT_OUT:
            statement = psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(table))
            rows[table] = int((await (await connection.execute(statement)).fetchall())[0][0])
    return DumpFacts((await _first(connection, "SHOW server_version"))[0], rows)


async def _first(connection: psycopg.AsyncConnection[Any], statement: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] = (await (await connection.execute(statement.encode())).fetchall())[0]
    return row


def _find_program(name: str) -> str:
    """The embedded server's, else one of the system's: both know every server that is not newer than they are."""
    try:
        return find_binaries().program(name)
    except StateError:
        if found := shutil.which(name):
            return found
        raise


def _environment(dsn: str) -> dict[str, str]:
    """A password on a command line would be there for everybody to read."""
    given = conninfo_to_dict(dsn)
    found = {_VARIABLES[name]: str(value) for name, value in given.items() if name in _VARIABLES and value}
    return {"LC_ALL": "C", "PATH": "/usr/bin:/bin", **found}


def _failure(program: str, told: str) -> Exception:
    lines = told.splitlines() or ["it said nothing"]
    last = next((line for line in lines if "error:" in line), lines[-1])  # what follows is the statement that failed
    if "No space left on device" in told or "Disk quota exceeded" in told:
        return DiskFullError(f"there is no room for what {program} writes: free some space")
    if "server version mismatch" in told:
        return StateError(f"{program} {MAJOR} is older than the server: use the server's own backups ({last})")
    if re.search(r"connection to server|could not connect", told):
        return DatabaseUnavailableError(f"PostgreSQL does not answer: {last}", retry_after=2)
    if program == "pg_restore" and "already exists" in told:
        return ConflictError("somebody else fills this database, such as a restore that was killed: try again")
    if program == "pg_restore":
        return CorruptError(f"the dump does not load, nothing was changed: {last}")
    return StateError(f"{program} failed: {last}")
