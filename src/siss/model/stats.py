"""Numbers about the whole index."""

from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class IngestStatus:
    """What the process that indexes does now, written by it about once a second.

    ``phase``: ``idle``, ``scanning``, ``indexing``, ``paused``, ``stopped``; rates over the last ten seconds;
    ``seen`` counts files found by the present or last scan; ``oldest_pending_seconds`` is the freshness lag;
    ``outdated``: contents that were read with other rules or settings, and are to be read again; ``unchanged``: files
    that were read since the start, and are what they were; ``ended``: why nothing is indexed any more, though a
    service runs; empty where it goes on; ``damage``: what of the database cannot be read, as far as was noticed;
    ``waits_for``: what does not answer, or has no room, so that nothing goes on until it does; empty while all do.
    """

    phase: str = "stopped"
    pending: int = 0
    in_flight: int = 0
    outbox: int = 0
    seen: int = 0
    indexed: int = 0
    failed: int = 0
    bytes_read: int = 0
    chunks: int = 0
    files_per_second: float = 0.0
    bytes_per_second: float = 0.0
    oldest_pending_seconds: float = 0.0
    workers: int = 0
    current: tuple[str, ...] = ()
    updated_at: datetime | None = None
    last_scan_at: datetime | None = None
    last_scan_seconds: float | None = None
    outdated: int = 0
    unchanged: int = 0
    ended: str = ""
    damage: str = ""
    waits_for: str = ""
    waits_since: datetime | None = None

    def looked_at(self, *, fresh: bool, files_wait: bool) -> "IngestStatus":
        """What it says to somebody who reads it later.

        ``fresh``: it is not older than ten seconds; otherwise nobody indexes any more. ``files_wait``: files wait to
        be read by now, so that nothing is idle.
        """
        if not fresh:
            return replace(self, phase="stopped", waits_for="", waits_since=None)
        if files_wait and self.phase == "idle":
            return replace(self, phase="indexing", pending=max(self.pending, 1))
        return self


@dataclass(frozen=True, slots=True)
class RootStatus:
    """One root as answers show it."""

    path: str
    state: str
    watch: str
    reason: str
    files: int
    last_scan_at: datetime | None


@dataclass(frozen=True, slots=True)
class CorpusStats:
    """Counts over everything a principal may see. ``bytes`` of files, ``text_bytes`` of indexed text.

    ``hidden``: files that a critical secret keeps out of all other numbers; for admins, 0 for others.
    ``counted_at``: when; over many files numbers are kept for a while, because counting takes seconds.
    """

    files: int
    bytes: int
    contents: int
    chunks: int
    text_bytes: int
    by_status: dict[str, int] = field(default_factory=dict)
    by_mime: dict[str, int] = field(default_factory=dict)
    by_kind: dict[str, int] = field(default_factory=dict)
    by_extent: dict[str, int] = field(default_factory=dict)
    by_reason: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    roots: tuple[RootStatus, ...] = ()
    hidden: int = 0
    counted_at: datetime | None = None
