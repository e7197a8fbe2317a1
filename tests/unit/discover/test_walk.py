import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from growth import assert_linear
from siss.discover import bounds
from siss.discover.bounds import LinkPaths, WalkOptions
from siss.discover.ignore import make_rules
from siss.discover.lister import Lister
from siss.discover.listing import Failure, FolderListing
from siss.discover.mounts import Mount
from siss.discover.walk import walk_folders, walk_root
from siss.errors import NasUnavailableError
from siss.model.coverage import Reason
from siss.model.file import FileStat
from siss.state import LOCK, SURE, StateFolder

OLD = 1_600_000_000


def make(root: Path, *names: str, age: int = OLD) -> None:
    """Files, and folders where a name ends in a slash; all of them old."""
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
            os.utime(path, (age, age))


def walk(root: Path, **options: Any) -> dict[bytes, FolderListing]:
    start = options.pop("start", b"")
    links = options.pop("links", None)
    found = walk_root(os.fsencode(root), make_rules(), WalkOptions(**options), start=start, links=links)
    return {listing.path: listing for listing in found}


def taken(listings: dict[bytes, FolderListing]) -> list[str]:
    return [file.shown for listing in listings.values() for file in listing.files(case_insensitive=False)]


def skipped(root: Path, listings: dict[bytes, FolderListing]) -> dict[str, Reason]:
    prefix = os.fspath(root) + "/"
    found = [path for listing in listings.values() for path in listing.skipped()]
    assert all(path.shown.startswith(prefix) for path in found)
    return {path.shown.removeprefix(prefix): path.gap.reason for path in found}


def test_depth_first_by_name(tmp_path: Path) -> None:
    make(tmp_path, "b", "a/z", "a/b/c", "a-b/x", "c/")
    listings = walk(tmp_path)
    assert list(listings) == [b"", b"a", b"a/b", b"a-b", b"c"]
    assert taken(listings) == ["b", "a/z", "a/b/c", "a-b/x"]
    assert listings[b""].subfolders == [b"a", b"a-b", b"c"]
    assert listings[b"a"].files(case_insensitive=False)[0].stat == FileStat.of((tmp_path / "a/z").stat())


def test_names_as_they_come(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path)
    names = [b"caf\xe9", b"new\nline", b"x" * 255, b" ", b"-rf", "日本".encode(), b"back\\slash"]
    for name in names:
        os.mkdir(root + b"/" + name)
        with open(root + b"/" + name + b"/" + name, "w"):
            pass
    listings = walk(tmp_path)
    assert sorted(listings) == sorted([b"", *names])
    for name in names:
        assert listings[name].names == [name]
        assert os.path.exists(root + b"/" + listings[name].files(case_insensitive=True)[0].path)


def test_a_fingerprint_changes_with_everything_that_matters(tmp_path: Path) -> None:
    make(tmp_path, "a", "b", "sub/x")
    seen = {walk(tmp_path)[b""].fingerprint}

    def changed() -> bool:
        before = len(seen)
        assert walk(tmp_path)[b""].fingerprint == walk(tmp_path)[b""].fingerprint
        seen.add(walk(tmp_path)[b""].fingerprint)
        return len(seen) > before

    assert not changed()
    make(tmp_path, "sub/y")
    assert not changed()
    make(tmp_path, "c")
    assert changed()
    (tmp_path / "c").rename(tmp_path / "d")
    assert changed()
    os.utime(tmp_path / "d", ns=(0, OLD * 10**9 + 1))
    assert changed()
    (tmp_path / "d").write_text("longer")
    os.utime(tmp_path / "d", ns=(0, OLD * 10**9 + 1))
    assert changed()
    (tmp_path / "a").rename(tmp_path / "x")
    (tmp_path / "b").rename(tmp_path / "a")
    (tmp_path / "x").rename(tmp_path / "b")
    assert changed()
    (tmp_path / "Thumbs.db").touch()
    assert changed()
    (tmp_path / "a").unlink()
    assert changed()


def test_a_file_that_may_not_be_read_is_told_and_changes_the_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a", "b")
    before = walk(tmp_path)[b""]
    (tmp_path / "b").chmod(0o000)
    monkeypatch.setattr(os, "access", lambda path, mode, **_: (path, mode) != (os.fsencode(tmp_path / "b"), os.R_OK))
    after = walk(tmp_path)[b""]
    assert (before.closed, after.closed) == ([], [b"b"])
    assert before.fingerprint != after.fingerprint
    assert (before.names, list(before.numbers)) == (after.names, list(after.numbers))
    monkeypatch.setattr(os, "access", lambda *_, **__: True)  # an access list may allow what the mode forbids
    assert walk(tmp_path)[b""].fingerprint == before.fingerprint


def test_racy_listings_are_not_to_be_stored(tmp_path: Path) -> None:
    make(tmp_path, "old/a", "future/a", "empty/")
    make(tmp_path, "future/b", age=OLD * 3)
    (tmp_path / "young").mkdir()
    (tmp_path / "young/a").touch()
    listings = walk(tmp_path)
    assert {path: listing.storable_fingerprint is None for path, listing in listings.items() if path} == {
        b"old": False,
        b"future": True,
        b"empty": False,
        b"young": True,
    }


def test_numbers_beyond_64_bits_are_cut_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a", "b")
    real = os.scandir

    class Odd:
        st_size, st_mtime_ns, st_ino, st_dev, st_mode = 5, 1 << 70, (1 << 64) - 1, (1 << 64) - 2, 0o100644

    class Entry:
        def __init__(self, entry: Any) -> None:
            self.name = entry.name

        def is_file(self, *, follow_symlinks: bool) -> bool:
            return True

        def stat(self, *, follow_symlinks: bool) -> Odd:
            return Odd()

    class Scan:
        def __init__(self, path: bytes) -> None:
            with real(path) as scan:
                self.entries = [Entry(entry) for entry in scan]

        def __enter__(self) -> Iterator[Entry]:
            return iter(self.entries)

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr("siss.discover.lister.os.scandir", Scan)
    (listing,) = walk_root(os.fsencode(tmp_path), make_rules(), WalkOptions())
    assert listing.stat_at(0) == listing.stat_at(1) == FileStat.of(Odd())  # type: ignore[arg-type]


def test_inodes_that_do_not_last_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a")
    assert walk(tmp_path, stable_inodes=False)[b""].stat_at(0).inode == 0


def test_what_is_not_taken_has_its_reason(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make(root, "logs/a", "logs/a.tmp", ".git/config", "@eaDir/x", "state/db", "logs/.sissignore", "real")
    make(tmp_path, "outside/secret")
    (root / "logs/.sissignore").write_text("*.tmp\n[\n")
    os.mkfifo(root / "pipe")
    here = socket.socket(socket.AF_UNIX)
    before = os.getcwd()
    os.chdir(root)
    try:
        here.bind("socket")
    finally:
        os.chdir(before)
        here.close()
    for name, target in {
        "broken": "nowhere",
        "self": "self",
        "up": ".",
        "out": "../outside",
        "out-file": "../outside/secret",
        "abs-out": "/",
        "to-state": "state",
        "to-state-file": "state/db",
        "through-out": "../root/logs",
        "file-link": "real",
        "to-pipe": "pipe",
    }.items():
        (root / name).symlink_to(target)
    listings = walk(root, state_folder=os.fsencode(root / "state"))
    assert taken(listings) == [
        "file-link",
        "real",
        "logs/.sissignore",
        "logs/a",
        "through-out/.sissignore",
        "through-out/a",
    ]
    reasons = skipped(root, listings)
    assert reasons == {
        ".git": Reason.IGNORED,
        "@eaDir": Reason.IGNORED,
        "logs/a.tmp": Reason.IGNORED,
        "logs/.sissignore": Reason.BAD_RECORDS,
        "through-out/a.tmp": Reason.IGNORED,
        "through-out/.sissignore": Reason.BAD_RECORDS,
        "pipe": Reason.SPECIAL_FILE,
        "socket": Reason.SPECIAL_FILE,
        "to-pipe": Reason.SPECIAL_FILE,
        "broken": Reason.SYMLINK_BROKEN,
        "self": Reason.SYMLINK_CYCLE,
        "up": Reason.SYMLINK_CYCLE,
        "out": Reason.SYMLINK_LEAVES_ROOT,
        "out-file": Reason.SYMLINK_LEAVES_ROOT,
        "abs-out": Reason.SYMLINK_LEAVES_ROOT,
        "state": Reason.STATE_FOLDER,
        "to-state": Reason.STATE_FOLDER,
        "to-state-file": Reason.STATE_FOLDER,
    }


def make_state_folder(path: Path) -> None:
    folder = StateFolder(path)
    folder.create()
    make(path, LOCK, "owner.json", "secrets.key", "search/1/meta.json", "postgres/data/PG_VERSION")


def test_the_state_folder_of_another_process_is_not_entered_whoever_leads_there(tmp_path: Path) -> None:
    make_state_folder(tmp_path / "home/state")
    make(tmp_path, "a", "run/b", "logs/c", "search/owner.lock", "home/note")
    for name, target in {
        "to": "home/state",
        "to-part": "home/state/search/1",
        "to-file": "home/state/owner.json",
    }.items():
        (tmp_path / name).symlink_to(target)
    listings = walk(tmp_path)
    assert taken(listings) == ["a", "home/note", "logs/c", "run/b", "search/owner.lock"]
    assert skipped(tmp_path, listings) == dict.fromkeys(
        ("home/state", "to", "to-part", "to-file"), Reason.STATE_FOLDER
    )
    assert listings[b"home/state"].whole  # what an earlier version indexed there is let go of
    watched = [path for path, _ in walk_folders(os.fsencode(tmp_path), make_rules(), WalkOptions())]
    assert watched == [b"", b"home", b"home/state", b"logs", b"run", b"search"]
    for start in (b"home/state", b"home/state/search", b"home/state/search/1"):
        part = walk(tmp_path, start=start)
        assert (taken(part), set(skipped(tmp_path, part).values())) == ([], {Reason.STATE_FOLDER})


def test_a_root_that_becomes_a_state_folder_by_mistake_keeps_its_files(tmp_path: Path) -> None:
    make(tmp_path, "a", "logs/b")
    make_state_folder(tmp_path)
    listings = walk(tmp_path)
    assert taken(listings) == ["a", "logs/b", "search/1/meta.json"]
    assert skipped(tmp_path, listings) == dict.fromkeys(SURE, Reason.STATE_FOLDER)
    assert taken(walk(tmp_path, start=b"logs")) == ["logs/b"]
    assert skipped(tmp_path, walk(tmp_path, start=b"postgres/data")) == {"postgres/data": Reason.STATE_FOLDER}


def test_links_are_not_followed_where_the_setting_says_so(tmp_path: Path) -> None:
    make(tmp_path, "real/a")
    (tmp_path / "alias").symlink_to("real")
    listings = walk(tmp_path, follow_symlinks=False)
    assert taken(listings) == ["real/a"]
    assert skipped(tmp_path, listings) == {"alias": Reason.SYMLINK_NOT_FOLLOWED}


def test_a_link_onto_a_share_outside_is_told_without_touching_the_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A share whose server is gone hangs whoever touches it, and all that the root holds would wait with it."""
    root, share = tmp_path / "root", tmp_path / "share"
    make(root, "a", "folder/b")
    (root / ".sissignore").write_text("nothing/\n")
    make(share, "logs/c")
    (tmp_path / "way").symlink_to("share/logs")
    for number, target in enumerate((share, share / "logs/c", tmp_path / "way", "../folder/../../share/logs")):
        (root / "folder" / f"link{number}").symlink_to(target)
    monkeypatch.setattr(bounds, "read_mounts", lambda: [Mount(b"/", "ext4"), Mount(bytes(share), "nfs4")])
    for name in ("stat", "lstat", "readlink"):
        monkeypatch.setattr(os, name, _never_in(bytes(share), getattr(os, name)))
    monkeypatch.setattr(Lister, "_is_folder", _never_asking_links(Lister._is_folder))

    found = walk(root)
    assert "folder/b" in taken(found)
    assert skipped(root, found) == {f"folder/link{number}": Reason.SYMLINK_LEAVES_ROOT for number in range(4)}


def test_a_link_is_judged_as_before_where_a_share_is_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "real/a")
    (tmp_path / "to").symlink_to("./real/../real")
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setattr(bounds, "read_mounts", lambda: [Mount(b"/mnt/elsewhere", "autofs")])
    found = walk(tmp_path)
    assert taken(found) == ["real/a", "to/a"]
    assert skipped(tmp_path, found) == {"loop": Reason.SYMLINK_CYCLE}


def test_links_in_a_circle(tmp_path: Path) -> None:
    make(tmp_path, "a/x", "b/y")
    (tmp_path / "a/to-b").symlink_to("../b")
    (tmp_path / "b/to-a").symlink_to("../a")
    listings = walk(tmp_path)
    assert taken(listings) == ["a/x", "a/to-b/y", "b/y", "b/to-a/x"]
    assert skipped(tmp_path, listings) == {"a/to-b/to-a": Reason.SYMLINK_CYCLE, "b/to-a/to-b": Reason.SYMLINK_CYCLE}


def test_a_farm_of_links_adds_one_path_a_folder(tmp_path: Path) -> None:
    depth = 12
    for number in range(depth):
        make(tmp_path, f"d{number:02}/f")
        if number:
            for name in ("l", "r"):
                (tmp_path / f"d{number - 1:02}" / name).symlink_to(f"../d{number:02}")
    listings = walk(tmp_path)
    assert len(taken(listings)) < 2 * depth
    assert Reason.SYMLINK_REPEATED in skipped(tmp_path, listings).values()


def test_a_part_is_walked_as_the_whole_was(tmp_path: Path) -> None:
    make(tmp_path, "real/a", "real/sub/b", "one/", "two/")
    (tmp_path / "one/alias").symlink_to("../real")
    (tmp_path / "two/alias").symlink_to("../real")
    links: LinkPaths = {}
    whole = walk(tmp_path, links=links)
    for start in (b"one", b"one/alias", b"one/alias/sub", b"two", b"two/alias", b"real/sub"):
        part = walk(tmp_path, start=start, links=links)
        for path, listing in part.items():
            if path in whole:
                assert listing.fingerprint == whole[path].fingerprint
            else:
                assert path == b"two/alias"
                assert skipped(tmp_path, part) == {"two/alias": Reason.SYMLINK_REPEATED}


def test_a_part_that_is_ignored_or_gone(tmp_path: Path) -> None:
    make(tmp_path, "logs/cache/a/x", "file")
    (tmp_path / "logs/.sissignore").write_text("cache/\n")
    (ignored,) = walk(tmp_path, start=b"logs/cache/a").values()
    assert len(ignored) == 0
    assert ignored.whole
    assert ignored.skipped()[0].gap.reason is Reason.IGNORED
    for start in (b"none/below", b"file", b"file/below"):
        (gone,) = walk(tmp_path, start=start).values()
        assert gone.failure is Failure.GONE
        assert gone.storable_fingerprint is None


def test_one_folder_without_what_is_below(tmp_path: Path) -> None:
    make(tmp_path, "a/x", "a/b/y")
    (listing,) = walk_root(os.fsencode(tmp_path), make_rules(), WalkOptions(), start=b"a", recursive=False)
    assert listing.names == [b"x"]
    assert listing.subfolders == [b"a/b"]


def test_another_file_system_is_left_where_the_setting_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "here/a", "mounted/b")
    real = os.lstat

    def lstat(path: Any, *args: Any, **more: Any) -> Any:
        found = real(path, *args, **more)
        if os.fsencode(path).endswith(b"/mounted"):
            return os.stat_result((*found[:2], found.st_dev + 1, *found[3:10]))
        return found

    monkeypatch.setattr("siss.discover.bounds.os.lstat", lstat)
    listings = walk(tmp_path, one_filesystem=True)
    assert taken(listings) == ["here/a"]
    assert skipped(tmp_path, listings) == {"mounted": Reason.OTHER_FILESYSTEM}
    assert taken(walk(tmp_path)) == ["here/a", "mounted/b"]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> dict[bytes, int]:
    """Listing these folders (by the end of their path) fails with an error number."""
    errors: dict[bytes, int] = {}
    real = os.scandir

    def scandir(path: Any) -> Any:
        for end, number in errors.items():
            if os.fsencode(path).endswith(end):
                raise OSError(number, os.strerror(number))
        return real(path)

    monkeypatch.setattr("siss.discover.lister.os.scandir", scandir)
    return errors


@pytest.mark.parametrize(
    ("number", "failure", "reason"),
    [
        (errno.EACCES, Failure.DENIED, Reason.PERMISSION_DENIED),
        (errno.EIO, Failure.BROKEN, Reason.READ_ERROR),
        (errno.ESTALE, Failure.BROKEN, Reason.READ_ERROR),
        (errno.ENAMETOOLONG, Failure.BROKEN, Reason.READ_ERROR),
    ],
)
def test_a_folder_that_cannot_be_read_is_not_empty(
    tmp_path: Path, failing: dict[bytes, int], number: int, failure: Failure, reason: Reason
) -> None:
    make(tmp_path, "bad/a", "good/b")
    failing[b"/bad"] = number
    listings = walk(tmp_path)
    assert listings[b"bad"].failure is failure
    assert not listings[b"bad"].whole
    assert listings[b"bad"].storable_fingerprint is None
    assert skipped(tmp_path, listings) == {"bad": reason}
    assert taken(listings) == ["good/b"]


def test_a_folder_that_vanishes_is_gone(tmp_path: Path, failing: dict[bytes, int]) -> None:
    make(tmp_path, "bad/a", "good/b")
    failing[b"/bad"] = errno.ENOENT
    assert walk(tmp_path)[b"bad"].failure is Failure.GONE


def test_a_root_that_goes_away_is_an_outage(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make(root, "a/x", "b/y")
    walking = walk_root(os.fsencode(root), make_rules(), WalkOptions())
    next(walking)
    root.rename(tmp_path / "elsewhere")
    with pytest.raises(NasUnavailableError):
        next(walking)


def test_a_root_that_is_replaced_is_an_outage(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make(root, "a/x")
    walking = walk_root(os.fsencode(root), make_rules(), WalkOptions())
    next(walking)
    root.rename(tmp_path / "elsewhere")
    root.mkdir()
    with pytest.raises(NasUnavailableError):
        next(walking)


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENOENT])
def test_a_root_that_fails_is_an_outage(tmp_path: Path, failing: dict[bytes, int], number: int) -> None:
    failing[os.fsencode(tmp_path)] = number
    with pytest.raises(NasUnavailableError):
        walk(tmp_path)


def test_a_root_that_is_not_there_or_a_file(tmp_path: Path) -> None:
    make(tmp_path, "file")
    for name in ("none", "file"):
        with pytest.raises(NasUnavailableError):
            walk(tmp_path / name)


def test_an_entry_that_cannot_be_looked_at_is_not_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a", "b")
    (tmp_path / "link").symlink_to("a")
    monkeypatch.setattr("siss.discover.bounds.os.path.realpath", _fail_on(os.path.realpath, b"/link", errno.EIO))
    listing = walk(tmp_path)[b""]
    assert listing.unsure == {b"link"}
    assert listing.whole


def test_stopping_early(tmp_path: Path) -> None:
    make(tmp_path, "a/x", "b/y")
    answers = iter([False, True])
    found = list(walk_root(os.fsencode(tmp_path), make_rules(), WalkOptions(), should_stop=lambda: next(answers)))
    assert [listing.path for listing in found] == [b""]


def test_a_tree_deeper_than_paths_can_be(tmp_path: Path) -> None:
    levels = 1500
    before = os.open(".", os.O_RDONLY)
    try:
        os.chdir(tmp_path)
        for _ in range(levels):
            os.mkdir("deep")
            os.chdir("deep")
    finally:
        os.fchdir(before)
        os.close(before)
    listings = walk(tmp_path)
    last = list(listings.values())[-1]
    assert len(listings) > 500
    assert last.failure is Failure.BROKEN
    assert "too long" in last.skipped()[0].gap.detail
    _remove_deep(tmp_path, levels)


def test_folders_are_named_before_they_are_read(tmp_path: Path) -> None:
    make(tmp_path, "a/x", ".git/y")
    (tmp_path / ".sissignore").write_text("skip\n")
    (tmp_path / "skip").mkdir()
    walking = walk_folders(os.fsencode(tmp_path), make_rules(), WalkOptions())
    assert next(walking)[0] == b""
    (tmp_path / "late").mkdir()
    found = dict(walking)
    assert list(found) == [b"a", b"late"]
    assert found[b"a"].find(b"a", b"skip", True) is not None


def test_both_walks_enter_the_same_folders(tmp_path: Path) -> None:
    make(tmp_path, "a/b/c", "d/e", ".git/f", "g/")
    (tmp_path / "g/l").symlink_to("../a")
    (tmp_path / "g/m").symlink_to("../a")
    folders = [path for path, _ in walk_folders(os.fsencode(tmp_path), make_rules(), WalkOptions())]
    assert folders == list(walk(tmp_path))


def _fail_on(real: Any, end: bytes, number: int) -> Any:
    def call(path: Any, *args: Any, **more: Any) -> Any:
        if os.fsencode(path).endswith(end):
            raise OSError(number, os.strerror(number))
        return real(path, *args, **more)

    return call


def _never_in(folder: bytes, real: Any) -> Any:
    def call(path: Any, *rest: Any, **options: Any) -> Any:
        assert not (os.fsencode(path) + b"/").startswith(folder + b"/"), path
        return real(path, *rest, **options)

    return call


def _never_asking_links(real: Any) -> Any:
    """The system's own look through a link cannot be watched from here: that it says "folder" tells that it was."""

    def call(*given: Any) -> Any:
        answer = real(*given)
        assert not (answer and given[-1].is_symlink()), given[-1].path
        return answer

    return call


def _remove_deep(root: Path, levels: int) -> None:
    """Bottom-up through relative paths: nothing else can reach that deep."""
    before = os.open(".", os.O_RDONLY)
    try:
        os.chdir(root)
        for _ in range(levels):
            os.chdir("deep")
        for _ in range(levels):
            os.chdir("..")
            os.rmdir("deep")
    finally:
        os.fchdir(before)
        os.close(before)


def test_what_is_away_costs_no_other_folder_anything(tmp_path: Path) -> None:
    for number in range(800):
        (tmp_path / f"{number}").mkdir()

    def list_folders(count: int) -> None:
        options = WalkOptions(away={b"gone/%d" % number: "away" for number in range(count * 20)})
        lister = Lister(os.fsencode(tmp_path), make_rules(), options, {}, whole=True)
        for number in range(count):
            lister.list_folder(lister.node(b"%d" % number))

    assert_linear(list_folders, 800)
