"""The search use case: pages without repetition, stale and hidden files left out, cursors that are refused.

The engine is the real one in memory. The catalog and the texts are recorded values here, so that files can vanish
and change between two pages; ``tests/integration/app/test_search.py`` runs on the real ones.
"""

import asyncio
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from partial import services_of
from siss.adapters.memory.fulltext import MemoryFullText
from siss.adapters.memory.pages import MemoryPages
from siss.app.concurrency import ConcurrencyLimit
from siss.app.search import pages as pages_module
from siss.app.search.ask import search
from siss.errors import CorruptError, GoneError, InvalidRequestError, UnavailableError
from siss.index.analyser import chunk_terms
from siss.model.content import Chunk
from siss.model.file import FileRecord, FileStatus
from siss.model.ids import ContentId, FileId, Generation, RootId
from siss.model.ingest import FileDocument
from siss.model.principal import LOCAL, Principal
from siss.model.query import FacetField, Sort, SortField
from siss.model.spans import SpanMap
from siss.ports.texts import Block
from siss.search.language import parse_query
from siss.settings import Settings

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass
class Shelf:
    """Catalog, texts and cache as recorded values."""

    records: dict[FileId, FileRecord] = field(default_factory=dict)
    bodies: dict[ContentId, bytes] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def seen_by(self, principal):
        return [record for record in self.records.values() if principal.may_see(record.shown)]

    async def files(self, wanted, principal):
        self.asked.append("files")
        seen = {record.id: record for record in self.seen_by(principal)}
        return {
            (file_id, seq): (seen[file_id], None if seq is None else self.chunk(seen[file_id].content_id))
            for file_id, seq in wanted
            if file_id in seen
        }

    def chunk(self, content_id):
        body = self.bodies.get(content_id)
        return None if body is None else Chunk(0, 0, len(body), 0, 0, 1, 1)

    async def file_by_public_id(self, public_id, principal):
        return next((record for record in self.seen_by(principal) if record.public_id == public_id), None)

    async def same_content(self, contents, limit, principal):
        seen = sorted(self.seen_by(principal), key=lambda record: record.shown)
        return {
            content: tuple(record.shown for record in seen if record.content_id == content)[:limit]
            for content in contents
        }

    async def blocks_of(self, keys):
        for content, _ in keys:
            if b"\xff" in self.bodies.get(content, b""):
                raise CorruptError("a block does not decompress")
        return {key: Block(0, self.bodies[key[0]], SpanMap()) for key in keys if key[0] in self.bodies}

    async def get(self, key):
        return self.kept.get(key)

    async def put(self, key, value, ttl_seconds):
        assert 0 < ttl_seconds <= 600
        self.kept[key] = value

    async def delete(self, key):
        self.kept.pop(key, None)


class Store:
    """A small index to search in."""

    def __init__(self, **settings: Any) -> None:
        self.shelf = Shelf()
        self.engine = MemoryFullText()
        shelf: Any = self.shelf
        ports = {
            "settings": Settings(**settings),
            "catalog": shelf,
            "texts": shelf,
            "pages": MemoryPages(shelf, shelf),
            "fulltext": self.engine,
        }
        self.services = services_of(**ports | {"cache": shelf})

    async def add(self, number: int, body: str, *, path: str | None = None, content: int | None = None) -> FileRecord:
        content_id = ContentId(content or number)
        shown = path or f"/nas/file{number:04}.txt"
        record = FileRecord(
            FileId(number), uuid.UUID(int=number), RootId(1), shown, shown.rsplit("/", 1)[1], len(body),
            MOMENT, MOMENT, MOMENT, MOMENT, FileStatus.INDEXED, (), None, Generation(number), content_id,
            Generation(1000 + content_id), b"", "text/plain", "text", "utf-8", None, 1, 1, len(body), "whole",
        )  # fmt: skip
        self.shelf.records[record.id] = record
        self.shelf.bodies[content_id] = body.encode()
        document = FileDocument(
            record.id, record.generation, content_id, record.content_generation, shown, record.name, (),
            "text/plain", "text", len(body), number, number, chunk_count=1,
        )  # fmt: skip
        terms = [chunk_terms(0, body)]
        chunk = Chunk(0, 0, len(body.encode()), 0, 0, 1, 1)
        assert record.content_generation is not None
        await self.engine.put_chunks(content_id, record.content_generation, [chunk], terms)
        await self.engine.put_file(document, terms)
        await self.engine.commit()
        return record

    async def ask(self, text, cursor=None, principal=LOCAL, **parts):
        return await search(self.services, principal, replace(parse_query(text), **parts), cursor)

    async def pages(self, text, principal=LOCAL, **parts):
        cursor, pages = None, []
        while True:
            answer = await self.ask(text, cursor, principal, **parts)
            pages.append([hit.file.id for hit in answer.hits])
            if (cursor := answer.cursor) is None:
                return pages


@pytest.fixture
async def store():
    made = Store()
    for number in range(1, 31):
        await made.add(number, f"common word{number} " + "common " * (30 - number))
    return made


async def test_a_hit_has_file_paths_and_snippet(store):
    await store.add(50, "nothing\nthe needle <here>", path="/nas/b.txt")
    await store.add(51, "nothing\nthe needle <here>", path="/nas/a.txt", content=50)
    answer = await store.ask("needle")
    (hit,) = answer.hits
    assert {hit.file.shown, *hit.other_paths} == {"/nas/a.txt", "/nas/b.txt"}
    assert hit.snippet is not None
    assert hit.snippet.html == "nothing\nthe <em>needle</em> &lt;here&gt;"
    assert (hit.snippet.line, hit.snippet.start, hit.snippet.end) == (2, 12, 18)
    assert (answer.total, answer.cursor, answer.relaxed) == (2, None, False)
    assert answer.took_ms > 0


async def test_a_sign_that_was_not_taken_as_a_wildcard_is_told(store):
    await store.add(50, "the configuration")
    told = await store.ask("*ration")
    assert (told.total, told.total_relation) == (0, "gte")
    assert "*ration" in told.notes[0]
    found = await store.ask("con*ration")
    assert (found.total, found.total_relation, found.notes) == (1, "eq", ())
    assert found.hits[0].snippet.html == "the <em>configuration</em>"


async def test_without_highlighting_there_is_no_snippet(store):
    answer = await store.ask("word7", highlight=False)
    assert [hit.snippet for hit in answer.hits] == [None]


@pytest.mark.parametrize("size", [1, 7, 10, 30, 100])
@pytest.mark.parametrize("sort", [Sort(), Sort(SortField.NAME, descending=False), Sort(SortField.MODIFIED)])
async def test_pages_show_every_file_once(store, size, sort):
    pages = await store.pages("common", size=size, sort=sort)
    shown = [number for page in pages for number in page]
    assert sorted(shown) == list(range(1, 31))
    assert all(len(page) == size for page in pages[: 30 // size])
    one = await store.ask("common", size=100, sort=sort)
    assert shown == [hit.file.id for hit in one.hits]


async def test_most_searches_freeze_nothing(store):
    await store.ask("common", size=5)
    assert store.shelf.kept == {}


async def test_the_same_cursor_leads_to_the_same_list(store):
    cursor = (await store.ask("common", size=5)).cursor
    first, second = await store.ask("common", cursor, size=5), await store.ask("common", cursor, size=5)
    assert [hit.file.id for hit in first.hits] == [hit.file.id for hit in second.hits]
    assert len(store.shelf.kept) == 2


async def test_a_frozen_list_does_not_move(store):
    first = await store.ask("common", size=10)
    second = await store.ask("common", first.cursor, size=10)
    await store.add(99, "common " * 99)  # would be the best hit now
    third = await store.ask("common", second.cursor, size=10)
    shown = [hit.file.id for page in (first, second, third) for hit in page.hits]
    assert sorted(shown) == list(range(1, 31))
    assert third.cursor is None
    assert third.total == 30


async def test_a_file_that_comes_between_the_first_pages_is_not_repeated(store):
    first = await store.ask("common", size=10)
    await store.add(99, "common " * 99)
    cursor, shown = first.cursor, [hit.file.id for hit in first.hits]
    while cursor:
        answer = await store.ask("common", cursor, size=10)
        shown += [hit.file.id for hit in answer.hits]
        cursor = answer.cursor
    assert sorted(shown) == [*range(1, 31), 99]


async def test_vanished_files_are_dropped_and_the_page_is_filled(store):
    for number in (1, 2, 3, 15):
        del store.shelf.records[FileId(number)]
    pages = await store.pages("common", size=10)
    assert [len(page) for page in pages] == [10, 10, 6]
    assert sorted(number for page in pages for number in page) == [n for n in range(1, 31) if n not in {1, 2, 3, 15}]


@pytest.mark.parametrize(
    ("query", "change"),
    [("common", {"content_id": ContentId(77)}), ("common path:/nas", {"path_since": Generation(77)})],
)
async def test_a_file_that_changes_while_its_list_is_walked_keeps_its_place(store, query, change):
    first = await store.ask(query, size=10)
    second = await store.ask(query, first.cursor, size=10)
    shown = {hit.file.id for page in (first, second) for hit in page.hits}
    changed = min(set(store.shelf.records) - shown)
    store.shelf.records[changed] = replace(store.shelf.records[changed], **change)
    third = await store.ask(query, second.cursor, size=10)
    assert shown | {hit.file.id for hit in third.hits} == set(store.shelf.records)
    assert [hit.file.id for hit in third.hits if hit.snippet is None] == [changed]


async def test_a_page_is_filled_however_many_vanished(store):
    for number in range(1, 29):
        del store.shelf.records[FileId(number)]
    assert sorted((await store.pages("common", size=2))[0]) == [29, 30]
    assert sorted((await store.pages("common", size=2, sort=Sort(SortField.SIZE)))[0]) == [29, 30]


@pytest.mark.parametrize(
    ("query", "change", "stands"),
    [
        ("word7 path:/nas", {}, True),
        ("word7", {"content_id": ContentId(77)}, False),  # edited since
        ("word7", {"path_since": Generation(77), "labels_since": Generation(77)}, True),  # renamed and tagged since
        ("word7 path:/nas", {"path_since": Generation(77)}, False),  # so that it may be elsewhere
        ("word7 -name:other", {"path_since": Generation(77)}, False),  # or be called so
        ("word7 (ext:txt OR word8)", {"path_since": Generation(77)}, False),
        ("word7 path:/nas", {"path_since": Generation(7)}, True),  # renamed before: the engine knows it
        ("word7 path:/nas name:file0007.txt", {"labels_since": Generation(77)}, True),  # only tagged since
        ("word7 -tag:secret", {"labels_since": Generation(77)}, False),
        ("word7 -tag:secret", {"path_since": Generation(77)}, True),
        ("word7 path:/nas", {"content_generation": Generation(78)}, True),  # a log grew
        ("word7 path:/nas", {"path_since": Generation(77), "content_generation": Generation(78)}, False),
    ],
)
async def test_stale_hits(store, query, change, stands):
    store.shelf.records[FileId(7)] = replace(store.shelf.records[FileId(7)], **change)
    assert [hit.file.id for hit in (await store.ask(query)).hits] == ([7] if stands else [])


@pytest.mark.parametrize("query", ["common", "common path:/nas", "common -tag:secret"])
async def test_a_file_that_is_tagged_meanwhile_is_on_a_page_still(store, query):
    sort = Sort(SortField.PATH, descending=False)
    first = await store.ask(query, size=10, sort=sort)
    shown = {hit.file.id for hit in first.hits}
    tagged = min(set(store.shelf.records) - shown)
    store.shelf.records[tagged] = replace(store.shelf.records[tagged], labels_since=Generation(77), tags=("new",))
    rest = await store.ask(query, first.cursor, size=100, sort=sort)
    assert shown | {hit.file.id for hit in rest.hits} == set(store.shelf.records)


async def test_a_copy_stands_in_for_a_file_that_went(store, monkeypatch):
    for number, name in ((50, "first"), (51, "second"), (52, "other")):
        await store.add(number, "needle", path=f"/nas/{name}.txt", content=50)
    asked = store.engine.search

    async def name_one_file(request):
        answer = await asked(request)
        few = tuple(replace(hit, files=hit.files[:1]) for hit in answer.hits)
        return answer if "Contents" in repr(request) else replace(answer, hits=few)

    monkeypatch.setattr(store.engine, "search", name_one_file)
    del store.shelf.records[FileId(50)]
    assert [hit.file.id for hit in (await store.ask("needle")).hits] == [51]
    assert [hit.file.id for hit in (await store.ask("needle -name:second.txt")).hits] == [52]
    assert (await store.ask("needle name:first.txt")).hits == ()


async def test_a_damaged_block_costs_its_own_snippet(store):
    store.shelf.bodies[ContentId(2)] += b"\xff"
    answer = await store.ask("common", size=5)
    assert {hit.file.id: hit.snippet is not None for hit in answer.hits} == {
        hit.file.id: hit.file.id != 2 for hit in answer.hits
    }
    assert 2 in {hit.file.id for hit in answer.hits}
    assert [hit.file.id for hit in answer.hits if hit.unreadable] == [2]
    assert [note.partition(":")[0] for note in answer.notes] == [
        "The text of one of these files cannot be read any more"
    ]
    assert answer.total_relation == "eq"


async def test_what_follows_the_frozen_list_comes_by_path(store, monkeypatch):
    monkeypatch.setattr(pages_module, "MAX_HITS", 12)
    pages = await store.pages("common", size=5)
    shown = [number for page in pages for number in page]
    assert sorted(shown) == list(range(1, 31))
    assert shown[12:] == sorted(shown[12:])


async def test_scopes_bound_hits_and_other_paths(store):
    await store.add(50, "needle", path="/nas/open/b.txt")
    await store.add(51, "needle", path="/nas/closed/a.txt", content=50)
    answer = await store.ask("needle", principal=Principal("x", scopes=("/nas/open",)))
    assert [(hit.file.shown, hit.other_paths) for hit in answer.hits] == [("/nas/open/b.txt", ())]
    assert answer.total == 1


async def test_the_id_of_a_file_is_a_filter(store):
    answer = await store.ask(f"id:{uuid.UUID(int=7)}")
    assert [hit.file.id for hit in answer.hits] == [7]
    answer = await store.ask(f"common -id:{uuid.UUID(int=7)}", size=100)
    assert 7 not in {hit.file.id for hit in answer.hits}
    assert (await store.ask(f"id:{uuid.UUID(int=12345)}")).hits == ()
    hidden = await store.ask(f"id:{uuid.UUID(int=7)}", principal=Principal("x", scopes=("/other",)))
    assert hidden.hits == ()


async def test_facets_come_with_every_page_that_asks(store):
    first = await store.ask("common", size=10)
    second = await store.ask("common", first.cursor, size=10, facets=(FacetField.MIME,))
    third = await store.ask("common", second.cursor, size=5, facets=(FacetField.MIME, FacetField.KIND))
    assert first.facets == {}
    assert second.facets[FacetField.MIME][0].count == 30
    assert set(third.facets) == {FacetField.MIME, FacetField.KIND}


async def test_an_expired_list_is_gone(store):
    first = await store.ask("common", size=10)
    second = await store.ask("common", first.cursor, size=10)
    store.shelf.kept.clear()
    with pytest.raises(GoneError, match="first page"):
        await store.ask("common", second.cursor, size=10)
    again = await store.ask("common", first.cursor, size=10)  # begins a new list
    assert [hit.file.id for hit in again.hits] == [hit.file.id for hit in second.hits]
    with pytest.raises(GoneError):
        await store.ask("common", second.cursor, size=10)


async def test_cursors_of_others_are_refused(store):
    cursor = (await store.ask("common", size=5)).cursor
    for text, principal, parts in (
        ("common word1", LOCAL, {}),
        ("common", Principal("x", scopes=("/nas",)), {}),
        ("common", LOCAL, {"sort": Sort(SortField.SIZE)}),
    ):
        with pytest.raises(InvalidRequestError, match="another question"):
            await store.ask(text, cursor, principal, size=5, **parts)
    with pytest.raises(InvalidRequestError):
        await store.ask("common", cursor[:-3], size=5)


async def test_a_search_waits_for_its_turn():
    store, asked = Store(), []
    await store.add(1, "common")
    ask = store.engine.search

    async def noting(request):
        asked.append(request)
        return await ask(request)

    store.engine.search = noting  # type: ignore[method-assign]
    store.services = replace(store.services, search_limit=ConcurrencyLimit(1))
    async with asyncio.timeout(None) as clock, store.services.search_limit.turn(clock):
        waiting = asyncio.create_task(store.ask("common"))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not asked
    assert (await waiting).total == 1


async def test_a_search_that_takes_too_long_is_given_up():
    store = Store(query_timeout=0.01)
    never = asyncio.Event()

    async def wait(_request):
        await never.wait()

    store.engine.search = wait  # type: ignore[method-assign]
    with pytest.raises(UnavailableError, match="SISS_QUERY_TIMEOUT") as caught:
        await store.ask("common")
    assert caught.value.details["retry_after"] == 1
