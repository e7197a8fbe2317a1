"""What the supervisor asks of the operating system: folders another user can name, sockets, processes."""

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import psutil

from siss.adapters.postgres.embedded.binaries import Account

_SOCKET: Final = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES: Final = 103  # macOS; Linux has 107


class HandedFolder:
    """A folder as a program of another user can name it, whatever stands above it."""

    def __init__(self, folder: Path, account: Account | None) -> None:
        self._descriptor: int | None = None
        self.name = str(folder)
        if account is not None and Path("/proc/self/fd").is_dir():
            self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            self.name = f"/proc/self/fd/{self._descriptor}"

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the program must inherit."""
        return () if self._descriptor is None else (self._descriptor,)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)


def socket_folder(state: Path, account: Account | None) -> Path:
    """A short folder for the server's socket, open to its account alone, the same for the same state folder."""
    uid = account.uid if account is not None else os.geteuid()
    name = f"siss-{uid}-{hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:12]}"
    bases = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - checked for owner and mode below
    base = next((b for b in bases if len(os.fsencode(b / name / _SOCKET)) <= _SOCKET_PATH_BYTES), bases[-1])
    folder = base / name
    try:
        folder.mkdir(mode=0o700)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
            # Somebody else was here first: take a name that cannot be known beforehand.
            folder = Path(tempfile.mkdtemp(prefix="siss-", dir=base))
            if account is not None:
                os.chown(folder, account.uid, account.gid)
    return folder


def servers_in(cluster: Path) -> Iterator[psutil.Process]:
    """The processes of a PostgreSQL that works in this folder."""
    here = os.path.realpath(cluster)
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.name().startswith("postgres") and process.cwd() == here and runs(process):
                yield process


def runs(process: psutil.Process) -> bool:
    """Whether a process does anything yet; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
