"""Work that somebody asked for: a scan, a reindex."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class JobKind(StrEnum):
    """What can be asked of the process that indexes."""

    SCAN = "scan"
    REINDEX_FILE = "reindex_file"
    REINDEX_ALL = "reindex_all"
    REINDEX_ENGINE = "reindex_engine"
    VERIFY = "verify"
    MAINTAIN = "maintain"
    UPLOAD = "upload"


EVERY_KIND: Final = frozenset(JobKind)


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """One request for work. ``arguments``, ``progress`` and ``result`` are JSON objects.

    ``cancelling``: it runs, and somebody asked for its end.
    """

    id: uuid.UUID
    kind: JobKind
    state: JobState
    arguments: dict[str, Any]
    requested_by: str
    requested_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    progress: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    cancelling: bool = False


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs of a list. None: any; ``requested_by``: only of that principal."""

    state: JobState | None = None
    kind: JobKind | None = None
    requested_by: str | None = None
