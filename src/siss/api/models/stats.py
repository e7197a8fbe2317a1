"""The shapes of counts over everything, and of whether the service is well."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from siss.api.models.ingest import IngestNow
from siss.api.models.shape import Shape


class RootItem(Shape):
    """A folder that is indexed."""

    path: str
    state: str = Field(examples=["available"])
    watch: str = Field(examples=["events"])
    reason: str
    files: int
    last_scan_at: datetime | None


class Stats(Shape):
    """Counts over everything that may be seen."""

    files: int
    bytes: int
    contents: int
    chunks: int
    text_bytes: int
    by_status: dict[str, int]
    by_mime: dict[str, int]
    by_kind: dict[str, int]
    by_extent: dict[str, int]
    by_reason: dict[str, int]
    skipped: dict[str, int]
    hidden: int = Field(description="Files that a critical secret keeps out of all answers; for admins, else 0.")
    counted_at: datetime | None = Field(
        description="When this was counted: over many files, numbers are kept for a while (at most ten minutes)."
    )
    roots: list[RootItem]
    ingest: IngestNow


class ComponentItem(Shape):
    """One thing that answers depend on."""

    name: str = Field(examples=["postgresql"])
    state: Literal["ok", "degraded", "down"]
    latency_ms: float | None
    detail: str


class Ready(Shape):
    """Whether searches can be answered. A root that is away makes it `degraded`, which is still ready (200)."""

    status: Literal["ready", "degraded", "unready"]
    components: list[ComponentItem] | None = None


class Alive(Shape):
    """The process answers."""

    status: Literal["ok"]
    version: str
