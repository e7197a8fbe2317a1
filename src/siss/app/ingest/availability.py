"""What must not be lost while database or engine are away, or a disk is full: it is done again until they answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from siss.errors import UnavailableError
from siss.logs import get_logger

RETRY_SECONDS = 5.0
"""How long to wait before whatever did not answer is asked again."""

T = TypeVar("T")

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wait:
    """``reason``: what did not answer, or has no room, as it said last; ``since``: when it first did not."""

    reason: str
    since: datetime


class Waits:
    """What the tasks of indexing wait for now: whoever waits says so here, and in the log."""

    def __init__(self) -> None:
        self._waits: dict[object, Wait] = {}

    @property
    def longest(self) -> Wait | None:
        """The wait that began first; None while everything answers."""
        return min(self._waits.values(), key=lambda wait: wait.since, default=None)

    async def until_available(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do it again until database and engine answer and have room."""
        who = object()
        try:
            while True:
                try:
                    return await act()
                except UnavailableError as error:
                    await self.wait_to_retry(who, "indexing waits", error)
        finally:
            self.over(who)

    async def wait_to_retry(self, who: object, what: str, error: UnavailableError) -> None:
        """Wait for as long as something that did not answer is left alone. ``who`` waits until it says ``over``."""
        began = self._waits.get(who)
        self._waits[who] = Wait(error.message, began.since if began else datetime.now(UTC))
        _log.warning(what, error=str(error))
        await asyncio.sleep(RETRY_SECONDS)

    def over(self, who: object) -> None:
        """What it waited for answered."""
        self._waits.pop(who, None)
