"""Comparing a file with the hash it was indexed with."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from siss.app.maintenance.integrity import compare_hash
from siss.discover.throttle import TokenBucket
from siss.model.coverage import Reason
from siss.model.file import FileStat
from siss.model.ids import FileId
from siss.model.maintenance import StoredHash

FREE = TokenBucket(0)


@pytest.fixture
def stored(tmp_path: Path) -> StoredHash:
    file = tmp_path / "a.conf"
    file.write_bytes(b"x" * 600_000)
    sha256 = hashlib.sha256(b"x" * 600_000).digest()
    return StoredHash(FileId(1), os.fsencode(file), str(file), FileStat.of(file.stat()), sha256, damaged=False)


def rot(stored: StoredHash) -> None:
    """Another bit, and nothing that says so."""
    with Path(stored.shown).open("r+b") as file:
        file.seek(300_000)
        file.write(b"y")
    os.utime(stored.path, ns=(stored.stat.mtime_ns, stored.stat.mtime_ns))


def test_intact(stored: StoredHash):
    assert compare_hash(stored, FREE)[:2] == ("intact", 600_000)


def test_bit_rot(stored: StoredHash):
    rot(stored)
    assert compare_hash(stored, FREE)[:2] == ("damaged", 600_000)


def test_what_somebody_wrote_is_no_rot(stored: StoredHash):
    Path(stored.shown).write_bytes(b"y" * 600_000)
    os.utime(stored.path, ns=(1, 1))
    assert compare_hash(stored, FREE)[:2] == ("changed", 0)
    Path(stored.shown).unlink()
    assert compare_hash(stored, FREE)[:2] == ("changed", 0)


def test_what_somebody_writes_meanwhile_is_no_rot(stored: StoredHash):
    rot(stored)

    def write() -> None:
        os.utime(stored.path, ns=(1, 1))

    assert compare_hash(stored, FREE, write)[0] == "changed"


@pytest.mark.parametrize(("number", "reason"), [(5, Reason.READ_ERROR), (13, Reason.PERMISSION_DENIED)])
def test_what_cannot_be_read_is_no_rot(stored: StoredHash, number: int, reason: Reason):
    def fail() -> None:
        raise OSError(number, "cannot")

    found, size, gap = compare_hash(stored, FREE, fail)
    assert (found, size) == ("unreadable", 0)
    assert gap is not None
    assert gap.reason is reason


def test_what_is_on_a_mount_that_is_gone_is_away(stored: StoredHash, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr(os, "scandir", fail)
    assert compare_hash(stored, FREE, fail) == ("away", 0, None)


def test_another_mount_of_the_same_files_is_compared(stored: StoredHash):
    """A network mount gets another device number each time: nothing was compared from then on."""
    mounted = replace(stored, stat=replace(stored.stat, device=stored.stat.device + 1))
    assert compare_hash(mounted, FREE)[0] == "intact"


def test_a_pipe_in_its_place_hangs_nobody(stored: StoredHash):
    Path(stored.shown).unlink()
    os.mkfifo(stored.path)
    assert compare_hash(stored, FREE)[:2] == ("unreadable", 0)
