"""The embedded server: cold start, adoption, crashes, stale pid files, refusals."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import psycopg
import pytest

from siss.adapters.postgres.embedded import binaries, processes, server
from siss.adapters.postgres.embedded.binaries import Account, find_binaries, server_account
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.bootstrap import own_state
from siss.errors import DatabaseDamagedError, DiskFullError, StateError
from siss.settings import Settings
from siss.state import StateFolder


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[StateFolder]:
    """A state folder below pytest's 0700 folders; whatever server is left in it is ended."""
    folder = StateFolder(tmp_path / "state")
    yield folder
    for process in processes.servers_in(folder.postgres / "cluster"):
        process.kill()
        process.wait()


async def ask(dsn: str, sql: str) -> object:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        row = await (await connection.execute(sql.encode())).fetchone()
        assert row is not None
        return row[0]


async def test_cold_start_stop_and_start_again(state: StateFolder):
    told: list[str] = []
    first = EmbeddedServer(state, lasting=False, report=told.append)
    await first.start()
    assert told[:2] == ["creating", "starting"]
    assert await ask(first.dsn, "SELECT current_database()") == "siss"
    assert await ask(first.dsn, "SHOW data_checksums") == "on"
    async with await psycopg.AsyncConnection.connect(first.dsn, autocommit=True) as connection:
        await connection.execute("CREATE TABLE kept AS SELECT 1")
    dsn = first.dsn
    await first.stop()
    assert not first.is_alive()
    assert first.pid is None
    second = EmbeddedServer(state, lasting=False)
    await second.start()
    try:
        assert second.dsn == dsn
        assert await ask(second.dsn, "SELECT count(*) FROM kept") == 1
    finally:
        await second.stop()
    assert not os.path.exists(dsn.partition("host=")[2].replace("%2F", "/"))  # noqa: PTH110


async def test_databases_that_nobody_uses_are_dropped(state: StateFolder):
    others = "SELECT coalesce(string_agg(datname, ' ' ORDER BY datname), '') FROM pg_database WHERE datname <> 'siss'"
    before = EmbeddedServer(state, lasting=False)
    await before.start()
    assert await ask(before.dsn, others) == "postgres template0 template1"
    await before.stop()
    for _ in range(2):
        after = EmbeddedServer(state)
        await after.start()
        try:
            assert await ask(after.dsn, others) == ""
        finally:
            await after.stop()


async def test_a_server_that_a_killed_owner_left_is_adopted(state: StateFolder):
    code = (
        "import asyncio, pathlib, sys\n"
        "from siss.adapters.postgres.embedded.server import EmbeddedServer\n"
        "from siss.state import acquire_owner\n"
        "async def own():\n"
        "    owner = acquire_owner(pathlib.Path(sys.argv[1]))\n"
        "    server = EmbeddedServer(owner.folder, lasting=False)\n"
        "    await server.start()\n"
        "    print(server.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(own())\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(state.path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(await asyncio.to_thread(owner.stdout.readline))
    owner.send_signal(signal.SIGKILL)
    await asyncio.to_thread(owner.wait)
    owner.stdout.close()
    assert psutil.pid_exists(pid)
    heir = EmbeddedServer(state, lasting=False)
    await heir.start()
    assert heir.pid == pid
    assert await ask(heir.dsn, "SELECT 1") == 1
    await heir.stop()
    assert not list(processes.servers_in(heir.cluster))


async def test_a_server_with_other_settings_is_stopped_and_started_anew(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch
):
    first = EmbeddedServer(state, lasting=False)
    await first.start()
    monkeypatch.setitem(server.SETTINGS, "work_mem", "8MB")
    second = EmbeddedServer(state, lasting=False)
    await second.start()
    try:
        assert not first.is_alive()
        assert await ask(second.dsn, "SHOW work_mem") == "8MB"
    finally:
        await second.stop()


async def test_a_killed_server_starts_again_by_itself(state: StateFolder):
    embedded = EmbeddedServer(state, lasting=False)
    await embedded.start()
    pid = embedded.pid
    assert pid is not None
    keeping = asyncio.create_task(embedded.keep_alive(0.02))
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(60):
        while embedded.pid in {pid, None}:
            await asyncio.sleep(0.02)
    keeping.cancel()
    await embedded.start()  # waits for the start that was cut short
    try:
        assert await ask(embedded.dsn, "SELECT 1") == 1
    finally:
        await embedded.stop()


async def test_a_recycled_pid_is_no_server(state: StateFolder):
    embedded = EmbeddedServer(state, lasting=False)
    await embedded.start()
    note = (embedded.cluster / "postmaster.pid").read_text().split("\n")
    await embedded.stop()
    # Of the server's own user: PostgreSQL itself sees through a pid that it may not signal.
    somebody = subprocess.Popen(["sleep", "600"], **binaries.run_as(server_account()))
    try:
        (embedded.cluster / "postmaster.pid").write_text("\n".join([str(somebody.pid), *note[1:]]))
        await embedded.start()
        assert embedded.pid not in {None, somebody.pid}
    finally:
        await embedded.stop()
        somebody.kill()
        somebody.wait()


async def test_a_cluster_of_another_version_is_refused(state: StateFolder):
    state.create()
    (state.postgres / "cluster").mkdir()
    (state.postgres / "cluster" / "PG_VERSION").write_text("16\n")
    with pytest.raises(StateError, match="PostgreSQL 16"):
        await EmbeddedServer(state).start()


async def test_a_server_that_does_not_come_up_says_why(state: StateFolder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(server.SETTINGS, "shared_buffers", "no such size")
    with pytest.raises(StateError, match="no such size"):
        await EmbeddedServer(state, lasting=False).start()


@pytest.mark.parametrize(
    "log",
    [
        "FATAL: No space left on device",
        "FATAL:  could not extend file: wrote only 4096 of 8192 bytes at block 10\nHINT:  Check free disk space.",
    ],
)
def test_a_full_disk_is_named(log: str):
    assert isinstance(server._failure("It does not start", log), DiskFullError)


def test_shared_memory_that_is_full_is_not_called_the_disk():
    log = 'FATAL:  could not resize shared memory segment "/PostgreSQL.1" to 1048576 bytes: No space left on device\n'
    assert "/dev/shm is full" in str(server._failure("It does not start", log))


async def test_the_log_is_kept_small(state: StateFolder):
    state.create()
    embedded = EmbeddedServer(state)
    embedded.log_file.write_bytes(b"x" * (server._LOG_BYTES + 1))
    embedded._rotate_log()
    assert embedded.log_file.stat().st_size == 0
    assert embedded.log_file.with_suffix(".log.1").exists()


def test_a_socket_folder_of_somebody_else_is_not_used(tmp_path: Path):
    first = processes.socket_folder(tmp_path / "state", None)
    try:
        assert first == processes.socket_folder(tmp_path / "state", None)
        first.chmod(0o777)
        other = processes.socket_folder(tmp_path / "state", None)
        assert other != first
        other.rmdir()
    finally:
        first.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers as somebody else")
class TestAsRoot:
    def test_programs_in_a_closed_folder_are_copied_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        account = server_account()
        assert account is not None
        source = find_binaries()
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        (closed / "pginstall18").symlink_to(source.folder)
        place = Path("/tmp") / f"siss-test-{os.getpid()}"
        monkeypatch.setattr(binaries, "_SHARED_PLACES", (str(place),))
        try:
            folder, version = binaries._copy_for(closed / "pginstall18", account)
            assert folder.parent == place
            assert version == source.version
            made = (folder / "bin" / "postgres").stat().st_ino
            again, _ = binaries._copy_for(closed / "pginstall18", account)
            assert (again / "bin" / "postgres").stat().st_ino == made
        finally:
            binaries.shutil.rmtree(place, ignore_errors=True)

    def test_a_place_of_somebody_else_is_not_trusted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        account = server_account()
        assert account is not None
        place = tmp_path / "theirs"
        place.mkdir()
        os.chown(place, account.uid, account.gid)
        monkeypatch.setattr(binaries, "_SHARED_PLACES", (str(place),))
        with pytest.raises(StateError, match="belongs to somebody else"):
            binaries._copy_for(find_binaries().folder, account)

    def test_without_a_user_to_run_as(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(binaries, "_ACCOUNTS", ("no-such-user-here",))
        with pytest.raises(StateError, match="useradd"):
            server_account()


def test_an_ordinary_user_runs_it_as_itself(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(binaries.os, "geteuid", lambda: 1000)
    assert server_account() is None
    assert "user" not in binaries.run_as(None)
    assert binaries.run_as(Account("a", 5, 6))["user"] == 5


async def test_a_server_that_recovers_is_stopped_soon(state: StateFolder):
    server = EmbeddedServer(state, lasting=False)
    await server.start()
    for _ in range(3):
        one, other = [await psycopg.AsyncConnection.connect(server.dsn) for _ in range(2)]
        os.kill(one.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            await other.execute("SELECT pg_sleep(60)")  # ended with all others: now the server knows, and recovers
        async with asyncio.timeout(60):
            await server.stop()
        for connection in (one, other):
            await connection.close()
        await server.start()
    await server.stop()


async def test_a_server_that_lets_nobody_in_for_damage_is_not_waited_for(state: StateFolder):
    """It is up, and would never answer."""
    made = EmbeddedServer(state, lasting=False)
    await made.start()
    path = made.cluster / str(await ask(made.dsn, "SELECT pg_relation_filepath('pg_attribute')"))
    await made.stop()
    path.write_bytes(b"\x55" * path.stat().st_size)
    with pytest.raises(DatabaseDamagedError, match="invalid page"):
        async with asyncio.timeout(60), own_state(Settings(data_dir=state.path)):
            pass
    assert not list(processes.servers_in(made.cluster))
