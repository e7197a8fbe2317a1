"""The shapes of answers about indexing and its jobs."""

from datetime import datetime
from typing import Any, Final

from pydantic import Field

from siss.api.models.shape import Shape

_ID: Final = "0192f7c1-9a1b-7c3e-8f00-5b1f0a7d3c11"


class IngestNow(Shape):
    """What indexing does now; rates over the last ten seconds."""

    phase: str = Field(examples=["indexing"])
    pending: int
    in_flight: int
    outbox: int
    seen: int
    indexed: int = Field(description="Files whose content was taken into the index since indexing started.")
    unchanged: int = Field(description="Files that were read since then, and are as they were indexed.")
    failed: int
    bytes_read: int
    chunks: int
    files_per_second: float
    bytes_per_second: float
    oldest_pending_seconds: float
    workers: int
    current: list[str]
    updated_at: datetime | None
    last_scan_at: datetime | None
    last_scan_seconds: float | None
    outdated: int = Field(
        description="Contents that were read with other rules or settings, and are to be read again."
    )
    ended: str = Field(description="Why nothing is indexed any more, though the service runs; empty: it goes on.")
    damage: str = Field(
        description="What of the database cannot be read, as an answer or a job met it, until `siss verify` could "
        "read everything; empty: nothing is known."
    )
    waits_for: str = Field(
        description="What indexing waits for: a disk that is full, a database or an engine that does not answer. It "
        "goes on by itself, and searches are answered meanwhile. Empty: it waits for nothing.",
    )
    waits_since: datetime | None = Field(description="Since when; null where it waits for nothing.")


class IngestState(IngestNow):
    """What indexing does now, and whether a pause is asked for."""

    paused: bool


class JobItem(Shape):
    """A request for work."""

    id: str = Field(examples=[_ID])
    kind: str = Field(examples=["scan"])
    state: str = Field(examples=["queued"])
    arguments: dict[str, Any]
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    progress: dict[str, Any]
    result: dict[str, Any]
    error: str | None
    cancelling: bool = Field(description="It runs, and was asked to end.")


class JobList(Shape):
    """A page of jobs. ``cursor`` is null on the last page."""

    cursor: str | None
    items: list[JobItem]
