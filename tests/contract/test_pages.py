"""What a page of results shows of its files: asked in one question, and put together from catalog and texts."""

from typing import Any

import pytest
import zstandard

from integration.adapters.postgres.made import World, files_of
from siss.adapters.memory.pages import MemoryPages
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.adapters.postgres.questions.pages import PostgresPages
from siss.adapters.postgres.questions.texts import PostgresTexts
from siss.errors import DatabaseDamagedError
from siss.model.content import Segment, TextBlock
from siss.model.ids import FileId
from siss.model.principal import LOCAL, Principal
from siss.ports.pages import Pages, Wanted

PATHS = {"a/app.log": b"same bytes", "a/copy.log": b"same bytes", "ab/app.log": b"other", "b/copy.log": b"same bytes"}


@pytest.fixture
async def world(database: Database) -> World:
    """One root, ``/nas``, and no files."""
    made = World(database)
    await made.begin("/nas")
    return made


@pytest.fixture
async def ids(world: World) -> dict[str, FileId]:
    found = await world.index_new(PATHS)
    return {path: found[f"/nas/{path}"] for path in PATHS}


@pytest.fixture(params=["postgres", "memory"])
def pages(
    request: pytest.FixtureRequest, catalog: PostgresCatalog, texts: PostgresTexts, database: Database
) -> Pages:
    return PostgresPages(database) if request.param == "postgres" else MemoryPages(catalog, texts)


async def test_a_file_with_its_chunk_its_text_and_its_copies(pages: Pages, ids: dict[str, FileId]):
    same, copy, other, _ = ids.values()
    found = await pages.read([Wanted(same, 0, copied=True), Wanted(copy, 0), Wanted(other, 7, copied=True)], 2, LOCAL)
    assert set(found) == {same, copy, other}
    first = found[same]
    assert (first.file.shown, first.copies) == ("/nas/a/app.log", ("/nas/a/app.log", "/nas/a/copy.log"))
    assert first.block is not None
    assert first.chunk is not None
    assert first.block.text[first.chunk.start : first.chunk.end] == b"same bytes"
    assert (found[copy].file.shown, found[copy].copies) == ("/nas/a/copy.log", ())
    assert (found[copy].chunk, found[copy].block) == (first.chunk, first.block)
    assert (found[other].chunk, found[other].block, found[other].copies) == (None, None, ("/nas/ab/app.log",))


async def test_a_text_in_short_blocks_and_in_long_ones(
    pages: Pages, world: World, catalog: PostgresCatalog, ids: dict[str, FileId]
):
    text = b"0123456789" * 16
    file = (await world.index_new({"long.log": text}))["/nas/long.log"]
    assert await block_starts(pages, file) == [0, 0, 80]
    content_id = (await files_of(catalog, [file]))[file].content_id
    assert content_id is not None
    short = [TextBlock(at // 40, at, at + 40, at, zstandard.compress(text[at : at + 40])) for at in range(0, 160, 40)]
    await world.ingest.append_segment(content_id, Segment([], short, []))
    assert await block_starts(pages, file) == [0, 40, 120]


async def block_starts(pages: Pages, file: FileId) -> list[int]:
    """Of the blocks that chunks 3, 7 and 15 are in."""
    shown = [(await pages.read([Wanted(file, seq)], 0, LOCAL))[file] for seq in (3, 7, 15)]
    assert all(each.block is not None and each.chunk is not None for each in shown)
    return [each.block.start for each in shown if each.block is not None]


async def test_a_file_alone(pages: Pages, ids: dict[str, FileId]):
    found = await pages.read([Wanted(ids["ab/app.log"]), Wanted(FileId(999_999))], 10, LOCAL)
    [shown] = found.values()
    assert (shown.file.shown, shown.chunk, shown.block, shown.copies) == ("/nas/ab/app.log", None, None, ())


@pytest.mark.parametrize(
    ("scopes", "seen"), [(("/nas/a",), 2), (("/nas/b",), 1), (("/nas/a/app.log",), 1), (("/nas",), 4), ((), 0)]
)
async def test_nothing_outside_the_scopes(pages: Pages, ids: dict[str, FileId], scopes: tuple[str, ...], seen: int):
    principal = Principal("somebody", scopes=scopes)
    found = await pages.read([Wanted(file_id, 0, copied=True) for file_id in ids.values()], 10, principal)
    visible = {f"/nas/{path}" for path in PATHS if principal.may_see(f"/nas/{path}")}
    assert len(visible) == seen
    assert {shown.file.shown for shown in found.values()} == visible
    assert {path for shown in found.values() for path in shown.copies} == visible


async def test_nothing_hidden_gone_or_damaged(world: World, pages: Pages, ids: dict[str, FileId], database: Database):
    app, copy, other, _ = ids.values()
    await database.execute(b"UPDATE files SET hidden = true WHERE shown = '/nas/a/copy.log'")
    await database.execute(b"UPDATE text_blocks SET data = 'damaged'")
    await world.scans.mark_missing(world.root.id, [], [other])
    wanted = [Wanted(file_id, 0, copied=True) for file_id in ids.values()]
    found = await pages.read(wanted, 10, LOCAL)
    assert {shown.copies for shown in found.values()} == {("/nas/a/app.log", "/nas/b/copy.log")}
    assert found[app].chunk is not None
    assert found[app].block is None
    everything = await pages.read(wanted, 10, Principal("admin", hidden=True))
    assert copy in everything
    assert other not in everything


async def test_a_text_on_a_page_that_cannot_be_read_costs_its_own_snippet_only(
    database: Database, ids: dict[str, FileId], monkeypatch: pytest.MonkeyPatch
):
    """The whole search was a 503."""
    same, _, other, _ = ids.values()
    rows, lost = database.rows, {same}

    async def read(statement: Any, values: Any) -> Any:
        asked = list(zip(values["ids"].strip("{}").split(","), values["seqs"].strip("{}").split(","), strict=True))
        if any(file in {str(each) for each in lost} and seq != "NULL" for file, seq in asked):
            raise DatabaseDamagedError("text_blocks")
        return await rows(statement, values)

    wanted, pages = [Wanted(same, 0, copied=True), Wanted(other, 0)], PostgresPages(database)
    whole = await pages.read(wanted, 3, LOCAL)
    monkeypatch.setattr(database, "rows", read)
    found = await pages.read(wanted, 3, LOCAL)
    assert found[other] == whole[other]
    assert (found[same].file, found[same].copies) == (whole[same].file, whole[same].copies)
    assert (found[same].chunk, found[same].block) == (None, None)
    assert found[same].damage is not None
    lost.add(other)
    assert [each.damage is None for each in (await pages.read(wanted, 3, LOCAL)).values()] == [False, False]
