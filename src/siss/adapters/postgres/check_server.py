"""Whether a PostgreSQL server that somebody named will do."""

from typing import Final

import psycopg

from siss.adapters.postgres.translate import first_line
from siss.errors import ConfigError, DatabaseUnavailableError

OLDEST_VERSION: Final = 17

_WRONG_SIGNS: Final = ("authentication failed", "does not exist", "no pg_hba.conf entry", "invalid ")
"""What libpq says when the URL is to blame; it gives no SQLSTATE for a connection that was refused."""

_MAY_BEGIN: Final = """
    SELECT to_regclass('schema_migrations') IS NOT NULL
        OR coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
        quote_ident(current_user), quote_ident(current_database())
"""
"""Whether our tables are there, or may be made: since PostgreSQL 15 only a database's owner may do so by itself."""


async def check_server(dsn: str, variable: str = "SISS_DATABASE_URL") -> str:
    """Whether SISS can work with a server; returns its version. ``variable``: the setting or option that named it.

    Raises ``ConfigError`` naming the variable for a URL that cannot be right, a server that is too old, or a user
    who may not make our tables, ``DatabaseUnavailableError`` for a server that does not answer.
    """
    if not dsn or not _is_url(dsn):
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
            cursor = await connection.execute(_MAY_BEGIN)
            may_begin, user, database = (await cursor.fetchall())[0]
    except psycopg.OperationalError as error:
        told = first_line(error)
        if any(sign in told for sign in _WRONG_SIGNS):
            raise ConfigError(f"{variable}: the server refuses it: {told}", variable=variable) from error
        raise DatabaseUnavailableError(f"{variable}: no server answers: {told}", retry_after=5) from error
    if number // 10_000 < OLDEST_VERSION:
        raise ConfigError(
            f"{variable} names PostgreSQL {number // 10_000}, SISS needs {OLDEST_VERSION} or newer", variable=variable
        )
    if encoding != "UTF8":
        raise ConfigError(f"{variable} names a database in {encoding}: create one in UTF8", variable=variable)
    if not may_begin:
        raise ConfigError(
            f"{variable}: {user} may not create tables in {database}: make it the owner (ALTER DATABASE {database} "
            f"OWNER TO {user}), or GRANT CREATE ON SCHEMA public TO {user}",
            variable=variable,
        )
    return f"{number // 10_000}.{number % 10_000}"


def _is_url(dsn: str) -> bool:
    try:
        psycopg.conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return False
    user = dsn.partition("://")[2].rpartition("@")[0]
    return not any(sign in user for sign in "@/?#")
