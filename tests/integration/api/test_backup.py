"""Backups by command: back in a folder of its own, with a database of its own, without the NAS."""

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import psycopg
import pytest

from siss.state import acquire_owner


@pytest.fixture(scope="module")
def indexed(installation):
    """The folder, indexed once."""
    ended = installation.run("index", "--json", str(installation.corpus))
    assert ended.returncode == 0, ended.stderr
    return installation


def test_what_is_lost_is_restored(indexed, tmp_path):
    ended = indexed.run("backup", str(tmp_path / "backup"), "--set", "port=8391", "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["rows"]["files"] == 5
    moved = indexed.corpus.rename(indexed.corpus.with_name("away"))
    environment = {name: value for name, value in indexed.environment.items() if name != "SISS_DATABASE_URL"}
    other = replace(
        indexed, environment={**environment, "SISS_DATA_DIR": str(tmp_path / "new")}, state=tmp_path / "new"
    )
    try:
        ended = other.run("restore", str(tmp_path / "backup"))
        assert ended.returncode == 0, ended.stderr
        hits = json.loads(other.run("search", "sd17 failed", "--json").stdout)
        assert [hit["path"] for hit in hits["items"]] == [f"{indexed.corpus}/logs/app.log"]
        assert "port = 8391" in (tmp_path / "new" / "siss.toml").read_text().splitlines()
        again = other.run("restore", str(tmp_path / "backup"))
        assert (again.returncode, "not empty" in again.stderr) == (6, True)
    finally:
        moved.rename(indexed.corpus)


KILLED_IN_THE_INDEX = """
import os, signal
from siss.cli.backend import Backend
Backend.wait_for_job = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from siss.__main__ import main
main()
"""


def test_a_restore_that_was_killed_while_it_makes_the_index_goes_on(indexed, tmp_path):
    assert indexed.run("backup", str(tmp_path / "backup")).returncode == 0
    environment = {name: value for name, value in indexed.environment.items() if name != "SISS_DATABASE_URL"}
    other = replace(indexed, environment={**environment, "SISS_DATA_DIR": str(tmp_path / "new")})
    restore = [sys.executable, "-c", KILLED_IN_THE_INDEX, "restore", str(tmp_path / "backup")]
    killed = subprocess.run(restore, env=other.environment, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    again = other.run("restore", str(tmp_path / "backup"))
    assert again.returncode == 0, again.stderr
    assert other.run("verify").returncode == 0
    assert other.run("restore", str(tmp_path / "backup")).returncode == 6, "it is done"


def test_the_settings_are_those_of_the_process_that_runs(indexed, tmp_path):
    with acquire_owner(indexed.state) as owner:
        owner.note_settings("port = 4711\n")
        ended = indexed.run("backup", str(tmp_path / "served"), "--set", "port=8391")
        assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "served" / "siss.toml").read_text() == "port = 4711\n"


def test_a_damaged_backup_is_refused(indexed, tmp_path):
    assert indexed.run("backup", str(tmp_path / "backup")).returncode == 0
    assert indexed.run("restore", "--check", str(tmp_path / "backup")).returncode == 0
    with (tmp_path / "backup" / "database.dump").open("r+b") as dump:
        dump.seek(100)
        dump.write(b"\0\1\2")
    ended = indexed.run("restore", str(tmp_path / "backup"), "--data-dir", str(tmp_path / "new"))
    assert ended.returncode == 8
    assert "database.dump is damaged" in ended.stderr
    assert not (tmp_path / "new").exists()


def test_what_cannot_be_written_leaves_nothing(indexed, tmp_path):
    ended = indexed.run("backup", "/proc/siss-backup")
    assert ended.returncode == 3
    assert "/proc/siss-backup" in ended.stderr
    assert indexed.run("backup", str(tmp_path)).returncode == 6
    assert indexed.run("backup", str(tmp_path / "b"), "--data-dir", str(tmp_path / "nothing")).returncode in {0, 4}
    shutil.rmtree(tmp_path / "b", ignore_errors=True)
    assert not (tmp_path / "b.partial").exists()


def test_what_is_embedded_moves_to_a_server(indexed, tmp_path):
    server = indexed.environment["SISS_DATABASE_URL"]
    state = {**indexed.environment, "SISS_DATA_DIR": str(tmp_path / "state")}
    embedded = replace(
        indexed, environment={key: value for key, value in state.items() if key != "SISS_DATABASE_URL"}
    )
    assert embedded.run("index", str(indexed.corpus)).returncode == 0
    killed = tmp_path / "state" / "run" / "migrate-killed"
    killed.mkdir()
    (killed / "database.dump").write_bytes(b"everything")
    for wrong in ("", "nonsense", "postgresql://127.0.0.1:1/siss"):
        refused = embedded.run("migrate", "--to", wrong)
        assert (refused.returncode in {2, 7}, "--to" in refused.stderr, "SISS_" in refused.stderr) == (
            True,
            True,
            False,
        )
    full = embedded.run("migrate", "--to", server)
    assert (full.returncode, "not empty" in full.stderr) == (6, True), full.stderr
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    ended = embedded.run("migrate", "--to", server, "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["rows"]["files"] == 5
    assert not list(killed.parent.glob("migrate-*"))
    moved = replace(indexed, environment=state)
    hits = json.loads(moved.run("search", "sd17 failed", "--json").stdout)
    assert [hit["path"] for hit in hits["items"]] == [f"{indexed.corpus}/logs/app.log"]
    assert moved.run("verify").returncode == 0
    assert "names a server already" in moved.run("migrate", "--to", server).stderr
