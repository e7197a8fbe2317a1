"""Streams of events: how often the one who follows is given a moment, whatever happens meanwhile."""

import asyncio
import uuid
from datetime import UTC, datetime

import pytest

from partial import services_of
from siss.adapters.memory.events import MemoryEvents
from siss.app.events import Feed, Reached, follow_events
from siss.model.event import Event, EventFilter, EventKind, EventPage
from siss.model.principal import LOCAL, Principal


class Busy(MemoryEvents):
    """There is always news: of files that the stream is told of, or of others."""

    def __init__(self, told: bool) -> None:
        super().__init__()
        self._told = told
        self.asked = 0

    async def page(self, where: EventFilter, after: int, limit: int, principal: Principal) -> EventPage:
        self.asked += 1
        assert self.asked < 10_000, "it is asked for ever"
        await self.number(1)
        self.note(_event())
        page = await super().page(where, after, limit, principal)
        return page if self._told else EventPage((), page.reached)


class Ringing(Feed):
    """Never silent."""

    @property
    def news(self) -> asyncio.Event:
        bell = asyncio.Event()
        bell.set()
        return bell


def _event() -> Event:
    return Event(0, datetime.now(UTC), EventKind.INDEXED, "", 1, uuid.uuid4(), "/nas/a", None, (), 0)


@pytest.mark.parametrize("told", [True, False])
async def test_a_busy_stream_has_its_moments_too(told: bool):
    events = Busy(told)
    services = services_of(events=events)
    stream = follow_events(services, Ringing(events), LOCAL, EventFilter(None, None, None), None, 0.0)
    moments = 0
    async for event in stream:
        moments += isinstance(event, Reached)
        if moments == 4:
            break
    await stream.aclose()  # type: ignore[attr-defined]
    assert events.asked < 10
