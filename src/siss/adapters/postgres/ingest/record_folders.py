"""What a scan or a watcher found different in folders, as changes of rows."""

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from psycopg.errors import LockNotAvailable

from siss.adapters.postgres.copying import copy_rows
from siss.adapters.postgres.database import Connection, Database, fetch
from siss.adapters.postgres.ingest.enqueue import enqueue, show_again
from siss.adapters.postgres.ingest.write_outcomes import note_unread
from siss.adapters.postgres.rows import FILE_TYPES, SKIPPED_TYPES, clamp, join, short_hash, signed, stat_columns
from siss.adapters.postgres.statements import load_statements
from siss.errors import ConflictError, DatabaseUnavailableError
from siss.model.coverage import Gap, Reason
from siss.model.file import FileStat, FileStatus, ObservedFile
from siss.model.ids import FileId, RootId, new_public_id
from siss.model.ingest import FolderDelta, OutboxOp

T = TypeVar("T")

SQL: Final = load_statements("scan")
_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 1.0
_CLOSED: Final = Gap(Reason.PERMISSION_DENIED, detail=os.strerror(errno.EACCES), lost=False)
_GONE: Final = (FileStatus.MISSING, FileStatus.DELETED)


@dataclass(frozen=True, slots=True)
class _Present:
    """A file that is known by a comparison key."""

    id: FileId
    path: bytes
    generation: int
    gone: bool


@dataclass(frozen=True, slots=True)
class _Placing:
    """Which row a file gets.

    ``id``: of the row that it takes over; None for a new one. ``key_hash``: of its comparison key, or, with
    ``conflict``, of key and path, because another name has this key (case-insensitive roots). ``changed``: its bytes
    may be others, so it becomes pending. ``there``: the row has this path already, only size or time changed.
    """

    file: ObservedFile
    key_hash: bytes
    id: FileId | None = None
    conflict: bool = False
    changed: bool = True
    there: bool = False


async def holding_root(database: Database, root_id: RootId, act: Callable[[Connection], Awaitable[T]]) -> T:
    """Act in a transaction that holds a root's lock.

    Whoever writes outcomes locks the rows of their files until all are written, which takes seconds where it
    steps behind others. To wait for such a row with the root's lock in hand would keep every upload to the root
    waiting, too: so the lock is given up soon, and taken again a little later.
    """
    pause = _PAUSE_SECONDS
    while True:
        try:
            async with database.transaction() as connection:
                await connection.execute(SQL["lock_root"], {"root_id": root_id})
                await connection.execute(SQL["limit_waits"])
                return await act(connection)
        except DatabaseUnavailableError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


async def record_folders(connection: Connection, root_id: RootId, deltas: Sequence[FolderDelta]) -> int:
    """Record differences, with the root's lock; returns how many files became pending.

    Raises ``ConflictError`` where a file that they name is no longer there to be changed.
    """
    moved = [(file_id, file) for delta in deltas for file_id, file in delta.moved]
    added = [file for delta in deltas for file in delta.added]
    folders = await _put_folders(connection, root_id, deltas, [file for _, file in moved] + added)
    staying = [file_id for delta in deltas for file_id in (*delta.returned, *(pair[0] for pair in delta.changed))]
    placings = await _place(connection, root_id, moved, added, staying)
    renamed = await _rename(connection, folders, placings)
    fresh = [placing for placing in placings if placing.id is None]
    await _insert(connection, root_id, folders, fresh)
    await _note_conflicts(connection, root_id, [placing for placing in placings if placing.conflict])
    changed = await _change(connection, [*_written(placings), *(pair for delta in deltas for pair in delta.changed)])
    returning = [file_id for delta in deltas for file_id in delta.returned]
    returned = await fetch(connection, SQL["return_files"], {"ids": returning})
    _check_all_there([file_id for file_id, _ in moved], renamed)
    _check_all_there([file_id for delta in deltas for file_id, _ in delta.changed], changed)
    _check_all_there(returning, returned)
    await show_again(connection, _held(renamed), renamed=True)
    await show_again(connection, _held([*returned, *changed]))
    await _replace_skipped(connection, folders, deltas)
    if closed := {file_id: _CLOSED for delta in deltas for file_id in delta.closed}:
        await note_unread(connection, closed)
    return len(fresh) + len(changed) + sum(1 for _, _, pending in (*renamed, *returned) if pending)


async def record_files(connection: Connection, root_id: RootId, files: Sequence[ObservedFile]) -> None:
    """Record files that were just written, each with a key of its own, with the root's lock.

    They become pending, and their folders stay as scans know them.
    """
    paths = list({_folder(file.path) for file in files})
    values = {"root_id": root_id, "paths": paths, "hashes": [short_hash(path) for path in paths]}
    folders = dict(await fetch(connection, SQL["ensure_folders"], values))
    placings = await _place(connection, root_id, [], files)
    renamed = await _rename(connection, folders, placings)
    await _insert(connection, root_id, folders, [placing for placing in placings if placing.id is None])
    await _note_conflicts(connection, root_id, [placing for placing in placings if placing.conflict])
    await _change(connection, _written(placings))
    await show_again(connection, _held(renamed), renamed=True)


def _check_all_there(ids: Sequence[FileId], rows: Sequence[tuple[Any, ...]]) -> None:
    # While a scan compares, a file may go: it expires, or indexing gives its identity to another path (a move).
    if lost := set(ids) - {row[0] for row in rows}:
        raise ConflictError(f"{len(lost)} files went from the catalog meanwhile: compare again")


async def _put_folders(
    connection: Connection, root_id: RootId, deltas: Sequence[FolderDelta], files: Sequence[ObservedFile]
) -> Mapping[bytes, int]:
    fingerprints = {delta.path: delta.fingerprint or b"" for delta in deltas}
    values = {
        "root_id": root_id,
        "paths": list(fingerprints),
        "hashes": [short_hash(path) for path in fingerprints],
        "fingerprints": list(fingerprints.values()),
    }
    ids = dict(await fetch(connection, SQL["put_folders"], values))
    # A watcher may report a file of a folder that it did not list.
    if others := {_folder(file.path) for file in files} - ids.keys():
        more = {"root_id": root_id, "paths": list(others), "hashes": [short_hash(path) for path in others]}
        ids |= dict(await fetch(connection, SQL["ensure_folders"], more))
    return ids


async def _place(
    connection: Connection,
    root_id: RootId,
    moved: Sequence[tuple[FileId, ObservedFile]],
    added: Sequence[ObservedFile],
    staying: Iterable[FileId] = (),
) -> list[_Placing]:
    """Decide which row each file gets.

    A moved file takes its new path from whatever file had it; an added file takes the row of a missing or deleted
    file of the same path. ``staying``: files that returned and are not marked so yet; they count as there.
    """
    hashes = {_own(file) for _, file in moved} | {_own(file) for file in added}
    hashes |= {_beside(file) for _, file in moved} | {_beside(file) for file in added}
    rows = await fetch(connection, SQL["files_by_key"], {"root_id": root_id, "hashes": list(hashes)})
    moving, staying = {file_id for file_id, _ in moved}, set(staying)
    taken = {
        key_hash: _Present(
            file_id,
            join(folder, name),
            generation,
            gone=FileStatus(status) in _GONE and file_id not in staying,
        )
        for key_hash, file_id, folder, name, status, generation in rows
        if file_id not in moving
    }
    placings: list[_Placing] = []
    replaced: dict[FileId, _Present] = {}
    claimed: set[bytes] = set()
    for file_id, file in moved:
        own, beside = taken.get(_own(file)), taken.get(_beside(file))
        conflict = _own(file) in claimed or (own is not None and own.path != file.path and not own.gone)
        # Whoever was known by this path before, and who would be in the way though it is gone.
        replaced |= {there.id: there for there in (beside, None if conflict else own) if there is not None}
        key_hash = _beside(file) if conflict else _own(file)
        placings.append(_Placing(file, key_hash, file_id, conflict=conflict, changed=False))
        claimed.add(key_hash)
    for file in added:
        placings.append(_place_added(file, taken, claimed))
        claimed.add(placings[-1].key_hash)
    if replaced:
        await connection.execute(SQL["delete_files"], {"ids": list(replaced)})
        await enqueue(connection, [(OutboxOp.DROP_FILE, p.id) for p in replaced.values() if p.generation])
    return placings


def _place_added(file: ObservedFile, taken: Mapping[bytes, _Present], claimed: set[bytes]) -> _Placing:
    own, beside = _own(file), _beside(file)
    if (former := taken.get(beside)) is not None:
        return _Placing(file, beside, former.id, conflict=True)
    if own in claimed:
        return _Placing(file, beside, conflict=True)
    there = taken.get(own)
    if there is None:
        return _Placing(file, own)
    if there.gone:
        return _Placing(file, own, there.id)
    if there.path == file.path:
        return _Placing(file, own, there.id, there=True)
    return _Placing(file, beside, conflict=True)


def _written(placings: Sequence[_Placing]) -> list[tuple[FileId, FileStat]]:
    """Files that keep their rows, with their new stats. The engine is not told before they are read."""
    return [(placing.id, placing.file.stat) for placing in placings if placing.there and placing.id is not None]


async def _rename(
    connection: Connection, folders: Mapping[bytes, int], given: Sequence[_Placing]
) -> list[tuple[Any, ...]]:
    placings = [placing for placing in given if placing.id is not None and not placing.there]
    if not placings:
        return []
    files = [placing.file for placing in placings]
    values = {
        "ids": [placing.id for placing in placings],
        "folders": [folders[_folder(file.path)] for file in files],
        "names": [_name(file.path) for file in files],
        "shown": await _absolute(connection, files, folders),
        "keys": [_stored_key(file) for file in files],
        "hashes": [placing.key_hash for placing in placings],
        "changed": [placing.changed for placing in placings],
        **stat_columns([file.stat for file in files]),
    }
    return await fetch(connection, SQL["rename_files"], values)


async def _insert(
    connection: Connection, root_id: RootId, folders: Mapping[bytes, int], placings: Sequence[_Placing]
) -> None:
    if not placings:
        return
    shown = await _absolute(connection, [placing.file for placing in placings], folders)
    rows = (
        (
            new_public_id(),
            root_id,
            folders[_folder(file.path)],
            file.stat.size,
            clamp(file.stat.mtime_ns),
            signed(file.stat.inode),
            signed(file.stat.device),
            placing.key_hash,
            _stored_key(file),
            _name(file.path),
            absolute,
        )
        for placing, absolute in zip(placings, shown, strict=True)
        for file in (placing.file,)
    )
    await copy_rows(connection, SQL["copy_files"], FILE_TYPES, rows)


async def _absolute(connection: Connection, files: Sequence[ObservedFile], folders: Mapping[bytes, int]) -> list[str]:
    folder_id = next(iter(folders.values()))
    root = (await fetch(connection, SQL["root_shown"], {"folder_id": folder_id}))[0][0]
    return [f"{root.rstrip('/')}/{file.shown}" for file in files]


async def _note_conflicts(connection: Connection, root_id: RootId, placings: Sequence[_Placing]) -> None:
    if not placings:
        return
    names = {placing.key_hash: placing.file.shown for placing in placings}
    rows = await fetch(connection, SQL["ids_by_key"], {"root_id": root_id, "hashes": list(names)})
    details = [f"another name is the same as {names[key_hash]} but for case or composition" for key_hash, _ in rows]
    await connection.execute(SQL["note_conflicts"], {"ids": [file_id for _, file_id in rows], "details": details})


async def _change(connection: Connection, changed: Sequence[tuple[FileId, Any]]) -> list[tuple[Any, ...]]:
    if not changed:
        return []
    values = {"ids": [file_id for file_id, _ in changed], **stat_columns([stat for _, stat in changed])}
    return await fetch(connection, SQL["change_files"], values)


def _held(rows: Sequence[tuple[Any, ...]]) -> list[int]:
    """The ids of those rows (id, generation, ...) that the engine has: those with a generation."""
    return [row[0] for row in rows if row[1]]


async def _replace_skipped(
    connection: Connection, folders: Mapping[bytes, int], deltas: Sequence[FolderDelta]
) -> None:
    await connection.execute(SQL["delete_skipped"], {"folders": [folders[delta.path] for delta in deltas]})
    rows = (
        (
            folders[delta.path],
            short_hash(skipped.shown.encode()),
            skipped.shown,
            skipped.gap.reason.value,
            skipped.gap.start,
            skipped.gap.end,
            skipped.gap.item,
            skipped.gap.detail,
            skipped.gap.lost,
        )
        for delta in deltas
        for skipped in delta.skipped
    )
    await copy_rows(connection, SQL["copy_skipped"], SKIPPED_TYPES, rows)


def _folder(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]


def _stored_key(file: ObservedFile) -> bytes | None:
    return None if file.key == file.path else file.key


def _own(file: ObservedFile) -> bytes:
    return short_hash(file.key)


def _beside(file: ObservedFile) -> bytes:
    return short_hash(file.key, file.path)
