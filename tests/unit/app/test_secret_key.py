"""The key of the fingerprints: made once, for its owner alone, and never half."""

import stat

import pytest

from siss.app.secret_key import NAME, find_key
from siss.errors import ConfigError, StateError


def test_it_is_made_once_for_its_owner_alone(tmp_path):
    key = find_key(tmp_path)
    assert len(key) == 32
    assert find_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


def test_a_named_file_takes_its_place(tmp_path):
    named = tmp_path / "key"
    named.write_text("ab" * 32 + "\n")
    assert find_key(tmp_path, named) == b"\xab" * 32
    assert not (tmp_path / NAME).exists()


def test_nothing_is_made_for_who_only_reads(tmp_path):
    assert find_key(tmp_path, make=False) != find_key(tmp_path, make=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("held", ["", "no hex", "ab" * 31])
def test_a_file_that_is_no_key_is_named(tmp_path, held):
    (tmp_path / "key").write_text(held)
    with pytest.raises(ConfigError, match="SISS_SECRET_KEY_FILE"):
        find_key(tmp_path, tmp_path / "key")


def test_a_folder_that_is_not_there_is_an_error_of_the_state(tmp_path):
    with pytest.raises(StateError):
        find_key(tmp_path / "none")
