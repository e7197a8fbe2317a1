"""Streams of events, and the keys that they were opened with."""

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request

from siss.access.rate import Limiter
from siss.adapters.memory.keys import MemoryKeys
from siss.api.routes import events
from siss.api.state import ApiState
from siss.app.authenticate import FRESH_SECONDS, Authenticator
from siss.app.events import Reached
from siss.app.keys import create_key
from siss.model.event import Event, EventFilter, EventKind
from siss.model.principal import LOCAL, Role

EVENT = Event(7, datetime.now(UTC), EventKind.INDEXED, "", 1, uuid.UUID(int=7), "/nas/a", None, (), 7)


class House:
    """A service whose clock stands at ``now``."""

    def __init__(self) -> None:
        self.keys, self.now = MemoryKeys(), 0.0
        self._authenticator = Authenticator(self.keys, Limiter({}), required=True, clock=lambda: self.now)

    async def stream(self, text: str) -> list[bytes]:
        admission = await self._authenticator.admit(text, "10.0.0.1")
        ids = SimpleNamespace(name=lambda _principal, number: number)
        access = SimpleNamespace(authenticator=self._authenticator)
        state = SimpleNamespace(services=SimpleNamespace(event_ids=ids), feed=None, access=access)
        scope = {
            "type": "http",
            "headers": [(b"authorization", b"Bearer " + text.encode())],
            "client": ("10.0.0.1", 1),
            "siss.principal": admission.principal,
            "app": SimpleNamespace(state=SimpleNamespace(siss=state)),
        }
        told = events._stream(Request(scope), cast(ApiState, state), EventFilter(), None)
        return [part async for part in told]


@pytest.fixture
def house() -> House:
    return House()


async def test_a_key_that_was_revoked_is_told_of_nothing_more(house: House, monkeypatch: pytest.MonkeyPatch):
    key, text = await create_key(house.keys, LOCAL, "ops", Role.READER)

    async def follow(*_: Any) -> AsyncIterator[Sequence[Event] | Reached]:
        yield Reached(6)
        yield [EVENT]
        await house.keys.revoke(key.id, datetime.now(UTC))
        house.now += 2 * FRESH_SECONDS
        yield [EVENT]

    monkeypatch.setattr(events, "follow_events", follow)
    told = await house.stream(text)
    assert b"/nas/a" in told[-2]
    assert sum(b"/nas/a" in part for part in told) == 1
    assert b"UNAUTHENTICATED" in told[-1]


async def test_a_stream_uses_up_no_rate(house: House, monkeypatch: pytest.MonkeyPatch):
    _, text = await create_key(house.keys, LOCAL, "slow", Role.READER, requests_per_minute=1)

    async def follow(*_: Any) -> AsyncIterator[Sequence[Event] | Reached]:
        for number in range(5):
            yield Reached(number)
            yield [EVENT]

    monkeypatch.setattr(events, "follow_events", follow)
    assert sum(b"/nas/a" in part for part in await house.stream(text)) == 5
