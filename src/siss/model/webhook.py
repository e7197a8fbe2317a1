"""Saved searches, and webhooks that tell others what happens."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from siss.model.event import EventFilter
from siss.model.principal import Principal


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that somebody keeps under a name. ``query``: the body of ``POST /search``."""

    id: uuid.UUID
    name: str
    subject: str
    query: dict[str, Any]
    created_at: datetime


class WebhookState(StrEnum):
    """``FAILING``: it failed too often, or its key ended; nothing is sent until somebody makes it active again."""

    ACTIVE = "active"
    PAUSED = "paused"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told what happens.

    ``principal``: who made it, and sees no more through it than then. ``search_id``: it is told which files match
    that search, each once. ``matched``: number of the last event that was looked at.
    """

    id: uuid.UUID
    principal: Principal
    url: str
    secret: bytes
    where: EventFilter
    search_id: uuid.UUID | None
    state: WebhookState
    reason: str
    matched: int
    created_at: datetime


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is sent to a webhook, or was. ``status``: of the last answer; ``body``: the bytes that are signed."""

    id: uuid.UUID
    webhook_id: uuid.UUID
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_at: datetime
    finished_at: datetime | None
    status: int | None
    error: str | None
    body: bytes
