"""Questions to the catalog on real tables: scopes, lists, numbers."""

import hashlib
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from draws import examples
from integration.adapters.postgres.made import World, facts_of, files_of, observed
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.errors import InvalidRequestError, NotFoundError
from siss.model.content import Kind, Level
from siss.model.coverage import Extent, Gap, Reason
from siss.model.file import FileStat, FileStatus, ObservedFile, SkippedPath
from siss.model.hit import FacetCount
from siss.model.ids import ContentId, FileId
from siss.model.ingest import FolderDelta
from siss.model.principal import LOCAL, Principal
from siss.model.query import FacetField, Sort, SortField
from siss.ports.catalog import FileExtent, FileFilter

PATHS = {
    "a/app.log": b"same bytes",
    "a/sub/copy.log": b"same bytes",
    "ab/app.log": b"other",
    "a_/50%.txt": b"third",
    "top.JSON": b"{}",
}


def scoped(*scopes: str) -> Principal:
    return Principal("somebody", scopes=scopes)


@pytest.fixture
async def ids(world: World) -> dict[str, FileId]:
    return await world.index_new(PATHS)


async def shown(catalog: PostgresCatalog, where: FileFilter, principal: Principal = LOCAL) -> list[str]:
    page = await catalog.list_files(where, Sort(SortField.PATH, descending=False), None, 100, principal)
    assert page.total == len(page.files)
    return [file.shown.removeprefix("/nas/") for file in page.files]


@pytest.mark.parametrize(
    ("scopes", "seen"),
    [
        (("/nas/a",), {"a/app.log", "a/sub/copy.log"}),
        (("/nas/a/",), {"a/app.log", "a/sub/copy.log"}),
        (("/nas/a/app.log",), {"a/app.log"}),
        (("/nas/a_",), {"a_/50%.txt"}),
        (("/nas/a_/50%.txt", "/nas/ab"), {"a_/50%.txt", "ab/app.log"}),
        (("/",), set(PATHS)),
        (("/nas",), set(PATHS)),
        (("/NAS",), set()),
        ((), set()),
        (("/nas/" + "x" * 5000,), set()),
    ],
)
async def test_a_scope_bounds_every_answer(
    ids: dict[str, FileId], catalog: PostgresCatalog, scopes: tuple[str, ...], seen: set[str]
):
    principal = scoped(*scopes)
    assert set(await shown(catalog, FileFilter(), principal)) == seen
    everything = await files_of(catalog, ids.values())
    assert {file.shown for file in (await files_of(catalog, ids.values(), principal)).values()} == {
        f"/nas/{path}" for path in seen
    }
    for file in everything.values():
        visible = file.shown.removeprefix("/nas/") in seen
        assert ((await catalog.file_by_path(file.shown, principal)) is not None) == visible
        assert ((await catalog.file_by_public_id(file.public_id, principal)) is not None) == visible
        assert principal.may_see(file.shown) == visible
    stats = await catalog.stats(principal)
    assert stats.files == len(seen) == sum(stats.by_kind.values()) == sum(stats.by_status.values())
    assert stats.bytes == sum(len(PATHS[path]) for path in seen)
    assert stats.contents == len({PATHS[path] for path in seen})
    folders = await catalog.facet(FacetField.FOLDER, 10, principal)
    assert sum(count.count for count in folders) == len(seen)
    contents = {file.content_id for file in everything.values()}
    same = await catalog.same_content(list(contents), 10, principal)
    assert {path for paths in same.values() for path in paths} == {f"/nas/{path}" for path in seen}


async def test_filters(world: World, catalog: PostgresCatalog, database: Database, ids: dict[str, FileId]):
    await database.execute(b"UPDATE files SET tags = '{red,blue}' WHERE shown = '/nas/top.JSON'")
    await world.add(observed("waits"), observed("gone"))
    gone = (await world.pending())["/nas/gone"]
    await world.scans.mark_missing(world.root.id, [], [gone.id])
    assert await shown(catalog, FileFilter(folder="/nas/a")) == ["a/app.log", "a/sub/copy.log"]
    assert await shown(catalog, FileFilter(folder="/nas/a_/")) == ["a_/50%.txt"]
    assert await shown(catalog, FileFilter(name="APP")) == ["a/app.log", "ab/app.log"]
    assert await shown(catalog, FileFilter(name="*.log")) == ["a/app.log", "a/sub/copy.log", "ab/app.log"]
    assert await shown(catalog, FileFilter(name="50%")) == ["a_/50%.txt"]
    assert await shown(catalog, FileFilter(name="nul \0 half \ud800")) == []
    assert await shown(catalog, FileFilter(tags=("red", "green"))) == ["top.JSON"]
    assert await shown(catalog, FileFilter(mime=("text/plain",), kind=("text",), folder="/nas/ab")) == ["ab/app.log"]
    assert await shown(catalog, FileFilter(kind=("log",))) == []
    assert await shown(catalog, FileFilter(status=(FileStatus.PENDING,))) == ["waits"]
    assert await shown(catalog, FileFilter(status=(FileStatus.MISSING,))) == ["gone"]
    assert await shown(catalog, FileFilter(extent=(Extent.NONE,))) == ["waits"]
    assert len(await shown(catalog, FileFilter())) == len(PATHS) + 1
    with pytest.raises(InvalidRequestError):
        await catalog.list_files(FileFilter(), Sort(), None, 10, LOCAL)


@given(
    stats=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12),
    field=st.sampled_from([field for field in SortField if field is not SortField.RELEVANCE]),
    descending=st.booleans(),
    limit=st.integers(1, 5),
)
@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pages_hold_everything_once_and_in_order(
    world: World,
    catalog: PostgresCatalog,
    stats: list[tuple[int, int]],
    field: SortField,
    descending: bool,
    limit: int,
):
    folder = uuid.uuid4().hex
    files = [
        ObservedFile(
            f"{folder}/{n}/f{n % 3}".encode(),
            f"{folder}/{n}/f{n % 3}",
            f"{folder}/{n}".encode(),
            FileStat(s, m * 10**9, n, 1),
        )
        for n, (s, m) in enumerate(stats)
    ]
    await world.add(*files)
    where = FileFilter(folder=f"/nas/{folder}")
    whole = await catalog.list_files(where, Sort(field, descending), None, 100, LOCAL)
    assert whole.after is None
    key = {
        SortField.NAME: lambda file: file.name,
        SortField.PATH: lambda file: file.shown,
        SortField.SIZE: lambda file: file.size,
        SortField.MODIFIED: lambda file: file.modified_at,
        SortField.INDEXED: lambda _: 0,
    }[field]
    by_id = sorted(whole.files, key=lambda file: file.id)
    assert list(whole.files) == sorted(by_id, key=key, reverse=descending)
    paged, after = [], None
    while True:
        page = await catalog.list_files(where, Sort(field, descending), after, limit, LOCAL)
        assert page.total == len(stats)
        paged += page.files
        after = page.after
        if after is None:
            break
    assert paged == list(whole.files)


async def test_numbers(world: World, catalog: PostgresCatalog):
    await world.add(observed("x.log", size=30), observed("y.log", size=5), observed("z", size=7), observed("w.."))
    gap = Gap(Reason.ENCODING_GUESSED, lost=False)
    log = facts_of(b"x" * 30, gaps=[gap, gap], kind=Kind.LOG, level_mask=Level.ERROR.bit | Level.INFO.bit)
    await world.index({"/nas/x.log": b"x" * 30}, facts=log)
    await world.index({"/nas/y.log": b"yyyyy"})
    skipped = [SkippedPath("/nas/.git", Gap(Reason.IGNORED)), SkippedPath("/nas/s", Gap(Reason.SPECIAL_FILE))]
    await world.scans.record_folders(world.root.id, [FolderDelta(b"", b"x", skipped=skipped)])
    stats = await catalog.stats(LOCAL)
    assert (stats.files, stats.bytes, stats.contents, stats.chunks, stats.text_bytes) == (4, 52, 2, 4, 35)
    assert stats.by_status == {"indexed": 2, "pending": 2}
    assert stats.by_kind == {"unknown": 2, "log": 1, "text": 1}
    assert stats.by_extent == {"none": 2, "whole": 2}
    assert stats.by_reason == {"encoding_guessed": 1}
    assert stats.skipped == {"ignored": 1, "special_file": 1}
    [root] = stats.roots
    assert (root.path, root.state, root.files, root.last_scan_at) == ("/nas", "available", 4, None)
    await world.scans.finish_scan(world.root.id)
    assert (await catalog.stats(LOCAL)).roots[0].last_scan_at is not None
    assert await catalog.facet(FacetField.LEVEL, 10, LOCAL) == [FacetCount("error", 1), FacetCount("info", 1)]
    assert await catalog.facet(FacetField.EXT, 10, LOCAL) == [FacetCount("log", 2)]
    assert await catalog.facet(FacetField.MIME, 10, LOCAL) == [FacetCount("text/plain", 2)]
    assert await catalog.facet(FacetField.KIND, 1, LOCAL) == [FacetCount("log", 1)]
    assert await catalog.facet(FacetField.TAGS, 10, LOCAL) == []
    assert await catalog.facet(FacetField.FOLDER, 10, LOCAL) == [FacetCount("/nas", 4)]
    assert await catalog.facet(FacetField.SCHEMA_ID, 10, LOCAL) == []


@pytest.mark.parametrize("facet", [FacetField.FOLDER, FacetField.EXT, FacetField.TAGS, FacetField.LEVEL])
async def test_values_in_pages(world: World, catalog: PostgresCatalog, database: Database, facet: FacetField):
    await world.add(*(observed(f"{n % 3}/{n}.{n % 5}") for n in range(12)))
    await database.execute(b"UPDATE files SET tags = ARRAY['all', 'x' || id % 4]")
    log = facts_of(b"x" * 30, kind=Kind.LOG, level_mask=Level.ERROR.bit | Level.INFO.bit | Level.DEBUG.bit)
    await world.index({"/nas/0/0.0": b"x" * 30}, facts=log)
    for principal in (LOCAL, scoped("/nas/1", "/nas/0")):
        whole = await catalog.facet(facet, 100, principal)
        assert len(whole) > 1
        told = await catalog.facet(facet, 1, principal)
        while page := await catalog.facet(facet, 1, principal, told[-1]):
            told += page
        assert told == whole


async def test_numbers_are_kept_for_a_while(world: World, database: Database):
    catalog = PostgresCatalog(database, stats_seconds=3600.0)
    assert (await catalog.stats(LOCAL)).files == 0
    await world.add(observed("a"))
    assert (await catalog.stats(LOCAL)).files == 0
    assert (await catalog.stats(scoped("/nas"))).files == 1


async def test_one_file_whole(world: World, catalog: PostgresCatalog):
    await world.add(observed("d/a", mtime_ns=1_700_000_000_123_456_789))
    await world.index({"/nas/d/a": b"0123456789ab"})
    file = await catalog.file_by_path("/nas/d/a", LOCAL)
    assert file is not None
    assert file.modified_at == datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)
    assert (file.mime, file.encoding, file.extent, file.text_bytes) == ("text/plain", "utf-8", "whole", 12)
    assert await catalog.raw_path(file.id) == b"/nas/d/a"
    assert file.content_id is not None
    assert await catalog.source_bytes(file.content_id) == (12, 12)
    chunks = await catalog.chunks([(file.content_id, 1), (file.content_id, 9), (ContentId(999), 0)])
    assert [(key, chunk.start, chunk.end) for key, chunk in chunks.items()] == [((file.content_id, 1), 10, 12)]
    assert [chunk.seq for chunk in await catalog.chunk_page(file.content_id, 0, 5)] == [1]
    with_chunks = await catalog.files([(file.id, 1), (file.id, 9), (file.id, None)], LOCAL)
    assert with_chunks == {
        (file.id, 1): (file, chunks[file.content_id, 1]),
        (file.id, 9): (file, None),
        (file.id, None): (file, None),
    }
    assert await catalog.ping() >= 0.0
    with pytest.raises(NotFoundError):
        await catalog.raw_path(FileId(999))


async def test_the_extent_of_a_file_is_what_its_parts_say(world: World, catalog: PostgresCatalog):
    await world.add(observed("d/a"), observed("d/b"), observed("e/c"), observed("d/new"))
    await world.index({"/nas/d/a": b"same", "/nas/d/b": b"same", "/nas/e/c": b"same"})
    file = await catalog.file_by_path("/nas/d/a", LOCAL)
    assert file is not None
    assert file.content_id is not None
    extent = await catalog.extent(file, 10, LOCAL)
    assert (extent.source_bytes, extent.read_bytes) == await catalog.source_bytes(file.content_id)
    assert list(extent.reasons) == [gap.reason for gap in await catalog.gaps(file)]
    assert extent.versions == len(await catalog.versions(file.id))
    assert extent.other_paths == ("/nas/d/b", "/nas/e/c")
    assert (await catalog.extent(file, 1, LOCAL)).other_paths == ("/nas/d/b",)
    assert (await catalog.extent(file, 10, scoped("/nas/d"))).other_paths == ("/nas/d/b",)
    fresh = await catalog.file_by_path("/nas/d/new", LOCAL)
    assert fresh is not None
    assert await catalog.extent(fresh, 10, LOCAL) == FileExtent(0, 0, 0, (), ())


async def test_times_beyond_a_bigint_are_clamped(world: World, catalog: PostgresCatalog):
    await world.add(observed("far", mtime_ns=10**20), observed("old", mtime_ns=-(10**18)))
    far = await catalog.file_by_path("/nas/far", LOCAL)
    old = await catalog.file_by_path("/nas/old", LOCAL)
    assert far is not None
    assert old is not None
    assert (far.modified_at.year, old.modified_at.year) == (2262, 1938)


async def test_paths_that_cannot_be_are_not_found(catalog: PostgresCatalog):
    for path in ("", "/nas/\0", "/nas/\ud800", "x" * 10_000):
        assert await catalog.file_by_path(path, LOCAL) is None
        assert await catalog.skipped(path) is None


async def test_contents_are_named_by_their_hash(ids: dict[str, FileId], catalog: PostgresCatalog):
    file = await catalog.file_by_path("/nas/a/app.log", LOCAL)
    assert file is not None
    assert file.sha256 == hashlib.sha256(b"same bytes").digest()
