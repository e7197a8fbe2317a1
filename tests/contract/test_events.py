"""What any store of events keeps: the process's own and the table."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from siss.adapters.memory.events import MemoryEvents
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.records.events import PostgresEvents
from siss.model.event import Event, EventFilter, EventKind
from siss.model.principal import LOCAL, Principal
from siss.ports.events import Events

Note = Callable[..., Awaitable[None]]


@pytest.fixture(params=["memory", "postgres"])
def made(request: pytest.FixtureRequest) -> tuple[Events, Note]:
    if request.param == "memory":
        memory = MemoryEvents()

        async def remember(shown: str, kind: str = "indexed", former: str | None = None, *tags: str) -> None:
            memory.note(Event(0, datetime.now(UTC), EventKind(kind), "", 1, uuid.uuid4(), shown, former, tags, 0))

        return memory, remember
    database: Database = request.getfixturevalue("database")

    async def insert(shown: str, kind: str = "indexed", former: str | None = None, *tags: str) -> None:
        sql = (
            b"INSERT INTO event_inbox (file_id, public_id, kind, what, shown, former, tags) "
            b"VALUES (1, gen_random_uuid(), %(kind)s, '', %(shown)s, %(former)s, %(tags)s)"
        )
        values = {"kind": kind, "shown": shown, "former": former, "tags": list(tags)}
        await database.execute(sql, values)
        await database.execute(b"SELECT pg_notify('noted', '')")

    return PostgresEvents(database), insert


async def paths(events: Events, where: EventFilter = EventFilter(), principal: Principal = LOCAL) -> list[str]:  # noqa: B008 - a value
    return [event.shown for event in (await events.page(where, 0, 100, principal)).events]


async def test_what_is_noted_is_seen_when_it_has_a_number(made: tuple[Events, Note]):
    events, note = made
    assert await events.bounds() == (0, 0)
    for n in range(5):
        await note(f"/nas/{n}")
    assert await paths(events) == []
    assert [await events.number(3), await events.number(3), await events.number(3)] == [3, 2, 0]
    assert await events.bounds() == (1, 5)
    page = await events.page(EventFilter(), 1, 2, LOCAL)
    assert ([event.seq for event in page.events], page.reached) == ([2, 3], 3)
    page = await events.page(EventFilter(), 3, 9, LOCAL)
    assert ([event.seq for event in page.events], page.reached) == ([4, 5], 5)
    assert await events.page(EventFilter(folder="/none"), 0, 9, LOCAL) == await events.page(
        EventFilter(folder="/none"), 5, 9, LOCAL
    )


async def test_filters_and_scopes(made: tuple[Events, Note]):
    events, note = made
    await note("/nas/a/one", "indexed", None, "x")
    await note("/nas/ab/two", "changed", "/nas/a/two")
    await note("/nas/b/three", "removed")
    await events.number(10)
    assert await paths(events, EventFilter(kinds=(EventKind.REMOVED,))) == ["/nas/ab/two", "/nas/b/three"]
    assert await paths(events, EventFilter(folder="/nas/a")) == ["/nas/a/one", "/nas/ab/two"]
    assert await paths(events, EventFilter(tag="x")) == ["/nas/a/one"]
    assert await paths(events, principal=Principal("k", scopes=("/nas/a",))) == ["/nas/a/one", "/nas/ab/two"]
    assert await paths(events, principal=Principal("k", scopes=("/nas/b",))) == ["/nas/b/three"]
    assert await paths(events, principal=Principal("k", scopes=())) == []


async def test_old_ones_go(made: tuple[Events, Note]):
    events, note = made
    for n in range(5):
        await note(f"/nas/{n}")
    await events.number(10)
    assert await events.prune(2) == 3
    assert await events.bounds() == (4, 5)


async def test_the_bells(made: tuple[Events, Note]):
    events, note = made
    noted, numbered = events.listen("noted"), events.listen("numbered")
    await anext(noted)
    await anext(numbered)
    waiting = [asyncio.ensure_future(anext(noted)), asyncio.ensure_future(anext(numbered))]
    await asyncio.sleep(0)
    await note("/nas/a")
    async with asyncio.timeout(60):
        await waiting[0]
        await events.number(1)
        await waiting[1]
    await noted.aclose()  # type: ignore[attr-defined]
    await numbered.aclose()  # type: ignore[attr-defined]
