"""Backups that are made by themselves, and how many are kept."""

from pathlib import Path

import pytest

from siss.app.backup import check_backup
from siss.app.maintenance.tasks import take_snapshot
from siss.errors import ConfigError, DiskFullError
from siss.ports.dump import DumpFacts
from siss.settings import Settings


class Dump:
    fails = False

    async def save(self, file: Path) -> DumpFacts:
        file.write_bytes(b"dump")
        if self.fails:
            raise DiskFullError("no room")
        return DumpFacts("18.4", {"files": 3})

    async def load(self, file: Path) -> DumpFacts:
        raise NotImplementedError


async def test_the_newest_are_kept_and_nothing_of_others_is_touched(tmp_path: Path):
    folder = tmp_path / "snapshots"
    for foreign in ("siss-notes", "siss-photosZ", "other.partial"):
        (folder / foreign).mkdir(parents=True)
    settings = Settings(snapshot_dir=folder, snapshots_kept=2)
    (folder / "siss-2026-11-01T000000.000000Z.partial").mkdir()
    made = [await take_snapshot(settings, Dump()) for _ in range(4)]
    assert [result["removed"] for result in made] == [0, 0, 1, 1]
    left = {path.name for path in folder.iterdir()}
    assert left == {"siss-notes", "siss-photosZ", "other.partial", *(Path(r["folder"]).name for r in made[2:])}
    assert check_backup(Path(made[3]["folder"])).database.rows == {"files": 3}


async def test_one_that_fails_removes_none(tmp_path: Path):
    settings = Settings(snapshot_dir=tmp_path, snapshots_kept=1)
    made = await take_snapshot(settings, Dump())
    failing = Dump()
    failing.fails = True
    with pytest.raises(DiskFullError):
        await take_snapshot(settings, failing)
    assert [str(path) for path in tmp_path.iterdir()] == [made["folder"]]


async def test_where_they_may_not_go(tmp_path: Path):
    with pytest.raises(ConfigError, match="SISS_SNAPSHOT_DIR"):
        await take_snapshot(Settings(), Dump())
    with pytest.raises(ConfigError, match="which is indexed"):
        await take_snapshot(Settings(roots=(tmp_path,), snapshot_dir=tmp_path / "snapshots"), Dump())
