"""What ``siss verify`` asks of the catalog alone: whether it can be read, and whether its tables agree."""

from collections.abc import Sequence
from typing import Protocol

from siss.model.drawn import Drawn
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

    async def sample_drawn(self, share: float, count: range, most_bytes: int, extraction: int) -> list[ContentId]:
        """A random share (0 to 1) of the contents that files have, by id; ``count``: at least and at most so many.

        Of those with a text of 1 to ``most_bytes`` bytes that were read with this version of extraction.
        """
        ...

    async def drawn(self, content_id: ContentId) -> Drawn | None:
        """What was drawn from a content; None where there is none."""
        ...

    async def drop_contents(self, contents: Sequence[ContentId]) -> int:
        """Delete those of these contents that no file has, with all their rows; returns how many."""
        ...
