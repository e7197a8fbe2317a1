"""The shapes of keys and of the audit log, for OpenAPI."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from siss.api.models.shape import Shape
from siss.app.keys import MOST_NAME, MOST_REQUESTS, MOST_SCOPES

_KEY_ID = "7Qm2xV0bRt4L"
_ID = "0192f7c1-9a1b-7c3e-8f00-5b1f0a7d3c11"


class KeyItem(Shape):
    """A key, without its text, which nobody has but its holder."""

    id: str = Field(examples=[_KEY_ID])
    name: str = Field(examples=["backup job"])
    role: Literal["admin", "editor", "reader"]
    scopes: list[str] | None = Field(description="Paths that it may see; null for all.", examples=[["/nas/logs"]])
    raw: bool = Field(description="Whether it may read files' own bytes, which are not redacted.")
    requests_per_minute: int = Field(description="0: no limit.", examples=[600])
    state: Literal["active", "ending", "ended"] = Field(description="`ending`: rotated, and good for a while yet.")
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    ended_at: datetime | None = Field(
        description="What the clock said when the key was first seen to be over; later than now where it ran ahead."
    )
    last_used_at: datetime | None = Field(description="To within a minute.")


class KeyList(Shape):
    """Keys, ended ones too, oldest first. ``cursor`` is null on the last page."""

    cursor: str | None
    items: list[KeyItem]


class NewKey(KeyItem):
    """A key that was just made."""

    key: str = Field(description="Its text, shown this once.", examples=["siss_7Qm2xV0bRt4L_" + "x" * 32 + "000000"])


class KeyBody(BaseModel):
    """What ``POST /keys`` takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1, max_length=MOST_NAME, examples=["backup job"])
    role: Literal["admin", "editor", "reader"] = "reader"
    scopes: list[str] | None = Field(
        None,
        min_length=1,
        max_length=MOST_SCOPES,
        description="Absolute paths as results show them; everything below them, and nothing else, may be seen.",
        examples=[["/nas/logs"]],
    )
    raw: bool = Field(default=False, description="Whether it may read files' own bytes, which are not redacted.")
    requests_per_minute: int = Field(0, ge=0, le=MOST_REQUESTS, description="0: no limit.")
    expires_in: float | None = Field(None, ge=1, le=1e10, description="Seconds; null: it does not expire.")


class RotateBody(BaseModel):
    """What ``POST /keys/{key}/rotate`` takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    grace: float = Field(0.0, ge=0, le=1e9, description="Seconds for which the old key stays good.", examples=[3600])


class RenewBody(BaseModel):
    """What ``POST /keys/{key}/renew`` takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    expires_in: float | None = Field(None, ge=1, le=1e10, description="Seconds from now; null: it does not expire.")


class AuditItem(Shape):
    """One request."""

    id: str = Field(examples=[_ID])
    at: datetime
    subject: str = Field(description="`key:<id>`, `local`, or `anonymous`.", examples=[f"key:{_KEY_ID}"])
    action: str = Field(examples=["search"])
    resource_type: str = Field(examples=["search"])
    resource_id: str | None
    status: int = Field(examples=[200])
    results: int | None = Field(examples=[42])
    address: str = Field(examples=["127.0.0.1"])
    duration_ms: float = Field(examples=[4.2])
    details: dict[str, Any] = Field(examples=[{"query": "disk failed"}])


class AuditPageItem(Shape):
    """A page of the audit log, the latest first. ``cursor`` is null on the last page."""

    cursor: str | None
    items: list[AuditItem]
