"""The audit log: entries are added and, when they are old, moved out; nothing changes one."""

import uuid
from collections.abc import Sequence
from typing import Protocol

from siss.model.audit import AuditEntry, AuditFilter


class AuditLog(Protocol):
    """Raises ``DatabaseUnavailableError``."""

    async def append(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries. One that is there already is not added again."""
        ...

    async def latest(self, where: AuditFilter, before: uuid.UUID | None, limit: int) -> Sequence[AuditEntry]:
        """Entries, the latest first; ``before``: only those that are older than this one."""
        ...

    async def oldest(self, where: AuditFilter, limit: int) -> Sequence[AuditEntry]:
        """Entries, the oldest first."""
        ...

    async def forget(self, entries: Sequence[uuid.UUID]) -> None:
        """Let go of entries that were written elsewhere."""
        ...
