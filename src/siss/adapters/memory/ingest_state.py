"""What processes tell each other about indexing, in the process, for tests."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from siss.errors import DatabaseDamagedError
from siss.model.stats import IngestStatus

_BELLS: Final = ("jobs", "outbox", "paused")
_FRESH_SECONDS: Final = 10.0


class MemoryIngestState:
    """Implements ``siss.ports.ingest_state.IngestState``. It knows of no files that wait.

    ``silence``: seconds after which listeners hear an empty name. ``clock``: seconds that only grow.
    """

    def __init__(self, silence: float = 3.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._silence = silence
        self._clock = clock
        self._status = IngestStatus()
        self._written = float("-inf")
        self._damage = ""
        self._paused = False
        self._listeners: set[asyncio.Queue[str]] = set()

    async def write_status(self, status: IngestStatus) -> None:
        """Publish what indexing does now."""
        self._status = replace(status, updated_at=datetime.now(UTC))
        self._written = self._clock()

    async def read_status(self) -> IngestStatus:
        """What indexing last published."""
        fresh = self._clock() - self._written < _FRESH_SECONDS
        return replace(self._status.looked_at(fresh=fresh, files_wait=False), damage=self._damage)

    async def note_damage(self, error: DatabaseDamagedError) -> None:
        """Show this damage in the status."""
        self._damage = error.message

    async def forget_damage(self) -> None:
        """Show no damage any more."""
        self._damage = ""

    async def paused(self) -> bool:
        """Whether somebody asked indexing to pause."""
        return self._paused

    async def set_paused(self, paused: bool) -> None:
        """Ask indexing to pause, or to go on."""
        self._paused = paused
        self.ring("paused")

    def ring(self, bell: str) -> None:
        """Ring a bell, as a database does for a job or an outbox row; an empty one is what silence sounds like."""
        for heard in self._listeners:
            heard.put_nowait(bell)

    async def listen(self) -> AsyncGenerator[str, None]:
        """The names of bells as they ring."""
        heard: asyncio.Queue[str] = asyncio.Queue()
        self._listeners.add(heard)
        try:
            for bell in _BELLS:
                yield bell
            while True:
                try:
                    yield await asyncio.wait_for(heard.get(), self._silence)
                except TimeoutError:
                    yield ""
        finally:
            self._listeners.discard(heard)
