"""What any store of synonyms keeps: the process's own and the table."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from siss.adapters.memory.synonyms import MemorySynonyms
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.records.synonyms import PostgresSynonyms
from siss.errors import DatabaseUnavailableError
from siss.model.synonym import Synonym, SynonymSource
from siss.ports.synonyms import Synonyms

NOW = datetime.now(UTC)


@pytest.fixture(params=["memory", "postgres"])
def synonyms(request: pytest.FixtureRequest) -> Synonyms:
    if request.param == "memory":
        return MemorySynonyms()
    database: Database = request.getfixturevalue("database")
    return PostgresSynonyms(database)


async def put(
    synonyms: Synonyms, term: str, *others: str, two_way: bool = False, source: SynonymSource = SynonymSource.USER
) -> Synonym:
    made = Synonym(term, others, two_way, source, NOW)
    await synonyms.put(term.lower(), made, [other.lower() for other in others])
    return made


async def test_one_way_and_two_way(synonyms: Synonyms):
    await put(synonyms, "K8s", "Kubernetes", "Container Platform")
    await put(synonyms, "db", "database", "Store", two_way=True)
    found = await synonyms.of(["k8s", "kubernetes", "db", "store", "nothing"])
    assert found == {
        "k8s": ("Kubernetes", "Container Platform"),
        "db": ("database", "Store"),
        "store": ("db", "database"),
    }


async def test_what_is_said_again_replaces(synonyms: Synonyms):
    await put(synonyms, "a", "b", two_way=True)
    made = await put(synonyms, "a", "c")
    assert await synonyms.of(["a", "b", "c"]) == {"a": ("c",)}
    assert await synonyms.delete("a") == made
    assert await synonyms.delete("a") is None
    assert await synonyms.of(["a"]) == {}


async def test_people_are_right_before_models(synonyms: Synonyms):
    await put(synonyms, "a", "model", source=SynonymSource.MODEL)
    assert await synonyms.of(["a"]) == {"a": ("model",)}
    mine = await put(synonyms, "a", "mine")
    assert await synonyms.of(["a"]) == {"a": ("mine",)}
    assert await synonyms.page(None, 9) == [("a", mine)]
    await synonyms.delete("a")
    assert await synonyms.of(["a"]) == {"a": ("model",)}


async def test_pages_in_order(synonyms: Synonyms):
    for term in ("c", "a", "b"):
        await put(synonyms, term, "x")
    first = await synonyms.page(None, 2)
    assert [key for key, _ in first] == ["a", "b"]
    assert [key for key, _ in await synonyms.page("b", 2)] == ["c"]
    assert await synonyms.count() == 3


async def test_what_another_process_says_is_seen(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("siss.adapters.postgres.records.synonyms.FRESH_SECONDS", -1.0)
    here, there = PostgresSynonyms(database), PostgresSynonyms(database)
    assert await here.of(["a"]) == {}
    await put(there, "a", "b")
    assert await here.of(["a"]) == {"a": ("b",)}
    await put(there, "a", "c")
    assert await here.of(["a"]) == {"a": ("c",)}
    await there.delete("a")
    await put(there, "x", "y")
    assert await here.of(["a"]) == {}


async def test_what_another_process_says_is_known_once_it_is_said(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    """Two processes with a mark in common; neither looks at the table without it."""
    monkeypatch.setattr("siss.adapters.postgres.records.synonyms.FRESH_SECONDS", 1e9)
    mark = [0]
    here, there = PostgresSynonyms(database, mark), PostgresSynonyms(database, mark)
    for synonyms in (here, there):
        assert await synonyms.of(["a"]) == {}
    for writer, reader in ((here, there), (there, here)):
        await put(writer, "a", "b")
        assert await reader.of(["a"]) == {"a": ("b",)}
        await put(writer, "a", "c")
        assert await reader.of(["a"]) == {"a": ("c",)}
        await writer.delete("a")
        assert await reader.of(["a"]) == {}


async def test_a_look_that_comes_back_late_changes_nothing(database: Database, monkeypatch: pytest.MonkeyPatch):
    """A search began before a change, another after it: what the first one saw must not count for the second."""
    monkeypatch.setattr("siss.adapters.postgres.records.synonyms.FRESH_SECONDS", 1e9)
    mark = [0]
    here, there = PostgresSynonyms(database, mark), PostgresSynonyms(database, mark)
    row, seen, go_on = database.row, asyncio.Event(), asyncio.Event()

    async def slow_row(*asked: Any) -> tuple[Any, ...] | None:
        found = await row(*asked)
        seen.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(database, "row", slow_row)
    early = asyncio.create_task(here.of(["a"]))
    await seen.wait()
    monkeypatch.setattr(database, "row", row)
    await put(there, "a", "b")
    assert await here.of(["a"]) == {"a": ("b",)}
    go_on.set()
    await early
    assert await here.of(["a"]) == {"a": ("b",)}


async def test_searches_that_come_together_look_once(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("siss.adapters.postgres.records.synonyms.FRESH_SECONDS", 1e9)
    synonyms, asked, row = PostgresSynonyms(database), 0, database.row

    async def counted_row(*given: Any) -> tuple[Any, ...] | None:
        nonlocal asked
        asked += 1
        return await row(*given)

    monkeypatch.setattr(database, "row", counted_row)
    assert await asyncio.gather(*(synonyms.of(["a"]) for _ in range(50))) == [{}] * 50
    assert asked == 1


async def test_a_look_ahead_is_waited_for_by_nobody(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("siss.adapters.postgres.records.synonyms.FRESH_SECONDS", 1e9)
    synonyms, looked = PostgresSynonyms(database), asyncio.Event()
    assert await synonyms.of(["a"]) == {}
    synonyms._looked_at -= 0.6e9

    async def never(*_given: Any) -> None:
        looked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(database, "row", never)
    assert await synonyms.of(["a"]) == {}
    await looked.wait()


async def test_a_slow_look_holds_up_no_search_where_changes_are_marked(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    mark, row = [0], database.row
    synonyms, there = PostgresSynonyms(database, mark), PostgresSynonyms(database, mark)
    assert await synonyms.of(["a"]) == {}
    synonyms._looked_at -= 1.0  # longer ago than a read is fresh

    async def never(*_given: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(database, "row", never)
    async with asyncio.timeout(30):
        assert await synonyms.of(["a"]) == {}
    monkeypatch.setattr(database, "row", row)
    await put(there, "a", "b")
    assert await synonyms.of(["a"]) == {"a": ("b",)}


async def test_a_look_that_fails_is_told_to_all_and_tried_again(database: Database, monkeypatch: pytest.MonkeyPatch):
    synonyms, row = PostgresSynonyms(database), database.row

    async def away(*_given: Any) -> None:
        await asyncio.sleep(0)
        raise DatabaseUnavailableError("away")

    monkeypatch.setattr(database, "row", away)
    found = await asyncio.gather(*(synonyms.of(["a"]) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in found] == [DatabaseUnavailableError] * 3
    monkeypatch.setattr(database, "row", row)
    assert await synonyms.of(["a"]) == {}


async def test_without_a_change_nothing_is_asked(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("siss.adapters.postgres.records.synonyms.FRESH_SECONDS", 1e9)
    synonyms = PostgresSynonyms(database, [0])
    await put(synonyms, "a", "b")
    assert await synonyms.of(["a"]) == {"a": ("b",)}
    monkeypatch.setattr(database, "rows", None)
    assert await synonyms.of(["a"]) == {"a": ("b",)}


async def test_what_this_process_says_is_known_at_once(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("siss.adapters.postgres.records.synonyms.FRESH_SECONDS", 1e9)
    synonyms = PostgresSynonyms(database)
    assert await synonyms.of(["a"]) == {}
    await put(synonyms, "a", "b")
    assert await synonyms.of(["a"]) == {"a": ("b",)}
    await put(synonyms, "a", "c")
    assert await synonyms.of(["a"]) == {"a": ("c",)}
    await synonyms.delete("a")
    assert await synonyms.of(["a"]) == {}
