"""What each task of maintenance does."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from siss.app.audit import AUDIT_FOLDER, rotate_audit
from siss.app.backup import MANIFEST, SETTINGS, write_backup
from siss.app.ingest.roots.scan import ScanReport
from siss.app.maintenance.integrity import compare_hashes
from siss.app.maintenance.schedule import Act
from siss.errors import ConfigError
from siss.model.maintenance import Task
from siss.ports.audit import AuditLog
from siss.ports.dump import DatabaseDump
from siss.ports.keys import Keys
from siss.ports.maintenance import Maintenance
from siss.ports.scan_catalog import ScanCatalog
from siss.settings import Settings, as_toml

_SNAPSHOT: Final = "siss-"
_MOST_DEAD: Final = 1 / 3
"""Of what the engine stores: it is then half as large again as it need be."""


@dataclass(frozen=True, slots=True)
class MaintenancePorts:
    """What the tasks work with."""

    store: Maintenance
    dump: DatabaseDump
    audit: AuditLog
    keys: Keys


@dataclass(frozen=True, slots=True)
class Doing:
    """What indexing does for the tasks.

    ``scan``: of all roots; ``catch_up``: lets go of files that expired; ``dead_share``: of what the engine stores, 0
    to 1; ``rebuild``: of the engine, answers with how much is queued.
    """

    scan: Callable[[], Awaitable[list[ScanReport]]]
    catch_up: Callable[[], None]
    dead_share: Callable[[], Awaitable[float]]
    rebuild: Callable[[], Awaitable[int]]


def make_acts(settings: Settings, ports: MaintenancePorts, scans: ScanCatalog, indexing: Doing) -> dict[Task, Act]:
    """What each task does."""

    async def vacuum() -> Mapping[str, Any]:
        return asdict(await ports.store.vacuum())

    async def snapshot() -> Mapping[str, Any]:
        return await take_snapshot(settings, ports.dump)

    async def integrity() -> Mapping[str, Any]:
        return await compare_hashes(ports.store, settings.integrity_share, float(settings.io_limit))

    async def audit() -> Mapping[str, Any]:
        before = datetime.now(UTC) - timedelta(seconds=settings.audit_retention)
        return {"moved": await rotate_audit(ports.audit, settings.data_dir / AUDIT_FOLDER, before)}

    async def jobs() -> Mapping[str, Any]:
        before = datetime.now(UTC) - timedelta(seconds=settings.job_retention)
        return {"forgotten": await ports.store.forget_jobs(before)}

    async def dead_files() -> Mapping[str, Any]:
        reports = await indexing.scan()
        expired = await scans.expire_missing(settings.missing_grace)
        if expired:
            indexing.catch_up()
        return {
            "missing": sum(report.missing for report in reports),
            "expired": expired,
            "away": sum(bool(report.outage) for report in reports),
        }

    async def compact() -> Mapping[str, Any]:
        dead = await indexing.dead_share()
        queued = await indexing.rebuild() if dead > _MOST_DEAD else 0
        return {"dead_percent": round(dead * 100), "queued": queued}

    return {
        Task.VACUUM: vacuum,
        Task.SNAPSHOT: snapshot,
        Task.INTEGRITY: integrity,
        Task.AUDIT: audit,
        Task.JOBS: jobs,
        Task.DEAD_FILES: dead_files,
        Task.COMPACT: compact,
    }


async def take_snapshot(settings: Settings, dump: DatabaseDump) -> Mapping[str, Any]:
    """Save a backup with the time as its name, then remove the oldest beyond ``snapshots_kept``.

    Raises ``ConfigError`` where no folder is named, or one that is indexed, and what ``write_backup`` raises.
    """
    folder = settings.snapshot_dir
    if folder is None:
        raise ConfigError(
            "SISS_SNAPSHOT_DIR: where should snapshots go? Name a folder.", variable="SISS_SNAPSHOT_DIR"
        )
    for root in settings.roots:
        if folder.is_relative_to(root):
            raise ConfigError(
                f"SISS_SNAPSHOT_DIR: {folder} is inside {root}, which is indexed", variable="SISS_SNAPSHOT_DIR"
            )
    target = folder / f"{_SNAPSHOT}{datetime.now(UTC):%Y-%m-%dT%H%M%S.%fZ}"
    extras = {SETTINGS: as_toml(settings).encode()}
    manifest = await write_backup(dump, target, extras, settings.data_dir)
    removed = await asyncio.to_thread(_remove_oldest, folder, settings.snapshots_kept)
    size = sum(file.bytes for file in manifest.files.values())
    return {"folder": str(target), "bytes": size, "removed": removed}


def _remove_oldest(folder: Path, kept: int) -> int:
    """Only what snapshots left: whole ones, whose names are in the order of time, and begun ones."""
    begun = [path for path in folder.glob(f"{_SNAPSHOT}*.partial") if path.is_dir()]
    whole = sorted(path for path in folder.glob(f"{_SNAPSHOT}*Z") if (path / MANIFEST).is_file())
    oldest = whole[:-kept]
    for path in (*begun, *oldest):
        shutil.rmtree(path, ignore_errors=True)
    return len(oldest)
