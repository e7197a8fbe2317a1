"""Errors of psycopg in SISS's own words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg.errors import DataCorrupted, DiskFull, IndexCorrupted, IoError, UndefinedFile
from psycopg_pool import PoolClosed, PoolTimeout

from siss.errors import (
    DatabaseDamagedError,
    DatabaseUnavailableError,
    DiskFullError,
    InvalidRequestError,
    SissError,
)

_FILE: Final = re.compile(r"\bbase/\d+/(\d+)")
"""How PostgreSQL names the file of a relation: by its number."""


@contextmanager
def translated() -> Iterator[None]:
    """What psycopg raises meanwhile is raised as an error of SISS."""
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
        if isinstance(error, IoError):  # it answers, and a disk that was away may come back
            raise DatabaseUnavailableError(
                f"PostgreSQL cannot reach its own files: {first_line(error)}. Look at the disk of the database "
                "(dmesg, smartctl)",
                retry_after=30,
            ) from error
        raise DatabaseUnavailableError(f"PostgreSQL does not answer: {first_line(error)}", retry_after=2) from error
    except (DataCorrupted, IndexCorrupted) as error:
        raise damaged(error) from error
    except psycopg.Error as error:
        if isinstance(error, psycopg.DataError) and error.sqlstate is None and "NUL" in str(error):
            # psycopg did not send it: what the index was asked for cannot be in it
            raise InvalidRequestError("A value holds a NUL character, which nothing in the index does.") from error
        raise SissError(f"the database refused a statement: {first_line(error)}") from error


def damaged(error: BaseException, relation: str = "") -> DatabaseDamagedError:
    """What PostgreSQL says of its own files. ``relation``: the table that cannot be read, where that is known."""
    file = _FILE.search(str(error))
    said = first_line(error).rpartition("FATAL:  ")[2]
    return DatabaseDamagedError(
        f"the database is damaged: {relation or 'a part of it'} cannot be read ({said}). "
        "Restore a backup into a new state folder (siss restore), or index into a new one",
        **({"file": int(file[1])} if file else {}),
    )


def _full(error: Exception) -> DiskFullError:
    return DiskFullError(
        f"disk full: the database has no room ({first_line(error)}). Free some space: indexing goes on by itself"
    )


def first_line(error: BaseException) -> str:
    """What an error says, without the details that follow."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
