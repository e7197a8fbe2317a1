"""The audit log in the process, for tests."""

import uuid
from collections.abc import Sequence

from siss.model.audit import AuditEntry, AuditFilter


class MemoryAuditLog:
    """Implements ``siss.ports.audit.AuditLog``."""

    def __init__(self) -> None:
        self._entries: dict[uuid.UUID, AuditEntry] = {}

    async def append(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries."""
        for entry in entries:
            self._entries.setdefault(entry.id, entry)

    async def latest(self, where: AuditFilter, before: uuid.UUID | None, limit: int) -> Sequence[AuditEntry]:
        """Entries, the latest first."""
        found = [entry for entry in self._matching(where) if before is None or entry.id < before]
        return found[::-1][:limit]

    async def oldest(self, where: AuditFilter, limit: int) -> Sequence[AuditEntry]:
        """Entries, the oldest first."""
        return self._matching(where)[:limit]

    async def forget(self, entries: Sequence[uuid.UUID]) -> None:
        """Let go of entries."""
        for entry in entries:
            self._entries.pop(entry, None)

    def _matching(self, where: AuditFilter) -> list[AuditEntry]:
        return sorted(
            (
                entry
                for entry in self._entries.values()
                if where.subject in {None, entry.subject}
                and where.action in {None, entry.action}
                and where.resource_id in {None, entry.resource_id}
                and (where.since is None or entry.at >= where.since)
                and (where.until is None or entry.at < where.until)
            ),
            key=lambda entry: entry.id,
        )
