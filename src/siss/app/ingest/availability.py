"""Retrying what must not be lost while the database or the engine is away, or a disk is full."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from siss.errors import UnavailableError
from siss.logs import get_logger

RETRY_SECONDS = 5.0
"""How long to wait before the next try."""

T = TypeVar("T")

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wait:
    """``reason``: the last error, of what does not answer or has no space; ``since``: when it first failed."""

    reason: str
    since: datetime


class Waits:
    """What the tasks of indexing wait for now. A task that waits says so here and in the log."""

    def __init__(self) -> None:
        self._waits: dict[object, Wait] = {}

    @property
    def longest(self) -> Wait | None:
        """The wait that began first; None while everything answers."""
        return min(self._waits.values(), key=lambda wait: wait.since, default=None)

    async def until_available(self, act: Callable[[], Awaitable[T]]) -> T:
        """Call ``act`` until it succeeds, for as long as it raises ``UnavailableError``; returns its result."""
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
        """Sleep until the next try. ``who`` counts as waiting until ``over`` is called for it."""
        began = self._waits.get(who)
        self._waits[who] = Wait(error.message, began.since if began else datetime.now(UTC))
        _log.warning(what, error=str(error))
        await asyncio.sleep(RETRY_SECONDS)

    def over(self, who: object) -> None:
        """``who`` waits no more: what it waited for answered."""
        self._waits.pop(who, None)
