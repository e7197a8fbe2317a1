"""What any store of saved searches and webhooks keeps: the process's own and the tables."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from siss.adapters.memory.webhooks import MemorySavedSearches, MemoryWebhooks
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.records.webhooks import PostgresSavedSearches, PostgresWebhooks
from siss.errors import ConflictError
from siss.model.event import EventFilter, EventKind
from siss.model.ids import new_public_id
from siss.model.principal import Principal, Role
from siss.model.webhook import DeliveryState, SavedSearch, Webhook, WebhookState
from siss.ports.webhooks import SavedSearches, Webhooks

NOW = datetime.now(UTC)
WHO = Principal("key:a", Role.EDITOR, ("/nas/a",), True)


@pytest.fixture(params=["memory", "postgres"])
def stores(request: pytest.FixtureRequest) -> tuple[SavedSearches, Webhooks]:
    if request.param == "memory":
        return MemorySavedSearches(), MemoryWebhooks()
    database: Database = request.getfixturevalue("database")
    return PostgresSavedSearches(database), PostgresWebhooks(database)


@pytest.fixture
def searches(stores: tuple[SavedSearches, Webhooks]) -> SavedSearches:
    return stores[0]


@pytest.fixture
def webhooks(stores: tuple[SavedSearches, Webhooks]) -> Webhooks:
    return stores[1]


DAY = 86_400.0


def hook(**changes: object) -> Webhook:
    values = {
        "id": new_public_id(), "principal": WHO, "url": "https://example.com/x", "secret": b"\0\1",
        "where": EventFilter((EventKind.INDEXED,), "/nas/a", "t"), "search_id": None, "state": WebhookState.ACTIVE,
        "reason": "", "matched": 5, "created_at": NOW,
    }  # fmt: skip
    return Webhook(**{**values, **changes})  # type: ignore[arg-type]


async def test_searches_come_back_as_they_were(searches: SavedSearches):
    made = [SavedSearch(new_public_id(), f"s{n}", f"key:{n % 2}", {"query": {"text": "ü"}}, NOW) for n in range(3)]
    for search in made:
        await searches.add(search)
    with pytest.raises(ConflictError):
        await searches.add(SavedSearch(new_public_id(), "s0", "key:0", {}, NOW))
    assert await searches.get(made[1].id) == made[1]
    assert await searches.page(None, None, 2) == made[:2]
    assert await searches.page("key:0", made[0].id, 9) == [made[2]]
    assert await searches.delete(made[0].id)
    assert not await searches.delete(made[0].id)
    assert await searches.get(made[0].id) is None


async def test_webhooks_come_back_as_they_were(webhooks: Webhooks):
    one, two = hook(), hook(where=EventFilter(), principal=Principal("local", Role.ADMIN))
    for each in (one, two):
        await webhooks.add(each)
    assert await webhooks.get(one.id) == one
    found = await webhooks.get(two.id)
    assert found is not None
    assert found.where.kinds == tuple(EventKind)
    assert [each.id for each in await webhooks.page("local", None, 9)] == [two.id]
    assert [each.id for each in await webhooks.page(None, one.id, 9)] == [two.id]
    await webhooks.set_state(two.id, WebhookState.FAILING, "why")
    assert [each.id for each in await webhooks.active()] == [one.id]
    found = await webhooks.get(two.id)
    assert found is not None
    assert (found.state, found.reason) == (WebhookState.FAILING, "why")
    assert await webhooks.delete(two.id)
    assert not await webhooks.delete(two.id)


async def test_what_is_queued_is_sent_once_and_in_order(webhooks: Webhooks):
    one = hook()
    await webhooks.add(one)
    assert await webhooks.queue(one, 7, b"first", [1, 2])
    assert not await webhooks.queue(one, 9, b"twice", [3]), "another process was first"
    now = await webhooks.get(one.id)
    assert now is not None
    assert await webhooks.queue(now, 9, b"second", [])
    assert await webhooks.told(one.id, [1, 2, 3]) == {1, 2}
    ((delivery, to),) = await webhooks.claim(9, 60.0, DAY)
    assert (delivery.body, delivery.attempts, to.id, to.matched) == (b"first", 1, one.id, 9)
    assert await webhooks.claim(9, 60.0, DAY) == [], "the second waits for the first"
    await webhooks.record(delivery.id, status=500, error="no", next_at=datetime.now(UTC) - timedelta(seconds=1))
    ((delivery, _),) = await webhooks.claim(9, 60.0, DAY)
    assert (delivery.body, delivery.attempts, delivery.status, delivery.error) == (b"first", 2, 500, "no")
    await webhooks.record(delivery.id, status=200, error=None, next_at=None)
    ((second, _),) = await webhooks.claim(9, 60.0, DAY)
    assert second.body == b"second"
    await webhooks.record(second.id, status=410, error="gone", next_at=None)
    assert states(await webhooks.deliveries(one.id, None, 9)) == [DeliveryState.FAILED, DeliveryState.SENT]
    assert states(await webhooks.deliveries(one.id, second.id, 9)) == [DeliveryState.SENT]
    assert await webhooks.claim(9, 60.0, DAY) == []


def states(deliveries: Sequence[object]) -> list[DeliveryState]:
    return [delivery.state for delivery in deliveries]  # type: ignore[attr-defined]


async def test_what_a_dead_process_began_is_sent_again(webhooks: Webhooks):
    one = hook()
    await webhooks.add(one)
    await webhooks.queue(one, 7, b"x", [])
    assert len(await webhooks.claim(1, -1.0, DAY)) == 1
    assert len(await webhooks.claim(1, 60.0, DAY)) == 1
    assert await webhooks.claim(1, 60.0, DAY) == []


async def test_a_clock_that_was_set_back_puts_nothing_off(webhooks: Webhooks):
    one = hook()
    await webhooks.add(one)
    await webhooks.queue(one, 7, b"x", [])
    ((delivery, _),) = await webhooks.claim(1, 60.0, DAY)
    await webhooks.record(delivery.id, status=500, error="no", next_at=datetime.now(UTC) + timedelta(hours=6))
    assert await webhooks.claim(1, 60.0, DAY) == []
    await webhooks.record(delivery.id, status=500, error="no", next_at=datetime.now(UTC) + timedelta(days=400))
    assert len(await webhooks.claim(1, 60.0, DAY)) == 1


async def test_nothing_is_sent_while_it_is_paused_and_all_of_it_after(webhooks: Webhooks):
    one = hook()
    await webhooks.add(one)
    await webhooks.queue(one, 7, b"x", [])
    ((delivery, _),) = await webhooks.claim(1, 60.0, DAY)
    await webhooks.record(delivery.id, status=None, error="no", next_at=None)
    await webhooks.set_state(one.id, WebhookState.PAUSED)
    now = await webhooks.get(one.id)
    assert now is not None
    assert not await webhooks.queue(now, 8, b"y", [])
    assert await webhooks.claim(1, 60.0, DAY) == []
    await webhooks.set_state(one.id, WebhookState.ACTIVE)
    ((again, _),) = await webhooks.claim(1, 60.0, DAY)
    assert (again.id, again.attempts) == (delivery.id, 1)


async def test_what_ended_is_forgotten(webhooks: Webhooks):
    one = hook()
    await webhooks.add(one)
    await webhooks.queue(one, 7, b"x", [])
    ((delivery, _),) = await webhooks.claim(1, 60.0, DAY)
    assert await webhooks.forget(-1.0) == 0
    await webhooks.record(delivery.id, status=200, error=None, next_at=None)
    assert await webhooks.forget(3600.0) == 0
    assert await webhooks.forget(-1.0) == 1
    await webhooks.record(uuid.uuid4(), status=200, error=None, next_at=None)
