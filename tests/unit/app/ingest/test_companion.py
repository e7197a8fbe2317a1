"""What a listing process is asked and answers, without the process."""

import os
from pathlib import Path

import msgspec
import pytest

from siss.app.ingest.roots.companion import (
    LIST_WIRE,
    NETWORK_LISTINGS,
    ListerConfig,
    ListingProcess,
    Listings,
    ListTask,
    companion_for,
    make_lister,
    make_task,
)
from siss.app.processes.wire import Done, Limits, LossKind, Lost
from siss.discover.bounds import Node, WalkOptions
from siss.discover.ignore import make_rules
from siss.discover.lister import Lister
from siss.discover.walk import walk_root
from siss.model.coverage import Reason
from siss.settings import Settings


def ask(root: Path, folders: list[bytes], *, at_once: int = 1) -> Listings:
    """As over the pipe."""
    rules = make_rules()
    sent = make_task(1, [Node(path, b"/" + path, None, rules) for path in folders])
    task = msgspec.msgpack.decode(msgspec.msgpack.encode(sent), type=LIST_WIRE.task)
    handle = make_lister(ListerConfig(os.fsencode(root), WalkOptions(), at_once))
    beats: list[None] = []
    answer = handle(task, None, lambda: beats.append(None))
    assert len(beats) in {0, len(folders)}
    found: Listings = msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=LIST_WIRE.result)
    return found


@pytest.mark.parametrize("at_once", [1, NETWORK_LISTINGS])
def test_listings_come_in_the_order_of_the_folders(tmp_path: Path, at_once: int) -> None:
    names = [f"{number:02}" for number in range(40)]
    for name in names:
        (tmp_path / name / "below").mkdir(parents=True)
        (tmp_path / name / "file").write_text(name)
        (tmp_path / name / "Thumbs.db").touch()
        (tmp_path / name / "link").symlink_to("file")
    alone = {listing.path: listing for listing in walk_root(os.fsencode(tmp_path), make_rules(), WalkOptions())}
    folders = [name.encode() for name in reversed(names)]
    for path, listed in zip(folders, ask(tmp_path, folders, at_once=at_once), strict=True):
        assert listed is not None
        expected = alone[path]
        assert listed.names == [b"file", b"link"] == expected.names
        assert listed.numbers == expected.numbers
        assert listed.fingerprint == expected.fingerprint
        assert listed.entries == expected.entries
        assert listed.subfolders == [path + b"/below"]
        assert (listed.racy, listed.later) == (True, False)


def test_links_to_folders_are_left_for_later(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/up").symlink_to("../c")
    (tmp_path / "c").mkdir()
    listed, other = ask(tmp_path, [b"a", b"c"])
    assert listed is not None
    assert other is not None
    assert (listed.later, listed.subfolders, other.later) == (True, [b"a/b"], False)


def test_a_folder_or_root_that_cannot_be_read_is_not_answered_for(tmp_path: Path) -> None:
    (tmp_path / "root/a").mkdir(parents=True)
    (tmp_path / "root/file").touch()
    answers = ask(tmp_path / "root", [b"gone", b"a", b"file"])
    assert [listed is None for listed in answers] == [True, False, True]
    assert ask(tmp_path / "none", [b"a", b"b"]) == [None, None]


def test_with_a_limit_on_reading_folders_are_listed_one_by_one(tmp_path: Path) -> None:
    roots = Settings(data_dir=tmp_path / "state", roots=[tmp_path], io_limit=1 << 20)
    assert companion_for(b"/", roots, network=True) is None


class Unstarted:
    """A companion whose process is played by the test."""

    def __init__(self, root: Path) -> None:
        self.process = ListingProcess(os.fsencode(root), WalkOptions(), Limits(memory=1 << 30, timeout=30.0))
        self._lister = Lister(os.fsencode(root), make_rules(), WalkOptions(), {}, whole=False)
        self._handle = make_lister(ListerConfig(os.fsencode(root), WalkOptions(), 1))

    def give(self, *paths: bytes) -> ListTask:
        self.process.give([self._lister.node(path) for path in paths])
        return make_task(self.process._number, [self._lister.node(path) for path in paths])

    def answer(self, *tasks: ListTask, lost: bool = False) -> None:
        self.process._answers.put(
            [
                Lost(task, LossKind.CRASH, "") if lost else Done(task, self._handle(task, None, lambda: None))
                for task in tasks
            ]
        )

    def taken(self) -> list[tuple[bytes, bool]]:
        found = list(self.process.take())
        assert all(listing is None or listing.path == node.path for node, listing in found)
        return [(node.path, listing is not None) for node, listing in found]


@pytest.fixture
def companion(tmp_path: Path) -> Unstarted:
    for name in "abcdef":
        (tmp_path / name).mkdir()
    found = Unstarted(tmp_path)
    assert not found.process.free
    found.answer(ListTask(0))
    assert found.process.free
    assert found.taken() == []
    return found


def test_what_was_taken_back_is_answered_for_no_more(companion: Unstarted) -> None:
    first, second = companion.give(b"a", b"b", b"c"), companion.give(b"d", b"e")
    assert [companion.process.take_back().path for _ in range(3)] == [b"e", b"d", b"c"]
    assert companion.process.busy == 2
    companion.answer(first, second)
    assert companion.taken() == [(b"a", True), (b"b", True)]
    assert companion.process.busy == 0
    assert companion.process.free


def test_it_is_given_no_more_than_it_has_room_for(companion: Unstarted) -> None:
    tasks = [companion.give(name.encode()) for name in "ab"]
    assert not companion.process.free
    companion.answer(tasks[0])
    assert companion.taken() == [(b"a", True)]
    assert companion.process.free


def test_folders_that_it_died_on_come_back_and_it_is_given_no_more(companion: Unstarted) -> None:
    first, second = companion.give(b"a", b"b"), companion.give(b"c")
    companion.process.take_back()
    companion.answer(first, lost=True)
    assert companion.taken() == [(b"a", False), (b"b", False)]
    assert not companion.process.free
    companion.answer(second)
    assert companion.taken() == []
    assert companion.process.busy == 0


def test_rules_cross_the_pipe(tmp_path: Path) -> None:
    (tmp_path / "logs/a").mkdir(parents=True)
    (tmp_path / "logs/a/x.tmp").touch()
    (tmp_path / "logs/.sissignore").write_text("[\n*.tmp\n")
    (tmp_path / "a.BAK").touch()
    rules = make_rules(["*.bak"], defaults=False, fold=True)
    lister = Lister(os.fsencode(tmp_path), rules, WalkOptions(), {}, whole=True)
    _, (logs,) = lister.list_folder(lister.top)
    _, (below,) = lister.list_folder(logs)
    handle = make_lister(ListerConfig(os.fsencode(tmp_path), WalkOptions(), 1))
    for node in (lister.top, below):
        task = msgspec.msgpack.decode(msgspec.msgpack.encode(make_task(1, [node])), type=LIST_WIRE.task)
        (listed,) = handle(task, None, lambda: None)
        assert listed is not None
        assert (listed.names, listed.fingerprint) == ([], lister.list_folder(node)[0].fingerprint)
        assert [entry.gap.reason for entry in listed.entries] == [Reason.IGNORED]
