"""The outbox keeps catalog and engine in step: a change and its row are one transaction."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from siss.model.ids import ContentId, FileId, Generation
from siss.model.ingest import FileDocument, OutboxEntry, StoredContent


class Outbox(Protocol):
    """What the engine has yet to see, and what is needed to show it."""

    async def pending(self, limit: int, after: int = 0) -> list[OutboxEntry]:
        """Rows whose transactions are on disk, in order, beginning after an id."""
        ...

    async def settle(self, entries: Sequence[OutboxEntry], stamp: str | None = None) -> None:
        """Mark rows as done; the engine's commit is on disk. ``stamp``: of that commit, kept with what is marked."""
        ...

    async def stamp(self) -> str:
        """The stamp of the engine's last commit that was settled; one that no engine has where none was."""
        ...

    async def depth(self) -> int:
        """How many rows wait."""
        ...

    async def settled(self, up_to: int) -> bool:
        """Whether the engine has seen all rows up to this id."""
        ...

    async def file_documents(self, files: Sequence[FileId]) -> list[FileDocument]:
        """What the engine should hold of these files; those it should not hold are left out."""
        ...

    async def stored_contents(self, contents: Sequence[ContentId]) -> Mapping[ContentId, StoredContent]:
        """What the engine should hold of these contents; those that are gone, or still being opened, are left out."""
        ...

    async def enqueue_all(self) -> int:
        """A row for every content and file, so that an empty engine is filled. Returns how many."""
        ...

    def every_file(self) -> AsyncIterator[tuple[FileId, Generation]]:
        """All files that the engine should hold, by id."""
        ...

    def every_content(self) -> AsyncIterator[tuple[ContentId, Generation, int]]:
        """All contents that the engine should hold, by id, with their number of chunks."""
        ...
