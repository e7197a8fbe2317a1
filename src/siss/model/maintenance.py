"""Maintenance: what the service does by itself now and then, so that nobody has to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from siss.model.file import FileStat
from siss.model.ids import FileId


class Task(StrEnum):
    """What there is to do, by the names that ``siss maintain`` takes."""

    VACUUM = "vacuum"
    SNAPSHOT = "snapshot"
    INTEGRITY = "integrity"
    AUDIT = "audit"
    JOBS = "jobs"
    DEAD_FILES = "dead-files"
    COMPACT = "compact"


ABOUT: Final[Mapping[Task, str]] = {
    Task.VACUUM: "Vacuums and analyses every table of the database, and builds indexes anew that grew too large.",
    Task.SNAPSHOT: "Saves a backup in SISS_SNAPSHOT_DIR and removes the oldest beyond SISS_SNAPSHOTS_KEPT.",
    Task.INTEGRITY: "Reads a random share of the files again and compares their hashes, to find bit rot.",
    Task.AUDIT: "Moves entries of the audit log that are older than SISS_AUDIT_RETENTION into compressed files.",
    Task.JOBS: "Forgets jobs that ended longer than SISS_JOB_RETENTION ago.",
    Task.DEAD_FILES: "Looks for files that vanished and lets go of those that are missing for too long.",
    Task.COMPACT: "Builds the full-text index anew, beside the old one, where a third of what it stores is gone.",
}


@dataclass(frozen=True, slots=True)
class TaskRun:
    """How a task went last. ``result``: numbers, as the task counts them; ``error``: what went wrong, None: nothing.

    ``succeeded_at``: when it last went well, which may be an earlier run.
    """

    task: Task
    started_at: datetime
    finished_at: datetime
    succeeded_at: datetime | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max((self.finished_at - self.started_at).total_seconds(), 0.0)


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """What a vacuum did. ``indexes``: built anew; the bytes are the whole database's."""

    tables: int
    indexes: int
    bytes_before: int
    bytes_after: int


@dataclass(frozen=True, slots=True)
class StoredHash:
    """A file as it was indexed. ``path``: original bytes, absolute; ``sha256``: of all its bytes, 32 bytes.

    ``damaged``: whether the ledger says so already.
    """

    file_id: FileId
    path: bytes
    shown: str
    stat: FileStat
    sha256: bytes
    damaged: bool
