"""Bodies of the routes on saved searches and webhooks."""

import uuid
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from siss.api.models.parameters import Folder
from siss.api.models.shape import Shape
from siss.model.event import EventKind

_ID = "0199f1c2-7c1e-7cc0-9a3e-2d5b1f8a4e10"


class SavedSearchBody(BaseModel):
    """What ``POST /searches`` takes."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=400, examples=["failed disks"])
    query: dict[str, Any] = Field(
        description="The body of `POST /search`.", examples=[{"query": {"text": "disk failed"}}]
    )


class SavedSearchItem(Shape):
    """A search under a name."""

    id: str = Field(examples=[_ID])
    name: str
    subject: str = Field(description="Who keeps it.")
    query: dict[str, Any]
    created_at: datetime


class SavedSearchList(Shape):
    """A page of saved searches. ``cursor`` is null on the last page."""

    cursor: str | None
    items: list[SavedSearchItem]


class WebhookBody(BaseModel):
    """What ``POST /webhooks`` takes."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=4000, examples=["https://hooks.example.com/siss"])
    kinds: list[EventKind] | None = Field(None, description="All of them without it.")
    folder: Folder = None
    tag: str | None = Field(None, max_length=64, pattern=r"^[^\x00]+$")
    search: uuid.UUID | None = Field(None, description="A saved search: told are the files that match it, each once.")


class WebhookChange(BaseModel):
    """What ``PATCH /webhooks/{id}`` takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    active: bool = Field(description="False: pause. True: go on, also with what failed.")


class WebhookItem(Shape):
    """An address that is told what happens."""

    id: str = Field(examples=[_ID])
    subject: str = Field(description="Who made it, and sees no more through it.")
    url: str
    kinds: list[EventKind]
    folder: str | None
    tag: str | None
    search: str | None
    state: Literal["active", "paused", "failing"]
    reason: str = Field(description="Why it is failing.")
    created_at: datetime


class NewWebhook(WebhookItem):
    """The same with its secret, which is shown this once."""

    secret: str = Field(description="Signs what is sent, as standardwebhooks.com says.", examples=["whsec_..."])


class WebhookList(Shape):
    """A page of webhooks. ``cursor`` is null on the last page."""

    cursor: str | None
    items: list[WebhookItem]


class DeliveryItem(Shape):
    """What was, or is to be, sent."""

    id: str
    state: Literal["waiting", "sent", "failed"]
    attempts: int
    created_at: datetime
    next_at: datetime
    finished_at: datetime | None
    status: int | None = Field(description="HTTP status of the last answer.")
    error: str | None


class DeliveryList(Shape):
    """A page of deliveries, the latest first. ``cursor`` is null on the last page."""

    cursor: str | None
    items: list[DeliveryItem]
