"""Who did what: one entry for each request that was answered or refused."""

import uuid
from datetime import datetime
from typing import Any

import msgspec


class AuditEntry(msgspec.Struct, frozen=True):
    """One request.

    ``id``: a uuid7, so that entries stand in order of time; ``subject``: of the principal, ``anonymous`` for one who
    was not let in; ``action``: search, download, ...; ``resource_type``, ``resource_id``: what it was about;
    ``status``: HTTP's; ``results``: how many the answer had; ``details``: the query and its like, without secrets.
    """

    id: uuid.UUID
    at: datetime
    subject: str
    action: str
    resource_type: str
    resource_id: uuid.UUID | None = None
    status: int = 200
    results: int | None = None
    address: str = ""
    duration_ms: float = 0.0
    details: dict[str, Any] = {}


class AuditFilter(msgspec.Struct, frozen=True):
    """Which entries are meant; None for any. ``since`` is inclusive, ``until`` is not."""

    subject: str | None = None
    action: str | None = None
    resource_id: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
