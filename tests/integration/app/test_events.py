"""What happens to files is told, from the disk to the stream."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from integration.app.running import Running, running
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.app.events import MOST_OF_ONE, MOST_STREAMS, Feed, Lost, Reached, follow_events, tell
from siss.errors import RateError
from siss.model.event import Event, EventFilter, EventKind
from siss.model.principal import LOCAL, Principal, Role

SECRET = (
    "aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYzR4nd0mKeyQ8\naws_access_key_id = AKIAQ3EGRZLV7TVTPNWX\n"
)


@pytest.fixture(scope="module")
async def world(postgres_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(postgres_server, tmp_path_factory.mktemp("events")) as made:
        await made.until(made.services.catalog.roots)
        yield made


class Stream:
    """``GET /events`` as a client has it, straight from the application."""

    def __init__(self, messages: asyncio.Queue[dict[str, Any]]) -> None:
        self._messages = messages
        self._text = ""

    async def next(self) -> dict[str, Any]:
        """The next event."""
        while "data" not in (fields := await self._block()):
            pass
        return {"event": fields["event"], "number": fields.get("id"), **json.loads(fields["data"])}

    async def reached(self) -> str:
        """How far the stream has come, as it says without an event."""
        while "data" in (fields := await self._block()) or "id" not in fields:
            pass
        return fields["id"]

    async def _block(self) -> dict[str, str]:
        async with asyncio.timeout(60):
            while True:
                if "\n\n" in self._text:
                    block, _, self._text = self._text.partition("\n\n")
                    return dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
                message = await self._messages.get()
                self._text += message.get("body", b"").decode()


@contextlib.asynccontextmanager
async def streaming(world: Running, query: str = "", **headers: str) -> AsyncIterator[Stream]:
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    scope = {
        "type": "http", "method": "GET", "path": "/api/v1/events", "raw_path": b"/api/v1/events",
        "query_string": query.encode(), "root_path": "", "http_version": "1.1", "scheme": "http",
        "headers": [(b"host", b"localhost"), *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items())],
        "client": ("127.0.0.1", 1), "server": ("localhost", 80),
    }  # fmt: skip
    task = asyncio.create_task(world.app(scope, receive, messages.put))
    start = await messages.get()
    assert start["status"] == 200
    assert (b"content-type", b"text/event-stream; charset=utf-8") in start["headers"]
    try:
        yield Stream(messages)
    finally:
        gone.set()
        await asyncio.wait_for(task, 60)


async def test_the_life_of_a_file(world: Running):
    async with streaming(world) as stream:
        made = (await world.upload("life.txt", b"one\n", tags=["a"])).json()
        told = await stream.next()
        assert (told["event"], told["path"], told["id"], told["tags"]) == (
            "indexed", str(world.uploads / "life.txt"), made["id"], ["a"],
        )  # fmt: skip
        url = f"/files/{made['id']}"
        await world.client.patch(url, json={"tags": ["b"]})
        assert ((told := await stream.next())["event"], told["what"], told["tags"]) == ("changed", "labels", ["b"])
        await world.upload("life.txt", b"two\n", existing="replace")
        assert ((told := await stream.next())["event"], told["what"]) == ("changed", "content")
        before = (await world.client.get(url)).json()["indexed_at"]

        async def read_again() -> bool:
            return bool((await world.client.get(url)).json()["indexed_at"] > before)

        await world.client.post(f"/ingest/reindex/{made['id']}")  # tells nothing: the bytes are what they were
        await world.until(read_again)
        (world.uploads / "life.txt").rename(world.uploads / "moved.txt")
        await world.client.post("/ingest/scan", json={})
        told = await stream.next()
        assert (told["what"], told["path"], told["former_path"]) == (
            "path", str(world.uploads / "moved.txt"), str(world.uploads / "life.txt"),
        )  # fmt: skip
        await world.client.delete(url)
        assert (await stream.next())["event"] == "removed"
        await world.client.post(f"{url}/restore")
        assert (await stream.next())["event"] == "indexed"
        (world.uploads / "moved.txt").unlink()
        await world.client.post("/ingest/scan", json={})
        assert (await stream.next())["event"] == "removed"


async def test_a_stream_goes_on_where_it_was_broken_off(world: Running):
    _, last = await world.services.events.bounds()
    for n in range(3):
        await world.upload(f"resume-{n}.txt", b"resume %d\n" % n)
    async with streaming(world, last_event_id=str(last)) as stream:
        first = await stream.next()
        second = await stream.next()
    async with streaming(world, last_event_id=first["number"]) as stream:
        assert await stream.next() == second
        third = await stream.next()
    assert {told["path"] for told in (first, second, third)} == {
        str(world.uploads / f"resume-{n}.txt") for n in range(3)
    }
    async with streaming(world, f"after={last}&tag=none-has-it", last_event_id="999999999") as stream:
        assert (await stream.next())["event"] == "lost"


async def test_filters(world: Running):
    _, last = await world.services.events.bounds()
    await world.upload("f.txt", b"filter 1\n", folder="x")
    await world.upload("f.txt", b"filter 2\n", folder="y", tags=["t"])
    async with streaming(world, f"after={last}&folder={world.uploads}/y&kind=indexed&tag=t") as stream:
        assert (await stream.next())["path"] == str(world.uploads / "y" / "f.txt")
    for query in (
        "kind=nonsense",
        "after=-1",
        "after=x",
        "folder=",
        "folder=%00",
        "folder=relative",
        "tag=%00",
        "what=1",
    ):
        assert (await world.client.get(f"/events?{query}")).status_code == 400, query
    for number in ("x", "-1", "1" * 30, "\u00b2".encode()):
        refused = await world.client.get("/events", headers={"Last-Event-ID": number})
        assert refused.status_code == 400, number


async def test_a_secret_file_is_not_told_of_and_one_that_becomes_so_is_gone(world: Running):
    _, last = await world.services.events.bounds()
    await world.upload("secret.txt", SECRET.encode())
    await world.upload("plain.txt", b"plain\n")
    async with streaming(world, f"after={last}") as stream:
        assert (await stream.next())["path"] == str(world.uploads / "plain.txt")
        await world.upload("plain.txt", (SECRET + "too\n").encode(), existing="replace")
        told = await stream.next()
        assert (told["event"], told["path"]) == ("removed", str(world.uploads / "plain.txt"))
    async with streaming(world, f"after={last}") as stream:
        assert (await stream.next())["event"] == "removed", "what it was before is not told any more"


async def test_who_sees_only_some_is_told_of_only_these(world: Running):
    _, last = await world.services.events.bounds()
    theirs = Principal("key:them", scopes=(str(world.uploads / "theirs"),))
    await world.upload("ours.txt", b"scope ours\n", folder="ours")
    await world.upload("theirs.txt", b"scope theirs\n", folder="theirs")
    feed = Feed(world.services.events)
    following = follow_events(world.services, feed, theirs, EventFilter(), last, 0.05)
    async with asyncio.timeout(60):
        told = [event async for event in until(following, 1)]
    assert [event.shown for event in told] == [str(world.uploads / "theirs" / "theirs.txt")]


async def until(following: AsyncIterator[Sequence[Event] | Lost | Reached], count: int) -> AsyncIterator[Event]:
    async for news in following:
        if not isinstance(news, Lost | Reached):
            for event in news:
                yield event
            count -= len(news)
        if count <= 0:
            return


async def test_who_comes_again_has_missed_nothing(world: Running):
    async with streaming(world) as stream:
        number = await stream.reached()
    await world.upload("meanwhile.txt", b"while nobody listened\n")
    async with streaming(world, last_event_id=number) as stream:
        assert (await stream.next())["path"] == str(world.uploads / "meanwhile.txt")


async def test_numbers_tell_who_has_scopes_nothing_of_others(world: Running, monkeypatch: pytest.MonkeyPatch):
    them = Principal("key:them", scopes=(str(world.uploads / "mine"),))
    monkeypatch.setattr("siss.api.routes.events.principal_of", lambda _: them)
    async with streaming(world) as stream:
        start = await stream.reached()
        for name, folder in (("1.txt", "mine"), ("2.txt", "other"), ("3.txt", "mine")):
            await world.upload(name, f"numbers {name}\n".encode(), folder=folder)
        first, second = await stream.next(), await stream.next()
    assert [told["path"].rpartition("/")[2] for told in (first, second)] == ["1.txt", "3.txt"]
    numbers = [start, first["number"], second["number"]]
    assert len({*numbers}) == 3
    assert not any(number.isdigit() for number in numbers)
    async with streaming(world, last_event_id=first["number"]) as stream:
        assert (await stream.next())["path"] == second["path"]
    async with streaming(world, f"after={start}") as stream:
        assert (await stream.next())["path"] == first["path"]
    async with streaming(world, last_event_id="2") as stream:
        assert (await stream.next())["path"] == first["path"], "a number of theirs is the beginning"
    monkeypatch.undo()
    assert (await world.client.get(f"/events?after={start}")).status_code == 400, "it is not for others"


async def test_streams_have_an_end(world: Running):
    feed = Feed(world.services.events)
    with contextlib.ExitStack() as entered:

        def enter(subject: str, count: int) -> None:
            for _ in range(count):
                feed.enter(subject)
                entered.callback(feed.leave, subject)

        enter("key:one", MOST_OF_ONE)
        with pytest.raises(RateError, match="This key"):
            feed.enter("key:one")
        enter("key:two", 1)
        enter("local", MOST_STREAMS - MOST_OF_ONE - 1)
        with pytest.raises(RateError, match="This process"):
            feed.enter("local")
    assert feed.streams == 0
    feed.enter("key:one")
    feed.leave("key:one")


def test_a_file_that_moves_across_a_scope(world: Running):
    moved = Event(1, None, EventKind.CHANGED, "path", 1, None, "/nas/b/x", "/nas/a/x", (), 0)  # type: ignore[arg-type]
    everything = EventFilter()
    assert tell(moved, LOCAL, everything) == moved
    gone = tell(moved, Principal("k", scopes=("/nas/a",)), everything)
    assert gone is not None
    assert (gone.kind, gone.shown, gone.former) == (EventKind.REMOVED, "/nas/a/x", None)
    new = tell(moved, Principal("k", scopes=("/nas/b",)), everything)
    assert new is not None
    assert (new.kind, new.shown, new.former) == (EventKind.INDEXED, "/nas/b/x", None)
    only = EventFilter(kinds=(EventKind.REMOVED,))
    assert tell(moved, LOCAL, only) is None
    assert tell(moved, Principal("k", scopes=("/nas/b",)), only) is None
    assert tell(moved, Principal("k", scopes=("/nas/a",)), only) == gone


async def test_streams_end_with_the_process(world: Running, tmp_path: Path):
    feed = Feed(world.services.events)
    following = follow_events(world.services, feed, LOCAL, EventFilter(folder=str(tmp_path)), None, 60.0)
    assert isinstance(await anext(following), Reached)
    waiting = asyncio.ensure_future(anext(following, "ended"))
    await asyncio.sleep(0.2)
    feed.close()
    async with asyncio.timeout(60):
        assert await waiting == "ended"


async def test_a_scan_tells_who_has_scopes_nothing_of_what_lies_beside(
    world: Running, monkeypatch: pytest.MonkeyPatch
):
    """A file is looked at with the folder that it is in: its job told how many files of others are there."""
    for name in ("1.txt", "2.txt", "3.txt"):
        await world.upload(name, f"beside {name}\n".encode(), folder="beside")
    path = str(world.uploads / "beside" / "1.txt")
    them = Principal("key:them", Role.EDITOR, scopes=(path,))
    with monkeypatch.context() as asking:
        asking.setattr("siss.api.routes.ingest.principal_of", lambda _: them)
        asked = await world.client.post("/ingest/scan", json={"path": path})
        assert asked.status_code == 202
        where = f"/jobs/{asked.json()['id']}"

        async def done() -> dict[str, Any] | None:
            job = (await world.client.get(where)).json()
            return job if job["state"] == "done" else None

        with_deletions = {"path": path, "accept_deletions": True}
        asking.setattr("siss.api.routes.ingest.principal_of", lambda _: replace(them, role=Role.ADMIN))
        refused = await world.client.post("/ingest/scan", json=with_deletions)
        assert refused.status_code == 403, "of the whole root, perhaps"
        asking.setattr("siss.api.routes.ingest.principal_of", lambda _: them)
        job = await world.until(done)
        assert job["result"] == {"roots": [{"root": str(world.nas), "outage": ""}]}
        assert (await world.client.get("/jobs")).json()["items"][0] == job
        assert (await world.client.post(f"{where}/cancel")).json() == job
    assert (await world.client.get(where)).json()["result"]["roots"][0]["files"] == 3
