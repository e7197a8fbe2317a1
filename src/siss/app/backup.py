"""Backups: one folder that holds everything SISS knows, checked before it is used.

Of the three parts of an index the database is dumped, of one moment. The full-text index is left out, because it
is made of what the database holds: a restored one is made anew, always fits, and needs no NAS. So is the key of the
secrets' fingerprints, unless it is asked for: whoever has both can try out weak passwords. Without it all files are
read again.

The folder gets its name when it is whole, and lists the hash of each file, so that half a backup, or a damaged one,
is never restored.
"""

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

import siss
from siss.errors import ConflictError, CorruptError, NotFoundError
from siss.ports.dump import DatabaseDump, DumpFacts
from siss.state import state_error, to_disk

FORMAT: Final = 1
DATABASE: Final = "database.dump"
MANIFEST: Final = "manifest.json"
MANIFEST_SUM: Final = "manifest.sha256"
"""The hash of the manifest, as ``sha256sum -c`` reads it."""
_READ: Final = 1 << 20


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


async def write_backup(dump: DatabaseDump, folder: Path, extras: Mapping[str, bytes]) -> Manifest:
    """Make a backup in a new folder. ``extras``: further small files by name.

    Raises ``ConflictError`` where the folder exists, ``StateError`` and ``DiskFullError`` where it cannot be written,
    and what ``DatabaseDump.save`` raises. Nothing is left of a backup that failed.
    """
    partial = await asyncio.to_thread(_begin, folder)
    try:
        facts = await dump.save(partial / DATABASE)
        return await asyncio.to_thread(_finish, partial, folder, facts, extras)
    except OSError as error:
        raise state_error(folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


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


async def restore_backup(dump: DatabaseDump, folder: Path) -> Manifest:
    """Fill an empty database from a backup and compare what it has then. The caller brings the schema up to date.

    Raises what ``check_backup`` and ``DatabaseDump.load`` raise, and ``CorruptError`` where numbers differ.
    """
    manifest = await asyncio.to_thread(check_backup, folder)
    _compare(manifest.database, await dump.load(folder / DATABASE))
    return manifest


async def move_database(source: DatabaseDump, target: DatabaseDump, folder: Path) -> DumpFacts:
    """Fill an empty database from another one and compare what it has then. ``folder``: has room for a dump.

    Raises what ``DatabaseDump.save`` and ``load`` raise, and ``CorruptError`` where numbers differ.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="migrate-") as temporary:
        file = Path(temporary) / DATABASE
        saved = await source.save(file)
        _compare(saved, await target.load(file))
    return saved


def _compare(saved: DumpFacts, found: DumpFacts) -> None:
    differ = {
        table: (count, found.rows.get(table)) for table, count in saved.rows.items() if found.rows.get(table) != count
    }
    if differ:
        told = ", ".join(f"{table}: {here} of {count} rows" for table, (count, here) in differ.items())
        raise CorruptError(f"what was restored is not what was saved: {told}")


def _begin(folder: Path) -> Path:
    partial = folder.with_name(f"{folder.name}.partial")
    try:
        if folder.exists():
            raise ConflictError(f"{folder} is there already: a backup is a new folder each time")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise state_error(folder, error) from error
    return partial


def _finish(partial: Path, folder: Path, facts: DumpFacts, extras: Mapping[str, bytes]) -> Manifest:
    for name, data in extras.items():
        (partial / name).write_bytes(data)
    names = sorted([DATABASE, *extras])
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


def _sum_line(manifest: bytes) -> bytes:
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode()


def _describe(file: Path) -> StoredFile:
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while block := opened.read(_READ):
            digest.update(block)
            size += len(block)
    return StoredFile(size, digest.hexdigest())
