"""Roots, folders and observed files in PostgreSQL. What differs in folders is recorded by ``record_folders``."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from siss.adapters.postgres.database import Connection, Database, fetch
from siss.adapters.postgres.ingest.enqueue import drop_contents, drop_files, ring
from siss.adapters.postgres.ingest.record_folders import holding_root, record_folders
from siss.adapters.postgres.rows import clamp, join, short_hash, signed, stat_of, unpack_tail
from siss.adapters.postgres.statements import load_statements
from siss.model.file import FileStat, Root, RootState, WatchMode
from siss.model.ids import FileId, RootId
from siss.model.ingest import FolderDelta, KnownFile, RootSpec

SQL: Final = load_statements("scan")


class PostgresScanCatalog:
    """Implements ``siss.ports.scan_catalog.ScanCatalog``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sync_roots(self, specs: Sequence[RootSpec]) -> list[Root]:
        """Make the roots what the settings say; files of the others are soft-deleted."""
        async with self._database.transaction() as connection:
            named = {spec.path for spec in specs}
            found = await fetch(connection, SQL["lock_roots"])
            gone = [root_id for root_id, path, active in found if active and path not in named]
            for position, spec in enumerate(specs):
                values = {"path": spec.path, "path_hash": short_hash(spec.path), "shown": spec.shown}
                more = {"position": position, "case_insensitive": spec.case_insensitive}
                await connection.execute(SQL["put_root"], values | more)
            if gone:
                for statement in ("drop_roots", "forget_folders_of_roots", "delete_skipped_of_roots"):
                    await connection.execute(SQL[statement], {"ids": gone})
                deleted = await fetch(connection, SQL["delete_files_of_roots"], {"ids": gone})
                await connection.execute(SQL["orphan_all"])
                await drop_files(connection, deleted)
            return [root_of(row) for row in await fetch(connection, SQL["active_roots"])]

    async def set_root(self, root_id: RootId, state: RootState, watch: WatchMode, reason: str = "") -> None:
        """Record what the probe of a root found."""
        values = {"id": root_id, "state": state.value, "watch": watch.value, "reason": reason}
        await self._database.execute(SQL["set_root"], values)

    async def folder_fingerprints(self, root_id: RootId) -> dict[bytes, bytes]:
        """The fingerprint of each known folder."""
        return dict(await self._database.rows(SQL["fingerprints"], {"root_id": root_id}))

    async def files_in_folders(
        self, root_id: RootId, folders: Sequence[bytes]
    ) -> Mapping[bytes, Sequence[KnownFile]]:
        """The files of these folders."""
        values = {"root_id": root_id, "hashes": [short_hash(folder) for folder in folders]}
        found: dict[bytes, list[KnownFile]] = {folder: [] for folder in folders}
        for row in await self._database.rows(SQL["files_in_folders"], values):
            found[row[0]].append(_known_file(row))
        return found

    async def files_by_inode(self, root_id: RootId, stats: Sequence[FileStat]) -> list[KnownFile]:
        """Candidates for a move."""
        values = {
            "root_id": root_id,
            "inodes": [signed(stat.inode) for stat in stats],
            "sizes": [stat.size for stat in stats],
            "mtimes": [clamp(stat.mtime_ns) for stat in stats],
        }
        return [_known_file(row) for row in await self._database.rows(SQL["files_by_inode"], values)]

    async def record_folders(self, root_id: RootId, deltas: Sequence[FolderDelta]) -> int:
        """Record differences; returns how many files became pending."""
        if not deltas:
            return 0
        return await holding_root(
            self._database, root_id, lambda connection: record_folders(connection, root_id, deltas)
        )

    async def mark_missing(self, root_id: RootId, folders: Sequence[bytes], files: Sequence[FileId]) -> int:
        """Mark files, and all files in and below these folders, as missing."""
        async with self._database.transaction() as connection:
            below = await _folders_below(connection, root_id, folders) if folders else []
            values = {"root_id": root_id, "files": list(files), "folders": below}
            lost = await fetch(connection, SQL["mark_missing"], values)
            if below:
                await connection.execute(SQL["forget_folders"], {"folders": below})
            await drop_files(connection, lost)
            return len(lost)

    async def set_mounts(self, root_id: RootId, mounts: Mapping[bytes, bool]) -> None:
        """Replace what is known of mounts."""
        async with self._database.transaction() as connection:
            hashes = [short_hash(path) for path in mounts]
            values = {"root_id": root_id, "paths": list(mounts), "hashes": hashes, "away": list(mounts.values())}
            await connection.execute(SQL["forget_mounts"], values)
            await connection.execute(SQL["put_mounts"], values)

    async def link_mounts(self, root_id: RootId, paths: Sequence[bytes]) -> None:
        """Record into which mounts links lead."""
        await self._database.execute(SQL["link_mounts"], {"root_id": root_id, "paths": list(paths)})

    async def mounts_with_files(self, root_id: RootId) -> list[bytes]:
        """Mounts below which files are there, or into which links lead."""
        return [path for (path,) in await self._database.rows(SQL["mounts_with_files"], {"root_id": root_id})]

    async def count_files(self, root_id: RootId) -> int:
        """How many files of a root are there."""
        row = await self._database.row(SQL["count_files"], {"root_id": root_id})
        assert row is not None
        return int(row[0])

    async def finish_scan(self, root_id: RootId) -> None:
        """Record that a scan of a whole root ended."""
        await self._database.execute(SQL["finish_scan"], {"id": root_id})

    async def expire_missing(self, grace_seconds: float) -> int:
        """Soft-delete files that are missing for longer, and drop contents that no file has for as long."""
        async with self._database.transaction() as connection:
            gone = await fetch(connection, SQL["expire_missing"], {"grace": grace_seconds})
            if gone:
                await connection.execute(SQL["orphan_all"])
            expired = [row[0] for row in await fetch(connection, SQL["expired_contents"], {"grace": grace_seconds})]
            if expired:
                await drop_contents(connection, expired)
                await ring(connection, "outbox")
            return len(gone)


async def _folders_below(connection: Connection, root_id: RootId, folders: Sequence[bytes]) -> list[int]:
    prefixes = [folder + b"/" if folder else b"" for folder in folders]
    values = {
        "root_id": root_id,
        "hashes": [short_hash(folder) for folder in folders],
        "prefixes": prefixes,
        "lows": [prefix[:400] for prefix in prefixes],
        # No UTF-8 and hardly any name begins so; the whole prefix is compared anyway.
        "highs": [prefix[:400] + b"\xff\xff\xff\xff" for prefix in prefixes],
    }
    return [row[0] for row in await fetch(connection, SQL["folders_below"], values)]


def root_of(row: tuple[Any, ...]) -> Root:
    """A row of ``active_roots``."""
    root_id, path, shown, case_insensitive, state, watch, reason, mounts_away = row
    return Root(
        RootId(root_id), path, shown, case_insensitive, RootState(state), WatchMode(watch), reason, mounts_away
    )


def _known_file(row: tuple[Any, ...]) -> KnownFile:
    folder, name, file_id, key, size, mtime_ns, inode, device, missing, *tail = row
    path = join(folder, name)
    stat = stat_of(size, mtime_ns, inode, device)
    return KnownFile(FileId(file_id), path, path if key is None else key, stat, missing, *map(unpack_tail, tail))
