"""Outcomes on real tables: sharing, versions, growth, moves, refusals."""

import asyncio
import hashlib
from dataclasses import replace

import pytest

from integration.adapters.postgres.made import (
    World,
    appended,
    facts_of,
    files_of,
    indexed,
    later,
    observed,
    segment_of,
    tail_of,
)
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.outbox import PostgresOutbox
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.adapters.postgres.questions.texts import PostgresTexts
from siss.adapters.postgres.rows import stat_of
from siss.model.coverage import Gap, Reason
from siss.model.file import FileRecord, FileStatus
from siss.model.ids import FileId
from siss.model.ingest import FileOutcome, FolderDelta, OutboxOp, Outcome, Sought
from siss.model.principal import LOCAL


async def record(catalog: PostgresCatalog, shown: str) -> FileRecord:
    found = await catalog.file_by_path(shown, LOCAL)
    assert found is not None
    return found


def ops(batch) -> list[tuple[OutboxOp, int]]:
    return [(entry.op, entry.subject) for entry in batch.outbox]


async def test_a_file_is_indexed(world: World, catalog: PostgresCatalog, texts: PostgresTexts):
    text = b"one line\n" * 20
    await world.add(observed("logs/app.txt"))
    gap = Gap(Reason.ENCODING_GUESSED, 3, 9, "item", "perhaps cp1252", lost=False)
    batch = await world.index({"/nas/logs/app.txt": text}, facts=facts_of(text, gaps=[gap]))
    [written] = batch.files
    assert written.fresh
    assert ops(batch) == [(OutboxOp.PUT_CONTENT, written.content_id), (OutboxOp.PUT_FILE, written.file_id)]
    file = await record(catalog, "/nas/logs/app.txt")
    assert (file.status, file.sha256, file.name) == (FileStatus.INDEXED, hashlib.sha256(text).digest(), "app.txt")
    assert (file.content_generation, file.chunk_count, file.kind) == (written.generation, 18, "text")
    assert file.indexed_at is not None
    assert await catalog.gaps(file) == [gap]
    assert await texts.read(file.content_id, 0, 1000) == text
    assert await world.pending() == {}


async def test_equal_bytes_are_one_content(world: World, catalog: PostgresCatalog, database: Database):
    await world.add(observed("a"), observed("b"), observed("c"))
    batch = await world.index({"/nas/a": b"same", "/nas/b": b"same"})
    assert [written.fresh for written in batch.files] == [True, False]
    later_batch = await world.index({"/nas/c": b"same"})
    contents = {written.content_id for written in (*batch.files, *later_batch.files)}
    assert len(contents) == 1
    assert not later_batch.files[0].fresh
    [content_id] = contents
    assert await catalog.same_content([content_id], 2, LOCAL) == {content_id: ("/nas/a", "/nas/b")}
    assert await database.rows(b"SELECT count(*) FROM chunks") == [(1,)]


async def test_an_edit_leaves_a_version_and_an_orphan(world: World, catalog: PostgresCatalog, database: Database):
    await world.index_new({"a": b"before"})
    before = await record(catalog, "/nas/a")
    await world.touch(before.id, later((await _stat(database, before.id)), size=5))
    assert (await record(catalog, "/nas/a")).status is FileStatus.PENDING
    batch = await world.index({"/nas/a": b"after"})
    after = await record(catalog, "/nas/a")
    assert after.content_id != before.content_id
    assert after.public_id == before.public_id
    assert after.generation != before.generation
    [version] = await catalog.versions(after.id)
    assert (version.sha256, version.size) == (before.sha256, 6)
    assert version.modified_at == before.modified_at
    assert batch.files[0].fresh
    orphan = await database.rows(b"SELECT id FROM contents WHERE orphaned_at IS NOT NULL")
    assert orphan == [(before.content_id,)]
    # The old bytes come back: their content is there still, and no orphan any more.
    await world.touch(after.id, later(await _stat(database, after.id), size=6))
    back = await world.index({"/nas/a": b"before"})
    assert back.files[0].content_id == before.content_id
    assert await database.rows(b"SELECT id FROM contents WHERE orphaned_at IS NOT NULL") == [(after.content_id,)]
    assert len(await catalog.versions(after.id)) == 2


async def test_unchanged_bytes_change_no_content(world: World, catalog: PostgresCatalog, database: Database):
    await world.index_new({"a": b"text"})
    before = await record(catalog, "/nas/a")
    await world.touch(before.id, later(await _stat(database, before.id), size=4))
    [waiting] = (await world.pending()).values()
    assert waiting.content_sha256 == before.sha256
    batch = await world.ingest.write_outcomes([FileOutcome(waiting.id, Outcome.UNCHANGED, waiting.stat)])
    after = await record(catalog, "/nas/a")
    assert (after.status, after.content_id) == (FileStatus.INDEXED, before.content_id)
    # The engine's document has the time: it is put again, and found meanwhile as it is. Another look changes nothing.
    assert after.generation == before.generation
    assert ops(batch) == [(OutboxOp.PUT_FILE, after.id)]
    await world.ingest.requeue([after.id], forced=False)
    again = await world.ingest.write_outcomes([FileOutcome(waiting.id, Outcome.UNCHANGED, waiting.stat)])
    assert ops(again) == []
    assert await catalog.versions(after.id) == []


async def test_parsing_again_replaces_the_content_for_all_its_files(
    world: World, catalog: PostgresCatalog, database: Database, texts: PostgresTexts
):
    ids = await world.index_new({"a": b"same", "b": b"same"})
    before = await record(catalog, "/nas/a")
    await world.ingest.requeue([ids["/nas/a"]], forced=True)
    [waiting] = (await world.pending()).values()
    assert waiting.forced
    batch = await world.index({"/nas/a": b"same"}, segment=segment_of(b"SAME"))
    a, b = await record(catalog, "/nas/a"), await record(catalog, "/nas/b")
    assert a.content_id == b.content_id == before.content_id
    assert a.content_generation == b.content_generation != before.content_generation
    assert set(ops(batch)) == {
        (OutboxOp.PUT_CONTENT, a.content_id),
        (OutboxOp.PUT_FILE, a.id),
        (OutboxOp.PUT_FILE, b.id),
    }
    assert await texts.read(a.content_id, 0, 9) == b"SAME"
    assert await database.rows(b"SELECT id FROM contents") == [(a.content_id,)]
    assert await catalog.versions(a.id) == []
    assert not (await world.pending())


async def test_metadata_only_shares_and_gives_way_to_a_whole_reading(world: World, catalog: PostgresCatalog):
    await world.add(observed("a"), observed("b"))
    big = {"outcome": Outcome.METADATA_ONLY, "segment": None, "facts": facts_of(b"big", chunk_count=0)}
    batch = await world.index({"/nas/a": b"big", "/nas/b": b"big"}, **big)
    assert [written.fresh for written in batch.files] == [True, False]
    assert (await record(catalog, "/nas/b")).status is FileStatus.METADATA_ONLY
    assert [op for op, _ in ops(batch)] == [OutboxOp.PUT_FILE, OutboxOp.PUT_FILE]
    await world.ingest.requeue([batch.files[0].file_id], forced=False)
    await world.index({"/nas/a": b"big"})
    assert (await record(catalog, "/nas/a")).chunk_count == 1
    assert (await record(catalog, "/nas/b")).chunk_count == 1


async def test_a_growing_log_keeps_its_content(world: World, catalog: PostgresCatalog, texts: PostgresTexts):
    old, new = b"0123456789" * 9, b"0123456789" * 9 + b"abcdefghij" * 5
    await world.add(observed("log"))
    await world.index({"/nas/log": old}, tail=tail_of(old))
    before = await record(catalog, "/nas/log")
    await world.touch(before.id, later((await _pending_stat(world, "/nas/log", before.id)), size=len(new)))
    waiting = (await world.pending())["/nas/log"]
    assert waiting.tail == tail_of(old)
    batch = await world.ingest.write_outcomes([appended(waiting, new)])
    after = await record(catalog, "/nas/log")
    assert after.content_id == before.content_id
    assert after.content_generation != before.content_generation
    assert (after.sha256, after.chunk_count, after.text_bytes) == (None, 14, 140)
    assert batch.files[0].fresh
    assert await texts.read(after.content_id, 0, 1000) == new
    chunks = await catalog.chunk_page(after.content_id, -1, 100)
    assert [chunk.seq for chunk in chunks] == list(range(14))
    assert await catalog.versions(after.id) == []

    # It rests: the hash follows, no version is left, and nothing is told to the engine.
    await world.ingest.requeue([after.id], forced=False)
    digest = hashlib.sha256(new).digest()
    waiting = (await world.pending())["/nas/log"]
    assert waiting.content_sha256 is None
    rested = FileOutcome(after.id, Outcome.RESTED, waiting.stat, facts_of(new), tail=tail_of(new))
    batch = await world.ingest.write_outcomes([rested])
    assert ops(batch) == []
    assert (await record(catalog, "/nas/log")).sha256 == digest
    assert (await world.pending()) == {}


async def test_a_log_that_others_have_too_does_not_grow_in_place(world: World, catalog: PostgresCatalog):
    text = b"0123456789" * 5
    await world.add(observed("log"), observed("copy"))
    await world.index({"/nas/log": text, "/nas/copy": text}, tail=tail_of(text))
    before = await record(catalog, "/nas/log")
    await world.ingest.requeue([before.id], forced=False)
    waiting = (await world.pending())["/nas/log"]
    batch = await world.ingest.write_outcomes([appended(waiting, text + b"more")])
    assert ops(batch) == []
    waiting = (await world.pending())["/nas/log"]
    assert waiting.forced
    await world.index({"/nas/log": text + b"more"})
    assert (await record(catalog, "/nas/log")).content_id != before.content_id
    assert (await record(catalog, "/nas/copy")).content_id == before.content_id


async def test_a_rested_log_whose_bytes_are_known_shares_them(
    world: World, catalog: PostgresCatalog, database: Database
):
    old, new = b"0123456789", b"0123456789abcdefghij"
    await world.add(observed("log"), observed("copy"))
    await world.index({"/nas/log": old}, tail=tail_of(old))
    await world.ingest.requeue([(await record(catalog, "/nas/log")).id], forced=False)
    await world.index({"/nas/copy": new})
    waiting = (await world.pending())["/nas/log"]
    await world.ingest.write_outcomes([appended(waiting, new)])
    grown = await record(catalog, "/nas/log")
    rested = FileOutcome(grown.id, Outcome.RESTED, waiting.stat, facts_of(new))
    batch = await world.ingest.write_outcomes([rested])
    copy = await record(catalog, "/nas/copy")
    assert (await record(catalog, "/nas/log")).content_id == copy.content_id
    assert not batch.files[0].fresh
    assert await database.rows(b"SELECT id FROM contents WHERE orphaned_at IS NOT NULL") == [(grown.content_id,)]


async def test_a_large_file_comes_in_segments(world: World, catalog: PostgresCatalog, texts: PostgresTexts):
    text = b"0123456789" * 12
    await world.add(observed("big"))
    content_id, generation = await world.ingest.open_content()
    whole = segment_of(text)
    await world.ingest.append_segment(content_id, segment_of(text[:80]))
    await world.ingest.append_segment(content_id, segment_of(text, first=8))
    assert [op async for op in PostgresOutbox(world.database).every_content()] == []
    batch = await world.index({"/nas/big": text}, opened=content_id, segment=None)
    assert (batch.files[0].content_id, batch.files[0].generation) == (content_id, generation)
    assert batch.files[0].fresh
    file = await record(catalog, "/nas/big")
    assert await catalog.chunk_page(file.content_id, -1, 100) == whole.chunks
    assert await texts.read(content_id, 0, 1000) == text
    assert await world.ingest.discard_opened() == []


async def test_segments_of_bytes_that_are_known_are_discarded(
    world: World, catalog: PostgresCatalog, database: Database
):
    await world.index_new({"a": b"0123456789"})
    await world.add(observed("b"))
    opened, _ = await world.ingest.open_content()
    await world.ingest.append_segment(opened, segment_of(b"0123456789"))
    batch = await world.index({"/nas/b": b"0123456789"}, opened=opened, segment=None)
    assert batch.files[0].content_id == (await record(catalog, "/nas/a")).content_id
    assert (OutboxOp.DROP_CONTENT, opened) in ops(batch)
    assert await database.rows(b"SELECT count(*) FROM chunks") == [(1,)]


async def test_known_bytes_are_parsed_again_in_segments(
    world: World, catalog: PostgresCatalog, database: Database, texts: PostgresTexts
):
    text = b"0123456789" * 12
    ids = await world.index_new({"a": text, "b": text})
    before = await record(catalog, "/nas/a")
    await world.ingest.requeue([ids["/nas/a"]], forced=True)
    opened, _ = await world.ingest.open_content()
    await world.ingest.append_segment(opened, segment_of(text.upper()[:80]))
    await world.ingest.append_segment(opened, segment_of(text, first=8))
    batch = await world.index({"/nas/a": text}, opened=opened, segment=None)
    a, b = await record(catalog, "/nas/a"), await record(catalog, "/nas/b")
    assert a.content_id == b.content_id == before.content_id
    assert await catalog.chunk_page(before.content_id, -1, 100) == segment_of(text).chunks
    assert await texts.read(before.content_id, 0, 1000) == text
    assert await database.rows(b"SELECT DISTINCT content_id FROM text_blocks") == [(before.content_id,)]
    assert not batch.files[0].fresh  # as with growth
    assert {op for op, _ in ops(batch)} == {OutboxOp.PUT_CONTENT, OutboxOp.PUT_FILE, OutboxOp.DROP_CONTENT}
    assert await world.ingest.discard_opened() == []


async def test_much_growth_comes_in_segments_too(world: World, catalog: PostgresCatalog, texts: PostgresTexts):
    old, new = b"0123456789" * 10, b"0123456789" * 10 + b"abcdefghij" * 6
    await world.add(observed("log"))
    await world.index({"/nas/log": old}, tail=tail_of(old))
    before = await record(catalog, "/nas/log")
    await world.ingest.requeue([before.id], forced=False)
    waiting = (await world.pending())["/nas/log"]
    opened, _ = await world.ingest.open_content()
    await world.ingest.append_segment(opened, segment_of(new, first=8))
    outcome = FileOutcome(
        before.id, Outcome.APPENDED, waiting.stat, facts_of(new, sha256=b""), opened=opened, tail=tail_of(new)
    )
    batch = await world.ingest.write_outcomes([outcome])
    after = await record(catalog, "/nas/log")
    assert after.content_id == before.content_id
    assert await texts.read(after.content_id, 0, 1000) == new
    assert [chunk.seq for chunk in await catalog.chunk_page(after.content_id, -1, 100)] == list(range(16))
    # The writer has the chunks under another content's id: it must read them back.
    assert not batch.files[0].fresh
    assert {op for op, _ in ops(batch)} == {OutboxOp.PUT_CONTENT, OutboxOp.PUT_FILE, OutboxOp.DROP_CONTENT}


async def test_what_a_crash_left_open_is_discarded(world: World, database: Database):
    opened, _ = await world.ingest.open_content()
    kept, _ = await world.ingest.open_content()
    for content_id in (opened, kept):
        await world.ingest.append_segment(content_id, segment_of(b"0123456789" * 5))
    assert await world.ingest.discard_opened([kept]) == [opened]
    assert await database.rows(b"SELECT DISTINCT content_id FROM chunks") == [(kept,)]
    assert await database.rows(b"SELECT DISTINCT content_id FROM text_blocks") == [(kept,)]


async def test_a_failure_leaves_the_name(world: World, catalog: PostgresCatalog, outbox: PostgresOutbox):
    await world.index_new({"a": b"text"})
    file = await record(catalog, "/nas/a")
    await world.ingest.requeue([file.id], forced=False)
    gap = Gap(Reason.PARSER_TIMEOUT, detail="60 s")
    batch = await world.ingest.write_outcomes([FileOutcome(file.id, Outcome.FAILED, None, gaps=[gap])])
    failed = await record(catalog, "/nas/a")
    assert (failed.status, failed.content_id, failed.extent) == (FileStatus.FAILED, None, "none")
    assert await catalog.gaps(failed) == [gap]
    assert ops(batch) == [(OutboxOp.PUT_FILE, file.id)]
    [document] = await outbox.file_documents([file.id])
    assert (document.content_id, document.shown) == (None, "/nas/a")


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.RETRY])
async def test_what_was_indexed_stays_where_a_file_cannot_be_read_any_more(
    world: World, catalog: PostgresCatalog, outcome: Outcome
):
    """It lost its text, so that nobody found it; or was called whole without a word."""
    await world.index_new({"a": b"text"})
    file = await record(catalog, "/nas/a")
    told = []
    for detail in ("Permission denied", "Permission denied, again"):
        await world.ingest.requeue([file.id], forced=False)
        [waiting] = (await world.pending()).values()
        gap = Gap(Reason.PERMISSION_DENIED, detail=detail)
        batch = await world.ingest.write_outcomes([FileOutcome(file.id, outcome, waiting.stat, gaps=[gap])])
        assert batch.outbox == []
        kept = await record(catalog, "/nas/a")
        expected = FileStatus.PENDING if outcome is Outcome.RETRY else FileStatus.INDEXED
        assert (kept.status, kept.content_id, kept.extent) == (expected, file.content_id, "whole")
        [line] = await catalog.gaps(kept)
        assert line.reason is Reason.PERMISSION_DENIED
        assert line.detail.endswith("UTC: Permission denied; what was indexed before is searched")
        told.append(line.detail)
    assert told[0] == told[1], "since when stays"
    await world.ingest.requeue([file.id], forced=False)
    await world.ingest.write_outcomes([FileOutcome(file.id, Outcome.UNCHANGED, waiting.stat)])
    assert await catalog.gaps(await record(catalog, "/nas/a")) == []


async def test_inodes_that_tell_nothing_make_no_file_look_changed(world: World, database: Database):
    """Every file of such a mount was read twice."""
    await world.add(observed("a"))
    await database.execute(b"UPDATE files SET inode = 0")  # as a scan of such a mount has it
    [file] = (await world.pending()).values()
    await world.ingest.write_outcomes([replace(indexed(file, b"text"), stat=replace(file.stat, inode=77))])
    assert await world.pending() == {}
    assert await database.rows(b"SELECT inode FROM files") == [(0,)]


async def test_a_retry_waits_and_keeps_everything(world: World, catalog: PostgresCatalog):
    await world.index_new({"a": b"text"})
    file = await record(catalog, "/nas/a")
    await world.ingest.requeue([file.id], forced=True)
    retry = FileOutcome(file.id, Outcome.RETRY, None, retry_seconds=3600.0)
    batch = await world.ingest.write_outcomes([retry])
    assert (batch.outbox, await world.pending()) == ([], {})
    after = await record(catalog, "/nas/a")
    assert (after.status, after.content_id) == (FileStatus.PENDING, file.content_id)
    await world.ingest.requeue([file.id], forced=False)
    [waiting] = (await world.pending()).values()
    assert (waiting.forced, waiting.attempts) == (True, 0)


async def test_a_file_that_vanished_while_it_waited(world: World, catalog: PostgresCatalog, outbox: PostgresOutbox):
    await world.index_new({"a": b"text"})
    file = await record(catalog, "/nas/a")
    await world.ingest.requeue([file.id], forced=False)
    batch = await world.ingest.write_outcomes([FileOutcome(file.id, Outcome.VANISHED, None)])
    assert ops(batch) == [(OutboxOp.DROP_FILE, file.id)]
    assert (await record(catalog, "/nas/a")).status is FileStatus.MISSING
    assert await files_of(catalog, [file.id]) == {}
    assert await outbox.file_documents([file.id]) == []


@pytest.mark.parametrize("outcome", [Outcome.VANISHED, Outcome.RETRY])
async def test_a_file_that_was_seen_since_nothing_was_found_is_read(world: World, outcome: Outcome):
    """It was taken for missing where it is now, and no scan looked again; or it waited half a minute."""
    await world.add(observed("a"), observed("b"), observed("c"))
    waiting = await world.pending()
    moved, new = observed("d/a", inode=waiting["/nas/a"].stat.inode), observed("b", inode=77)
    deltas = [
        FolderDelta(b"d", b"x", moved=[(waiting["/nas/a"].id, moved)]),
        FolderDelta(b"", b"x", changed=[(waiting["/nas/b"].id, new.stat)]),
    ]
    await world.scans.record_folders(world.root.id, deltas)
    await world.ingest.write_outcomes(
        [
            FileOutcome(file.id, outcome, None, retry_seconds=3600.0, sought=Sought(file.path, file.stat))
            for file in waiting.values()
        ]
    )
    after = {file.id: file.path for file in (await world.pending()).values()}
    assert after == {waiting["/nas/a"].id: b"/nas/d/a", waiting["/nas/b"].id: b"/nas/b"}


async def test_a_missing_file_that_is_found_again_keeps_its_row(world: World, database: Database):
    """A copy of it was recorded just then, and took its row for its own."""
    ids = await world.index_new({"old": b"text"})
    old = ids["/nas/old"]
    await world.scans.mark_missing(world.root.id, [], [old])
    await world.add(observed("copy", size=4))
    [copy] = (await world.pending()).values()
    async with database.transaction() as connection:
        await connection.execute("UPDATE files SET status = 'indexed' WHERE id = %s", [old])
        writing = asyncio.create_task(world.ingest.write_outcomes([indexed(copy, b"text")]))
        while not writing.done() and not await database.rows(b"SELECT FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
    await writing
    assert {row[0] for row in await database.rows(b"SELECT id FROM files")} == {old, copy.id}


async def test_a_file_that_moves_need_not_wait_any_more(world: World):
    await world.add(observed("a"))
    [a] = (await world.pending()).values()
    await world.ingest.write_outcomes([FileOutcome(a.id, Outcome.RETRY, None, retry_seconds=3600.0)])
    assert not await world.pending()
    moved = observed("c/a", inode=a.stat.inode)
    await world.scans.record_folders(world.root.id, [FolderDelta(b"c", b"x", moved=[(a.id, moved)])])
    assert set(await world.pending()) == {"/nas/c/a"}


async def test_a_file_that_changed_while_it_was_read_is_read_again(world: World, catalog: PostgresCatalog):
    await world.add(observed("a"))
    [waiting] = (await world.pending()).values()
    await world.touch(waiting, later(waiting.stat))
    await world.ingest.write_outcomes([indexed(waiting, b"old")])
    [again] = (await world.pending()).values()
    assert again.content_sha256 == hashlib.sha256(b"old").digest()
    await world.ingest.write_outcomes([indexed(again, b"old")])
    assert await world.pending() == {}


async def test_outcomes_of_files_that_are_gone_are_dropped(world: World, database: Database):
    await world.add(observed("a"))
    [waiting] = (await world.pending()).values()
    await world.scans.mark_missing(world.root.id, [], [waiting.id])
    batch = await world.ingest.write_outcomes([indexed(waiting, b"text"), indexed(waiting, b"text")])
    assert [written.content_id for written in batch.files] == [None, None]
    assert await database.rows(b"SELECT count(*) FROM contents") == [(0,)]


async def test_a_vanished_file_with_the_same_bytes_is_a_move(
    world: World, catalog: PostgresCatalog, database: Database
):
    await world.index_new({"old/a": b"text"})
    before = await record(catalog, "/nas/old/a")
    await database.execute(b"UPDATE files SET tags = '{keep}', description = 'mine'")
    await database.execute(
        b"INSERT INTO file_versions (file_id, sha256, size, mtime_ns) SELECT id, '', 1, 1 FROM files"
    )
    await world.scans.mark_missing(world.root.id, [b"old"], [])
    await world.add(observed("new/b"))
    batch = await world.index({"/nas/new/b": b"text"})
    after = await record(catalog, "/nas/new/b")
    assert (after.public_id, after.tags, after.description) == (before.public_id, ("keep",), "mine")
    assert len(await catalog.versions(after.id)) == 1
    assert batch.files[0].file_id == after.id
    assert await catalog.file_by_path("/nas/old/a", LOCAL) is None
    assert (OutboxOp.DROP_FILE, before.id) in ops(batch)


async def test_two_vanished_files_with_the_same_bytes_are_no_move(world: World, catalog: PostgresCatalog):
    await world.index_new({"a": b"text", "b": b"text"})
    await world.scans.mark_missing(world.root.id, [b""], [])
    await world.add(observed("c"))
    await world.index({"/nas/c": b"text"})
    assert (await record(catalog, "/nas/a")).status is FileStatus.MISSING
    assert (await record(catalog, "/nas/b")).status is FileStatus.MISSING


@pytest.mark.parametrize(
    "poison",
    [
        {"encoding": "nul \0"},
        {"encoding": "half \ud800"},
        {"members": ["fine", "nul \0"]},
        {"size": 1 << 63},
    ],
    ids=["nul", "surrogate", "member", "bigint"],
)
async def test_what_the_database_refuses_costs_its_own_file(world: World, catalog: PostgresCatalog, poison: dict):
    names = [f"f{number}" for number in range(7)]
    await world.add(*(observed(name) for name in names))
    waiting = await world.pending()
    outcomes = [indexed(waiting[f"/nas/{name}"], name.encode()) for name in names]
    bad = waiting["/nas/f4"]
    outcomes[4] = indexed(bad, b"bad", facts=facts_of(b"bad", **poison))
    batch = await world.ingest.write_outcomes(outcomes)
    assert [file_id for file_id, _ in batch.refused] == [bad.id]
    assert [written.file_id for written in batch.files] == [outcome.file_id for outcome in outcomes]
    for name in names:
        file = await record(catalog, f"/nas/{name}")
        assert file.status is (FileStatus.FAILED if name == "f4" else FileStatus.INDEXED)
    [gap] = await catalog.gaps(await record(catalog, "/nas/f4"))
    assert gap.reason is Reason.REFUSED_BY_DATABASE
    assert gap.detail


async def test_unknown_files_are_passed_over(world: World):
    batch = await world.ingest.write_outcomes([FileOutcome(FileId(12345), Outcome.UNCHANGED, None)])
    assert batch.files[0].content_id is None
    assert (await world.ingest.write_outcomes([])).files == []


async def test_a_conflict_of_case_stays_on_the_ledger(world: World, catalog: PostgresCatalog):
    await world.add(observed("readme", key="readme"), observed("README", key="readme"))
    await world.index({"/nas/readme": b"1", "/nas/README": b"2"})
    reasons = [
        [gap.reason for gap in await catalog.gaps(await record(catalog, f"/nas/{n}"))] for n in ("readme", "README")
    ]
    assert sorted(reasons, key=len) == [[], [Reason.CASE_CONFLICT]]


async def test_a_returned_file_has_its_content_again(world: World, catalog: PostgresCatalog, outbox: PostgresOutbox):
    await world.index_new({"a": b"text"})
    before = await record(catalog, "/nas/a")
    await world.scans.mark_missing(world.root.id, [], [before.id])
    await world.scans.record_folders(world.root.id, [FolderDelta(b"", b"x", returned=[before.id])])
    after = await record(catalog, "/nas/a")
    assert (after.status, after.content_id) == (FileStatus.INDEXED, before.content_id)
    assert after.generation != before.generation
    assert [entry.op for entry in await outbox.pending(10)][-2:] == [OutboxOp.DROP_FILE, OutboxOp.PUT_FILE]


async def _stat(database: Database, file_id: FileId):
    row = await database.row(b"SELECT size, mtime_ns, inode, device FROM files WHERE id = %(id)s", {"id": file_id})
    return stat_of(*row)


async def _pending_stat(world: World, shown: str, file_id: FileId):
    return await _stat(world.database, file_id)


async def test_a_file_whose_mtime_is_set_back_while_it_is_read_is_read_again(world: World):
    await world.add(observed("a"))
    given = (await world.pending())["/nas/a"]
    await world.touch(given, replace(given.stat, mtime_ns=given.stat.mtime_ns - 1_000_000_000))
    await world.ingest.write_outcomes([indexed(given, b"as it was before")])
    again = (await world.pending())["/nas/a"]
    assert again.content_sha256 == hashlib.sha256(b"as it was before").digest()
    await world.ingest.write_outcomes([indexed(again, b"as it is")])
    assert await world.pending() == {}


async def test_an_outcome_that_is_recorded_twice_keeps_its_opened_content(
    world: World, catalog: PostgresCatalog, texts: PostgresTexts
):
    text = b"0123456789" * 5
    await world.add(observed("large"))
    file = (await world.pending())["/nas/large"]
    content_id, _ = await world.ingest.open_content()
    for _ in range(2):
        await world.ingest.append_segment(content_id, segment_of(text))  # the answer to the first was lost
    outcome = indexed(file, text, segment=None, opened=content_id)
    for _ in range(2):
        await world.ingest.write_outcomes([outcome])
    found = await record(catalog, "/nas/large")
    assert found.content_id == content_id
    assert await texts.read(content_id, 0, 1000) == text
    assert len(await catalog.chunk_page(content_id, -1, 100)) == found.chunk_count
