"""The search use case on the real catalog, texts, cache and outbox; the engine is the one in memory."""

import json
import uuid
from dataclasses import replace

import pytest

from integration.adapters.postgres.made import World, facts_of, indexed, later, observed
from partial import services_of
from siss.adapters.memory.fulltext import MemoryFullText
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.catalog import PostgresIngestCatalog
from siss.adapters.postgres.ingest.outbox import PostgresOutbox
from siss.adapters.postgres.ingest.state import PostgresIngestState
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.adapters.postgres.questions.entities import PostgresEntities
from siss.adapters.postgres.questions.pages import PostgresPages
from siss.adapters.postgres.questions.texts import PostgresTexts
from siss.adapters.postgres.records.cache import PostgresCache
from siss.adapters.postgres.records.edits import PostgresFileEdits
from siss.app.ingest.write import IndexWriter
from siss.app.search.ask import search
from siss.app.services import Services
from siss.errors import GoneError
from siss.model.hit import SearchAnswer
from siss.model.ingest import FolderDelta, Outcome
from siss.model.principal import LOCAL, Principal
from siss.model.query import Sort, SortField
from siss.search.cursor import Frozen, decode_cursor, identify_question
from siss.search.dsl import read_search
from siss.settings import Settings


class Index:
    """A small corpus, driven as indexing drives it."""

    def __init__(self, services: Services, world: World, writer: IndexWriter) -> None:
        self.services = services
        self.world = world
        self.writer = writer

    async def add(self, texts: dict[str, bytes]) -> None:
        await self.world.index_new(texts)
        await self.writer.drain()

    async def ask(self, body: str, principal: Principal = LOCAL, cursor: str | None = None) -> SearchAnswer:
        request = read_search(body)
        return await search(self.services, principal, request.query, cursor)


@pytest.fixture
async def index(
    ingest_catalog: PostgresIngestCatalog,
    outbox: PostgresOutbox,
    catalog: PostgresCatalog,
    texts: PostgresTexts,
    cache: PostgresCache,
    database: Database,
) -> Index:
    engine = MemoryFullText()
    ports = {
        "settings": Settings(),
        "catalog": catalog,
        "texts": texts,
        "pages": PostgresPages(database),
        "fulltext": engine,
        "cache": cache,
        "ingest": ingest_catalog,
        "ingest_state": PostgresIngestState(database),
        "outbox": outbox,
        "entities": PostgresEntities(database),
    }
    services = services_of(**ports)
    world = World(database)
    await world.begin()
    writer = IndexWriter(ingest_catalog, outbox, catalog, texts, engine, commit_files=1000)
    return Index(services, world, writer)


def shown(answer: SearchAnswer) -> list[str]:
    return [hit.file.shown for hit in answer.hits]


async def test_from_files_to_hits(index: Index):
    text = b"line one \nline two \nthe needle\n"
    await index.add({"logs/a.log": text, "logs/copy.log": text, "b.txt": b"nothing\n"})
    answer = await index.ask('{"query": {"text": "needle"}, "facets": ["mime"]}')
    (hit,) = answer.hits
    assert {hit.file.shown, *hit.other_paths} == {"/nas/logs/a.log", "/nas/logs/copy.log"}
    assert hit.snippet is not None
    assert hit.snippet.html == "the <em>needle</em>"
    assert text[hit.snippet.start : hit.snippet.end] == b"needle"
    assert (hit.chunk_seq, answer.total) == (2, 2)
    assert [(count.value, count.count) for counts in answer.facets.values() for count in counts] == [
        ("text/plain", 2)
    ]


async def test_the_same_bytes_parsed_again_never_leave_an_answer(index: Index):
    """As all files are when rules change: the engine learns of it later than the catalog."""
    text = b"the needle in it"
    ids = await index.world.index_new({"a": text, "copy": text, "edited": b"a needle, too"})
    await index.writer.drain()
    question = '{"query": {"text": "needle"}}'
    await index.world.ingest.requeue([ids["/nas/a"]], forced=True)
    await index.world.index({"/nas/a": text})
    (again, other) = (await index.ask(question)).hits
    assert {again.file.shown, *again.other_paths} == {"/nas/a", "/nas/copy"}
    assert again.snippet is not None
    assert again.snippet.html == "the <em>needle</em>"
    assert other.file.shown == "/nas/edited"

    await index.world.touch(ids["/nas/edited"], later(observed("edited", size=13).stat))
    await index.world.index({"/nas/edited": b"nothing, now"})
    assert [hit.file.shown for hit in (await index.ask(question)).hits] == [again.file.shown]
    await index.world.ingest.requeue([ids["/nas/edited"]], forced=True)
    await index.world.index({"/nas/edited": b"nothing, now"})
    assert [hit.file.shown for hit in (await index.ask(question)).hits] == [again.file.shown], "its bytes are others"
    await index.writer.drain()
    (drained,) = (await index.ask(question)).hits
    assert {drained.file.shown, *drained.other_paths} == {"/nas/a", "/nas/copy"}


async def test_what_is_not_read_any_more_is_not_found_any_more(index: Index):
    """Other limits: the same bytes have no text now."""
    text = b"the needle"
    ids = await index.world.index_new({"a": text, "b": text})
    await index.writer.drain()
    await index.world.ingest.requeue([ids["/nas/a"]], forced=True)
    (waiting,) = (await index.world.pending()).values()
    facts = facts_of(text, chunk_count=0)
    outcome = indexed(waiting, text, outcome=Outcome.METADATA_ONLY, segment=None, facts=facts)
    await index.writer.write([outcome])
    await index.writer.commit()
    assert (await index.ask('{"query": {"text": "needle"}}')).hits == ()
    assert await index.services.fulltext.count_documents() == (2, 0)


async def test_scopes(index: Index):
    await index.add({"open/a": b"needle\n", "closed/a": b"needle\n", "closed/b": b"needle b\n"})
    answer = await index.ask('{"query": {"text": "needle"}}', Principal("x", scopes=("/nas/open",)))
    assert [(hit.file.shown, hit.other_paths) for hit in answer.hits] == [("/nas/open/a", ())]
    assert answer.total == 1


async def test_what_changed_of_a_file_is_what_it_is_not_asked_by_until_the_engine_knows(
    index: Index, database: Database
):
    ids = await index.world.index_new({"logs/app.log": b"tangerine", "logs/b": b"other"})
    await index.writer.drain()

    async def found(words: str, *scopes: str) -> list[str]:
        return shown(
            await index.ask(
                json.dumps({"query": {"text": words}}), Principal("key:1", scopes=scopes) if scopes else LOCAL
            )
        )

    file_id = ids["/nas/logs/app.log"]
    assert await PostgresFileEdits(database).annotate(file_id, ["new"], None)
    for words in ("name:app.log", "tangerine path:/nas/logs", "ext:log"):
        assert await found(words) == ["/nas/logs/app.log"], "only its tags are others"
    assert await found("tangerine -tag:new") == []
    stat = observed("logs/app.log", size=9).stat
    moved = replace(observed("else/app.log", size=9), stat=stat)
    await index.world.scans.record_folders(
        index.world.root.id, [FolderDelta(b"else", b"x", moved=[(file_id, moved)])]
    )
    assert await found("tangerine") == ["/nas/else/app.log"]
    for words in ("path:/nas/logs tangerine", "name:app.log", "tangerine -path:/nas/else"):
        assert await found(words) == []
    assert await found("tangerine", "/nas/logs") == []
    await index.writer.drain()
    assert await found("name:app.log tag:new") == ["/nas/else/app.log"]
    assert await found("tangerine", "/nas/else") == ["/nas/else/app.log"]


async def test_a_clock_that_is_set_back_hides_no_file_from_questions_by_its_name(
    index: Index, database: Database, monkeypatch: pytest.MonkeyPatch
):
    ids = await index.world.index_new({"a.log": b"tangerine"})
    file_id = ids["/nas/a.log"]
    moved = replace(observed("b.log", size=9), stat=observed("a.log", size=9).stat)
    await index.world.scans.record_folders(index.world.root.id, [FolderDelta(b"", b"x", moved=[(file_id, moved)])])
    monkeypatch.setattr("siss.adapters.postgres.ingest.enqueue.new_generation", lambda: 5)
    monkeypatch.setattr("siss.adapters.postgres.ingest.outcomes.new_generation", lambda: 6)
    assert await PostgresFileEdits(database).annotate(file_id, ["new"], None)
    await index.world.touch(file_id, later(moved.stat, size=5))
    await index.world.index({"/nas/b.log": b"apple"})
    await index.writer.drain()
    assert shown(await index.ask('{"query": {"text": "apple name:b.log tag:new"}}')) == ["/nas/b.log"]


async def test_an_edited_file_is_left_out_until_the_engine_knows(index: Index):
    await index.add({"a": b"needle\n"})
    (hit,) = (await index.ask('{"query": {"text": "needle"}}')).hits
    await index.world.touch(hit.file.id, later(observed("a").stat))
    assert shown(await index.ask('{"query": {"text": "needle"}}')) == ["/nas/a"]  # waits: found as it was
    await index.world.index({"/nas/a": b"other\n"})
    assert shown(await index.ask('{"query": {"text": "needle"}}')) == []
    await index.writer.drain()
    assert shown(await index.ask('{"query": {"text": "other"}}')) == ["/nas/a"]


async def test_the_id_filter(index: Index):
    await index.add({"a": b"needle\n", "b": b"needle two\n"})
    first = (await index.ask('{"query": {"text": "needle"}}')).hits[0].file
    assert shown(await index.ask(f'{{"query": {{"text": "id:{first.public_id}"}}}}')) == [first.shown]
    assert shown(await index.ask(f'{{"query": {{"text": "id:{uuid.uuid4()}"}}}}')) == []


@pytest.mark.parametrize("sort", [Sort(), Sort(SortField.PATH, descending=False), Sort(SortField.MODIFIED)])
async def test_pages(index: Index, sort: Sort):
    await index.add({f"d{number % 3}/f{number:02}": b"word %d\n" % number for number in range(23)})
    body = f'{{"query": {{"text": "word"}}, "size": 4, "sort": [{{"field": "{sort.field}"}}]}}'
    cursor, found = None, []
    while True:
        answer = await index.ask(body, cursor=cursor)
        found += shown(answer)
        if (cursor := answer.cursor) is None:
            break
    assert sorted(found) == sorted(f"/nas/d{number % 3}/f{number:02}" for number in range(23))
    if sort.field is SortField.PATH:
        assert found == sorted(found)


async def test_an_expired_list_is_gone(index: Index, cache: PostgresCache):
    await index.add({f"f{number}": b"word %d\n" % number for number in range(9)})
    body = '{"query": {"text": "word"}, "size": 2}'
    second = await index.ask(body, cursor=(await index.ask(body)).cursor)
    assert second.cursor is not None
    place = decode_cursor(second.cursor, identify_question(read_search(body).query, LOCAL))
    assert isinstance(place, Frozen)
    await cache.delete(f"search:{place.key.hex()}")
    with pytest.raises(GoneError):
        await index.ask(body, cursor=second.cursor)
