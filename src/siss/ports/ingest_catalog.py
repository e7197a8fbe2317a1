"""The catalog as indexing sees it: roots, observed files, what waits, what was read."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Protocol

from siss.errors import DatabaseDamagedError
from siss.model.content import Segment
from siss.model.file import FileStat, PendingFile, Root, RootState, WatchMode
from siss.model.ids import ContentId, FileId, Generation, RootId
from siss.model.ingest import FileOutcome, FolderDelta, KnownFile, RootSpec, WrittenBatch
from siss.model.stats import IngestStatus


class IngestCatalog(Protocol):
    """Each method is one transaction: it happens whole or not at all.

    Raises ``DatabaseUnavailableError`` and ``DiskFullError``.
    """

    async def sync_roots(self, specs: Sequence[RootSpec]) -> list[Root]:
        """Make the roots what the settings say, in their order.

        Files below a root that is no longer named are soft-deleted; one that returns finds them again.
        """
        ...

    async def redact_paths(self, version: int, redact_path: Callable[[str], str]) -> int:
        """Show all paths, of files and of what happened to them, as ``redact_path`` has them; how many files changed.

        Done once for each ``version`` of the rules, some files at a time; what is recorded later comes redacted.
        """
        ...

    async def set_root(self, root_id: RootId, state: RootState, watch: WatchMode, reason: str = "") -> None:
        """Record what the probe of a root found."""
        ...

    async def folder_fingerprints(self, root_id: RootId) -> dict[bytes, bytes]:
        """The fingerprint of each known folder by relative path; empty bytes for one without."""
        ...

    async def files_in_folders(
        self, root_id: RootId, folders: Sequence[bytes]
    ) -> Mapping[bytes, Sequence[KnownFile]]:
        """The files, missing ones included and deleted ones not, of these folders (not of those below)."""
        ...

    async def files_by_inode(self, root_id: RootId, stats: Sequence[FileStat]) -> list[KnownFile]:
        """Files known with one of these inodes, and this size and mtime or as logs that may have grown to it."""
        ...

    async def record_folders(self, root_id: RootId, deltas: Sequence[FolderDelta]) -> int:
        """Record differences; added and changed files become pending. Returns how many became so.

        A path that was deleted or is missing and is added again keeps its identity. An added path whose
        comparison key is taken by another name is kept apart and noted as ``CASE_CONFLICT``.
        """
        ...

    async def mark_missing(self, root_id: RootId, folders: Sequence[bytes], files: Sequence[FileId]) -> int:
        """Mark files, and all files in and below these folders, as missing; forget the folders' fingerprints."""
        ...

    async def unreadable_files(
        self, root_id: RootId, folders: Sequence[bytes] | None = None
    ) -> list[tuple[FileId, bytes]]:
        """Files that failed because they could not be opened or read, with their paths; of these folders, or all."""
        ...

    async def count_files(self, root_id: RootId) -> int:
        """How many files of a root are there: neither missing nor deleted."""
        ...

    async def finish_scan(self, root_id: RootId) -> None:
        """Record that a scan of a whole root ended."""
        ...

    async def expire_missing(self, grace_seconds: float) -> int:
        """Soft-delete files that are missing for longer, and drop contents that no file has for as long."""
        ...

    async def pending_files(self, limit: int, after: FileId) -> list[PendingFile]:
        """Files of available roots that may be read now, by id, beginning after one."""
        ...

    async def wanted_files(self, limit: int) -> list[PendingFile]:
        """Those of them that somebody waits for, who uploaded them or asked for them to be read again."""
        ...

    async def count_pending(self) -> tuple[int, float]:
        """How many files may be read now and wait for it, and for how many seconds the oldest has."""
        ...

    async def open_content(self) -> tuple[ContentId, Generation]:
        """Begin a content whose segments come before its hash. Invisible until an outcome names it.

        It keeps this generation then, because its chunks reach the engine before that.
        """
        ...

    async def append_segment(self, content_id: ContentId, segment: Segment) -> None:
        """Store a stretch of a content that was opened, in place of all that it has from there on.

        Raises ``InvalidRequestError`` where the database refuses what is in it.
        """
        ...

    async def discard_opened(self, keep: Sequence[ContentId] = ()) -> list[ContentId]:
        """Delete what opened contents left behind (after a crash), with outbox rows for the engine; their ids."""
        ...

    async def write_outcomes(self, outcomes: Sequence[FileOutcome]) -> WrittenBatch:
        """Record what became of files, with their texts, chunks, coverage, versions and outbox rows.

        A content that is known already (by sha256) is shared; an opened one is then discarded. A missing file
        of the same bytes, if there is just one, lends its identity to the new path (a move). An edit leaves a
        version. What the database refuses (NUL, too large) is bisected until one file is left, which is
        recorded as failed and returned in ``refused``.
        """
        ...

    async def requeue(self, file_ids: Sequence[FileId] | None, *, forced: bool, wanted: bool = False) -> int:
        """Make files pending (None: every file that is there); ``forced``: parse them though unchanged.

        ``wanted``: before all others.
        """
        ...

    async def broken_texts(self) -> list[ContentId]:
        """Contents whose chunks or stretches of text are not those that were written, as far as their places tell."""
        ...

    async def requeue_content(self, content_id: ContentId) -> int:
        """Have the files of a content parsed again, whose stored text is damaged; returns how many there are.

        One that is missing is read when it returns.
        """
        ...

    async def files_without_content(self) -> list[FileId]:
        """Files that count as indexed and have no content, or one that is not there: no search finds them."""
        ...

    async def requeue_without_content(self, file_ids: Sequence[FileId]) -> int:
        """Have those of these files that are still so read again; returns how many."""
        ...

    async def left_behind(self) -> list[ContentId]:
        """Contents that the catalog does not have, of which chunks, text or gaps are there."""
        ...

    async def read_everything(self) -> None:
        """Read every row but those of the texts. Raises ``DatabaseDamagedError`` where one cannot be read."""
        ...

    async def drop_contents(self, contents: Sequence[ContentId]) -> int:
        """Delete what is there of those of these contents that no file has; returns how many."""
        ...

    async def note_limits(self, limits: str, largest: int) -> int:
        """Note by which limits files are read from now on; returns how many files are read again for that.

        Where the limits are others than before, these are the files that a limit cut short (``LIMITS``), and those
        of more than ``largest`` bytes that are not line-structured.
        """
        ...

    async def count_outdated(self, extraction: int) -> int:
        """How many contents with text were drawn from with another ``ContentFacts.extraction``."""
        ...

    async def outdated_contents(self, extraction: int, after: ContentId, limit: int) -> list[ContentId]:
        """Those contents by id, beginning after one."""
        ...

    async def requeue_contents(self, contents: Sequence[ContentId]) -> int:
        """Have one readable file of each parsed again: all files of a content get what comes of it."""
        ...

    async def purge_outdated(self, extraction: int) -> int:
        """Delete those that no file that is there has; missing files are read when they return. How many."""
        ...

    async def write_status(self, status: IngestStatus) -> None:
        """Publish what indexing does now."""
        ...

    async def note_damage(self, error: DatabaseDamagedError) -> None:
        """Tell of it in the status until it is forgotten, as far as that can still be written; raises nothing."""
        ...

    async def forget_damage(self) -> None:
        """Whatever the database keeps could be read."""
        ...

    async def paused(self) -> bool:
        """Whether somebody asked indexing to pause."""
        ...

    async def forget_waits(self) -> None:
        """Pending files wait no longer for a time to come: the clock that it was reckoned with was set back."""
        ...

    async def set_paused(self, paused: bool) -> None:
        """Ask indexing to pause, or to go on. Survives a restart."""
        ...

    def listen(self) -> AsyncIterator[str]:
        """Channels that somebody rang (``jobs``, ``outbox``, ``paused``), first all of them; ``""`` now and then."""
        ...
