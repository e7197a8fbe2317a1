"""Backups of a real database: whole, refused when damaged, and back in an empty one."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from integration.adapters.postgres.made import World
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.embedded.dump import PostgresDump
from siss.adapters.postgres.embedded.server import DATABASE, EmbeddedServer
from siss.adapters.postgres.migrate import migrate
from siss.app import backup
from siss.app.backup import DATABASE as DUMP
from siss.app.backup import MANIFEST, MANIFEST_SUM, check_backup, forget_restore, restore_backup, write_backup
from siss.errors import ConflictError, CorruptError, NotFoundError, StateError
from siss.ports.dump import DumpFacts


@pytest.fixture
async def empty_url(postgres_server: EmbeddedServer) -> AsyncIterator[str]:
    """The URL of a database without a single table."""
    name = f"empty_{os.getpid()}"
    admin = postgres_server.dsn.replace(f"/{DATABASE}?", "/postgres?")
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield postgres_server.dsn.replace(f"/{DATABASE}?", f"/{name}?")
        finally:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def content_of(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that a backup keeps."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        names = await connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        found = {}
        for (name,) in await names.fetchall():
            if name not in {"cache", "outbox"}:
                rows = await (await connection.execute(f"SELECT * FROM {name}")).fetchall()
                found[name] = sorted(rows, key=repr)
        return found


async def test_everything_comes_back(world: World, database_url: str, empty_url: str, tmp_path: Path):
    await world.index_new({f"logs/{n}.log": f"line {n}\n".encode() * 50 for n in range(30)})
    made = await write_backup(PostgresDump(database_url), tmp_path / "backup", {"siss.toml": b"port = 9\n"})
    assert made == check_backup(tmp_path / "backup")
    assert made.database.rows["files"] == 30
    assert {file.name for file in (tmp_path / "backup").iterdir()} == {DUMP, MANIFEST, MANIFEST_SUM, "siss.toml"}
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    restored = await restore_backup(PostgresDump(empty_url), tmp_path / "backup", tmp_path / "state")
    assert restored == made
    assert await migrate(empty_url) == []
    assert await content_of(empty_url) == await content_of(database_url)


async def test_a_restored_database_goes_on_counting(world: World, database_url: str, empty_url: str, tmp_path: Path):
    await world.index_new({"a.txt": b"one"})
    await write_backup(PostgresDump(database_url), tmp_path / "backup", {})
    await restore_backup(PostgresDump(empty_url), tmp_path / "backup", tmp_path / "state")
    database = Database(empty_url)
    await database.open()
    try:
        other = await database.row(b"SELECT nextval('content_ids'), (SELECT max(id) FROM contents)")
        assert other is not None
        assert other[0] > other[1]
    finally:
        await database.close()


async def test_only_an_empty_database_is_filled(world: World, database_url: str, tmp_path: Path):
    await world.index_new({"a.txt": b"one"})
    dump = PostgresDump(database_url)
    await write_backup(dump, tmp_path / "backup", {})
    with pytest.raises(ConflictError):
        await restore_backup(dump, tmp_path / "backup", tmp_path / "state")
    with pytest.raises(ConflictError):
        await write_backup(dump, tmp_path / "backup", {})


@pytest.mark.parametrize("when", ["loaded", "compared", "brought up to date"])
async def test_a_restore_that_was_killed_goes_on(
    world: World, database_url: str, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
):
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    await world.index_new({"a.txt": b"one"})
    made = await write_backup(PostgresDump(database_url), tmp_path / "backup", {})
    other = await write_backup(PostgresDump(database_url), tmp_path / "other", {"siss.toml": b"port = 9\n"})
    target, state = PostgresDump(empty_url), tmp_path / "state"
    with monkeypatch.context() as patch:
        if when == "loaded":
            patch.setattr(backup, "_compare", kill)
        with contextlib.suppress(Killed):
            await restore_backup(target, tmp_path / "backup", state)
    if when == "brought up to date":
        async with await psycopg.AsyncConnection.connect(empty_url, autocommit=True) as connection:
            await connection.execute("CREATE TABLE of_a_later_version (id int)")
            await connection.execute("DELETE FROM file_versions")
    with pytest.raises(ConflictError, match="not empty"):
        await restore_backup(target, tmp_path / "other", state)
    assert other != made
    monkeypatch.setattr(target, "load", kill)
    assert await restore_backup(target, tmp_path / "backup", state) == made
    forget_restore(state)
    with pytest.raises(ConflictError, match="not empty"):
        await restore_backup(target, tmp_path / "backup", state)


async def test_what_a_killed_restore_loaded_in_part_is_told(
    world: World, database_url: str, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await world.index_new({"a.txt": b"one", "b.txt": b"two"})
    await write_backup(PostgresDump(database_url), tmp_path / "backup", {})
    load = PostgresDump.load

    async def lose(self: PostgresDump, file: Path) -> DumpFacts:
        await load(self, file)
        async with await psycopg.AsyncConnection.connect(empty_url, autocommit=True) as connection:
            await connection.execute("DELETE FROM files WHERE id = (SELECT min(id) FROM files)")
        return await self.count()

    monkeypatch.setattr(PostgresDump, "load", lose)
    for _ in range(2):
        with pytest.raises(CorruptError, match="files: 1 of 2 rows"):
            await restore_backup(PostgresDump(empty_url), tmp_path / "backup", tmp_path / "state")


async def test_what_the_database_refuses_is_told(database_url: str, empty_url: str, tmp_path: Path):
    await write_backup(PostgresDump(database_url), tmp_path / "backup", {})
    async with await psycopg.AsyncConnection.connect(empty_url, autocommit=True) as connection:
        await connection.execute("DROP SCHEMA public")
    with pytest.raises(CorruptError, match='schema "public" does not exist'):
        await restore_backup(PostgresDump(empty_url), tmp_path / "backup", tmp_path / "state")


@pytest.mark.parametrize("name", [DUMP, MANIFEST, MANIFEST_SUM, "siss.toml"])
@pytest.mark.parametrize("how", ["cut", "changed", "lost", "empty"])
async def test_a_damaged_backup_is_refused(database_url: str, empty_url: str, tmp_path: Path, name: str, how: str):
    folder = tmp_path / "backup"
    await write_backup(PostgresDump(database_url), folder, {"siss.toml": b"port = 9\n"})
    data = (folder / name).read_bytes()
    if how == "lost":
        (folder / name).unlink()
    else:
        middle = len(data) // 2
        changed = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        (folder / name).write_bytes({"cut": data[:-1], "changed": changed, "empty": b""}[how])
    expected = NotFoundError if how == "lost" and name in {MANIFEST, MANIFEST_SUM} else CorruptError
    with pytest.raises(expected):
        await restore_backup(PostgresDump(empty_url), folder, tmp_path / "state")
    assert await content_of(empty_url) == {}


async def test_a_backup_that_fails_leaves_nothing(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch):
    dump = PostgresDump(database_url)

    async def fails(*_: str) -> None:
        raise StateError("pg_dump failed")

    monkeypatch.setattr(dump, "_run", fails)
    with pytest.raises(StateError):
        await write_backup(dump, tmp_path / "backup", {})
    assert list(tmp_path.iterdir()) == []


async def test_a_killed_backup_is_no_backup(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "backup.partial").mkdir()
    (tmp_path / "backup.partial" / DUMP).write_bytes(b"half")
    with pytest.raises(NotFoundError):
        check_backup(tmp_path / "backup.partial")
    await write_backup(PostgresDump(database_url), tmp_path / "backup", {})
    assert [entry.name for entry in tmp_path.iterdir()] == ["backup"]


@pytest.mark.parametrize("name", ["holiday.jpg", "album/"])
async def test_a_folder_of_somebody_is_not_emptied(tmp_path: Path, name: str):
    partial = tmp_path / "backup.partial"
    (partial / "album").mkdir(parents=True)
    (partial / DUMP).write_bytes(b"half")
    if name != "album/":
        (partial / "album").rmdir()
        (partial / name).write_bytes(b"mine")
    held = sorted(partial.rglob("*"))
    with pytest.raises(ConflictError, match=f"none of it .{name.rstrip('/')}"):
        await write_backup(PostgresDump("postgresql://nowhere.invalid/none"), tmp_path / "backup", {})
    assert sorted(partial.rglob("*")) == held


async def test_the_dump_is_of_one_moment(world: World, database: Database, database_url: str, tmp_path: Path):
    await world.index_new({"a.txt": b"one"})

    async def write_on() -> None:
        for number in range(20):
            await database.execute(
                b"INSERT INTO api_keys (id, name, hash, role, created_at) "
                b"VALUES (%(id)s, %(id)s, '', 'reader', now())",
                {"id": str(number)},
            )

    writing = asyncio.create_task(write_on())
    manifest = await write_backup(PostgresDump(database_url), tmp_path / "backup", {})
    await writing
    assert manifest.database.rows["api_keys"] <= 20
