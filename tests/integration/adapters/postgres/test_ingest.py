"""Roots, folders and what waits, on real tables."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from integration.adapters.postgres.made import World, files_of, later, observed
from siss.adapters.postgres import listening
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.outbox import PostgresOutbox
from siss.adapters.postgres.ingest.state import PostgresIngestState
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.adapters.postgres.records.edits import PostgresFileEdits
from siss.adapters.postgres.records.jobs import PostgresJobs
from siss.errors import DatabaseDamagedError
from siss.model.coverage import Gap, Reason
from siss.model.file import FileStat, FileStatus, ObservedFile, RootState, SkippedPath, WatchMode
from siss.model.ids import FileId
from siss.model.ingest import FolderDelta, OutboxOp, RootSpec
from siss.model.job import JobKind
from siss.model.principal import LOCAL, Principal
from siss.model.stats import IngestStatus


async def status_of(catalog: PostgresCatalog, shown: str) -> FileStatus | None:
    found = await catalog.file_by_path(shown, LOCAL)
    return None if found is None else found.status


async def test_roots_are_what_the_settings_say(world: World, catalog: PostgresCatalog, outbox: PostgresOutbox):
    first = world.root
    ids = await world.index_new({"a": b"text"})
    specs = [RootSpec(b"/other", "/other", True), RootSpec(b"/nas", "/nas", False)]
    both = await world.scans.sync_roots(specs)
    assert [(root.shown, root.case_insensitive) for root in both] == [("/other", True), ("/nas", False)]
    assert both[1].id == first.id
    await world.scans.sync_roots(specs[:1])
    assert await status_of(catalog, "/nas/a") is FileStatus.DELETED
    assert [entry.op for entry in await outbox.pending(10)][-1] is OutboxOp.DROP_FILE
    assert await world.scans.folder_fingerprints(first.id) == {}
    # It returns: the scan finds the file, which keeps its identity.
    await world.scans.sync_roots(specs)
    before = await catalog.file_by_path("/nas/a", LOCAL)
    await world.add(observed("a", size=4), root=both[1])
    after = await catalog.file_by_path("/nas/a", LOCAL)
    assert after is not None
    assert before is not None
    assert (after.public_id, after.id, after.status) == (before.public_id, ids["/nas/a"], FileStatus.PENDING)


async def test_a_probe_is_recorded(world: World, catalog: PostgresCatalog):
    await world.add(observed("a"))
    await world.scans.set_root(world.root.id, RootState.AWAY, WatchMode.EVENTS, "no such folder")
    [root] = await catalog.roots()
    assert (root.state, root.watch, root.reason) == (RootState.AWAY, WatchMode.EVENTS, "no such folder")
    assert await world.pending() == {}


async def test_a_listing_is_compared_with_what_is_known(world: World):
    files = [observed("d/a"), observed("d/b", size=7), observed("d/e/c"), observed("top")]
    assert await world.add(*files) == 4
    known = await world.scans.files_in_folders(world.root.id, [b"d", b"none", b""])
    assert {file.path: file.stat for file in known[b"d"]} == {b"d/a": files[0].stat, b"d/b": files[1].stat}
    assert known[b"none"] == []
    assert [file.path for file in known[b""]] == [b"top"]
    assert await world.scans.folder_fingerprints(world.root.id) == {
        b"d": b"listed",
        b"d/e": b"listed",
        b"": b"listed",
    }
    found = await world.scans.files_by_inode(world.root.id, [files[1].stat, FileStat(1, 2, 3, 4)])
    assert [file.path for file in found] == [b"d/b"]
    assert await world.scans.count_files(world.root.id) == 4


async def test_names_and_numbers_come_back_as_they_were(world: World):
    raw = b"d\xff/caf\xc3\xa9\n\xe9"
    stat = FileStat(1 << 40, -5, (1 << 64) - 3, (1 << 64) - 1)
    await world.add(ObservedFile(raw, "d\\xff/café\\x0a\\xe9", b"key", stat))
    [waiting] = (await world.pending()).values()
    assert (waiting.path, waiting.shown, waiting.stat) == (b"/nas/" + raw, "/nas/d\\xff/café\\x0a\\xe9", stat)
    [known] = (await world.scans.files_in_folders(world.root.id, [b"d\xff"]))[b"d\xff"]
    assert (known.path, known.key, known.stat) == (raw, b"key", stat)


async def test_a_path_of_any_length(world: World, catalog: PostgresCatalog):
    path = "/".join(["folder-" + "x" * 240] * 16) + "/file"
    await world.add(observed(path))
    assert await status_of(catalog, f"/nas/{path}") is FileStatus.PENDING
    assert await world.scans.mark_missing(world.root.id, [path.encode().rpartition(b"/")[0]], []) == 1


async def test_changed_files_wait_again(world: World, catalog: PostgresCatalog):
    await world.index_new({"a": b"text"})
    [known] = (await world.scans.files_in_folders(world.root.id, [b""]))[b""]
    delta = FolderDelta(b"", b"x", changed=[(known.id, later(known.stat))])
    assert await world.scans.record_folders(world.root.id, [delta]) == 1
    [waiting] = (await world.pending()).values()
    assert waiting.stat == later(known.stat)
    assert waiting.content_sha256 is not None
    count, oldest = await world.ingest.count_pending()
    assert count == 1
    assert oldest >= 0


async def test_folders_vanish_with_all_below_them(world: World, catalog: PostgresCatalog, outbox: PostgresOutbox):
    await world.index_new({"d/a": b"1", "d/e/b": b"2", "d-other/c": b"3", "dd": b"4", "top": b"5"})
    assert await world.scans.mark_missing(world.root.id, [b"d"], []) == 2
    found = {path: await status_of(catalog, f"/nas/{path}") for path in ("d/a", "d/e/b", "d-other/c", "dd", "top")}
    gone = {path for path, status in found.items() if status is FileStatus.MISSING}
    assert gone == {"d/a", "d/e/b"}
    assert set(await world.scans.folder_fingerprints(world.root.id)) == {b"d-other", b""}
    assert [entry.op for entry in (await outbox.pending(100))[-2:]] == [OutboxOp.DROP_FILE] * 2
    assert await world.scans.mark_missing(world.root.id, [b"d"], []) == 0
    assert await world.scans.count_files(world.root.id) == 3
    known = await world.scans.files_in_folders(world.root.id, [b"d"])
    assert [file.missing for file in known[b"d"]] == [True]
    assert await world.scans.mark_missing(world.root.id, [b""], []) == 3


async def test_missing_files_expire_and_their_contents_after_them(
    world: World, catalog: PostgresCatalog, database: Database, outbox: PostgresOutbox
):
    await world.index_new({"a": b"0123456789", "b": b"kept"})
    file = await catalog.file_by_path("/nas/a", LOCAL)
    assert file is not None
    await world.scans.mark_missing(world.root.id, [], [file.id])
    assert await world.scans.expire_missing(3600.0) == 0
    await world.scans.set_root(world.root.id, RootState.AWAY, WatchMode.POLLING)
    assert await world.scans.expire_missing(-1.0) == 0
    await world.scans.set_root(world.root.id, RootState.AVAILABLE, WatchMode.POLLING)
    assert await world.scans.expire_missing(-1.0) == 1
    assert await status_of(catalog, "/nas/a") is FileStatus.DELETED
    assert await catalog.chunk_page(file.content_id, -1, 10) == []
    assert await database.rows(b"SELECT count(*) FROM text_blocks") == [(1,)]
    assert (await outbox.pending(100))[-1].op is OutboxOp.DROP_CONTENT
    await world.add(observed("a"))
    back = await catalog.file_by_path("/nas/a", LOCAL)
    assert back is not None
    assert back.public_id == file.public_id


async def test_a_move_keeps_everything(world: World, catalog: PostgresCatalog, outbox: PostgresOutbox):
    await world.index_new({"old/a": b"text"})
    before = await catalog.file_by_path("/nas/old/a", LOCAL)
    assert before is not None
    moved = observed("new/b", size=4)
    moved = ObservedFile(moved.path, moved.shown, moved.key, observed("old/a", size=4).stat)
    await world.scans.record_folders(world.root.id, [FolderDelta(b"new", b"x", moved=[(before.id, moved)])])
    after = await catalog.file_by_path("/nas/new/b", LOCAL)
    assert after is not None
    assert (after.id, after.public_id, after.content_id) == (before.id, before.public_id, before.content_id)
    assert (after.status, after.name) == (FileStatus.INDEXED, "b")
    assert after.generation > before.generation
    assert (after.path_since, after.labels_since) == (after.generation, before.labels_since)
    assert await status_of(catalog, "/nas/old/a") is None
    assert await catalog.raw_path(after.id) == b"/nas/new/b"
    assert (await outbox.pending(100))[-1].op is OutboxOp.PUT_FILE


async def test_two_files_swap_their_names(world: World, catalog: PostgresCatalog):
    await world.index_new({"a": b"1", "b": b"22"})
    a, b = await catalog.file_by_path("/nas/a", LOCAL), await catalog.file_by_path("/nas/b", LOCAL)
    assert a is not None
    assert b is not None
    swapped = [(a.id, observed("b", size=1)), (b.id, observed("a", size=2))]
    await world.scans.record_folders(world.root.id, [FolderDelta(b"", b"x", moved=swapped)])
    after = await files_of(catalog, [a.id, b.id])
    assert (after[a.id].shown, after[b.id].shown) == ("/nas/b", "/nas/a")


async def test_a_file_moved_over_another_takes_its_place(world: World, catalog: PostgresCatalog):
    await world.index_new({"a": b"1", "b": b"22"})
    a, b = await catalog.file_by_path("/nas/a", LOCAL), await catalog.file_by_path("/nas/b", LOCAL)
    assert a is not None
    assert b is not None
    await world.scans.record_folders(world.root.id, [FolderDelta(b"", b"x", moved=[(a.id, observed("b", size=1))])])
    assert set(await files_of(catalog, [a.id, b.id])) == {a.id}


async def test_names_that_differ_in_case_are_kept_apart(world: World, catalog: PostgresCatalog):
    await world.begin("/smb", case_insensitive=True)
    await world.add(observed("Readme", key="readme"))
    await world.add(observed("README", key="readme"), observed("other"))
    conflict = await catalog.file_by_path("/smb/README", LOCAL)
    assert conflict is not None
    [gap] = await catalog.gaps(conflict)
    assert gap.reason is Reason.CASE_CONFLICT
    assert await world.add(observed("README", key="readme")) == 1
    assert await world.scans.count_files(world.root.id) == 3
    # A missing file spelt otherwise is the same file.
    first = await catalog.file_by_path("/smb/Readme", LOCAL)
    assert first is not None
    await world.scans.mark_missing(world.root.id, [], [first.id])
    await world.add(observed("readme", key="readme"))
    renamed = await catalog.file_by_path("/smb/readme", LOCAL)
    assert renamed is not None
    assert renamed.public_id == first.public_id


async def test_a_folder_with_names_of_one_key_moves(world: World, catalog: PostgresCatalog):
    """Its scan failed over and over, so nothing of the root was seen to any more."""
    names = {"caf\u00e9": b"1", "cafe\u0301": b"22"}
    await world.add(*(observed(f"a/{name}", key="a/caf\u00e9", size=len(text)) for name, text in names.items()))
    both = {file.path.removeprefix(b"/nas/"): file for file in (await world.pending()).values()}
    moved = [
        (file.id, ObservedFile(path.replace(b"a/", b"b/"), "b/caf\u00e9", "b/caf\u00e9".encode(), file.stat))
        for path, file in both.items()
    ]
    await world.scans.record_folders(world.root.id, [FolderDelta(b"b", b"x", moved=moved)])
    known = (await world.scans.files_in_folders(world.root.id, [b"a", b"b"])).get(b"b", [])
    assert {(file.id, file.path) for file in known} == {(file_id, seen.path) for file_id, seen in moved}
    # And again, to where another one of that key is already: of all three each has its path once.
    await world.add(observed("c/CAF\u00c9", key="c/caf\u00e9"))
    again = [
        (file_id, replace(seen, path=seen.path.replace(b"b/", b"c/"), key="c/caf\u00e9".encode()))
        for file_id, seen in moved
    ]
    await world.scans.record_folders(world.root.id, [FolderDelta(b"c", b"x", moved=again)])
    known = (await world.scans.files_in_folders(world.root.id, [b"b", b"c"])).get(b"c", [])
    assert sorted(file.path for file in known) == sorted(["c/CAF\u00c9".encode(), *(seen.path for _, seen in again)])


@pytest.mark.parametrize("gone", [False, True], ids=["there", "missing"])
async def test_a_file_moves_to_the_path_of_one_in_conflict(world: World, gone: bool):
    await world.add(observed("Log", key="log"))
    await world.add(observed("log", key="log"), observed("new"))
    by_path = {file.path.removeprefix(b"/nas/"): file.id for file in (await world.pending()).values()}
    if gone:
        await world.scans.mark_missing(world.root.id, [], [by_path[b"log"], by_path[b"Log"]])
    moved = [(by_path[b"new"], observed("log", key="log"))]
    await world.scans.record_folders(world.root.id, [FolderDelta(b"", b"x", moved=moved)])
    known = (await world.scans.files_in_folders(world.root.id, [b""]))[b""]
    there = {file.path: file.id for file in known if not file.missing}
    assert there == {b"log": by_path[b"new"]} | ({} if gone else {b"Log": by_path[b"Log"]})
    assert [file.path for file in known].count(b"log") == 1


async def test_one_of_two_names_of_a_key_returns_while_the_other_comes(world: World):
    await world.add(observed("Log", key="log"))
    [first] = (await world.pending()).values()
    await world.scans.mark_missing(world.root.id, [], [first.id])
    delta = FolderDelta(b"", b"x", added=[observed("log", key="log")], returned=[first.id])
    await world.scans.record_folders(world.root.id, [delta])
    known = (await world.scans.files_in_folders(world.root.id, [b""]))[b""]
    assert sorted((file.path, file.missing) for file in known) == [(b"Log", False), (b"log", False)]


async def test_skipped_paths_are_those_of_the_last_look(world: World, catalog: PostgresCatalog):
    link, folder = Gap(Reason.SYMLINK_BROKEN, detail="to nowhere"), Gap(Reason.IGNORED, detail=".git", lost=False)
    both = [SkippedPath("/nas/d/link", link), SkippedPath("/nas/d/.git", folder)]
    await world.scans.record_folders(world.root.id, [FolderDelta(b"d", b"x", skipped=both)])
    assert await catalog.skipped("/nas/d/link") == both[0]
    assert await catalog.skipped("/nas/d/.git/objects/00/ab") == both[1]
    assert await catalog.skipped("/nas/d/linked") is None
    reasons = {"symlink_broken": 1, "ignored": 1}
    assert await catalog.skipped_below("/nas/d", LOCAL) == await catalog.skipped_below("/", LOCAL) == reasons
    assert await catalog.skipped_below("/nas/d/", Principal("x", scopes=("/nas/d/link",))) == {"symlink_broken": 1}
    assert await catalog.skipped_below("/nas/d/li", LOCAL) == {}
    await world.scans.record_folders(world.root.id, [FolderDelta(b"d", b"y", skipped=both[1:])])
    assert await catalog.skipped("/nas/d/link") is None


async def test_a_folder_is_known_whatever_is_in_it(world: World, catalog: PostgresCatalog):
    await world.scans.record_folders(world.root.id, [FolderDelta(b"", b"x"), FolderDelta("dü/e".encode(), b"x")])
    assert await catalog.holds_folder("/nas/dü/e")
    assert await catalog.holds_folder("/nas")
    for other in ("/nas/dü/f", "/nas/\udcff", "/nas/a\0b", "/", "/else", ""):
        assert not await catalog.holds_folder(other)
    await world.scans.mark_missing(world.root.id, ["dü".encode()], [])
    assert not await catalog.holds_folder("/nas/dü/e")


async def test_pending_files_come_in_pages(world: World):
    await world.add(*(observed(f"f{number}") for number in range(25)))
    found: list[str] = []
    after = FileId(0)
    while page := await world.ingest.pending_files(10, after):
        found += [file.shown for file in page]
        after = page[-1].id
    assert sorted(found) == sorted(f"/nas/f{number}" for number in range(25))


async def test_what_somebody_waits_for_is_told_apart_until_it_is_read(world: World, database: Database):
    ids = await world.index_new({"a": b"1", "b": b"2"})
    await world.add(*(observed(f"f{number}") for number in range(3)))
    await PostgresFileEdits(database).record_upload(world.root.id, observed("up.log"), None, None)
    assert await world.ingest.requeue([ids["/nas/a"]], forced=True, wanted=True) == 1
    await world.ingest.requeue([ids["/nas/b"]], forced=True)

    async def wanted() -> list[str]:
        return [file.shown for file in await world.ingest.wanted_files(10)]

    assert await wanted() == ["/nas/a", "/nas/up.log"]
    assert len(await world.pending()) == 6
    await world.index({"/nas/a": b"3"})
    assert await wanted() == ["/nas/up.log"]
    await world.index({"/nas/up.log": b"4"})
    await world.ingest.requeue(None, forced=True)
    assert await wanted() == []


async def test_everything_is_queued_again(world: World):
    await world.index_new({"a": b"1", "b": b"2"})
    assert await world.ingest.requeue(None, forced=True) == 2
    assert all(file.forced for file in (await world.pending()).values())


async def test_nothing_is_idle_while_files_wait(world: World):
    """What indexing says of itself is up to a second old, and whoever waits for it would go on too soon."""
    await world.ingest_state.write_status(IngestStatus(phase="idle"))
    assert (await world.ingest_state.read_status()).phase == "idle"
    await world.add(observed("a", size=1))
    status = await world.ingest_state.read_status()
    assert (status.phase, status.pending) == ("indexing", 1)
    await world.ingest_state.write_status(IngestStatus(phase="paused", pending=1))
    assert (await world.ingest_state.read_status()).phase == "paused"


async def test_damage_that_cannot_be_noted_is_no_further_fault(world: World, database: Database):
    await database.execute(b"DROP TABLE damage")
    await world.ingest_state.note_damage(DatabaseDamagedError("the table files cannot be read"))


async def test_a_server_that_refuses_a_listener_at_once_is_asked_at_a_pace(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    refused, waited = 0, list[float]()
    connect = psycopg.AsyncConnection.connect

    async def refuse(*given: Any, **more: Any) -> Any:
        nonlocal refused
        if (refused := refused + 1) > 5:
            return await connect(*given, **more)
        raise psycopg.OperationalError("FATAL:  sorry, too many clients already")

    async def note(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", refuse)
    monkeypatch.setattr(listening, "sleep", note)
    async with asyncio.timeout(60), aclosing(PostgresIngestState(database).listen()) as bells:
        assert await anext(bells) == "jobs"
        assert await database.row(b"SELECT 1") == (1,), "who has a connection is answered all the while"
    assert waited == [0.25, 0.5, 1.0, 2.0, 2.0]


@pytest.mark.parametrize("broken", [False, True], ids=["", "after an outage"])
async def test_bells_are_heard(
    jobs: PostgresJobs,
    outbox: PostgresOutbox,
    database: Database,
    broken: bool,
):
    async with asyncio.timeout(60), aclosing(PostgresIngestState(database).listen()) as bells:
        everything = {"jobs", "outbox", "paused"}  # what rang before was not heard
        assert {await anext(bells) for _ in everything} == everything
        if broken:
            await database.execute(
                b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                b" WHERE datname = current_database() AND query LIKE 'LISTEN%%'",
                {},
            )
            assert {await anext(bells) for _ in everything} == everything
        await jobs.submit(JobKind.SCAN, {}, "test")
        await PostgresIngestState(database).set_paused(True)
        await outbox.enqueue_all()
        heard = {await anext(bells) for _ in range(3)}
    assert heard == everything


async def test_paths_that_were_shown_under_older_rules_are_redacted(
    world: World, catalog: PostgresCatalog, outbox: PostgresOutbox, database: Database
):
    ids = await world.index_new({"sesame/a": b"one", "plain": b"two", "b-sesame": b"three"})
    moved = observed("was")
    await world.scans.record_folders(world.root.id, [FolderDelta(b"", b"f", moved=[(ids["/nas/b-sesame"], moved)])])
    skipped = SkippedPath("/nas/sesame", Gap(Reason.IGNORED))
    await world.scans.record_folders(world.root.id, [FolderDelta(b"s", b"f", skipped=[skipped])])
    last = (await outbox.pending(100))[-1].id

    assert await world.renewal.redact_paths(7, lambda path: path.replace("sesame", "…")) == 1
    assert await status_of(catalog, "/nas/sesame/a") is None
    assert await status_of(catalog, "/nas/…/a") is FileStatus.INDEXED
    told = [(entry.op, entry.subject) for entry in await outbox.pending(100) if entry.id > last]
    assert told == [(OutboxOp.PUT_FILE, ids["/nas/sesame/a"])]
    rows = await database.rows(b"SELECT shown, former FROM event_inbox")
    assert "sesame" not in repr(rows)
    assert ("/nas/was", "/nas/b-…") in rows
    # The scan that comes next records anew what it skips there, and opens files by their true names.
    fingerprints = await world.scans.folder_fingerprints(world.root.id)
    assert (fingerprints[b"s"], fingerprints[b"sesame"]) == (b"", b"listed")
    assert await catalog.raw_path(ids["/nas/sesame/a"]) == b"/nas/sesame/a"

    assert await world.renewal.redact_paths(7, lambda _: "never asked again") == 0
    assert await world.renewal.redact_paths(8, lambda path: path) == 0
    assert await world.renewal.redact_paths(8, lambda _: "never asked again") == 0


async def test_an_upload_waits_for_no_scan_that_waits_for_a_file_that_is_being_written(
    world: World, database: Database
):
    await world.index_new({"a": b"text"})
    [known] = (await world.scans.files_in_folders(world.root.id, [b""]))[b""]
    delta = FolderDelta(b"", b"x", changed=[(known.id, later(known.stat))])
    async with asyncio.timeout(60):
        async with database.transaction() as writing:
            await writing.execute("SELECT FROM files WHERE id = %s FOR UPDATE", (known.id,))
            scanning = asyncio.create_task(world.scans.record_folders(world.root.id, [delta]))
            while not await database.rows(b"SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
                await asyncio.sleep(0.005)
            await PostgresFileEdits(database).record_upload(world.root.id, observed("b"), None, None)
            assert not scanning.done()
        assert await scanning == 1
    assert len(await world.pending()) == 2
