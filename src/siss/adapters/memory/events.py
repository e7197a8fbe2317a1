"""Events in the process, for tests."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Literal

from siss.model.event import Event, EventFilter, EventPage
from siss.model.principal import Principal


class MemoryEvents:
    """Implements ``siss.ports.events.Events``. ``note`` is what the triggers of a database do."""

    def __init__(self) -> None:
        self._inbox: list[Event] = []
        self._events: list[Event] = []
        self._last = 0
        self._bells = {"noted": asyncio.Event(), "numbered": asyncio.Event()}

    def note(self, event: Event) -> None:
        """Something happened; ``seq`` does not count yet."""
        self._inbox.append(event)
        self._ring("noted")

    async def number(self, limit: int) -> int:
        """Give numbers to what was noted."""
        taken, self._inbox = self._inbox[:limit], self._inbox[limit:]
        for event in taken:
            self._last += 1
            self._events.append(replace(event, seq=self._last))
        if taken:
            self._ring("numbered")
        return len(taken)

    async def page(self, where: EventFilter, after: int, limit: int, principal: Principal) -> EventPage:
        """Events beyond a number."""
        found = [event for event in self._events if event.seq > after and _passes(event, where, principal)][:limit]
        return EventPage(tuple(found), found[-1].seq if len(found) == limit else max(after, self._last))

    async def bounds(self) -> tuple[int, int]:
        """Numbers of the oldest event that is kept and of the latest."""
        return self._events[0].seq if self._events else 0, self._last

    async def prune(self, keep: int) -> int:
        """Delete events but the latest."""
        before = len(self._events)
        self._events = [event for event in self._events if event.seq > self._last - keep]
        return before - len(self._events)

    async def listen(self, bell: Literal["noted", "numbered"]) -> AsyncIterator[None]:
        """Once at the beginning, and whenever something was noted (numbered)."""
        while True:
            yield
            await self._bells[bell].wait()

    def _ring(self, bell: str) -> None:
        self._bells[bell].set()
        self._bells[bell] = asyncio.Event()


def _passes(event: Event, where: EventFilter, principal: Principal) -> bool:
    paths = [path for path in (event.shown, event.former) if path is not None]
    folder = None if where.folder is None else where.folder.rstrip("/") + "/"
    return (
        any(map(principal.may_see, paths))
        and (where.kinds is None or event.kind in where.kinds or event.former is not None)
        and (where.tag is None or where.tag in event.tags)
        and (folder is None or any(path.startswith(folder) for path in paths))
    )
