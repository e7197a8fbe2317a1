"""Keys and the audit log as JSON. ``siss.api.models.access`` describes the same shapes."""

from datetime import UTC, datetime

from siss.api.render.encode import Json
from siss.model.audit import AuditEntry
from siss.model.key import ApiKey


def api_key(key: ApiKey) -> Json:
    """A key without its text, which is stored nowhere."""
    ended = key.refusal(datetime.now(UTC)) is not None
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role.value,
        "scopes": None if key.scopes is None else list(key.scopes),
        "raw": key.raw,
        "requests_per_minute": key.requests_per_minute,
        "state": "ended" if ended else "active" if key.revoked_at is None else "ending",
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "ended_at": key.ended_at,
        "last_used_at": key.last_used_at,
    }


def audit_entry(entry: AuditEntry) -> Json:
    """One request of the audit log."""
    return {
        "id": str(entry.id),
        "at": entry.at,
        "subject": entry.subject,
        "action": entry.action,
        "resource_type": entry.resource_type,
        "resource_id": None if entry.resource_id is None else str(entry.resource_id),
        "status": entry.status,
        "results": entry.results,
        "address": entry.address,
        "duration_ms": entry.duration_ms,
        "details": entry.details,
    }
