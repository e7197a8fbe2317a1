"""Migrations: numbered ``.sql`` files, each applied once, in order, in one transaction, and never altered.

The database remembers number, name and checksum of each. An altered file, or a number that this version does not
know, is an error and nothing is touched. A file whose first line is ``-- no transaction`` is run statement by
statement outside of one (``CREATE INDEX CONCURRENTLY``) and must bear being run again.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Final

import psycopg

from siss.adapters.postgres.translate import translated
from siss.errors import MigrationError
from siss.logs import get_logger

_NAME: Final = re.compile(r"(\d{4})_(\w+)\.sql")
_NO_TRANSACTION: Final = "-- no transaction"
_LOCK: Final = 0x53495353
"""Advisory lock number: the letters SISS. Two processes that start at once migrate one after the other."""

_logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    sql: str = field(repr=False)

    @property
    def sha256(self) -> bytes:
        """What the database remembers, so that an altered file is noticed."""
        return hashlib.sha256(self.sql.encode()).digest()

    @property
    def statements(self) -> list[str]:
        """The whole file, or each statement of one that cannot be in a transaction."""
        if not self.sql.startswith(_NO_TRANSACTION):
            return [self.sql]
        return [part for part in self.sql.split(";\n") if part.strip()]


def load_migrations() -> list[Migration]:
    """The migrations of this version, in order."""
    folder = resources.files("siss.adapters.postgres") / "migrations"
    found = [
        Migration(int(match[1]), match[2], file.read_text("utf-8"))
        for file in folder.iterdir()
        if (match := _NAME.fullmatch(file.name))
    ]
    return sorted(found, key=lambda migration: migration.number)


async def migrate(dsn: str, migrations: Sequence[Migration] | None = None) -> list[Migration]:
    """Bring a database to this version's schema; returns what was applied.

    Raises ``MigrationError`` for a schema that is newer or altered or a migration that fails,
    ``DatabaseUnavailableError``, ``DiskFullError``.
    """
    known = load_migrations() if migrations is None else list(migrations)
    with translated():
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            await connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            await connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_migrations (number int PRIMARY KEY, name text NOT NULL,"
                " sha256 bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
            )
            cursor = await connection.execute("SELECT number, name, sha256 FROM schema_migrations ORDER BY number")
            waiting = _waiting(known, [(row[0], row[1], bytes(row[2])) for row in await cursor.fetchall()])
            is_new = len(waiting) == len(known)
            for migration in waiting:
                await _apply(connection, migration)
                if not is_new:
                    _logger.info("migrated", number=migration.number, name=migration.name)
            if is_new and waiting:
                _logger.info("schema_made", number=waiting[-1].number)
            return waiting


def _waiting(known: list[Migration], applied: list[tuple[int, str, bytes]]) -> list[Migration]:
    by_number = {migration.number: migration for migration in known}
    for number, name, sha256 in applied:
        if number not in by_number:
            raise MigrationError(
                f"the database has migration {number:04d}_{name}, which this version of SISS does not know: "
                "it was written by a newer version, so run that one",
                number=number,
            )
        if by_number[number].sha256 != sha256:
            raise MigrationError(
                f"migration {number:04d}_{name} was applied to the database in another form than this version has: "
                "run the version that applied it, or index again into a new database",
                number=number,
            )
    done = {number for number, _, _ in applied}
    return [migration for migration in known if migration.number not in done]


async def _apply(connection: psycopg.AsyncConnection, migration: Migration) -> None:
    note = "INSERT INTO schema_migrations (number, name, sha256) VALUES (%s, %s, %s)"
    values = (migration.number, migration.name, migration.sha256)
    statements = [statement.encode() for statement in migration.statements]
    try:
        if migration.sql.startswith(_NO_TRANSACTION):
            for statement in statements:
                await connection.execute(statement)
            await connection.execute(note, values)
        else:
            async with connection.transaction():
                await connection.execute(statements[0])
                await connection.execute(note, values)
    except (psycopg.ProgrammingError, psycopg.DataError, psycopg.IntegrityError, psycopg.NotSupportedError) as error:
        raise MigrationError(
            f"migration {migration.number:04d}_{migration.name} failed and changed nothing: {error}",
            number=migration.number,
        ) from error
