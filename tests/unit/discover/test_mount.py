import os
import threading
from pathlib import Path
from typing import Any

import pytest

from siss.discover import mount as module
from siss.discover.mount import Case, learn_case, probe_available, probe_mount
from siss.discover.mounts import Mount, find_mount, mounts_below, parse_mountinfo

TABLE = rb"""22 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
30 22 0:25 / /mnt/nas rw,nosuid shared:5 master:1 - nfs4 nas:/data rw,vers=4.2
31 22 0:26 / /mnt/my\040share\134x rw - cifs //nas/share rw,noserverino
32 22 0:27 / /mnt/nas/usb rw - vfat /dev/sdb1 rw
33 22 0:28 / /mnt/old rw - ext4 /dev/sdc rw
34 22 0:29 / /mnt/old rw - fuse.sshfs host:/ rw
broken line
"""


def test_the_table_of_mounts() -> None:
    mounts = parse_mountinfo(TABLE)
    assert len(mounts) == 6
    assert mounts[1] == Mount(b"/mnt/nas", "nfs4", "rw,vers=4.2")
    assert mounts[2].point == b"/mnt/my share\\x"


@pytest.mark.parametrize(
    ("path", "filesystem"),
    [
        (b"/mnt/nas", "nfs4"),
        (b"/mnt/nas/a/b", "nfs4"),
        (b"/mnt/nas2", "ext4"),
        (b"/mnt/nas/usb/x", "vfat"),
        (b"/mnt/old/x", "fuse.sshfs"),
        (b"/", "ext4"),
    ],
)
def test_the_deepest_and_last_mount_counts(path: bytes, filesystem: str) -> None:
    found = find_mount(parse_mountinfo(TABLE), path)
    assert found is not None
    assert found.filesystem == filesystem


def test_what_is_mounted_below() -> None:
    mounts = parse_mountinfo(TABLE)
    assert [mount.point for mount in mounts_below(mounts, b"/mnt/nas")] == [b"/mnt/nas/usb"]
    assert len(mounts_below(mounts, b"/")) == 5


@pytest.mark.parametrize(
    ("filesystem", "network", "stable"),
    [
        ("ext4", False, True),
        ("btrfs", False, True),
        ("nfs4", True, True),
        ("cifs", True, True),
        ("fuse.sshfs", True, False),
        ("fuse.rclone", True, False),
        ("fuse.mergerfs", False, True),
        ("fuseblk", False, True),
        ("9p", True, True),
        ("virtiofs", True, True),
        ("vfat", False, False),
        ("overlay", False, True),
    ],
)
def test_what_a_file_system_means(filesystem: str, network: bool, stable: bool) -> None:
    found = Mount(b"/", filesystem)
    assert (found.network, found.stable_inodes) == (network, stable)
    assert not Mount(b"/", "cifs", "rw,noserverino").stable_inodes


def test_a_local_folder(tmp_path: Path) -> None:
    (tmp_path / "Name").touch()
    found = probe_mount(os.fsencode(tmp_path))
    assert found.available
    assert not found.empty
    assert found.device == tmp_path.stat().st_dev
    assert found.filesystem not in {"", "unknown"}


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    found = probe_mount(os.fsencode(tmp_path))
    assert found.available
    assert found.empty


def test_a_folder_that_is_not_there_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, why in (("none", "No such file"), ("file", "Not a directory")):
        found = probe_mount(os.fsencode(tmp_path / name))
        assert not found.available
        assert why in found.reason
        assert found.device is None


def test_network_mounts_are_polled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Mount(os.fsencode(tmp_path.resolve()), "nfs4")
    monkeypatch.setattr(module, "read_mounts", lambda: [Mount(b"/", "ext4"), here])
    found = probe_mount(os.fsencode(tmp_path))
    assert (found.network, found.events_work) == (True, False)
    assert "nfs4" in found.reason
    inner = Mount(here.point + b"/inner", "cifs")
    monkeypatch.setattr(module, "read_mounts", lambda: [Mount(b"/", "ext4"), inner])
    found = probe_mount(os.fsencode(tmp_path))
    assert (found.network, found.events_work) == (False, False)
    assert "inner" in found.reason


def test_a_mount_that_hangs_is_away_and_asked_by_one_thread_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    calls: list[bytes] = []
    real = module._touch

    def hang(path: bytes) -> Any:
        calls.append(path)
        release.wait()
        return real(path)

    monkeypatch.setattr(module, "_touch", hang)
    path = os.fsencode(tmp_path)
    found = probe_mount(path, timeout=0.01)
    assert not found.available
    assert "does not answer within 0.01 s" in found.reason
    assert not probe_available(path, timeout=0.01)
    assert calls == [path]
    release.set()
    assert probe_available(path)
    assert probe_available(path)
    assert calls == [path, path]


def test_case_is_learnt_from_the_names_that_are_there(tmp_path: Path) -> None:
    folder, device = os.fsencode(tmp_path), tmp_path.stat().st_dev
    assert learn_case(folder, device) is Case.UNTOLD
    (tmp_path / "123").touch()
    assert learn_case(folder, device) is Case.UNTOLD
    (tmp_path / "sub").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert learn_case(folder, device) is (Case.FOLDED if (tmp_path / "SUB").exists() else Case.MATTERS)
    assert sorted(tmp_path.rglob("*")) == before


def test_names_in_subfolders_tell_as_well(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1/Name").touch()
    assert learn_case(os.fsencode(tmp_path), tmp_path.stat().st_dev) is not Case.UNTOLD


@pytest.fixture
def folding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ``Name``, which is found as ``nAME`` too: what ``nAME`` is asked for is read from ``other``."""
    (tmp_path / "nas").mkdir()
    (tmp_path / "nas/Name").touch()
    (tmp_path / "other").symlink_to(tmp_path / "nas/Name")
    real, asked = os.lstat, os.fsencode(tmp_path / "nas/nAME")
    monkeypatch.setattr(
        "siss.discover.mount.os.lstat",
        lambda path: os.stat(tmp_path / "other") if path == asked else real(path),
    )
    return tmp_path / "nas"


def test_a_file_system_that_folds_case(folding: Path) -> None:
    assert learn_case(os.fsencode(folding), folding.stat().st_dev) is Case.FOLDED
    probe = probe_mount(os.fsencode(folding))
    assert probe.case_insensitive
    assert probe.stable_inodes


def test_a_file_system_that_folds_case_and_makes_inodes_up(folding: Path, tmp_path: Path) -> None:
    (tmp_path / "other").unlink()
    (tmp_path / "other").touch()  # found by the other spelling, and with another inode, as exFAT through FUSE has it
    assert learn_case(os.fsencode(folding), folding.stat().st_dev) is Case.FOLDED_UNNUMBERED
    probe = probe_mount(os.fsencode(folding))
    assert probe.case_insensitive
    assert not probe.stable_inodes


def test_a_name_that_was_not_in_the_sample_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("siss.discover.mount._SAMPLE", 1)
    (tmp_path / "Name").touch()
    (tmp_path / "nAME").touch()
    assert learn_case(os.fsencode(tmp_path), tmp_path.stat().st_dev) is not Case.FOLDED_UNNUMBERED


def test_a_hard_link_of_that_name_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "Name").touch()
    try:
        os.link(tmp_path / "Name", tmp_path / "nAME")
    except FileExistsError:
        return
    assert learn_case(os.fsencode(tmp_path), tmp_path.stat().st_dev) is Case.MATTERS


def test_a_mount_point_may_have_a_carriage_return_in_its_name() -> None:
    (mount,) = parse_mountinfo(b"29 1 0:26 / /mnt/a\rb rw,relatime shared:9 - nfs4 nas:/b rw\n")
    assert (mount.point, mount.filesystem) == (b"/mnt/a\rb", "nfs4")
