"""File systems mounted below a root: that one of them goes away is an outage of its files, never their deletion.

The table of mounts is one that the tests write, except where a folder is really mounted, which takes root's rights.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.catalog import PostgresIngestCatalog
from siss.adapters.postgres.ingest.scan_catalog import PostgresScanCatalog
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.app.ingest.availability import Waits
from siss.app.ingest.roots import scanner as root_scanner
from siss.app.ingest.roots.keeper import RootKeeper
from siss.app.ingest.roots.scan import Scan, ScanReport
from siss.app.ingest.roots.scanner import RootScanner
from siss.app.ingest.roots.specs import root_specs
from siss.discover import mount as mounts
from siss.discover.mounts import Mount
from siss.model.coverage import Reason
from siss.model.file import FileStatus, Root
from siss.model.principal import LOCAL
from siss.settings import load_settings


class Table:
    """The table of mounts, and the folders that stand for file systems while they are mounted."""

    def __init__(self, aside: Path) -> None:
        self.mounts = [Mount(b"/", "ext4")]
        self._aside = aside
        aside.mkdir()

    def mount(self, point: Path, filesystem: str = "nfs4") -> None:
        """Mount what was unmounted there before."""
        if (source := self._aside / point.name).exists():
            point.rmdir()
            source.rename(point)
        self.mounts.append(Mount(bytes(point), filesystem))

    def unmount(self, point: Path, *, leave: bool = True) -> None:
        """``leave``: the empty folder in its place, which an automounter takes away."""
        point.rename(self._aside / point.name)
        point.mkdir()
        if not leave:
            point.rmdir()
        self.mounts = [mount for mount in self.mounts if mount.point != bytes(point)]


class World:
    """A root with a file of its own and a share with two folders."""

    def __init__(self, folder: Path, database: Database, catalog: PostgresCatalog, table: Table) -> None:
        self.nas, self.table = folder / "nas", table
        self.share = self.nas / "shares/logs"
        self.scans, self.ingest = PostgresScanCatalog(database), PostgresIngestCatalog(database)
        self.catalog = catalog
        given = {"data_dir": folder / "state", "roots": (self.nas,), "nas_retry": 0.02, "scan_interval": 3600.0}
        self.settings = load_settings(given, {}).settings
        (self.share / "old").mkdir(parents=True)
        (self.nas / "own.txt").write_text("x")
        (self.share / "a.log").write_text("x")
        (self.share / "old/b.log").write_text("x")

    async def scanner(self) -> RootScanner:
        (root,) = await self.scans.sync_roots(root_specs(self.settings))
        return RootScanner(root, self.settings, self.scans, self.ingest, Waits())

    async def there(self) -> list[str]:
        """The names of the files that are not missing."""
        known = [self.nas / "own.txt", self.share / "a.log", self.share / "old/b.log", self.share / "c.log"]
        files = [await self.catalog.file_by_path(str(path), LOCAL) for path in known]
        return [Path(file.shown).name for file in files if file and file.status is not FileStatus.MISSING]

    async def root(self) -> Root:
        (root,) = await self.catalog.roots()
        return root

    async def reason(self, folder: Path) -> Reason | None:
        """Why a folder is not looked at."""
        skipped = await self.catalog.skipped(str(folder))
        return None if skipped is None else skipped.gap.reason


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    made = Table(tmp_path / "aside")
    monkeypatch.setattr(mounts, "read_mounts", lambda: list(made.mounts))
    return made


@pytest.fixture
async def world(tmp_path: Path, database: Database, catalog: PostgresCatalog, table: Table) -> World:
    return World(tmp_path, database, catalog, table)


@pytest.fixture(params=["before the scan", "while it runs", "events", "a scan of a part"])
def noticed(request: pytest.FixtureRequest) -> str:
    """How it is noticed that the share is not there."""
    return request.param


async def look(
    world: World, scanner: RootScanner, how: str, unmount: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unmount the share, and have it noticed."""
    if how == "while it runs":

        def begin(*arguments: Any) -> Scan:
            monkeypatch.setattr(root_scanner, "Scan", Scan)
            unmount()
            return Scan(*arguments)

        monkeypatch.setattr(root_scanner, "Scan", begin)
        await scanner.scan()
        return
    unmount()
    match how:
        case "before the scan":
            await scanner.scan()
        case "a scan of a part":
            await scanner.scan(path=str(world.nas / "shares"))
        case "events":
            await scanner.scan_parts([b"", b"shares"], [b"shares/logs"])


@pytest.mark.parametrize("leave", [True, False], ids=["an empty folder is left", "nothing is left"])
async def test_files_of_a_share_that_goes_away_stay_and_are_told(
    world: World, noticed: str, leave: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.table.mount(world.share)
    scanner = await world.scanner()
    await scanner.scan()
    assert await world.there() == ["own.txt", "a.log", "b.log"]
    await look(world, scanner, noticed, lambda: world.table.unmount(world.share, leave=leave), monkeypatch)
    assert await world.there() == ["own.txt", "a.log", "b.log"]
    assert await world.reason(world.share / "old") is Reason.MOUNT_AWAY
    assert (await world.root()).mounts_away == 1
    # Another process that begins while it is away knows as much.
    assert (await (await world.scanner()).scan()).missing == 0

    world.share.mkdir(exist_ok=True)
    world.table.mount(world.share)
    (world.share / "a.log").unlink()
    (world.share / "c.log").write_text("x")
    await scanner.scan()
    assert await world.there() == ["own.txt", "b.log", "c.log"]
    assert await world.reason(world.share / "old") is None
    assert (await world.root()).mounts_away == 0


async def test_what_is_written_below_the_mount_point_meanwhile_is_not_mixed_with_its_files(world: World) -> None:
    world.table.mount(world.share)
    scanner = await world.scanner()
    await scanner.scan()
    world.table.unmount(world.share)
    (world.share / "c.log").write_text("x")
    (world.nas / "own.txt").unlink()
    assert (await scanner.scan()).missing == 1
    assert await world.there() == ["a.log", "b.log"]


async def test_a_share_that_was_unmounted_for_good_is_given_up_when_asked_for(world: World) -> None:
    world.table.mount(world.share)
    scanner = await world.scanner()
    await scanner.scan()
    world.table.unmount(world.share)
    assert (await scanner.scan()).missing == 0
    assert (await scanner.scan(accept_deletions=True)).missing == 2
    assert await world.there() == ["own.txt"]
    assert (await world.root()).mounts_away == 0


async def test_a_share_that_is_empty_now_is_away(world: World) -> None:
    world.table.mount(world.share)
    scanner = await world.scanner()
    await scanner.scan()
    world.table.unmount(world.share)
    world.table.mounts.append(Mount(bytes(world.share), "nfs4"))
    assert (await scanner.scan()).missing == 0
    assert (await scanner.scan(accept_deletions=True)).missing == 2
    (world.share / "c.log").write_text("x")
    await scanner.scan()
    assert await world.there() == ["own.txt", "c.log"]


@pytest.mark.parametrize("filesystem", ["tmpfs", "overlay"])
async def test_files_that_go_with_their_file_system_are_missing(world: World, filesystem: str) -> None:
    world.table.mount(world.share, filesystem)
    scanner = await world.scanner()
    await scanner.scan()
    world.table.unmount(world.share)
    assert (await scanner.scan()).missing == 2


async def test_a_mount_that_never_had_files_is_never_away(world: World) -> None:
    (world.nas / "empty").mkdir()
    world.table.mount(world.nas / "empty")
    scanner = await world.scanner()
    await scanner.scan()
    assert (await scanner.scan()).missing == 0
    assert await world.reason(world.nas / "empty") is None
    world.table.unmount(world.nas / "empty", leave=False)
    await scanner.scan()
    assert ((await world.root()).mounts_away, await world.reason(world.nas / "empty")) == (0, None)


async def test_links_into_a_share_that_is_away_lead_where_they_led(world: World) -> None:
    world.table.mount(world.share)
    (world.nas / "link").symlink_to(world.share / "old")
    (world.nas / "file").symlink_to(world.share / "a.log")
    scanner = await world.scanner()
    await scanner.scan()
    world.table.unmount(world.share)
    assert (await scanner.scan()).missing == 0
    for name in ("link/b.log", "file"):
        file = await world.catalog.file_by_path(str(world.nas / name), LOCAL)
        assert file is not None
        assert file.status is not FileStatus.MISSING


@pytest.mark.parametrize("target", ["", "old", "old/b.log"])
async def test_a_share_in_an_ignored_folder_is_protected_where_links_lead_into_it(world: World, target: str) -> None:
    """The files have the link's path, so that none of the share's own path was known, and they counted as deleted."""
    hidden = world.nas / "@eaDir/share"
    (hidden / "old").mkdir(parents=True)
    (hidden / "old/b.log").write_text("x")
    link = world.nas / "link"
    link.symlink_to(hidden / target)
    shown = link / Path("old/b.log").relative_to(target) if target != "old/b.log" else link

    async def is_there() -> bool:
        file = await world.catalog.file_by_path(str(shown), LOCAL)
        return file is not None and file.status is not FileStatus.MISSING

    world.table.mount(hidden)
    scanner = await world.scanner()
    await scanner.scan()
    assert await is_there()
    world.table.unmount(hidden)
    for again in (scanner, await world.scanner()):
        assert (await again.scan()).missing == 0
        assert await is_there()
    world.table.mount(hidden)
    assert (await scanner.scan()).missing == 0
    world.table.unmount(hidden)
    assert (await scanner.scan(accept_deletions=True)).missing == 1
    assert not await is_there()
    await scanner.scan()
    assert (await world.root()).mounts_away == 0


async def test_a_share_that_does_not_answer_holds_up_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.table.mount(world.share)
    scanner = await world.scanner()
    await scanner.scan()
    entered = []

    def hang(path: bytes) -> object:
        entered.append(path)
        raise OSError(5, "Input/output error")

    touch = mounts._touch
    monkeypatch.setattr(mounts, "_touch", lambda path: hang(path) if path == bytes(world.share) else touch(path))
    (world.nas / "new.txt").write_text("x")
    report = await scanner.scan()
    assert (report.queued, report.missing, len(entered)) == (1, 0, 1)
    assert (await scanner.scan(accept_deletions=True)).missing == 0, "it is mounted, so nothing was deleted"


async def test_a_root_is_looked_at_as_soon_as_something_is_mounted_below_it(world: World) -> None:
    """No event says so."""
    scanner = await world.scanner()
    world.table.unmount(world.share)
    running = asyncio.create_task(RootKeeper(scanner, world.settings, Waits()).run())
    async with asyncio.timeout(60):
        while scanner.scanned_at is None:
            await asyncio.sleep(0.01)
        assert await world.there() == ["own.txt"]
        world.table.mount(world.share, "ext4")
        while await world.there() != ["own.txt", "a.log", "b.log"]:
            await asyncio.sleep(0.01)
        world.table.unmount(world.share)
        while (await world.root()).mounts_away != 1:
            await asyncio.sleep(0.01)
    assert await world.there() == ["own.txt", "a.log", "b.log"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
def bound(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """Mounts a folder of files over another one; unmounts it in the end."""
    source, points = tmp_path / "source", list[Path]()
    source.mkdir()
    (source / "a.log").write_text("x")

    def bind(point: Path) -> None:
        done = subprocess.run(["mount", "--bind", str(source), str(point)], capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"nothing may be mounted here: {done.stderr.decode().strip()}")
        points.append(point)

    if not sys.platform.startswith("linux"):
        pytest.skip("folders are mounted over others on Linux")
    yield bind
    for point in points:
        subprocess.run(["umount", "--lazy", str(point)], capture_output=True, check=False)


async def test_a_folder_that_is_really_mounted_and_unmounted(
    tmp_path: Path,
    database: Database,
    catalog: PostgresCatalog,
    bound: Callable[[Path], None],
) -> None:
    world = World(tmp_path, database, catalog, Table(tmp_path / "aside"))
    point = world.nas / "mounted"
    point.mkdir()
    bound(point)
    scanner = await world.scanner()
    await scanner.scan()
    subprocess.run(["umount", str(point)], check=True)
    assert (await scanner.scan()).missing == 0
    assert await world.reason(point) is Reason.MOUNT_AWAY
    bound(point)
    assert (await scanner.scan()).missing == 0
    assert await world.reason(point) is None


async def test_what_is_given_up_stays_so_for_the_whole_scan(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who follows events probes the root every while, also while a long scan goes on."""
    world.table.mount(world.share)
    scanner = await world.scanner()
    await scanner.scan()
    world.table.unmount(world.share)

    class LongScan(Scan):
        async def whole(self, **arguments: Any) -> ScanReport:
            await scanner.probe()
            return await super().whole(**arguments)

    monkeypatch.setattr(root_scanner, "Scan", LongScan)
    report = await scanner.scan(accept_deletions=True)
    assert (report.missing, report.outage) == (2, "")
    assert await world.there() == ["own.txt"]


@pytest.mark.parametrize("leave", [True, False], ids=["an empty folder is left", "nothing is left"])
async def test_another_share_that_is_away_is_not_given_up_with_a_folder(world: World, leave: bool) -> None:
    other = world.nas / "other"
    other.mkdir()
    (other / "d.log").write_text("x")
    for share in (world.share, other):
        world.table.mount(share)
    scanner = await world.scanner()
    await scanner.scan()
    for share in (world.share, other):
        world.table.unmount(share, leave=leave)
    assert (await scanner.scan(path=str(world.share), accept_deletions=True)).missing == 2
    assert (await scanner.scan()).missing == 0
    file = await world.catalog.file_by_path(str(other / "d.log"), LOCAL)
    assert file is not None
    assert file.status is not FileStatus.MISSING
    assert (await world.root()).mounts_away == 1
