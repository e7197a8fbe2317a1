"""The audit log in a PostgreSQL table."""

import uuid
from collections.abc import Sequence
from typing import Any, Final

import orjson

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.statements import load_statements
from siss.model.audit import AuditEntry, AuditFilter

SQL: Final = load_statements("audit")


class PostgresAuditLog:
    """Implements ``siss.ports.audit.AuditLog``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries in one statement."""
        if not entries:
            return
        values = {
            "ids": [entry.id for entry in entries],
            "times": [entry.at for entry in entries],
            "subjects": [_clean(entry.subject) for entry in entries],
            "actions": [entry.action for entry in entries],
            "resource_types": [entry.resource_type for entry in entries],
            "resource_ids": [entry.resource_id for entry in entries],
            "statuses": [entry.status for entry in entries],
            "results": [entry.results for entry in entries],
            "addresses": [_clean(entry.address) for entry in entries],
            "durations": [entry.duration_ms for entry in entries],
            "details": [_json(entry.details) for entry in entries],
        }
        await self._database.execute(SQL["append"], values)

    async def latest(self, where: AuditFilter, before: uuid.UUID | None, limit: int) -> Sequence[AuditEntry]:
        """Entries, the latest first."""
        values = _filter_values(where) | {"before": before, "limit": limit}
        return [AuditEntry(*row) for row in await self._database.rows(SQL["latest"], values, plan=True)]

    async def oldest(self, where: AuditFilter, limit: int) -> Sequence[AuditEntry]:
        """Entries, the oldest first."""
        values = _filter_values(where) | {"limit": limit}
        return [AuditEntry(*row) for row in await self._database.rows(SQL["oldest"], values, plan=True)]

    async def forget(self, entries: Sequence[uuid.UUID]) -> None:
        """Let go of entries."""
        await self._database.execute(SQL["forget"], {"ids": list(entries)})


def _filter_values(where: AuditFilter) -> dict[str, Any]:
    return {
        "subject": where.subject,
        "action": where.action,
        "resource_id": where.resource_id,
        "since": where.since,
        "until": where.until,
    }


def _clean(text: str) -> str:
    """Without what PostgreSQL has no room for: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "�").encode("utf-8", "replace").decode()


def _json(details: dict[str, Any]) -> str:
    return orjson.dumps(_cleaned(details), option=orjson.OPT_NON_STR_KEYS).decode()


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {_clean(str(name)): _cleaned(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value
