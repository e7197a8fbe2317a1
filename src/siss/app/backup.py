"""Backups: one folder that holds everything SISS knows, checked before it is used.

Of the three parts of an index the database is dumped, of one moment. The full-text index is left out, because it
is made of what the database holds: a restored one is made anew, always fits, and needs no NAS. So is the key of the
secrets' fingerprints, unless it is asked for: whoever has both can try out weak passwords. Without it all files are
read again. What the audit log has moved into files is in it, too.

The folder gets its name when it is whole, and lists the hash of each file, so that half a backup, or a damaged one,
is never restored. The database comes back last, in one transaction: a restore that was killed, before it or after,
goes on when it is tried again.
"""

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

import siss
from siss.app.audit import AUDIT_FOLDER, rotated_files
from siss.app.secret_key import NAME
from siss.errors import ConflictError, CorruptError, DiskFullError, NotFoundError, StateError
from siss.ports.dump import DatabaseDump, DumpFacts
from siss.state import state_error, to_disk

FORMAT: Final = 1
DATABASE: Final = "database.dump"
SETTINGS: Final = "siss.toml"
MANIFEST: Final = "manifest.json"
MANIFEST_SUM: Final = "manifest.sha256"
"""The hash of the manifest, as ``sha256sum -c`` reads it."""
RESTORING: Final = "restoring"
"""Lies in a data folder from before its database is filled until somebody works with it: the hash of the backup, and
``_LOADED`` once it was compared."""
_LOADED: Final = b"loaded\n"
_READ: Final = 1 << 20
_MOVE: Final = "migrate-"


class StoredFile(msgspec.Struct, frozen=True):
    """A file of a backup: how long it is, and its hash (hexadecimal)."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup is. ``version``: of SISS; ``files``: all others in the folder, by name."""

    format: int
    version: str
    created_at: datetime
    database: DumpFacts
    files: dict[str, StoredFile]


async def write_backup(
    dump: DatabaseDump, folder: Path, extras: Mapping[str, bytes], data_dir: Path | None = None
) -> Manifest:
    """Make a backup in a new folder.

    ``extras``: further small files by name; ``SETTINGS`` and the fingerprints' key come back with a restore;
    ``data_dir``: has the audit log's files.

    Raises ``ConflictError`` where the folder exists, another backup is being written to it, or the name that it has
    until it is whole is taken by something else, ``StateError`` and ``DiskFullError`` where it cannot be written, and
    what ``DatabaseDump.save`` raises. Nothing is left of a backup that failed.
    """
    partial = folder.with_name(f"{folder.name}.partial")
    with _write_errors(folder):
        descriptor = await asyncio.to_thread(_begin, partial, folder)
        try:
            facts = await dump.save(partial / DATABASE)
            return await asyncio.to_thread(_finish, partial, folder, facts, extras, data_dir)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        finally:
            os.close(descriptor)


def check_backup(folder: Path) -> Manifest:
    """The manifest of a backup whose files are what they were.

    Raises ``NotFoundError`` where there is none, ``CorruptError`` that names the file that differs.
    """
    try:
        described = (folder / MANIFEST).read_bytes()
        if (folder / MANIFEST_SUM).read_bytes() != _sum_line(described):
            raise CorruptError(f"{folder / MANIFEST} is damaged: it has another hash than {MANIFEST_SUM} says")
        manifest = msgspec.json.decode(described, type=Manifest)
    except OSError as error:
        raise NotFoundError(f"{folder} is no whole backup: {error.filename}: {error.strerror or error}") from error
    except msgspec.MsgspecError as error:
        raise CorruptError(f"{folder / MANIFEST} is damaged: {error}") from error
    if manifest.format != FORMAT:
        raise CorruptError(f"{folder} has the format {manifest.format}, which this version of SISS does not know")
    for name, wanted in manifest.files.items():
        if Path(name).name != name:
            raise CorruptError(f"{folder / MANIFEST} is damaged: {name!r} is no name of a file")
        try:
            found = _describe(folder / name)
        except OSError as error:
            raise CorruptError(f"{folder / name} is lost: {error.strerror or error}") from error
        if found != wanted:
            raise CorruptError(
                f"{folder / name} is damaged: it has {found.bytes:,} bytes and the hash {found.sha256[:12]}…, and "
                f"had {wanted.bytes:,} and {wanted.sha256[:12]}…"
            )
    return manifest


async def restore_backup(dump: DatabaseDump, folder: Path, data_dir: Path) -> Manifest:
    """Fill an empty database from a backup and compare what it has then. The caller brings the schema up to date.

    Its other files go into ``data_dir`` where that has none of the name. What an attempt that was killed has loaded
    is taken as it is. Raises what ``check_backup`` and ``DatabaseDump.load`` raise, ``StateError``,
    ``DiskFullError``, and ``CorruptError`` where numbers differ.
    """
    manifest = await asyncio.to_thread(check_backup, folder)
    mark, known = data_dir / RESTORING, (folder / MANIFEST_SUM).read_bytes()
    found = await dump.count()
    began = await asyncio.to_thread(_read_mark, mark) if found.rows else b""
    if began == known + _LOADED:
        return manifest
    if began != known:
        await dump.require_empty()
        await asyncio.to_thread(_put_back, manifest, folder, data_dir)
        await asyncio.to_thread(_write_whole, mark, known)
        found = await dump.load(folder / DATABASE)
    _compare(manifest.database, found)
    await asyncio.to_thread(_write_whole, mark, known + _LOADED)
    return manifest


def forget_restore(data_dir: Path) -> None:
    """Somebody works with what was restored: from now on it is a database as any other."""
    (data_dir / RESTORING).unlink(missing_ok=True)


async def move_database(source: DatabaseDump, target: DatabaseDump, folder: Path) -> DumpFacts:
    """Fill an empty database from another one and compare what it has then. ``folder``: has room for a dump.

    Raises what ``DatabaseDump.save`` and ``load`` raise, and ``CorruptError`` where numbers differ.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix=_MOVE) as temporary:
        file = Path(temporary) / DATABASE
        saved = await source.save(file)
        _compare(saved, await target.load(file))
    return saved


def clear_moves(folder: Path) -> None:
    """Remove the dumps that a killed ``move_database`` left in ``folder``. Nobody moves meanwhile."""
    for left in folder.glob(f"{_MOVE}*"):
        shutil.rmtree(left, ignore_errors=True)


def _compare(saved: DumpFacts, found: DumpFacts) -> None:
    differ = {
        table: (count, found.rows.get(table)) for table, count in saved.rows.items() if found.rows.get(table) != count
    }
    if differ:
        told = ", ".join(f"{table}: {here} of {count} rows" for table, (count, here) in differ.items())
        raise CorruptError(f"what was restored is not what was saved: {told}")


def _begin(partial: Path, folder: Path) -> int:
    """Make a folder, or empty what a killed backup left. It is locked as long as the descriptor is open."""
    if folder.exists():
        raise ConflictError(f"{folder} is there already: a backup is a new folder each time")
    partial.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(partial, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConflictError(f"another backup is being written to {folder}") from error
        # Whoever had the lock until now may have finished: it has the other name then.
        if not os.path.samestat(os.fstat(descriptor), partial.stat()):
            raise ConflictError(f"another backup is being written to {folder}")
        _clear(partial)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _clear(partial: Path) -> None:
    """Empty what a killed backup left; a folder of that name that holds anything else is somebody's."""
    own = {DATABASE, SETTINGS, NAME, MANIFEST, MANIFEST_SUM, *(file.name for file in rotated_files(partial))}
    found = sorted(partial.iterdir())
    if foreign := next((file for file in found if file.name not in own or not file.is_file()), None):
        raise ConflictError(
            f"{partial}, where a backup is written until it is whole, holds what is none of it ({foreign.name}): "
            "move it away, or give the backup another name"
        )
    for left in found:
        left.unlink()


def _finish(
    partial: Path, folder: Path, facts: DumpFacts, extras: Mapping[str, bytes], data_dir: Path | None
) -> Manifest:
    for name, data in extras.items():
        (partial / name).write_bytes(data)
    # After the dump: what was moved out of the database meanwhile is in both, and nothing in neither.
    rotated = [] if data_dir is None else rotated_files(data_dir / AUDIT_FOLDER)
    for file in rotated:
        shutil.copyfile(file, partial / file.name)
    names = sorted([DATABASE, *extras, *(file.name for file in rotated)])
    files = {name: _describe(partial / name) for name in names}
    manifest = Manifest(FORMAT, siss.__version__, datetime.now(UTC), facts, files)
    (partial / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    (partial / MANIFEST_SUM).write_bytes(_sum_line((partial / MANIFEST).read_bytes()))
    for name in (*names, MANIFEST, MANIFEST_SUM):
        (partial / name).chmod(0o600)
        to_disk(partial / name)
    to_disk(partial)
    partial.rename(folder)
    to_disk(folder.parent)
    return manifest


def _put_back(manifest: Manifest, folder: Path, data_dir: Path) -> None:
    """Each file whole or not at all; what is there already stays."""
    audit = data_dir / AUDIT_FOLDER
    rotated = {file.name for file in rotated_files(folder)}
    for name in sorted(manifest.files.keys() & {SETTINGS, NAME, *rotated}):
        target = audit / name if name in rotated else data_dir / name
        if not target.exists() and manifest.files[name].bytes:
            _write_whole(target, folder / name)


def _write_whole(target: Path, given: Path | bytes) -> None:
    """A file of these bytes, or of another one's, that survives a power failure."""
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.new")
        if isinstance(given, bytes):
            beside.write_bytes(given)
        else:
            shutil.copyfile(given, beside)
        beside.chmod(0o600)
        to_disk(beside)
        beside.replace(target)
        to_disk(target.parent)
    except OSError as error:
        raise state_error(target.parent, error) from error


def _read_mark(mark: Path) -> bytes:
    try:
        return mark.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise state_error(mark.parent, error) from error


@contextlib.contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            told = f"no room for the backup {folder}: free some space or name another disk"
            raise DiskFullError(told, path=str(folder)) from error
        raise StateError(
            f"the backup {folder} cannot be written: {error.strerror or error}", path=str(folder)
        ) from error


def _sum_line(manifest: bytes) -> bytes:
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode()


def _describe(file: Path) -> StoredFile:
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while block := opened.read(_READ):
            digest.update(block)
            size += len(block)
    return StoredFile(size, digest.hexdigest())
