"""What people change of files in the catalog: uploads, tags, descriptions, removal."""

from collections.abc import Sequence
from typing import Protocol

from siss.model.file import FileRecord, ObservedFile
from siss.model.ids import FileId, RootId


class FileEdits(Protocol):
    """Each method is one transaction, with what the engine must see of it. Raises ``DatabaseUnavailableError``.

    ``seen``: the file as somebody looked at it; where it is another by now, nothing is changed.
    """

    async def record_upload(
        self, root_id: RootId, file: ObservedFile, tags: Sequence[str] | None, description: str | None
    ) -> None:
        """Make a file that was just written known, and have it read now. None keeps what an earlier file had."""
        ...

    async def annotate(
        self,
        file_id: FileId,
        tags: Sequence[str] | None,
        description: str | None,
        seen: FileRecord | None = None,
    ) -> bool:
        """Set tags and description; None keeps them, an empty description deletes it. False: gone, or not as seen."""
        ...

    async def remove(self, file_id: FileId, subject: str, seen: FileRecord | None = None) -> bool:
        """Take a file out of the index, until it is restored. False: it is out of it already, or not as seen."""
        ...

    async def restore(self, file_id: FileId) -> bool:
        """Put a file that somebody removed into the index again. False: nobody has removed it."""
        ...
