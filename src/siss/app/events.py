"""What happened to files: numbering it, and telling whoever may know."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from siss.app.services import Services
from siss.errors import RateError, UnavailableError
from siss.logs import get_logger
from siss.model.event import Event, EventFilter, EventKind
from siss.model.principal import Principal
from siss.ports.events import Events

PAGE: Final = 500
NUMBERED_AT_ONCE: Final = 5000
PRUNE_EVERY: Final = 20
"""Rounds of numbering between two looks at what is too old."""
MOST_STREAMS: Final = 100
"""Open at once in one process."""
MOST_OF_ONE: Final = 20
"""Of these with one key."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Lost:
    """Events that are no longer kept: whoever reads this should look at the files themselves."""

    after: int
    before: int


@dataclass(frozen=True, slots=True)
class Reached:
    """Up to this number nothing else is to be told: who comes again later goes on after it."""

    number: int


async def number_events(events: Events, keep: int) -> None:
    """Number what is noted until cancelled. For one process: the owner of the state folder."""
    rounds = 0
    async for _ in events.listen("noted"):
        try:
            full = True
            while full:
                full = await events.number(NUMBERED_AT_ONCE) == NUMBERED_AT_ONCE
                rounds += 1
                if rounds % PRUNE_EVERY == 0:
                    await events.prune(keep)
        except UnavailableError as error:
            _log.warning("events wait", error=str(error))


class Feed:
    """Wakes the streams of one process when there are new events. ``closed``: the process ends, and so do they."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._news = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None
        self._streams: Counter[str] = Counter()
        self.closed = False

    @property
    def streams(self) -> int:
        """How many are open."""
        return self._streams.total()

    def close(self) -> None:
        """End all streams."""
        self.closed = True
        self._news.set()

    def enter(self, subject: str) -> None:
        """A stream begins, until ``leave``. The first one begins to listen. Raises ``RateError`` for one too many."""
        if self.streams >= MOST_STREAMS:
            raise RateError(f"This process has {MOST_STREAMS} streams open already.", retry_after=10)
        if subject.startswith("key:") and self._streams[subject] >= MOST_OF_ONE:
            raise RateError(f"This key has {MOST_OF_ONE} streams open in this process already.", retry_after=10)
        self._streams[subject] += 1
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="event feed")

    def leave(self, subject: str) -> None:
        """A stream has ended. The last one ends the listening."""
        self._streams[subject] -= 1
        self._streams += Counter()  # forgets who has none
        if not self._streams and self._listener is not None:
            self._listener.cancel()
            self._listener = None

    @property
    def news(self) -> asyncio.Event:
        """Set when there may be something that was not there when this was asked for."""
        return self._news

    async def _listen(self) -> None:
        async for _ in self._events.listen("numbered"):
            if not self.closed:
                self._news.set()
                self._news = asyncio.Event()


async def follow_events(
    services: Services, feed: Feed, principal: Principal, where: EventFilter, after: int | None, idle_seconds: float
) -> AsyncIterator[Sequence[Event] | Lost | Reached]:
    """Events as they come, beginning after a number, or now.

    ``Reached``: at the beginning, and whenever so long has gone by, whatever came meanwhile. Ends when the feed is
    closed, which the stream has entered.
    """
    clock = asyncio.get_running_loop().time
    first, last = await services.events.bounds()
    at = last if after is None else after
    if at > last or (first and at < first - 1) or (not first and at < last):
        lost = Lost(at, first or last + 1)
        at = (first or last + 1) - 1
        yield lost
    yield Reached(at)
    due = clock() + idle_seconds
    while not feed.closed:
        news = feed.news
        page = await services.events.page(where, at, PAGE, principal)
        if told := [event for each in page.events if (event := tell(each, principal, where)) is not None]:
            yield told
        at = page.reached
        if len(page.events) < PAGE:
            await _until(news, due)
        if clock() >= due:
            yield Reached(at)
            due = clock() + idle_seconds


def describe_event(event: Event) -> dict[str, Any]:
    """An event as streams and webhooks tell it."""
    return {
        "id": str(event.public_id),
        "kind": event.kind.value,
        "what": event.what,
        "path": event.shown,
        "former_path": event.former,
        "tags": event.tags,
        "at": event.at,
    }


async def _until(news: asyncio.Event, due: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(due):
            await news.wait()


def tell(event: Event, principal: Principal, where: EventFilter) -> Event | None:
    """An event as a principal sees it: a file that moves out of their scope is gone, one that moves in is new."""
    if event.former is None:
        return event  # the store has looked at everything
    sees_new, sees_old = principal.may_see(event.shown), principal.may_see(event.former)
    if sees_new and sees_old:
        return event if where.kinds is None or event.kind in where.kinds else None
    if sees_new:
        seen = replace(event, kind=EventKind.INDEXED, what="", former=None)
    else:
        seen = replace(event, kind=EventKind.REMOVED, what="", shown=event.former, former=None)
    return seen if _passes(seen, where) else None


def _passes(event: Event, where: EventFilter) -> bool:
    folder = None if where.folder is None else where.folder.rstrip("/") + "/"
    return (where.kinds is None or event.kind in where.kinds) and (folder is None or event.shown.startswith(folder))
