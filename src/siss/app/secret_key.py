"""The key of the fingerprints that stand for secrets: one for a database, in a file of its own.

It is not kept in the database: who has a dump (a backup, a replica, a stolen disk of the server) would then hold key
and fingerprints together, and could find every weak password by trying. As it is, fingerprints in a dump are of no
use without the state folder's file, which is for its owner alone (mode 0600). A lost key hurts nobody: a new one is
made, and all files are read again, because fingerprints of two keys cannot be compared.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from siss.errors import ConfigError
from siss.state import state_error

NAME: Final = "secrets.key"
_BYTES: Final = 32
_VARIABLE: Final = "SISS_SECRET_KEY_FILE"


def find_key(data_dir: Path, file: Path | None = None, *, make: bool = True) -> bytes:
    """The key; where ``file`` names none (``SISS_SECRET_KEY_FILE``), the state folder's, made at first use.

    ``make`` false: where there is none yet, a random one that nobody keeps.

    Raises ``ConfigError`` for a named file that is unusable, ``StateError`` or ``DiskFullError`` for the folder.
    """
    if file is not None:
        return _read(file)
    path = data_dir / NAME
    if not path.exists():
        if not make:
            return secrets.token_bytes(_BYTES)
        try:
            _make(path)
        except OSError as error:
            raise state_error(data_dir, error) from error
    return _read(path)


def _make(path: Path) -> None:
    """Written whole beside it and then linked, so that of two processes one makes it and none reads half of it."""
    beside = path.with_name(f"{NAME}.{os.getpid()}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(beside)
    finally:
        beside.unlink()


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text("ascii"))
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else "it holds no hexadecimal digits"
        raise ConfigError(f"{_VARIABLE}: {path} cannot be used: {told}.", variable=_VARIABLE) from error
    if len(key) < _BYTES:
        raise ConfigError(f"{_VARIABLE}: {path} holds less than {_BYTES} bytes.", variable=_VARIABLE)
    return key
