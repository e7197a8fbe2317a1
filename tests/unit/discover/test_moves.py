import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from siss.discover.moves import OldPath, find_moves, look_at
from siss.discover.paths import shown_path
from siss.model.file import FileStat, ObservedFile
from siss.model.ids import FileId
from siss.model.ingest import KnownFile


def stat(inode: int, size: int = 1) -> FileStat:
    return FileStat(size, 1_700_000_000_000_000_000, inode, 7)


def known(number: int, path: bytes, at: FileStat, *, missing: bool = False) -> KnownFile:
    return KnownFile(FileId(number), path, path, at, missing)


def observed(path: bytes, at: FileStat) -> ObservedFile:
    return ObservedFile(path, shown_path(path), path, at)


def settle(before: Mapping[bytes, int], after: Mapping[bytes, int], missing: str = "") -> dict[bytes, bytes]:
    """Where each path's file was before, of those that moved, from inodes by path."""
    files = {path: known(number, path, stat(inode)) for number, (path, inode) in enumerate(before.items())}
    files |= {path: replace(file, missing=True) for path, file in files.items() if path == missing.encode()}
    taken = [
        (files[path], observed(path, stat(inode)))
        for path, inode in after.items()
        if path in files and before[path] != inode
    ]
    added = [observed(path, stat(inode)) for path, inode in after.items() if path not in files]

    def look(file: KnownFile) -> OldPath:
        inode = after.get(file.path)
        return OldPath.NOTHING if inode is None else OldPath.SAME if inode == file.stat.inode else OldPath.OTHER

    moves = find_moves(added, taken, files.values(), look, lambda *_: False)
    return {path: file.path for path, file in moves.items()}


def test_moves() -> None:
    added = [
        observed(b"new/moved", stat(inode=1)),
        observed(b"new/linked", stat(inode=2)),
        observed(b"new/other-size", stat(inode=3, size=9)),
        observed(b"new/no-inode", stat(inode=0)),
        observed(b"new/from-missing", stat(inode=5)),
        observed(b"new/second", stat(inode=1)),
        observed(b"new/grown", stat(inode=6, size=9)),
    ]
    candidates = [
        known(1, b"moved", stat(inode=1)),
        known(2, b"linked", stat(inode=2)),
        known(3, b"other-size", stat(inode=3)),
        known(4, b"no-inode", stat(inode=0)),
        known(5, b"from-missing", stat(inode=5), missing=True),
        known(6, b"grown", stat(inode=6)),
    ]
    moves = find_moves(
        added,
        [],
        candidates,
        lambda file: OldPath.SAME if file.id == 2 else OldPath.NOTHING,
        lambda file, seen: file.id == 6,
    )
    assert {path: file.id for path, file in moves.items()} == {
        b"new/moved": 1,
        b"new/from-missing": 5,
        b"new/grown": 6,
    }


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        (  # a chain that grows
            {b"log": 1, b"log.1": 2, b"log.2": 3},
            {b"log": 9, b"log.1": 1, b"log.2": 2, b"log.3": 3},
            {b"log.1": b"log", b"log.2": b"log.1", b"log.3": b"log.2"},
        ),
        (  # a chain that is full: the last one is pushed out
            {b"log": 1, b"log.1": 2, b"log.2": 3},
            {b"log": 9, b"log.1": 1, b"log.2": 2},
            {b"log.1": b"log", b"log.2": b"log.1"},
        ),
        (  # a full chain, and nothing was written since
            {b"app.log": 1, b"app.1.log": 2},
            {b"app.1.log": 1},
            {},
        ),
        ({b"a": 1, b"b": 2}, {b"a": 2, b"b": 1}, {b"a": b"b", b"b": b"a"}),
        ({b"c.conf": 1, b"c.conf.tmp": 2}, {b"c.conf": 2}, {}),
        ({b"c.conf": 1, b"c.conf.tmp": 2}, {b"c.conf": 2, b"c.conf.tmp": 3}, {}),
        ({b"c.conf": 1}, {b"c.conf~": 1, b"c.conf": 2}, {}),
        ({b"c.conf": 1}, {b"c.conf~": 1}, {b"c.conf~": b"c.conf"}),
    ],
)
def test_a_path_is_taken_by_what_rotates_and_not_by_an_edit(
    before: dict[bytes, int], after: dict[bytes, int], moves: dict[bytes, bytes]
) -> None:
    assert settle(before, after) == moves


def test_the_path_of_a_missing_file_is_free() -> None:
    assert settle({b"a": 1, b"b": 2}, {b"b": 1}, missing="b") == {b"b": b"a"}
    assert settle({b"a": 1, b"b": 2}, {b"b": 1}) == {}


def test_where_the_old_path_leads(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/a").touch()
    at = FileStat.of((tmp_path / "logs/a").stat())
    root = os.fsencode(tmp_path)
    assert look_at(root, known(1, b"logs/a", at)) is OldPath.SAME
    assert look_at(root, known(1, b"logs/a", replace(at, inode=at.inode + 1))) is OldPath.OTHER
    assert look_at(root, known(1, b"logs/b", at)) is OldPath.NOTHING
    assert look_at(root, known(1, b"logs/a/b", at)) is OldPath.NOTHING
    assert look_at(root, known(1, b"x" * 300, at)) is OldPath.SAME, "in doubt it is there"
