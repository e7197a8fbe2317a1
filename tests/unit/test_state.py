"""The state folder has one owner, and says so when it cannot be used."""

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from siss.errors import DiskFullError, StateError, StateLockedError
from siss.state import OwnerInfo, StateFolder, acquire_owner, find_owner, noted_settings, state_error


def test_a_new_folder_is_for_this_user_alone(tmp_path: Path):
    with acquire_owner(tmp_path / "deep" / "state") as owner:
        for folder in (owner.folder.path, owner.folder.postgres, owner.folder.search, owner.folder.run):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert list(owner.folder.run.iterdir()) == []


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path):
    tmp_path.chmod(0o755)
    acquire_owner(tmp_path).release()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_one_owner_at_a_time(tmp_path: Path):
    assert find_owner(tmp_path) is None
    with acquire_owner(tmp_path) as owner:
        assert find_owner(tmp_path) == owner.info
        owner.announce("http://127.0.0.1:8080")
        assert find_owner(tmp_path) == OwnerInfo(os.getpid(), owner.info.started, "http://127.0.0.1:8080")
        with pytest.raises(StateLockedError, match=str(os.getpid())) as caught:
            acquire_owner(tmp_path)
        assert caught.value.details["address"] == "http://127.0.0.1:8080"
    owner.release()
    assert find_owner(tmp_path) is None
    acquire_owner(tmp_path).release()


def test_a_killed_owner_owns_nothing(tmp_path: Path):
    code = (
        "import pathlib, sys, time\n"
        "from siss.state import acquire_owner\n"
        "acquire_owner(pathlib.Path(sys.argv[1])).announce('http://there')\n"
        "print('owns', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"owns\n"
        found = find_owner(tmp_path)
        assert found is not None
        assert (found.pid, found.address) == (other.pid, "http://there")
        other.send_signal(signal.SIGKILL)
    assert (tmp_path / "owner.json").exists()
    assert find_owner(tmp_path) is None
    with acquire_owner(tmp_path) as owner:
        assert owner.info.pid == os.getpid()


def test_an_owner_that_has_not_announced_itself_owns_all_the_same(tmp_path: Path):
    with acquire_owner(tmp_path):
        (tmp_path / "owner.json").write_text("{half")
        assert find_owner(tmp_path) == OwnerInfo(0, 0.0)
        with pytest.raises(StateLockedError, match="another process"):
            acquire_owner(tmp_path)


def test_the_owner_says_what_it_runs_with_as_long_as_it_runs(tmp_path: Path):
    with acquire_owner(tmp_path) as owner:
        assert noted_settings(tmp_path) is None
        owner.note_settings("port = 1\n")
        owner.note_settings("port = 2\n")
        assert noted_settings(tmp_path) == "port = 2\n"
        assert (owner.folder.run / "settings.toml").stat().st_mode & 0o777 == 0o600
        left = (owner.folder.run / "settings.toml").read_bytes()
    assert noted_settings(tmp_path) is None
    (owner.folder.run / "settings.toml").write_bytes(left)  # of one that was killed
    assert noted_settings(tmp_path) is None


def test_asking_does_not_keep_another_from_owning(tmp_path: Path):
    (tmp_path / "owner.lock").touch()
    for _ in range(50):
        assert find_owner(tmp_path) is None
        acquire_owner(tmp_path).release()


def test_a_file_where_the_folder_should_be(tmp_path: Path):
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match=r"is not a folder.*SISS_DATA_DIR"):
        acquire_owner(tmp_path / "state")


@pytest.mark.parametrize(
    ("number", "kind", "told"),
    [
        (errno.ENOSPC, DiskFullError, "free some space"),
        (errno.EDQUOT, DiskFullError, "free some space"),
        (errno.EROFS, StateError, "read-only file system"),
        (errno.EACCES, StateError, "not writable for user"),
        (errno.EIO, StateError, "cannot be used"),
    ],
)
def test_errors_say_what_to_do(tmp_path: Path, number: int, kind: type[Exception], told: str):
    error = state_error(tmp_path, OSError(number, os.strerror(number)))
    assert type(error) is kind
    assert told in error.message
    assert str(tmp_path) in error.message
    assert "SISS_DATA_DIR" in error.message


def test_a_full_disk_is_noticed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskFullError):
        StateFolder(tmp_path).create()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_of_somebody_else(tmp_path: Path):
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(StateError, match="not writable"):
        acquire_owner(tmp_path / "closed" / "state")
