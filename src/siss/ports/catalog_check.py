"""What ``siss verify`` asks of the catalog alone: whether it can be read, and whether its tables agree."""

from collections.abc import Sequence
from typing import Protocol

from siss.model.ids import ContentId, FileId


class CatalogCheck(Protocol):
    """Finds rows that contradict each other, and repairs them.

    Each method is one transaction: it happens whole or not at all. Raises ``DatabaseUnavailableError`` and
    ``DiskFullError``.
    """

    async def read_everything(self) -> None:
        """Read every row but those of the texts. Raises ``DatabaseDamagedError`` where one cannot be read."""
        ...

    async def broken_texts(self) -> list[ContentId]:
        """Contents whose chunks, or whose text blocks, do not cover the text from its first byte to its last.

        Only their places are compared, no text is read.
        """
        ...

    async def files_without_content(self) -> list[FileId]:
        """Files that count as indexed but have no content, or one that does not exist: no search finds them."""
        ...

    async def requeue_without_content(self, file_ids: Sequence[FileId]) -> int:
        """Make those of these files pending that still have no content; returns how many."""
        ...

    async def left_behind(self) -> list[ContentId]:
        """Contents that do not exist, but of which chunks, text blocks or gaps do."""
        ...

    async def drop_contents(self, contents: Sequence[ContentId]) -> int:
        """Delete those of these contents that no file has, with all their rows; returns how many."""
        ...
