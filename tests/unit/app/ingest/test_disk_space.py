"""Indexing stops before the disk is so full that the database could not start again."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from siss.app.ingest.disk_space import check_disk_space
from siss.errors import DiskFullError


def test_enough_room(tmp_path: Path):
    check_disk_space(tmp_path, least=1)


def test_too_little_room_names_the_folder(tmp_path: Path):
    with pytest.raises(DiskFullError, match="disk full") as caught:
        check_disk_space(tmp_path, least=1 << 60)
    assert str(tmp_path) in caught.value.message
    assert caught.value.details["path"] == str(tmp_path)


def test_a_part_on_a_disk_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "search").mkdir()
    free = {tmp_path: 1 << 40, tmp_path / "search": 5 << 20}
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=free[folder]))
    with pytest.raises(DiskFullError, match="5 MiB are free") as caught:
        check_disk_space(tmp_path)
    assert caught.value.details["path"] == str(tmp_path / "search")
