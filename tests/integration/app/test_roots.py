"""A root kept in view: what a scan that somebody asks for finds, and what its keeper makes of it."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from integration.adapters.postgres.made import indexed
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.catalog import PostgresIngestCatalog
from siss.adapters.postgres.ingest.scan_catalog import PostgresScanCatalog
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.app.ingest.availability import Waits
from siss.app.ingest.roots import scanner as root_scanner
from siss.app.ingest.roots import unreadable
from siss.app.ingest.roots.keeper import RootKeeper
from siss.app.ingest.roots.scanner import RootScanner
from siss.app.ingest.roots.specs import root_specs
from siss.discover.mount import MountProbe
from siss.model.coverage import Gap, Reason
from siss.model.file import RootState
from siss.model.ids import FileId
from siss.model.ingest import FileOutcome, Outcome
from siss.model.principal import LOCAL
from siss.settings import load_settings


class Kept:
    """A root on disk with its scanner, as each start makes one."""

    def __init__(self, folder: Path, database: Database, catalog: PostgresCatalog) -> None:
        self.nas = folder / "nas"
        self.aside = folder / "aside"
        self.scans, self.ingest = PostgresScanCatalog(database), PostgresIngestCatalog(database)
        self._catalog = catalog
        given = {"data_dir": folder / "state", "roots": (self.nas,), "nas_retry": 3600.0, "scan_interval": 3600.0}
        self.settings = load_settings(given, {}).settings
        self.nas.mkdir()
        for number in range(3):
            (self.nas / f"{number}.txt").write_text("x")

    async def scanner(self) -> RootScanner:
        (root,) = await self.scans.sync_roots(root_specs(self.settings))
        return RootScanner(root, self.settings, self.scans, self.ingest, Waits())

    async def keep(self, scanner: RootScanner) -> None:
        """Keep the root in view until cancelled."""
        await RootKeeper(scanner, self.settings, Waits()).run()

    async def state(self) -> RootState:
        (root,) = await self._catalog.roots()
        return root.state

    async def pending(self) -> list[str]:
        return [Path(file.shown).name for file in await self.ingest.pending_files(100, FileId(0))]

    async def fail(self, reason: Reason) -> None:
        """Every file that waits fails."""
        await self.ingest.write_outcomes(
            [
                FileOutcome(file.id, Outcome.FAILED, file.stat, gaps=(Gap(reason),))
                for file in await self.ingest.pending_files(100, FileId(0))
            ]
        )

    async def ledger(self, name: str) -> list[Reason]:
        file = await self._catalog.file_by_path(str(self.nas / name), LOCAL)
        assert file is not None
        return [gap.reason for gap in await self._catalog.gaps(file)]

    async def until(self, state: RootState) -> None:
        async with asyncio.timeout(60):
            while await self.state() is not state:
                await asyncio.sleep(0.01)


@pytest.fixture
async def kept(tmp_path: Path, database: Database, catalog: PostgresCatalog) -> Kept:
    return Kept(tmp_path, database, catalog)


@pytest.fixture
async def scanner(kept: Kept) -> AsyncIterator[RootScanner]:
    """One that watches."""
    scanner = await kept.scanner()
    running = asyncio.create_task(kept.keep(scanner))
    async with asyncio.timeout(60):
        while scanner.scanned_at is None:
            await asyncio.sleep(0.01)
    yield scanner
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_small_root_that_is_empty_is_an_outage_for_whoever_scans(kept: Kept) -> None:
    scanner = await kept.scanner()
    await scanner.scan()
    kept.nas.rename(kept.aside)
    kept.nas.mkdir()  # the folder that a mount would be at
    report = await scanner.scan()
    assert (report.missing, await kept.state()) == (0, RootState.AWAY)
    assert "empty" in report.outage
    kept.nas.rmdir()
    kept.aside.rename(kept.nas)
    assert (await scanner.scan()).outage == ""
    assert await kept.state() is RootState.AVAILABLE


async def test_a_root_counts_as_scanned_once_somebody_has_looked_or_nobody_can(kept: Kept) -> None:
    """Else indexing would be idle in the moment in which it begins."""
    scanner = await kept.scanner()
    assert scanner.scanning
    await scanner.scan()
    assert not scanner.scanning
    kept.nas.rename(kept.aside)
    scanner = await kept.scanner()
    assert scanner.scanning
    assert (await scanner.scan()).outage
    assert not scanner.scanning


async def test_a_scan_of_one_file_looks_at_it(kept: Kept) -> None:
    (kept.nas / "sub").mkdir()
    (kept.nas / "sub/a.txt").write_text("x")
    scanner = await kept.scanner()
    await scanner.scan()
    (kept.nas / "sub/a.txt").write_text("more")
    assert (await scanner.scan(path=str(kept.nas / "sub/a.txt"))).queued == 1
    (kept.nas / "new.txt").write_text("x")
    assert (await scanner.scan(path=str(kept.nas / "new.txt"))).queued == 1
    (kept.nas / "sub/a.txt").unlink()
    assert (await scanner.scan(path=str(kept.nas / "sub/a.txt"))).missing == 1
    assert (await scanner.scan(path=str(kept.nas / "sub"))).missing == 0


async def test_deletions_are_accepted_by_a_process_that_begins_with_it(kept: Kept) -> None:
    await (await kept.scanner()).scan()
    for file in kept.nas.iterdir():
        file.unlink()
    report = await (await kept.scanner()).scan(accept_deletions=True)
    assert (report.outage, report.missing) == ("", 3)


async def test_a_root_that_is_not_there_has_lost_nothing_whatever_is_accepted(kept: Kept) -> None:
    await (await kept.scanner()).scan()
    kept.nas.rename(kept.aside)
    report = await (await kept.scanner()).scan(accept_deletions=True)
    assert (report.missing, await kept.state()) == (0, RootState.AWAY)
    assert "No such file" in report.outage


async def test_a_scan_that_finds_the_root_again_ends_the_wait_of_its_keeper(kept: Kept, scanner: RootScanner) -> None:
    kept.nas.rename(kept.aside)
    assert (await scanner.scan()).outage
    await kept.until(RootState.AWAY)
    kept.aside.rename(kept.nas)
    assert (await scanner.scan()).outage == ""
    (kept.nas / "new.txt").write_text("x")
    async with asyncio.timeout(60):
        while await kept.scans.count_files(scanner.root.id) != 4:
            await asyncio.sleep(0.01)
    assert await kept.state() is RootState.AVAILABLE


async def test_nothing_is_read_of_a_root_that_may_be_another_one(kept: Kept) -> None:
    """Readers would find that each file is gone, from a folder that is not empty."""
    for number in range(120):
        (kept.nas / f"more{number}.txt").write_text("x")
    scanner = await kept.scanner()
    await scanner.scan()
    kept.nas.rename(kept.aside)
    kept.nas.mkdir()
    (kept.nas / "other.txt").write_text("x")
    for again in (scanner, await kept.scanner()):
        assert "taken for an outage" in (await again.scan()).outage
        assert (await again.probe()).available
        assert (await kept.state(), await kept.pending()) == (RootState.AWAY, [])
        part = await again.scan(path=str(kept.nas / "folder"))
        assert (part.missing, await kept.state()) == (0, RootState.AWAY)
    assert (await scanner.scan(accept_deletions=True)).missing == 123
    assert (await kept.state(), await kept.pending()) == (RootState.AVAILABLE, ["other.txt"])


async def test_a_file_system_that_is_mounted_over_a_watched_root_is_looked_at(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No event says so."""
    kept.settings = kept.settings.model_copy(update={"nas_retry": 0.02})
    scanner = await kept.scanner()
    real = root_scanner.probe_mount
    mounted = False

    def probe(path: bytes, timeout: float) -> MountProbe:
        found = real(path, timeout)
        return replace(found, device=found.device + 1) if mounted and found.device is not None else found

    monkeypatch.setattr(root_scanner, "probe_mount", probe)
    running = asyncio.create_task(kept.keep(scanner))
    async with asyncio.timeout(60):
        while scanner.scanned_at is None:
            await asyncio.sleep(0.01)
        scanned, mounted = scanner.scanned_at, True
        while scanner.scanned_at == scanned:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("reason", [Reason.PERMISSION_DENIED, Reason.READ_ERROR])
async def test_a_file_that_may_be_read_now_is_read_at_the_next_scan(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, reason: Reason
) -> None:
    """Rights change neither size nor mtime nor inode."""
    scanner = await kept.scanner()
    await scanner.scan()
    await kept.fail(reason)
    monkeypatch.setattr(unreadable, "_opens", lambda path: path.endswith(b"1.txt"))
    assert (await scanner.scan()).queued == 1
    assert await kept.pending() == ["1.txt"]


async def test_a_file_that_may_not_be_read_any_more_stays_and_says_so_until_it_may(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was called whole without a word."""
    scanner = await kept.scanner()
    await scanner.scan()
    files = await kept.ingest.pending_files(100, FileId(0))
    await kept.ingest.write_outcomes([indexed(file, file.path) for file in files])
    closed = kept.nas / "1.txt"
    closed.chmod(0o000)

    def by_mode(path: bytes, *_: object, **__: object) -> bool:  # root reads everything
        return bool(Path(os.fsdecode(path)).stat().st_mode & 0o400)

    monkeypatch.setattr(os, "access", by_mode)
    monkeypatch.setattr(unreadable, "_opens", by_mode)
    for _ in range(2):
        assert (await scanner.scan()).queued == 0
        told = {name: await kept.ledger(name) for name in ("0.txt", "1.txt")}
        assert told == {"0.txt": [], "1.txt": [Reason.PERMISSION_DENIED]}
    moved = closed.rename(kept.nas / "moved.txt")
    await scanner.scan()
    assert await kept.ledger("moved.txt") == [Reason.PERMISSION_DENIED]
    moved.chmod(0o644)
    assert (await scanner.scan()).queued == 1
    assert await kept.pending() == ["moved.txt"]


async def test_a_file_that_broke_its_parser_is_left_alone(kept: Kept) -> None:
    scanner = await kept.scanner()
    await scanner.scan()
    await kept.fail(Reason.PARSER_CRASH)
    assert (await scanner.scan()).queued == 0


async def test_a_watched_file_whose_rights_change_is_read_at_once(kept: Kept, scanner: RootScanner) -> None:
    await kept.fail(Reason.PERMISSION_DENIED)
    async with asyncio.timeout(60):
        while "2.txt" not in await kept.pending():
            (kept.nas / "2.txt").chmod(0o600)
            (kept.nas / "2.txt").chmod(0o644)
            await asyncio.sleep(0.01)
