"""Scans against the real catalog: what is new, changed, moved, gone; and what only seems to be."""

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.catalog import PostgresIngestCatalog
from siss.adapters.postgres.ingest.scan_catalog import PostgresScanCatalog
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.app.ingest.roots import scan, walk_thread
from siss.app.ingest.roots.context import RootContext
from siss.app.ingest.roots.scan import Scan, ScanReport
from siss.discover.bounds import WalkOptions
from siss.discover.folder_map import FolderMap
from siss.discover.ignore import make_rules
from siss.discover.listing import FolderListing
from siss.errors import DatabaseUnavailableError, NasUnavailableError
from siss.model.coverage import Reason
from siss.model.file import PendingFile, Root
from siss.model.ids import FileId
from siss.model.ingest import RootSpec


class Nas:
    """A root on disk and in the catalog."""

    def __init__(self, path: Path, database: Database, root: Root) -> None:
        self.path = path
        self.scans = PostgresScanCatalog(database)
        self._ingest = PostgresIngestCatalog(database)
        self.place = RootContext(root, make_rules(), WalkOptions(), FolderMap())

    def write(self, name: str, text: str = "x", age: float = 100.0) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        when = file.stat().st_mtime - age
        os.utime(file, (when, when))
        return file

    async def scan(self, outage_fraction: float = 0.5) -> ScanReport:
        return await Scan(self.place, self.scans, lambda _: None).whole(outage_fraction=outage_fraction)

    async def parts(self, *folders: bytes, trees: tuple[bytes, ...] = ()) -> ScanReport:
        return await Scan(self.place, self.scans, lambda _: None).parts(folders, trees)

    async def pending(self) -> dict[str, PendingFile]:
        files = await self._ingest.pending_files(1000, FileId(0))
        names = [os.path.relpath(file.path, os.fsencode(self.path)).decode() for file in files]
        assert len(set(names)) == len(names), "a path has two identities"
        return dict(zip(names, files, strict=True))

    async def count(self) -> int:
        return await self.scans.count_files(self.place.root.id)


@pytest.fixture
async def nas(tmp_path: Path, database: Database) -> Nas:
    path = tmp_path / "nas"
    path.mkdir()
    (root,) = await PostgresScanCatalog(database).sync_roots(
        [RootSpec(os.fsencode(path), str(path), case_insensitive=False)]
    )
    return Nas(path, database, root)


async def test_a_scan_queues_what_is_new_and_an_unchanged_one_nothing(nas: Nas) -> None:
    nas.write("a/one.txt")
    nas.write("a/b/two.txt")
    report = await nas.scan()
    assert (report.folders, report.files, report.queued) == (3, 2, 2)
    assert set(await nas.pending()) == {"a/one.txt", "a/b/two.txt"}
    again = await nas.scan()
    assert (again.files, again.queued, again.missing) == (2, 0, 0)


async def test_a_folder_that_is_closed_is_told_at_once_and_keeps_its_files(
    nas: Nas, monkeypatch: pytest.MonkeyPatch, catalog: PostgresCatalog
) -> None:
    """Where an event told of it, nothing was recorded: its files were called whole without a word."""
    nas.write("a/one.txt")
    await nas.scan()
    real, shown = os.scandir, str(nas.path / "a")

    def closed(path: Any) -> Any:
        if os.fsdecode(path) == shown:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", closed)
        await nas.parts(b"a")
    skipped = await catalog.skipped(shown)
    assert skipped is not None
    assert skipped.gap.reason is Reason.PERMISSION_DENIED
    assert set(await nas.pending()) == {"a/one.txt"}
    await nas.parts(b"a")
    assert await catalog.skipped(shown) is None


async def _find(nas: Nas) -> dict[str, int]:
    """Every file that is there by the catalog, with its size."""
    listed = await nas.scans.files_in_folders(nas.place.root.id, [path for path, _ in nas.place.fingerprints.items()])
    return {file.path.decode(): file.stat.size for files in listed.values() for file in files if not file.missing}


async def test_what_a_link_leads_to_is_seen_by_an_event_where_it_is(nas: Nas) -> None:
    """Nothing happens in the folder of the link: it waited for the next whole scan."""
    target = nas.write("pods/a/0.log", "one")
    (nas.path / "all").mkdir()
    (nas.path / "all/a.log").symlink_to("../pods/a/0.log")
    (nas.path / "hop").symlink_to("all/a.log")
    await nas.scan()
    links = {"all/a.log", "hop"}
    assert {name: size for name, size in (await _find(nas)).items() if name in links} == dict.fromkeys(links, 3)

    nas.write("pods/a/0.log", "one, two")
    await nas.parts(b"pods/a")
    assert {name: size for name, size in (await _find(nas)).items() if name in links} == dict.fromkeys(links, 8)

    target.rename(nas.path / "away.log")
    await nas.parts(b"pods/a", b"")
    assert set(await _find(nas)) == {"away.log"}
    (nas.path / "away.log").rename(target)
    await nas.parts(b"pods/a", b"")
    assert set(await _find(nas)) == {"pods/a/0.log", *links}

    (nas.path / "pods/a").rename(nas.path / "pods/b")
    await nas.parts(b"pods", trees=(b"pods/a", b"pods/b"))
    assert set(await _find(nas)) == {"pods/b/0.log"}
    (nas.path / "pods/b").rename(nas.path / "pods/a")
    await nas.parts(b"pods")
    assert set(await _find(nas)) == {"pods/a/0.log", *links}


async def test_a_folder_that_a_link_leads_to_comes_and_goes(nas: Nas) -> None:
    nas.write("real/deep/x.txt")
    nas.write("y.txt")
    (nas.path / "links").mkdir()
    (nas.path / "links/deep").symlink_to("../real/deep")
    await nas.scan()
    every = {"y.txt", "real/deep/x.txt", "links/deep/x.txt"}
    assert set(await _find(nas)) == every
    (nas.path / "real").rename(nas.path / "moved")
    await nas.parts(b"", trees=(b"real", b"moved"))
    assert set(await _find(nas)) == {"y.txt", "moved/deep/x.txt"}
    (nas.path / "moved").rename(nas.path / "real")
    await nas.parts(b"")
    assert set(await _find(nas)) == every


async def test_folders_and_trees_that_overlap_make_no_file_twice(nas: Nas) -> None:
    await nas.scan()
    nas.write("new/deep/fresh.txt")
    await nas.parts(b"", trees=(b"new", b"new/deep"))
    assert set(await nas.pending()) == {"new/deep/fresh.txt"}


@pytest.mark.parametrize("at_once", [1, 500])
async def test_folders_that_changed_together_keep_what_moved_between_them(
    nas: Nas, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(scan, "BATCH_FOLDERS", at_once)
    for name in ("a/one.txt", "b/two.txt", "c/three.txt"):
        nas.write(name, name)
    await nas.scan()
    before = {name: file.id for name, file in (await nas.pending()).items()}
    (nas.path / "a/one.txt").rename(nas.path / "b/one.txt")
    (nas.path / "b/two.txt").rename(nas.path / "a/two.txt")
    (nas.path / "c/three.txt").unlink()
    report = await nas.parts(b"a", b"b", b"c")
    assert (report.folders, report.missing) == (3, 1)
    assert {name: file.id for name, file in (await nas.pending()).items()} == {
        "b/one.txt": before["a/one.txt"],
        "a/two.txt": before["b/two.txt"],
    }


async def test_a_move_keeps_the_identity_whatever_is_moved(nas: Nas) -> None:
    nas.write("a/one.txt", "first")
    nas.write("a/b/two.txt", "second")
    await nas.scan()
    before = {name: file.id for name, file in (await nas.pending()).items()}
    (nas.path / "a").rename(nas.path / "z")
    report = await nas.parts(b"", trees=(b"z",))
    assert report.queued == 2, "what was pending is pending under its new name"
    after = {name: file.id for name, file in (await nas.pending()).items()}
    assert after == {"z/one.txt": before["a/one.txt"], "z/b/two.txt": before["a/b/two.txt"]}


async def test_a_file_that_moved_and_got_links_is_there_under_each_name(nas: Nas) -> None:
    """Each name was taken for where the one file had moved, so all but one were in no index."""
    moved = nas.write("a/one.txt")
    nas.write("b/two.txt")
    await nas.scan()
    before = await nas.pending()
    moved = moved.rename(nas.path / "b" / "one.txt")
    os.link(moved, nas.path / "b" / "linked.txt")
    os.link(moved, nas.path / "a" / "linked.txt")
    await nas.parts(b"a", b"b")
    after = await nas.pending()
    assert set(after) == {"a/linked.txt", "b/linked.txt", "b/one.txt", "b/two.txt"}
    assert before["a/one.txt"].id in {file.id for file in after.values()}


async def test_a_file_moves_while_another_comes_whose_name_differs_in_composition(nas: Nas) -> None:
    """Its row went to both names, of which one got the other's text, and the other was in no index."""
    first = nas.write("caf\u00e9", "first")
    await nas.scan()
    [(_, known)] = (await nas.pending()).items()
    first.rename(nas.path / "kept")
    nas.write("cafe\u0301", "second one")
    await nas.parts(b"")
    after = await nas.pending()
    assert {name: file.stat.size for name, file in after.items()} == {"kept": 5, "cafe\u0301": 10}
    assert after["kept"].id == known.id


@pytest.mark.parametrize("trees", [(), (b"a",)])
async def test_a_root_that_is_another_folder_when_a_part_is_looked_at_is_an_outage(
    nas: Nas, trees: tuple[bytes, ...]
) -> None:
    """What an event led to was taken for deleted, however much it was."""
    nas.write("a/b/one.txt")
    nas.write("two.txt")
    await nas.scan()
    nas.place.still_there = lambda: False
    nas.path.rename(nas.path.with_name("away"))
    nas.path.mkdir()
    for folders in ([b"a"], [b"a/b"], [b""]):
        with pytest.raises(NasUnavailableError):
            await nas.parts(*folders, trees=trees)
    assert await nas.count() == 2


async def test_a_rotation_moves_every_log_of_the_chain(nas: Nas) -> None:
    for name in ("log", "log.1", "log.2"):
        nas.write(name, name)
    await nas.scan()
    before = {name: file.id for name, file in (await nas.pending()).items()}
    for number in (2, 1, 0):
        (nas.path / f"log.{number}".removesuffix(".0")).rename(nas.path / f"log.{number + 1}")
    nas.write("log", "fresh")
    await nas.parts(b"")
    after = {name: file.id for name, file in (await nas.pending()).items()}
    fresh = after.pop("log")
    assert after == {"log.1": before["log"], "log.2": before["log.1"], "log.3": before["log.2"]}
    assert fresh not in before.values()
    again = await nas.scan()
    assert (again.queued, again.missing) == (0, 0)


async def test_a_rotation_pushes_the_last_log_out(nas: Nas) -> None:
    for name in ("log", "log.1"):
        nas.write(name, name)
    await nas.scan()
    before = {name: file.id for name, file in (await nas.pending()).items()}
    (nas.path / "log").rename(nas.path / "log.1")
    nas.write("log", "fresh")
    await nas.parts(b"")
    after = {name: file.id for name, file in (await nas.pending()).items()}
    assert after["log.1"] == before["log"]
    assert after["log"] not in before.values()


async def test_what_is_gone_is_missing_and_what_returns_keeps_its_identity(nas: Nas) -> None:
    file = nas.write("a/one.txt")
    nas.write("a/two.txt")
    await nas.scan()
    before = (await nas.pending())["a/one.txt"].id
    kept = file.rename(nas.path.with_name("kept"))
    assert (await nas.scan()).missing == 1
    assert await nas.count() == 1
    kept.rename(file)
    await nas.scan()
    assert (await nas.pending())["a/one.txt"].id == before


async def test_losing_most_of_many_files_is_an_outage_until_it_is_accepted(nas: Nas) -> None:
    for number in range(120):
        nas.write(f"d{number % 3}/f{number}.txt", str(number))
    await nas.scan()
    for number in range(80):
        (nas.path / f"d{number % 3}/f{number}.txt").unlink()
    report = await nas.scan()
    assert "--accept-deletions" in report.outage
    assert await nas.count() == 120
    accepted = await nas.scan(outage_fraction=1.0)
    assert accepted.missing == 80
    assert await nas.count() == 40


async def test_a_folder_that_cannot_be_read_keeps_its_files(nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    nas.write("open/one.txt")
    nas.write("closed/below/two.txt")
    await nas.scan()
    real = os.scandir

    def scandir(path: bytes) -> object:
        if path.endswith(b"/closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = await nas.scan()
    assert report.missing == 0
    assert report.skipped == {"permission_denied": 1}
    assert await nas.count() == 2


class Failing:
    """The catalog, of which one method fails once."""

    def __init__(self, port: Any, method: str, error: Exception):
        self._port = port
        self._method = method
        self._error: Exception | None = error

    def __getattr__(self, name: str) -> Any:
        return self._fail if name == self._method and self._error else getattr(self._port, name)

    async def _fail(self, *_arguments: Any) -> None:
        error, self._error = self._error, None
        assert error is not None
        raise error


async def test_what_could_not_be_recorded_is_found_by_the_next_scan(nas: Nas) -> None:
    nas.write("a/one.txt")
    real = nas.scans
    nas.scans = Failing(real, "record_folders", DatabaseUnavailableError("away"))  # type: ignore[assignment]
    with pytest.raises(DatabaseUnavailableError):
        await nas.scan()
    assert (await nas.scan()).queued == 1
    assert set(await nas.pending()) == {"a/one.txt"}


@pytest.mark.parametrize("back", ["one.txt", "two.txt"], ids=["returned", "moved"])
async def test_a_missing_file_that_is_given_up_while_it_comes_back_is_not_lost(nas: Nas, back: str) -> None:
    nas.write("one.txt")
    nas.write("other.txt")
    await nas.scan()
    (nas.path / "one.txt").rename(nas.path.parent / "aside")
    await nas.scan(outage_fraction=1.0)
    (nas.path.parent / "aside").rename(nas.path / back)
    real = nas.scans

    class Expiring(Failing):
        async def _fail(self, *arguments: Any) -> Any:
            found = await getattr(real, "files_in_folders" if back == "one.txt" else "files_by_inode")(*arguments)
            self._error = None
            await real.expire_missing(0.0)
            return found

    method = "files_in_folders" if back == "one.txt" else "files_by_inode"
    nas.scans = Expiring(real, method, AssertionError())  # type: ignore[assignment]
    await nas.scan()
    nas.scans = real
    assert set(await nas.pending()) == {back, "other.txt"}


async def test_a_root_that_does_not_answer_is_an_outage(nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    nas.write("one.txt")
    await nas.scan()
    released = threading.Event()

    def hang(*_arguments: Any, **_more: Any) -> Iterator[FolderListing]:
        released.wait()
        yield from ()

    monkeypatch.setattr(scan, "walk_root", hang)
    monkeypatch.setattr(scan, "probe_available", lambda _path: False)
    monkeypatch.setattr(walk_thread, "SILENT_SECONDS", 0.05)
    monkeypatch.setattr(walk_thread, "LEAVE_SECONDS", 0.05)
    with pytest.raises(NasUnavailableError):
        await nas.scan()
    assert await nas.count() == 1
    released.set()
