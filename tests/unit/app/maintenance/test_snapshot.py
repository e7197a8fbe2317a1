"""Backups that are made by themselves, how many are kept, and what is in them."""

from pathlib import Path

import pytest

from siss.app.backup import DATABASE, RESTORING, SETTINGS, check_backup, restore_backup, write_backup
from siss.app.maintenance.tasks import take_snapshot
from siss.app.secret_key import NAME as KEY
from siss.errors import ConfigError, ConflictError, DiskFullError, StateError
from siss.ports.dump import DumpFacts
from siss.settings import Settings


class Dump:
    fails = False

    async def save(self, file: Path) -> DumpFacts:
        file.write_bytes(b"dump")
        if self.fails:
            raise DiskFullError("no room")
        return DumpFacts("18.4", {"files": 3})

    async def count(self) -> DumpFacts:
        return DumpFacts("18.4", {})

    async def require_empty(self) -> None:
        raise NotImplementedError

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


async def test_what_the_audit_log_moved_into_files_is_in_it(tmp_path: Path):
    archive = tmp_path / "state" / "audit" / "audit-2026-08-14-01a2020c.jsonl.zst"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"old entries")
    (archive.parent / ".audit-begun").write_bytes(b"half")
    settings = Settings(data_dir=tmp_path / "state", snapshot_dir=tmp_path / "snapshots")
    made = check_backup(Path((await take_snapshot(settings, Dump()))["folder"]))
    assert made.files.keys() == {DATABASE, SETTINGS, archive.name}


async def test_where_a_backup_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match=r"the backup \S+/file/backup cannot be written") as found:
        await write_backup(Dump(), tmp_path / "file" / "backup", {})
    assert "SISS_DATA_DIR" not in found.value.message


async def test_two_backups_at_once_do_not_touch_each_other(tmp_path: Path):
    folder = tmp_path / "backup"

    class Meanwhile(Dump):
        async def save(self, file: Path) -> DumpFacts:
            with pytest.raises(ConflictError, match="another backup is being written"):
                await write_backup(Dump(), folder, {})
            return await super().save(file)

    assert await write_backup(Meanwhile(), folder, {}) == check_backup(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]


class Restored(Dump):
    """A database that is filled, and looks at the state folder just before."""

    def __init__(self, state: Path, *, empty: bool = True) -> None:
        self.state, self.empty = state, empty
        self.seen: dict[str, bytes] = {}

    async def require_empty(self) -> None:
        if not self.empty:
            raise ConflictError("not empty")

    async def load(self, file: Path) -> DumpFacts:
        files = [path for path in self.state.rglob("*") if path.is_file()]
        self.seen = {str(path.relative_to(self.state)): path.read_bytes() for path in files}
        return DumpFacts("18.4", {"files": 3})


async def test_all_else_is_back_before_the_database(tmp_path: Path):
    archive = tmp_path / "old" / "audit" / "audit-2026-08-14-01a2020c.jsonl.zst"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"old entries")
    extras = {SETTINGS: b"port = 9\n", KEY: b"00\n", "owner.lock": b"?"}
    await write_backup(Dump(), tmp_path / "backup", extras, tmp_path / "old")
    state = tmp_path / "new"
    with pytest.raises(ConflictError):
        await restore_backup(Restored(state, empty=False), tmp_path / "backup", state)
    assert not state.exists()
    state.mkdir()
    (state / SETTINGS).write_bytes(b"port = 10\n")
    restored = Restored(state)
    await restore_backup(restored, tmp_path / "backup", state)
    assert restored.seen.pop(RESTORING)
    assert restored.seen == {SETTINGS: b"port = 10\n", KEY: b"00\n", f"audit/{archive.name}": b"old entries"}
