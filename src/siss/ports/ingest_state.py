"""What processes tell each other about indexing: whether it should pause, what it does, what is damaged."""

from collections.abc import AsyncIterator
from typing import Protocol

from siss.errors import DatabaseDamagedError
from siss.model.stats import IngestStatus


class IngestState(Protocol):
    """The process that indexes publishes its status; any process asks it to pause, reports damage, or rings a bell.

    Each method is one transaction: it happens whole or not at all. Raises ``DatabaseUnavailableError`` and
    ``DiskFullError``.
    """

    async def write_status(self, status: IngestStatus) -> None:
        """Publish what indexing does now."""
        ...

    async def read_status(self) -> IngestStatus:
        """What indexing last published, with ``damage`` and ``updated_at`` filled in.

        The phase is ``stopped`` where nothing was published for ten seconds, and ``indexing`` where it says ``idle``
        but files wait by now.
        """
        ...

    async def note_damage(self, error: DatabaseDamagedError) -> None:
        """Show this damage in the status until ``forget_damage``. Raises nothing: what cannot be stored is logged."""
        ...

    async def forget_damage(self) -> None:
        """Show no damage any more: all that the database keeps was read."""
        ...

    async def paused(self) -> bool:
        """Whether somebody asked indexing to pause."""
        ...

    async def set_paused(self, paused: bool) -> None:
        """Ask indexing to pause, or to go on. Survives a restart."""
        ...

    def listen(self) -> AsyncIterator[str]:
        """The names of bells as they ring: ``jobs``, ``outbox``, ``paused``.

        Each comes once when the connection is made, and when it is made again, because a bell that rang before was
        not heard. ``""`` comes after a few seconds of silence, for callers that would rather look once too often.
        """
        ...
