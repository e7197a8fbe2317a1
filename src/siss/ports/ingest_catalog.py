"""The catalog as indexing sees it: which files wait to be read, and what was read of them."""

from collections.abc import Sequence
from typing import Protocol

from siss.model.content import Segment
from siss.model.file import PendingFile
from siss.model.ids import ContentId, FileId, Generation, RootId
from siss.model.ingest import FileOutcome, WrittenBatch


class IngestCatalog(Protocol):
    """The queue of pending files, and the place where their contents are written.

    Each method is one transaction (``write_outcomes``: one for each part of a batch). Raises
    ``DatabaseUnavailableError`` and ``DiskFullError``.
    """

    async def pending_files(self, limit: int, after: FileId) -> list[PendingFile]:
        """Pending files of available roots that may be read now, whose ids are greater than ``after``, by id."""
        ...

    async def wanted_files(self, limit: int) -> list[PendingFile]:
        """Those that somebody waits for, who uploaded them or asked for them to be read again, by id."""
        ...

    async def count_pending(self) -> tuple[int, float]:
        """How many pending files may be read now, and how many seconds the oldest of them has waited."""
        ...

    async def forget_waits(self) -> None:
        """Let all pending files be read now, also those to be tried later: the clock may have been set back since."""
        ...

    async def unreadable_files(
        self, root_id: RootId, folders: Sequence[bytes] | None = None
    ) -> list[tuple[FileId, bytes]]:
        """Files that failed because they could not be opened or read: id and path relative to the root.

        Those directly in ``folders``, or all of the root.
        """
        ...

    async def requeue(self, file_ids: Sequence[FileId] | None, *, forced: bool, wanted: bool = False) -> int:
        """Make files pending, or, with None, every file that is neither missing nor deleted; returns how many.

        ``forced``: they are parsed though unchanged; ``wanted``: before all others.
        """
        ...

    async def requeue_content(self, content_id: ContentId) -> int:
        """Make the files of a content pending, to be parsed though unchanged; returns how many there are.

        A missing file stays missing, and is parsed when it returns.
        """
        ...

    async def open_content(self) -> tuple[ContentId, Generation]:
        """Begin a content that is stored segment by segment, before its hash is known; its id and its generation.

        No search sees it until an outcome names it. It keeps its generation then: its chunks may be in the engine
        already.
        """
        ...

    async def append_segment(self, content_id: ContentId, segment: Segment) -> None:
        """Store a segment of an opened content, in place of all that the content has from its start on.

        Raises ``InvalidRequestError`` where the database refuses what is in it.
        """
        ...

    async def discard_opened(self, keep: Sequence[ContentId] = ()) -> list[ContentId]:
        """Delete opened contents that no outcome named, and have the engine forget them; returns their ids.

        ``keep``: those whose files are still being read.
        """
        ...

    async def write_outcomes(self, outcomes: Sequence[FileOutcome]) -> WrittenBatch:
        """Record what became of files, with their texts, chunks, coverage, versions and outbox rows.

        A content that is known already (by sha256) is shared; an opened one is then discarded. A missing file
        of the same bytes, if there is just one, lends its identity to the new path (a move). An edit leaves a
        version. What the database refuses (NUL, too large) is bisected until one file is left, which is
        recorded as failed and returned in ``refused``.
        """
        ...
