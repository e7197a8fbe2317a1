"""Files are paths: an identity that survives edits and moves."""

import os
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from siss.model.content import TailState
from siss.model.coverage import Gap
from siss.model.ids import ContentId, FileId, Generation, RootId


class FileStatus(StrEnum):
    """Where a file stands. ``pending`` files wait for a worker; their last content stays searchable meanwhile."""

    PENDING = "pending"
    INDEXED = "indexed"
    METADATA_ONLY = "metadata_only"
    FAILED = "failed"
    MISSING = "missing"
    DELETED = "deleted"


class WatchMode(StrEnum):
    """How changes below a root are noticed."""

    EVENTS = "events"
    POLLING = "polling"


class RootState(StrEnum):
    """Whether a root can be read now. ``away`` is an outage: nothing below it counts as deleted."""

    AVAILABLE = "available"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that is indexed. ``path`` are the bytes the system knows it by, absolute, no slash at the end.

    ``mounts_away``: how many file systems with files that were mounted below it are away.
    """

    id: RootId
    path: bytes
    shown: str
    case_insensitive: bool
    state: RootState
    watch: WatchMode
    reason: str = ""
    mounts_away: int = 0


NEVER_CHANGED: Final = Generation(0)
_INT64 = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class FileStat:
    """What tells a changed file from an unchanged one. ``size``: bytes; ``mtime_ns``: since the epoch.

    All four fit a signed 64-bit integer: build it with ``of``, so that every process cuts them alike.
    """

    size: int
    mtime_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, stat: os.stat_result) -> "FileStat":
        """From what the system says; inodes and devices lose their highest bit, far-off times are cut to 2262."""
        mtime_ns = max(-_INT64, min(_INT64, stat.st_mtime_ns))
        return cls(stat.st_size, mtime_ns, stat.st_ino & _INT64, stat.st_dev & _INT64)


@dataclass(frozen=True, slots=True)
class ObservedFile:
    r"""A file as a scan or a watcher saw it.

    ``path`` are the original bytes relative to the root (``b"logs/app.log"``), ``shown`` the NFC text of it with
    undecodable bytes escaped (``\\xff``), ``key`` the comparison key (``siss.discover.paths``).
    """

    path: bytes
    shown: str
    key: bytes
    stat: FileStat


@dataclass(frozen=True, slots=True)
class SkippedPath:
    """A path that a scan saw and did not take: ``path`` as shown, absolute."""

    shown: str
    gap: Gap


@dataclass(frozen=True, slots=True)
class PendingFile:
    """A file that waits to be read, with what is known of its last content.

    ``path`` is absolute, original bytes. ``forced``: parse again even when the bytes are the same.
    ``content_*`` are None before the first indexing; ``content_sha256`` is None for a log that grows, and
    ``tail`` says where reading it goes on.
    """

    id: FileId
    root_id: RootId
    path: bytes
    shown: str
    stat: FileStat
    attempts: int
    forced: bool
    content_id: ContentId | None
    content_sha256: bytes | None
    tail: TailState | None = None


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file as answers show it. ``shown`` is absolute, after NFC; ``size`` bytes.

    ``content_*`` fields are None until the file was read once. ``generation`` is that of its engine document,
    ``path_since`` and ``labels_since`` the first that had the path and the labels (tags, description) of now.
    ``removed_*``: when and by whom it was taken out of the index; it can be restored. ``schema``: of its content, by
    its public id, once it was grouped with others.
    """

    id: FileId
    public_id: uuid.UUID
    root_id: RootId
    shown: str
    name: str
    size: int
    modified_at: datetime
    discovered_at: datetime
    seen_at: datetime
    indexed_at: datetime | None
    status: FileStatus
    tags: tuple[str, ...]
    description: str | None
    generation: Generation
    content_id: ContentId | None
    content_generation: Generation | None
    sha256: bytes | None
    mime: str | None
    kind: str | None
    encoding: str | None
    compression: str | None
    chunk_count: int
    line_count: int
    text_bytes: int
    extent: str
    removed_at: datetime | None = None
    removed_by: str | None = None
    schema: uuid.UUID | None = None
    path_since: Generation = NEVER_CHANGED
    labels_since: Generation = NEVER_CHANGED


@dataclass(frozen=True, slots=True)
class FileVersion:
    """Bytes that a file had before an edit."""

    sha256: bytes
    size: int
    modified_at: datetime
    captured_at: datetime
