"""Which folders may be roots."""

import os
from pathlib import Path

import pytest

from siss.app.ingest.roots.specs import root_paths
from siss.errors import ConfigError
from siss.settings import load_settings
from siss.state import StateFolder


def paths(state: Path, *roots: Path, upload_root: Path | None = None) -> list[bytes]:
    given = {"data_dir": state, "roots": roots} | ({"upload_root": upload_root} if upload_root else {})
    return root_paths(load_settings(given, {}).settings)


def test_links_are_resolved_and_nothing_is_a_root_twice(tmp_path: Path) -> None:
    nas = tmp_path / "nas"
    nas.mkdir()
    (tmp_path / "link").symlink_to(nas)
    assert paths(tmp_path / "state", nas, tmp_path / "link", nas) == [os.fsencode(nas)]


@pytest.mark.parametrize("below", ["", "inner", "inner/deeper"])
def test_the_state_folder_is_no_root_and_holds_none(tmp_path: Path, below: str) -> None:
    state = tmp_path / "state"
    (state / below).mkdir(parents=True)
    (tmp_path / "link").symlink_to(state)
    for spelt in (state, tmp_path / "link"):
        with pytest.raises(ConfigError, match="state folder"):
            paths(spelt, state / below)
        with pytest.raises(ConfigError, match="state folder"):
            paths(state, spelt / below)


def test_the_state_folder_may_be_in_a_root_and_beside_one_that_is_called_alike(tmp_path: Path) -> None:
    assert paths(tmp_path / "nas" / "state", tmp_path / "nas") == [os.fsencode(tmp_path / "nas")]
    assert paths(tmp_path / "state", tmp_path / "state2") == [os.fsencode(tmp_path / "state2")]


@pytest.mark.parametrize("below", ["", "search/deeper"])
def test_the_state_folder_of_another_process_is_no_root_and_holds_none(tmp_path: Path, below: str) -> None:
    StateFolder(tmp_path / "other").create()
    (tmp_path / "other/owner.lock").touch()
    with pytest.raises(ConfigError, match=r"another SISS .*/other"):
        paths(tmp_path / "state", tmp_path / "other" / below)
    assert paths(tmp_path / "state", tmp_path / "nas")


def test_a_root_in_a_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name the outer one alone"):
        paths(tmp_path / "state", tmp_path / "nas" / "logs", tmp_path / "nas")


def test_an_upload_root_outside_of_all_roots_is_one(tmp_path: Path) -> None:
    nas, uploads = tmp_path / "nas", tmp_path / "uploads"
    assert paths(tmp_path / "state", nas, upload_root=nas / "in") == [os.fsencode(nas)]
    assert paths(tmp_path / "state", nas, upload_root=uploads) == [os.fsencode(nas), os.fsencode(uploads)]
