"""Scans with the process that lists beside them: as without it, also where it is killed or never begins."""

import errno
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

import psutil
import pytest

from siss.adapters.postgres.ingest.scan_catalog import PostgresScanCatalog
from siss.app.ingest.roots import context as root_context
from siss.app.ingest.roots.companion import ListingProcess
from siss.app.ingest.roots.context import RootContext
from siss.app.ingest.roots.scan import Scan, ScanReport
from siss.app.processes.wire import Limits
from siss.discover import parallel_walk
from siss.discover.bounds import Node, WalkOptions
from siss.discover.ignore import make_rules
from siss.discover.listing import FolderListing
from siss.model.ingest import RootSpec

TOPS, BELOW = 15, 12


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60.0
    while not holds():
        assert time.monotonic() < until
        threading.Event().wait(0.005)


class Observed(ListingProcess):
    """One that the walk waits for. ``kills``: how many of its processes are killed with work in hand."""

    def __init__(self, root: bytes, kills: int = 0) -> None:
        super().__init__(root, WalkOptions(), Limits(memory=1 << 30, timeout=30.0))
        self.answered = 0
        self.kills = kills
        self.seen: set[int] = set()

    def __enter__(self) -> Self:
        super().__enter__()
        wait_until(lambda: self.free)
        self.seen.update(self.processes())
        return self

    def give(self, folders: list[Node]) -> None:
        super().give(folders)
        if self.kills and (pids := self.processes()):
            self.kills -= 1
            self.seen.update(pids)
            os.kill(pids[0], signal.SIGKILL)

    def take(self) -> Iterable[tuple[Node, FolderListing | None]]:
        if self.busy:
            wait_until(lambda: not self._answers.empty())
        found = list(super().take())
        self.answered += len(found)
        return found


class Tree:
    """A root of some 200 folders that the catalog knows."""

    def __init__(self, path: Path, place: RootContext, scans: PostgresScanCatalog) -> None:
        self.path = path
        self.place = place
        self.scans = scans
        self.companions: list[Observed] = []

    async def scan(self, kills: int | None = None) -> ScanReport:
        """``kills`` None: alone."""
        self.place.companion = None if kills is None else lambda _options: self._begin(kills)
        return await Scan(self.place, self.scans, lambda _: None).whole(outage_fraction=0.9)

    def _begin(self, kills: int) -> Observed:
        self.companions.append(Observed(self.place.root.path, kills))
        return self.companions[-1]


@pytest.fixture
async def tree(tmp_path: Path, scan_catalog: PostgresScanCatalog, monkeypatch: pytest.MonkeyPatch) -> Tree:
    monkeypatch.setattr(root_context, "LARGE_FOLDERS", 50)
    monkeypatch.setattr(parallel_walk, "LEAST_FOLDERS", 2)
    root = tmp_path / "nas"
    when = time.time() - 100
    for number in range(TOPS * BELOW):
        folder = root / f"{number // BELOW:02}/{number % BELOW:02}"
        folder.mkdir(parents=True)
        (folder / "file.txt").write_text(str(number))
        os.utime(folder / "file.txt", (when, when))
    (root / "03/link").symlink_to("../04/05")
    (root / "09/link").symlink_to("../04/05")
    (root / ".sissignore").write_text("*.tmp\n")
    os.utime(root / ".sissignore", (when, when))
    (spec,) = await scan_catalog.sync_roots([RootSpec(os.fsencode(root), str(root), case_insensitive=False)])
    found = Tree(root, RootContext(spec, make_rules(), WalkOptions(), {}), scan_catalog)
    await found.scan()
    return found


@pytest.mark.parametrize("kills", [0, 1, 5])
async def test_a_scan_with_a_companion_is_as_one_without(tree: Tree, kills: int) -> None:
    alone = await tree.scan()
    both = await tree.scan(kills)
    assert both.queued == both.missing == alone.queued == 0
    assert (both.files, both.folders, both.skipped) == (alone.files, alone.folders, alone.skipped)
    assert alone.skipped["symlink_repeated"] == 1

    shutil.rmtree(tree.path / "07")
    (tree.path / "02/03/file.txt").write_text("changed")
    (tree.path / "11/new.tmp").write_text("ignored")
    (tree.path / "11/new.txt").write_text("new")
    report = await tree.scan(kills)
    assert (report.queued, report.missing, report.skipped["ignored"]) == (2, BELOW, 1)
    assert all(companion.answered for companion in tree.companions)
    again = await tree.scan()
    assert (again.missing, again.files) == (0, report.files)


async def test_the_process_lasts_as_long_as_the_scan(tree: Tree) -> None:
    await tree.scan(0)
    (companion,) = tree.companions
    assert companion.seen
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in companion.seen))


async def test_a_small_root_has_no_companion(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root_context, "LARGE_FOLDERS", 1000)
    await tree.scan(0)
    assert not tree.companions
    monkeypatch.setattr(root_context, "LARGE_FILES", 100)
    await tree.scan(0)
    assert tree.companions


async def test_a_scan_goes_on_where_no_companion_can_be_had(tree: Tree) -> None:
    def fail(_options: WalkOptions) -> ListingProcess:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    tree.place.companion = fail
    report = await Scan(tree.place, tree.scans, lambda _: None).whole(outage_fraction=0.5)
    assert (report.missing, report.outage) == (0, "")
    assert report.files > TOPS * BELOW
