"""The texts port: the whole redacted text of every content, local, in compressed blocks.

Writing goes with the catalog's transactions (``IngestCatalog.write_outcomes``); reading stands here, because
snippets, content and structure read nothing else. A block ends before each multiple of ``BLOCK_CHUNKS`` chunks, or of
``BLOCK_STEP`` in logs that grow (what begins in the last block is read anew) and as older versions wrote them.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from siss.model.ids import ContentId
from siss.model.spans import SpanMap

BLOCK_CHUNKS: Final = 8
"""Chunks in a block, at the most: 32 KiB take an eighth less room than 16, and twice as long to unpack (40 us)."""

BLOCK_STEP: Final = 4
"""Chunks in a short block. A block is numbered by its first chunk over this."""

BLOCK_STEPS: Final = BLOCK_CHUNKS // BLOCK_STEP


@dataclass(frozen=True, slots=True)
class Block:
    """Text between two offsets of a content's UTF-8 text, with the way back to the source."""

    start: int
    text: bytes
    span_map: SpanMap

    def holds(self, start: int, end: int) -> bool:
        """Whether all between two offsets of the content's text is here: not where the block that had it is lost."""
        return self.start <= start <= end <= self.start + len(self.text)


def block_numbers(seq: int) -> range:
    """The numbers that the block of a chunk may have: it is the first of them that is there.

    >>> list(block_numbers(13)), list(block_numbers(17))
    ([3, 2], [4])
    """
    return range(seq // BLOCK_STEP, seq // BLOCK_CHUNKS * BLOCK_STEPS - 1, -1)


class Texts(Protocol):
    """Raises ``DatabaseUnavailableError``, and ``CorruptError`` for a block that does not decompress."""

    async def blocks_of(self, keys: Sequence[tuple[ContentId, int]]) -> Mapping[tuple[ContentId, int], Block]:
        """The blocks that hold these chunks (content, chunk number), by the key that was asked for."""
        ...

    async def read(self, content_id: ContentId, start: int, end: int) -> bytes:
        """The text between two byte offsets; less where the text ends before."""
        ...

    async def whole(self, contents: Sequence[ContentId]) -> Mapping[ContentId, bytes]:
        """The whole text of each content that has one. The caller sees to it that they fit into memory."""
        ...

    async def maps_at(self, places: Sequence[tuple[ContentId, int]]) -> Mapping[tuple[ContentId, int], SpanMap]:
        """The way back to the source at byte offsets of texts; without those that no block holds."""
        ...

    def find_damage(self) -> AsyncIterator[ContentId]:
        """The contents of which a block does not read back as it was written, in order: all blocks are read."""
        ...

    def stream(self, content_id: ContentId) -> AsyncIterator[Block]:
        """All blocks of a content, in order."""
        ...
