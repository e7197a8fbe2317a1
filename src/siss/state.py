"""The state folder and its one owner.

Whoever holds the lock on ``owner.lock`` owns the folder: it runs PostgreSQL and holds the index's one writer. Beside
it ``owner.json`` says who that is and where it answers. The lock is the truth, the file only an announcement: a
process that was killed leaves the file but not the lock, so its state folder is free at once.
"""

import contextlib
import errno
import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from siss.errors import DiskFullError, SissError, StateError, StateLockedError

LOCK: Final = "owner.lock"
"""Whoever holds the lock on this file owns the folder."""
_INFO: Final = "owner.json"
_SETTINGS: Final = "settings.toml"

PARTS: Final = frozenset((LOCK, "postgres", "search", "run", "logs"))
"""Names that every state folder has, of whichever version and process: from its first moment until it is removed."""

SURE: Final = frozenset((LOCK, _INFO, "secrets.key", "postgres"))
"""Names that are SISS's own even where a state folder was made among somebody's files by mistake: ``logs`` is not."""

UNIX_PREFIX: Final = "unix:"
"""What an address begins with that is a Unix socket's path: of a process that answers only its user's commands."""


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The state folder and the names of its parts."""

    path: Path

    @property
    def postgres(self) -> Path:
        """What the embedded PostgreSQL keeps."""
        return self.path / "postgres"

    @property
    def search(self) -> Path:
        """The full-text index."""
        return self.path / "search"

    @property
    def run(self) -> Path:
        """What is only true while a process runs."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        """Logs of what SISS starts."""
        return self.path / "logs"

    def create(self) -> None:
        """Make the folder and its parts, for this user alone. An existing folder keeps its mode.

        Raises ``StateError`` where it cannot be written, ``DiskFullError`` where there is no room.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in (self.postgres, self.search, self.run, self.logs):
                part.mkdir(mode=0o700, exist_ok=True)
            # A root may create folders on a file system that is read-only or full only in name: write something.
            probe = self.run / f"probe-{os.getpid()}"
            try:
                probe.write_bytes(b"siss")
            finally:
                probe.unlink(missing_ok=True)
        except OSError as error:
            raise state_error(self.path, error) from error


class OwnerInfo(msgspec.Struct, frozen=True):
    """Who owns a state folder.

    ``started``: seconds since the epoch; ``address``: URL, or ``unix:`` and a socket's path, once it answers.
    """

    pid: int
    started: float
    address: str | None = None

    @property
    def serves(self) -> bool:
        """Whether it is a service, which does what it is asked for; others (``siss index``) only answer questions."""
        return self.address is not None and not self.address.startswith(UNIX_PREFIX)


class Owner:
    """Ownership of a state folder, for as long as it is open. A context manager."""

    def __init__(self, folder: StateFolder, descriptor: int, info: OwnerInfo) -> None:
        self.folder: Final = folder
        self.info = info
        self._descriptor: int | None = descriptor

    def announce(self, address: str | None) -> None:
        """Say where this process answers, for commands that find an owner; None: not any more."""
        self.info = OwnerInfo(self.info.pid, self.info.started, address)
        _write_info(self.folder, self.info)

    def note_settings(self, toml: str) -> None:
        """Leave word of what this process runs with: commands may have been started with other settings."""
        file = self.folder.run / _SETTINGS
        try:
            file.unlink(missing_ok=True)
            with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600), encoding="utf-8") as noted:
                noted.write(toml)
        except OSError as error:
            raise state_error(self.folder.path, error) from error

    def release(self) -> None:
        """Let the folder go. Doing it twice changes nothing."""
        if self._descriptor is None:
            return
        for file in (self.folder.path / _INFO, self.folder.run / _SETTINGS):
            with contextlib.suppress(OSError):
                file.unlink()
        os.close(self._descriptor)
        self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def acquire_owner(data_dir: Path) -> Owner:
    """Become the owner of a state folder, which is made if need be.

    Raises ``StateLockedError`` with the ``pid`` and ``address`` of a process that owns it already, ``StateError``
    for a folder that cannot be used, ``DiskFullError``.
    """
    folder = StateFolder(data_dir)
    folder.create()
    try:
        # Not inherited (PEP 446): a server that outlives a killed owner must not hold the owner's lock.
        descriptor = os.open(folder.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise state_error(folder.path, error) from error
    try:
        _lock(descriptor)
    except BlockingIOError as error:
        os.close(descriptor)
        raise _locked(folder) from error
    except OSError as error:
        os.close(descriptor)
        raise StateError(
            f"{folder.path} is on a file system without locks ({error.strerror}): set SISS_DATA_DIR to a local disk"
        ) from error
    info = OwnerInfo(os.getpid(), time.time())
    try:
        _write_info(folder, info)
    except SissError:
        os.close(descriptor)
        raise
    return Owner(folder, descriptor, info)


def _lock(descriptor: int) -> None:
    # find_owner holds a shared lock for a moment: one that asks must not keep another from owning.
    for _ in range(4):
        with contextlib.suppress(BlockingIOError):
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(0.01)
    return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def find_owner(data_dir: Path) -> OwnerInfo | None:
    """Who owns a state folder now; None where nobody does. Never waits, and changes nothing."""
    try:
        descriptor = os.open(data_dir / LOCK, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read_info(StateFolder(data_dir))
    else:
        return None
    finally:
        os.close(descriptor)


def noted_settings(data_dir: Path) -> str | None:
    """What the process that owns a state folder now runs with, as TOML; None where nobody does, or has said."""
    if find_owner(data_dir) is None:
        return None
    try:
        return (StateFolder(data_dir).run / _SETTINGS).read_text("utf-8")
    except OSError:
        return None


def is_state_folder(path: bytes) -> bool:
    """Whether some SISS, maybe another process or one of the past, keeps its state in a folder."""
    folder = path.rstrip(b"/") + b"/"
    # The lock is asked for first: nearly every folder has none, and is asked once.
    return all(os.path.lexists(folder + os.fsencode(part)) for part in (LOCK, *sorted(PARTS - {LOCK})))


def local_token_file(data_dir: Path) -> Path:
    """Where a service that wants keys leaves what lets commands of this user in without one."""
    return StateFolder(data_dir).run / "local.token"


def to_disk(path: Path) -> None:
    """Wait until a file, or which names a folder has, survives a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def state_error(path: Path, error: OSError) -> SissError:
    """What an error of the operating system means for the state folder, and what to do."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return DiskFullError(
                f"no room in the state folder {path}: free some space or set SISS_DATA_DIR to another disk",
                path=str(path),
            )
        case errno.EROFS:
            told = "is on a read-only file system"
        case errno.EACCES | errno.EPERM:
            told = f"is not writable for user {os.geteuid()}"
        case errno.ENOTDIR | errno.EEXIST:
            told = "is not a folder"
        case _:
            told = f"cannot be used ({error.strerror or error})"
    return StateError(f"the state folder {path} {told}: set SISS_DATA_DIR to a folder of your own", path=str(path))


def _locked(folder: StateFolder) -> StateLockedError:
    info = _read_info(folder)
    who = f"process {info.pid}" if info.pid else "another process"
    if info.serves:
        told = f"{who} serves {folder.path} at {info.address} and indexes already (siss scan: look now): stop it"
    else:
        told = f"{who} owns the state folder {folder.path}: wait for its end (siss stats shows what it does), stop it"
    return StateLockedError(
        f"{told}, or set SISS_DATA_DIR to another folder",
        pid=info.pid,
        address=info.address,
    )


def _read_info(folder: StateFolder) -> OwnerInfo:
    try:
        return msgspec.json.decode((folder.path / _INFO).read_bytes(), type=OwnerInfo)
    except (OSError, msgspec.MsgspecError):
        # The lock is taken a moment before the announcement stands.
        return OwnerInfo(0, 0.0)


def _write_info(folder: StateFolder, info: OwnerInfo) -> None:
    target = folder.path / _INFO
    beside = target.with_suffix(f".{os.getpid()}.new")
    try:
        beside.write_bytes(msgspec.json.encode(info))
        beside.replace(target)
    except OSError as error:
        raise state_error(folder.path, error) from error
