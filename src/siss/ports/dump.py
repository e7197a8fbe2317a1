"""The whole database as one file, and back."""

from pathlib import Path
from typing import Protocol

import msgspec


class DumpFacts(msgspec.Struct, frozen=True):
    """What a dump holds. ``server``: version of the database; ``rows``: of each table, as of the same moment."""

    server: str
    rows: dict[str, int]


class DatabaseDump(Protocol):
    """Raises ``DatabaseUnavailableError``, ``DiskFullError``, and ``StateError`` where a program is missing."""

    async def save(self, file: Path) -> DumpFacts:
        """Write what the database holds now, of one moment, while it is used. Caches and queues are left out."""
        ...

    async def count(self) -> DumpFacts:
        """What the database holds now: no table where it is empty."""
        ...

    async def require_empty(self) -> None:
        """Raise ``ConflictError`` for a database that is not empty."""
        ...

    async def load(self, file: Path) -> DumpFacts:
        """Fill an empty database, whole or not at all, and count what it has then.

        Raises ``ConflictError`` for a database that is not empty, ``CorruptError`` for a file that does not load.
        """
        ...
