import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from watchfiles import Change

from siss.discover.batches import MAX_PLACES, Pending, is_below, topmost
from siss.discover.ignore import make_rules
from siss.discover.watch_portable import MAX_CHANGES, note_changes

paths = st.lists(st.sampled_from([b"a", b"b", b"a-b"]), max_size=4).map(b"/".join)


def test_each_place_is_named_once() -> None:
    pending = Pending({b"a", b"a/b", b"c", b"d/e"}, {b"a", b"a/b/c", b"d/e/f"})
    batch = pending.take()
    assert batch.trees == (b"a", b"d/e/f")
    assert batch.folders == (b"c", b"d/e")
    assert not pending
    assert not batch.everything


def test_everything_makes_the_rest_needless() -> None:
    pending = Pending({b"a", b""}, {b"b"})
    pending.everything("first")
    pending.everything("second")
    batch = pending.take(ended=True)
    assert (batch.folders, batch.trees, batch.reason, batch.ended) == ((), (b"",), "first", True)


def test_a_storm_is_a_scan() -> None:
    batch = Pending({b"%d" % number for number in range(MAX_PLACES + 1)}).take()
    assert batch.everything
    assert "changed at once" in batch.reason


@given(st.sets(paths))
def test_topmost_folders_cover_all_and_not_each_other(folders: set[bytes]) -> None:
    top = topmost(folders)
    assert all(path in top or is_below(path, set(top)) for path in folders)
    assert not any(is_below(path, set(top)) for path in top)


def test_changes_of_the_portable_watcher_become_places(tmp_path: Path) -> None:
    for name in ("logs/new", ".git/objects"):
        (tmp_path / name).mkdir(parents=True)
    pending = Pending()
    changes = {
        (Change.modified, f"{tmp_path}/logs/a.log"),
        (Change.added, f"{tmp_path}/logs/new"),
        (Change.deleted, f"{tmp_path}/x/gone"),
        (Change.modified, f"{tmp_path}/.git/objects/o"),
        (Change.modified, f"{tmp_path}/logs/.a.swp"),
        (Change.modified, f"{tmp_path}/conf/.sissignore"),
        (Change.modified, "/elsewhere"),
    }
    note_changes(pending, os.fsencode(tmp_path), make_rules(), changes)
    assert pending.trees == {b"logs/new", b"x/gone", b"conf"}
    assert pending.folders == {b"logs", b"x", b"conf"}
    note_changes(pending, os.fsencode(tmp_path), make_rules(), {(Change.deleted, str(tmp_path))})
    assert pending.take().everything


def test_very_many_changes_are_not_trusted(tmp_path: Path) -> None:
    pending = Pending()
    note_changes(
        pending,
        os.fsencode(tmp_path),
        make_rules(),
        {(Change.added, f"{tmp_path}/{number}") for number in range(MAX_CHANGES + 1)},
    )
    assert pending.take().everything
