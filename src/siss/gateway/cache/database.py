"""The SQLite file under the cache: how it is opened, and how its failures read.

Durability: WAL with ``synchronous=NORMAL``. A commit survives the process being killed at any moment; the last
commits may be lost when the machine loses power, and are then whole misses. SQLite's WAL frames carry checksums, so
a half-written transaction is rolled back at the next start, and every record has a checksum of its own on top.
"""

import contextlib
import errno
import os
import re
import sqlite3
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from siss.errors import (
    CacheCorruptError,
    CacheError,
    CacheForbiddenError,
    CacheMissingError,
    CacheRefusedError,
    DiskFullError,
    SissError,
)

SCHEMA_VERSION: Final = 1
_NAME: Final = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_BUSY_SECONDS: Final = 5.0
_CORRUPT: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_FORBIDDEN: Final = {sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH}
_REFUSED: Final = {errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.EHOSTUNREACH, errno.ETIMEDOUT}


@cache
def statements() -> Mapping[str, str]:
    """The statements of ``sql/statements.sql`` by name."""
    _, *parts = _NAME.split(_read("statements"))
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


def _read(name: str) -> str:
    return (resources.files("siss.gateway.cache") / "sql" / f"{name}.sql").read_text("utf-8")


def open_writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes; makes file and tables where there are none.

    Raises ``CacheMissingError``, ``CacheForbiddenError``, ``CacheCorruptError``, ``DiskFullError`` or ``CacheError``.
    """
    try:
        _create_private(path)
        connection = _connect(path, "rw")
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA journal_size_limit = 67108864")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                connection.executescript(
                    f"BEGIN IMMEDIATE; {_read('schema')} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
                )
            elif version != SCHEMA_VERSION:
                raise CacheCorruptError(
                    f"{path}: the cache has format {version}, this version reads {SCHEMA_VERSION}", path=str(path)
                )
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, OSError) as error:
        raise translate(error, path) from error
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads; raises as ``open_writer`` does."""
    try:
        connection = _connect(path, "ro")
        connection.execute("PRAGMA query_only = ON")
    except (sqlite3.Error, OSError) as error:
        raise translate(error, path) from error
    return connection


def _create_private(path: Path) -> None:
    """Make the file, if there is none, for this user alone: prompts and answers lie in it."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,  # each connection is used by one thread; closing is done by another
        cached_statements=64,
    )


def translate(error: BaseException, path: Path | str) -> SissError:
    """An outside error as one of ours: missing, permission denied, corrupt and refused stay apart, errno is kept.

    SQLite hides the system's error number behind its own; looking at the file once more shows it.
    """
    if isinstance(error, SissError):
        return error
    number = error.errno if isinstance(error, OSError) else None
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, *_FORBIDDEN}:
        number = _errno_of(Path(path)) or (errno.EACCES if primary in _FORBIDDEN else None)
    said = f"{path}: {os.strerror(number) if number else error}"
    details = {"errno": number, "path": str(path), "sqlite": getattr(error, "sqlite_errorname", None)}
    if primary in _CORRUPT or (isinstance(error, sqlite3.DatabaseError) and "malformed" in str(error)):
        return CacheCorruptError(f"{said}: the cache does not read back", **details)
    if primary == sqlite3.SQLITE_FULL or number == errno.ENOSPC:
        return DiskFullError(f"{path}: the disk is full", **{**details, "errno": errno.ENOSPC})
    if number in {errno.ENOENT, errno.ENOTDIR}:
        return CacheMissingError(said, **details)
    if number in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return CacheForbiddenError(said, **details)
    if number in _REFUSED or isinstance(error, TimeoutError):
        return CacheRefusedError(said, **details)
    return CacheError(said, **details)


def _errno_of(path: Path) -> int | None:
    """Why a file cannot be opened for writing; None where it can.

    Without opening it: closing a second descriptor would take away the locks that SQLite holds on the file.
    """
    try:
        place = path if path.exists() else path.parent
        place.stat()
        if os.statvfs(place).f_flag & os.ST_RDONLY:
            return errno.EROFS
    except OSError as error:
        return error.errno
    effective = os.access in os.supports_effective_ids
    if not os.access(place, os.R_OK | os.W_OK, effective_ids=effective):
        return errno.EACCES
    return None if path.exists() else errno.ENOENT
