"""Events in the order of their numbers. What is noted of files is numbered by one process, and then seen."""

from collections.abc import AsyncIterator
from typing import Literal, Protocol

from siss.model.event import EventFilter, EventPage
from siss.model.principal import Principal


class Events(Protocol):
    """Raises ``DatabaseUnavailableError``."""

    async def number(self, limit: int) -> int:
        """Give numbers to what was noted, oldest first, and wake whoever listens. How many."""
        ...

    async def page(self, where: EventFilter, after: int, limit: int, principal: Principal) -> EventPage:
        """Events beyond a number that a principal may be told of, by the present path or the former one.

        Those with a former path pass whatever kind is asked for: what they are depends on who sees which path.
        """
        ...

    async def bounds(self) -> tuple[int, int]:
        """Numbers of the oldest event that is kept and of the latest that was given (0: none yet)."""
        ...

    async def prune(self, keep: int) -> int:
        """Delete events but the latest, and those that webhooks have not looked at. How many."""
        ...

    def listen(self, bell: Literal["noted", "numbered"]) -> AsyncIterator[None]:
        """Once at the beginning, and whenever something was noted (numbered), and now and then."""
        ...
