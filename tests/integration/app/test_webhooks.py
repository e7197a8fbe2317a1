"""Webhooks and saved searches, from what happens to a file to what is sent."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from integration.app.running import Running, running
from siss.adapters.memory.keys import MemoryKeys
from siss.adapters.memory.sender import MemorySender
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.adapters.postgres.records.keys import PostgresKeys
from siss.app import deliveries, keys, searches, webhooks
from siss.app.services import Services
from siss.errors import ForbiddenError, InvalidRequestError, NotFoundError
from siss.model.event import EventFilter
from siss.model.job import JobKind
from siss.model.key import ApiKey
from siss.model.principal import LOCAL, Principal, Role
from siss.model.webhook import WebhookState


@pytest.fixture(scope="module")
async def world(postgres_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async def idle(*_: object) -> None:
        """The test itself delivers."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("siss.app.ingest.service.deliver_events", idle)
        async with running(postgres_server, tmp_path_factory.mktemp("webhooks")) as made:
            await made.until(made.services.catalog.roots)
            yield made


class Receiver:
    """Who is told. ``services``: with a sender that reaches nobody else."""

    def __init__(self, world: Running) -> None:
        self.sender = MemorySender()
        self.services: Services = replace(world.services, sender=self.sender)
        self.keys = MemoryKeys()

    async def round(self) -> None:
        for webhook in await self.services.webhooks.active():
            await deliveries.match_webhook(self.services, self.keys, webhook)
        async with asyncio.TaskGroup() as tasks:
            sending = deliveries.Sending(self.services, tasks)
            while await sending.begin():
                await sending.wait(60)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body, _ in self.sender.sent]

    @property
    def paths(self) -> list[str]:
        return [event["path"].rpartition("/")[2] for body in self.bodies for event in body["events"]]


@pytest.fixture
async def receiver(world: Running) -> AsyncIterator[Receiver]:
    yield Receiver(world)
    for webhook in await world.services.webhooks.page(None, None, 100):
        await world.services.webhooks.delete(webhook.id)


async def told(receiver: Receiver, world: Running, count: int) -> None:
    async def enough() -> bool:
        await receiver.round()
        return len(receiver.paths) >= count

    await world.until(enough)


async def test_what_happens_is_sent_signed(world: Running, receiver: Receiver):
    made = await webhooks.create_webhook(receiver.services, LOCAL, "https://example.com/x", EventFilter(), None)
    await world.upload("hook.txt", b"hooked\n")
    await told(receiver, world, 1)
    ((url, body, headers),) = receiver.sender.sent
    assert url == "https://example.com/x"
    event = json.loads(body)["events"][0]
    assert (event["kind"], event["path"]) == ("indexed", str(world.uploads / "hook.txt"))
    secret = base64.b64decode(webhooks.show_secret(made).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    await receiver.round()
    assert len(receiver.sender.sent) == 1
    listed = (await webhooks.list_deliveries(world.services, LOCAL, made.id, None, 10)).items
    assert [(each.state, each.status, each.attempts) for each in listed] == [("sent", 200, 1)]


async def test_it_is_tried_again_and_given_up_at_last(
    world: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deliveries, "pause_after", lambda _: -1.0)
    made = await webhooks.create_webhook(receiver.services, LOCAL, "https://example.com/x", EventFilter(), None)
    receiver.sender.answers = [500, 0, 302, 200]
    await world.upload("retry.txt", b"retried\n")
    await told(receiver, world, 4)
    sent = {(headers["webhook-id"], body) for _, body, headers in receiver.sender.sent}
    assert len(sent) == 1, "the same each time"
    receiver.sender.answers = [410]
    await world.upload("retry-2.txt", b"retried 2\n")
    await told(receiver, world, 5)
    failing = await webhooks.find_webhook(world.services, LOCAL, made.id)
    assert (failing.state, failing.reason) == (WebhookState.FAILING, "the answer was 410")
    await world.upload("retry-3.txt", b"retried 3\n")
    await world.until_found("retried", "retry.txt", "retry-2.txt", "retry-3.txt")
    await receiver.round()
    assert len(receiver.sender.sent) == 5
    await webhooks.set_webhook_state(world.services, LOCAL, made.id, active=True)
    await told(receiver, world, 7)
    assert receiver.paths[-2:] == ["retry-2.txt", "retry-3.txt"]
    assert [deliveries.pause_after(1) for _ in range(1)] == [-1.0]


async def test_no_receiver_waits_for_a_slow_one(world: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    answered = asyncio.Event()
    quick: list[bytes] = []

    async def send(url: str, body: bytes, _headers: object) -> int:
        if url.endswith("slow"):
            await answered.wait()
        else:
            quick.append(body)
        return 200

    monkeypatch.setattr(receiver.sender, "send", send)
    for name in ("slow", "quick"):
        url = f"https://example.com/{name}"
        made = await webhooks.create_webhook(receiver.services, LOCAL, url, EventFilter(), None)
        for number in range(3):
            now = await webhooks.find_webhook(world.services, LOCAL, made.id)
            assert await world.services.webhooks.queue(now, now.matched + 1, b"%d" % number, [])
    telling = asyncio.create_task(deliveries.deliver_events(receiver.services, receiver.keys))

    async def all_quick() -> bool:
        return len(quick) >= 3

    try:
        await world.until(all_quick)
        assert quick[:3] == [b"0", b"1", b"2"]
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


def test_pauses_grow_and_end():
    pauses = [deliveries.pause_after(n) for n in range(1, 40)]
    assert 2.5 <= pauses[0] <= 5.0
    assert max(pauses) <= deliveries.LONGEST_PAUSE
    assert pauses[10] > pauses[3]


async def test_nothing_is_lost_where_a_process_dies_in_between(
    world: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    await webhooks.create_webhook(receiver.services, LOCAL, "https://example.com/x", EventFilter(), None)
    await world.upload("death.txt", b"dies\n")
    await world.until_found("dies", "death.txt")

    async def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(deliveries, "LEASE_SECONDS", -1.0)

    async def queued() -> bool:
        for webhook in await world.services.webhooks.active():
            await deliveries.match_webhook(receiver.services, receiver.keys, webhook)
        return bool(await world.services.webhooks.claim(1, -1.0, 3600.0))

    await world.until(queued)  # claimed, and the process is gone
    await receiver.round()
    assert receiver.paths == ["death.txt"]


async def test_a_webhook_sees_what_its_maker_sees_now(world: Running, receiver: Receiver):
    key = ApiKey("k" * 12, "them", "h", Role.EDITOR, datetime.now(UTC), (str(world.uploads / "mine"),))
    await receiver.keys.add(key)
    who = Principal(f"key:{key.id}", Role.EDITOR)  # as it was when there were no scopes
    made = await webhooks.create_webhook(receiver.services, who, "https://example.com/x", EventFilter(), None)
    await world.upload("scoped.txt", b"scoped 1\n", folder="mine")
    await world.upload("other.txt", b"scoped 2\n", folder="theirs")
    await told(receiver, world, 1)
    assert receiver.paths == ["scoped.txt"]
    ((event,),) = (body["events"] for body in receiver.bodies)
    assert isinstance(event["number"], str), "a number would tell how much happened elsewhere"
    await receiver.keys.revoke(key.id, datetime.now(UTC))
    await world.upload("late.txt", b"scoped 3\n", folder="mine")
    await world.until_found("scoped", "scoped.txt", "other.txt", "late.txt")
    await receiver.round()
    ended = await webhooks.find_webhook(world.services, LOCAL, made.id)
    assert ended.state is WebhookState.FAILING
    assert "revoked" in ended.reason
    assert receiver.paths == ["scoped.txt"]
    with pytest.raises(NotFoundError):
        await webhooks.find_webhook(world.services, Principal("key:other", Role.EDITOR), made.id)


async def test_a_new_key_keeps_what_the_old_one_kept(world: Running, receiver: Receiver):
    database = Database(world.dsn)
    await database.open()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        kept = PostgresKeys(database)
        receiver.keys = kept  # type: ignore[assignment]
        old, _ = await keys.create_key(kept, LOCAL, "rotated", Role.EDITOR)
        who = old.principal
        search = await searches.save_search(world.services, who, "rotated", {"query": {"text": "a"}})
        made = await webhooks.create_webhook(receiver.services, who, "https://example.com/x", EventFilter(), None)
        job = await world.services.jobs.submit(JobKind.SCAN, {}, who.subject)
        new, _ = await keys.rotate_key(kept, LOCAL, "rotated")
        await world.upload("rotated.txt", b"rotated\n")
        await told(receiver, world, 1)
        ours = new.principal
        assert (await webhooks.find_webhook(world.services, ours, made.id)).state is WebhookState.ACTIVE
        assert (await searches.find_search(world.services, ours, search.id)).name == "rotated"
        found = await world.services.jobs.get(job.id)
        assert found is not None
        assert found.requested_by == ours.subject
        with pytest.raises(NotFoundError):
            await webhooks.find_webhook(world.services, who, made.id)


async def test_a_new_file_that_matches_a_saved_search_is_told_once(world: Running, receiver: Receiver):
    saved = await searches.save_search(world.services, LOCAL, "failures", {"query": {"text": "disk failed"}})
    await webhooks.create_webhook(receiver.services, LOCAL, "https://example.com/x", EventFilter(), saved.id)
    await world.upload("match.txt", b"the disk has failed\n")
    await world.upload("near.txt", b"the disk is well\n")
    await told(receiver, world, 1)
    assert receiver.bodies[0]["type"] == "search.matched"
    assert receiver.bodies[0]["search"] == {"id": str(saved.id), "name": "failures"}
    await world.upload("match.txt", b"the disk has failed again\n", existing="replace")
    await world.upload("match-2.txt", b"another disk failed\n")
    await told(receiver, world, 2)
    assert receiver.paths == ["match.txt", "match-2.txt"]
    answer = await world.client.get(f"/searches/{saved.id}/results")
    assert {item["name"] for item in answer.json()["items"]} >= {"match-2.txt", "match.txt"}


async def test_the_routes(world: Running):
    for url in ("http://127.0.0.1:8080/x", "http://169.254.169.254/latest/meta-data", "http://localhost/"):
        refused = await world.client.post("/webhooks", json={"url": url})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FORBIDDEN"), url
    for body in ({"url": "x"}, {}, {"url": "https://1.1.1.1/", "kinds": []}, {"url": "https://1.1.1.1/", "what": 1}):
        assert (await world.client.post("/webhooks", json=body)).status_code == 400, body
    relative = {"url": "https://1.1.1.1/", "folder": "logs"}
    assert (await world.client.post("/webhooks", json=relative)).status_code == 400
    saved = (await world.client.post("/searches", json={"name": "x", "query": {"query": {"text": "x"}}})).json()
    never = {"url": "https://1.1.1.1/", "search": saved["id"], "kinds": ["indexed", "removed"]}
    assert (await world.client.post("/webhooks", json=never)).status_code == 400
    assert (await world.client.delete(f"/searches/{saved['id']}")).status_code == 200
    unknown = {"url": "https://1.1.1.1/", "search": str(uuid.uuid4())}
    assert (await world.client.post("/webhooks", json=unknown)).status_code == 404
    answer = await world.client.post("/webhooks", json={"url": "https://1.1.1.1/x", "kinds": ["removed"]})
    made = answer.json()
    assert (answer.status_code, made["secret"][:6], made["kinds"]) == (201, "whsec_", ["removed"])
    url = f"/webhooks/{made['id']}"
    shown = (await world.client.get(url)).json()
    assert "secret" not in shown
    assert (await world.client.patch(url, json={"active": False})).json()["state"] == "paused"
    assert (await world.client.get("/webhooks")).json()["items"][0]["state"] == "paused"
    assert (await world.client.get(f"{url}/deliveries")).json() == {"cursor": None, "items": []}
    assert (await world.client.delete(url)).status_code == 200
    assert (await world.client.get(url)).status_code == 404


async def test_saved_searches(world: Running):
    body = {"name": " two  words ", "query": {"query": {"text": "melon tag:x"}, "size": 5}}
    made = (await world.client.post("/searches", json=body)).json()
    assert made["name"] == "two words"
    assert (await world.client.post("/searches", json=body)).status_code == 409
    assert (await world.client.get(f"/searches/{made['id']}")).json() == made
    bad: list[dict[str, Any]] = [
        {"name": "", "query": {}}, {"name": "x", "query": {"nonsense": 1}}, {"name": "x\0", "query": {}},
        {"name": "x", "query": {"query": {"text": "(("}}}, {"name": "x", "query": {"cursor": "abc"}},
        {"name": "x", "query": {"query": {"text": "\0"}}}, {"name": "x"}, {"name": "x", "query": {"size": 10**30}},
        {"name": "x", "query": {"query": {"text": "AKIAQ3EGRZLV7TVTPNWX"}}},
    ]  # fmt: skip
    for each in bad:
        assert (await world.client.post("/searches", json=each)).status_code == 400, each
    other = Principal("key:other", Role.READER)
    assert (await searches.list_searches(world.services, other, None, 10)).items == ()
    with pytest.raises(NotFoundError):
        await searches.delete_search(world.services, other, uuid.UUID(made["id"]))
    with pytest.raises(ForbiddenError):
        await webhooks.create_webhook(world.services, other, "https://1.1.1.1/", EventFilter(), None)
    with pytest.raises(InvalidRequestError):
        await webhooks.list_webhooks(world.services, LOCAL, "nonsense", 1)
    await world.client.post("/searches", json={"name": "b", "query": {}})
    page = (await world.client.get("/searches", params={"size": 1})).json()
    following = (await world.client.get("/searches", params={"size": 1, "cursor": page["cursor"]})).json()
    assert page["items"] != following["items"]
    assert (await world.client.delete(f"/searches/{made['id']}")).status_code == 200
