"""A walk together with a companion lists what a walk alone lists, whatever the companion does."""

import os
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from siss.discover import parallel_walk
from siss.discover.bounds import LinkPaths, Node, WalkOptions
from siss.discover.ignore import make_rules
from siss.discover.lister import Lister
from siss.discover.listing import FolderListing
from siss.discover.parallel_walk import walk_in_parallel
from siss.discover.walk import walk_root
from siss.errors import NasUnavailableError
from siss.model.coverage import Reason

OLD = 1_600_000_000


class Colleague:
    """A companion in the same thread. ``pace``: how often it is asked before it answers for what it was given."""

    def __init__(self, root: Path, pace: float, *, refuses: bool = False) -> None:
        self._root = os.fsencode(root)
        self._pace = pace
        self._refuses = refuses
        self._given: list[list[Node]] = []
        self._rest: list[list[Node]] = []
        self._asked = 0
        self.listed = 0
        self.taken_back = 0

    @property
    def free(self) -> bool:
        return len(self._given) < 3

    @property
    def busy(self) -> int:
        return sum(map(len, self._given))

    def give(self, folders: list[Node]) -> None:
        assert folders
        assert all(node.rules is folders[0].rules and not node.linked for node in folders)
        self._given.append(folders)

    def take(self) -> Iterable[tuple[Node, FolderListing | None]]:
        self._asked += 1
        if not self._given or self._asked < self._pace:
            return
        self._asked = 0
        folders = self._given.pop(0)
        lister = Lister(self._root, folders[0].rules, WalkOptions(), {}, whole=False)
        for node in folders:
            self.listed += 1
            # As another process would: from the path alone.
            found, _ = lister.list_folder(lister.node(node.path), links=False)
            yield node, None if self._refuses or found.failure is not None else found

    def take_back(self) -> Node:
        self.taken_back += 1
        node = self._given[-1].pop()
        self._given = [folders for folders in self._given if folders]
        return node


@pytest.fixture(autouse=True)
def _small_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_walk, "LEAST_FOLDERS", 1)
    monkeypatch.setattr(parallel_walk, "SHARE_FOLDERS", 5)


def make_tree(root: Path, seed: int) -> None:
    """Some 60 folders with files, ignore files, and links to files, to folders, out of the root and to nowhere."""
    rolled = random.Random(seed)
    folders = [root]
    for number in range(60):
        folder = rolled.choice(folders[-20:]) / f"{rolled.choice('abcdef')}{number}"
        folder.mkdir(parents=True)
        folders.append(folder)
    for folder in folders:
        for number in range(rolled.randrange(4)):
            (folder / f"file-{number}.txt").write_text("x")
        if rolled.random() < 0.15:
            (folder / ".sissignore").write_text(rolled.choice(["file-0*\n", "a*/\n", "[\n*.log\n"]))
        if rolled.random() < 0.1:
            (folder / "Thumbs.db").touch()
        for number in range(rolled.choice([0, 0, 0, 0, 1, 2])):
            target = rolled.choice([rolled.choice(folders), rolled.choice(folders), root.parent, folder / "none"])
            (folder / f"{rolled.choice('aez')}-link-{number}").symlink_to(target)
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (OLD, OLD))


def said(listings: Iterable[FolderListing]) -> dict[bytes, tuple[object, ...]]:
    found: dict[bytes, tuple[object, ...]] = {}
    for listing in listings:
        assert listing.path not in found
        assert not listing.later
        found[listing.path] = (
            list(listing.names),
            list(listing.numbers),
            listing.fingerprint,
            listing.racy,
            list(listing.subfolders),
            listing.skipped(),
            listing.failure,
        )
    return found


@pytest.mark.parametrize("pace", [1, 4, float("inf")])
@pytest.mark.parametrize("seed", range(5))
def test_together_is_as_alone(tmp_path: Path, seed: int, pace: float) -> None:
    root = tmp_path / "root"
    make_tree(root, seed)
    alone: LinkPaths = {}
    both: LinkPaths = {b"/of an earlier walk": b"x"}
    expected = said(walk_root(os.fsencode(root), make_rules(), WalkOptions(), links=alone))
    colleague = Colleague(root, pace)
    walk = walk_in_parallel(os.fsencode(root), make_rules(), WalkOptions(), colleague, links=both)
    assert said(walk) == expected
    assert both == alone
    assert any(b"link" in path for path in expected)
    assert (colleague.listed > 10) is (pace < 10)
    assert colleague.taken_back or pace < 10


def test_what_the_companion_cannot_list_is_listed_here(tmp_path: Path) -> None:
    make_tree(tmp_path / "root", 1)
    root = os.fsencode(tmp_path / "root")
    colleague = Colleague(tmp_path / "root", 2, refuses=True)
    expected = said(walk_root(root, make_rules(), WalkOptions()))
    assert said(walk_in_parallel(root, make_rules(), WalkOptions(), colleague, links={})) == expected
    assert colleague.listed


def test_links_that_are_not_followed_wait_for_nobody(tmp_path: Path) -> None:
    make_tree(tmp_path / "root", 2)
    root = os.fsencode(tmp_path / "root")
    options = WalkOptions(follow_symlinks=False)
    walk = walk_in_parallel(root, make_rules(), options, Colleague(tmp_path / "root", float("inf")), links={})
    assert said(walk) == said(walk_root(root, make_rules(), options))


def test_a_root_that_goes_away_is_an_outage_and_its_folders_are_not_gone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make_tree(root, 3)
    walk = walk_in_parallel(os.fsencode(root), make_rules(), WalkOptions(), Colleague(root, 2), links={})
    listings = [next(walk) for _ in range(20)]
    root.rename(tmp_path / "elsewhere")
    root.mkdir()
    with pytest.raises(NasUnavailableError):
        listings.extend(walk)
    assert all(listing.failure is None for listing in listings)


def test_a_root_that_is_replaced_after_its_last_folder_is_an_outage(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    walk = walk_in_parallel(os.fsencode(root), make_rules(), WalkOptions(), Colleague(root, 1), links={})
    next(walk)
    root.rename(tmp_path / "elsewhere")
    root.mkdir()
    with pytest.raises(NasUnavailableError):
        next(walk)


def test_stopping_early(tmp_path: Path) -> None:
    make_tree(tmp_path / "root", 4)
    answers = iter([False] * 5 + [True] * 5)
    walk = walk_in_parallel(
        os.fsencode(tmp_path / "root"),
        make_rules(),
        WalkOptions(),
        Colleague(tmp_path / "root", 1),
        links={},
        should_stop=lambda: next(answers),
    )
    assert 0 < len(list(walk)) < 40


def test_a_folder_that_appears_while_links_wait_is_walked(tmp_path: Path) -> None:
    (tmp_path / "a/real").mkdir(parents=True)
    (tmp_path / "a/link").symlink_to("../b")
    (tmp_path / "b").mkdir()
    walk = walk_in_parallel(
        os.fsencode(tmp_path), make_rules(), WalkOptions(), Colleague(tmp_path, float("inf")), links={}
    )
    found = [next(walk).path for _ in range(3)]
    assert b"a" not in found
    (tmp_path / "a/late/deep").mkdir(parents=True)
    found += [listing.path for listing in walk]
    assert sorted(found) == [b"", b"a", b"a/late", b"a/late/deep", b"a/link", b"a/real", b"b"]


def test_few_folders_wait_at_any_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12**3):
        (tmp_path / f"{number % 12}/{number // 12 % 12}/{number // 144}").mkdir(parents=True)
    waited: list[int] = []
    share = parallel_walk._share

    def counted(waiting: list[Node], most: int) -> list[Node]:
        waited.append(len(waiting))
        return share(waiting, most)

    monkeypatch.setattr(parallel_walk, "_share", counted)
    found = list(
        walk_in_parallel(os.fsencode(tmp_path), make_rules(), WalkOptions(), Colleague(tmp_path, 1), links={})
    )
    assert len(found) == 12**3 + 12**2 + 12 + 1
    assert max(waited) < 12 * 3 + 3 * parallel_walk.SHARE_FOLDERS * 12


def test_a_link_that_leads_to_itself_is_a_cycle(tmp_path: Path) -> None:
    (tmp_path / "self").symlink_to("self")
    (listing,) = walk_in_parallel(
        os.fsencode(tmp_path), make_rules(), WalkOptions(), Colleague(tmp_path, 1), links={}
    )
    assert listing.skipped()[0].gap.reason is Reason.SYMLINK_CYCLE
