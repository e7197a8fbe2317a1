"""Snapshots: the disk tier put into a folder or object store, and taken from there at start.

A machine that is stopped when idle keeps its cache this way. A failure is a warning, never an outage.
"""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Final, Protocol

from siss.errors import CacheCorruptError
from siss.gateway.cache.counts import Counts
from siss.gateway.cache.database import SCHEMA_VERSION, translate
from siss.gateway.cache.store import EntryStore
from siss.logs import get_logger

_log: Final = get_logger("siss.gateway.cache")
_NAME: Final = "siss-gateway-cache.db"


class SnapshotStore(Protocol):
    """Where a snapshot is kept: one file, replaced whole."""

    async def put(self, file: Path) -> None:
        """Keep a copy of a file in place of the one before. Raises ``OSError`` or one of SISS's errors."""
        ...

    async def fetch(self, file: Path) -> bool:
        """Write the kept copy to a file; False where there is none. Raises as ``put``."""
        ...


class FolderSnapshots:
    """Snapshots in a folder: a mounted share, or a volume that outlives the machine."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _NAME

    async def put(self, file: Path) -> None:
        """Copy beside the old one, then take its place, so that a reader never sees half of it."""
        await asyncio.to_thread(self._put, file)

    async def fetch(self, file: Path) -> bool:
        """Copy the file out."""
        return await asyncio.to_thread(self._fetch, file)

    def _put(self, file: Path) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        coming = self._file.with_suffix(".coming")
        coming.unlink(missing_ok=True)
        coming.touch(0o600)  # prompts and answers lie in it
        shutil.copyfile(file, coming)
        with coming.open("rb+") as copied:
            os.fsync(copied.fileno())
        coming.replace(self._file)

    def _fetch(self, file: Path) -> bool:
        try:
            shutil.copyfile(self._file, file)
        except FileNotFoundError:
            return False
        return True


async def save(store: EntryStore, target: SnapshotStore, counts: Counts) -> bool:
    """Put a consistent copy of a store, which stays in use meanwhile; False, and a warning, where that failed."""
    try:
        # one place, taken over by the next snapshot: a process that is killed leaves no more than one behind
        folder = store.path.with_name("snapshot")
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        try:
            await asyncio.to_thread(folder.mkdir, 0o700)
            await asyncio.to_thread(store.backup, folder / _NAME)
            await target.put(folder / _NAME)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    except Exception as error:  # noqa: BLE001  whatever an object store raises: the machine may stop all the same
        counts.fault(error, "save a snapshot")
        _log.warning("snapshot not saved", error=str(error))
        return False
    return True


async def hydrate(path: Path, source: SnapshotStore, counts: Counts) -> bool:
    """Fetch a snapshot to ``path`` where there is no database yet; False where nothing was taken.

    A snapshot that does not read back, or cannot be fetched, is left alone with a warning.
    """
    coming = path.with_suffix(".coming")
    try:
        if not await asyncio.to_thread(_make_room, path, coming):
            return False
        if not await source.fetch(coming):
            await asyncio.to_thread(_discard, coming)
            return False
        await asyncio.to_thread(_take, coming, path)
    except Exception as error:  # noqa: BLE001  an empty cache is no outage
        counts.fault(error, "load a snapshot")
        _log.warning("snapshot not loaded: the cache starts empty", error=str(error))
        await asyncio.to_thread(_discard, coming)
        return False
    return True


def make_folder(folder: Path) -> None:
    """Make the cache's folder, for this user alone; raises the cache's errors."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise translate(error, folder) from error


def move_aside(path: Path) -> Path:
    """Give way to a new database; the old one stays beside it for a look. Raises the cache's errors.

    Its log goes first: one that were left would be taken for the new file's.
    """
    aside = path.with_name(f"{path.name}.corrupt-{int(time.time())}")
    try:
        for suffix in ("-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + suffix).replace(aside.with_name(aside.name + suffix))
    except OSError as error:
        raise translate(error, path) from error
    return aside


def _make_room(path: Path, coming: Path) -> bool:
    """An empty file for the snapshot, for this user alone; False where there is a database already."""
    make_folder(path.parent)
    if path.exists():
        return False
    coming.unlink(missing_ok=True)
    coming.touch(0o600)
    return True


def _take(coming: Path, path: Path) -> None:
    _check(coming)
    for suffix in ("-wal", "-shm"):  # of a database that is gone
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    coming.replace(path)


def _discard(coming: Path) -> None:
    with contextlib.suppress(OSError):
        coming.unlink(missing_ok=True)


def _check(path: Path) -> None:
    try:
        connection = sqlite3.connect(path)
        try:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise translate(error, path) from error
    if said != "ok" or version != SCHEMA_VERSION:
        raise CacheCorruptError(f"{path}: the snapshot does not read back: {said}, format {version}", path=str(path))
