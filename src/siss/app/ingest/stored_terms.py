"""The terms of chunks that were indexed before: made again from the catalog and the local texts."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from siss.errors import CorruptError
from siss.index.analyser import chunk_terms
from siss.model.content import Chunk, ChunkTerms
from siss.model.ids import ContentId
from siss.ports.catalog import Catalog
from siss.ports.texts import BLOCK_CHUNKS, BLOCK_STEP, Block, Texts

T = TypeVar("T")

PAGE_CHUNKS = 32 * BLOCK_CHUNKS
"""Chunks read back at once: about 1 MiB of text."""

SMALL_CHUNKS = 16
"""Contents of at most so many chunks are read back several at once."""


class StoredTerms:
    """Reads chunks back from the catalog and their texts, and analyses them once more."""

    def __init__(self, catalog: Catalog, texts: Texts) -> None:
        self._catalog = catalog
        self._texts = texts

    async def page(self, content_id: ContentId, first: int) -> list[tuple[Chunk, ChunkTerms]]:
        """Up to ``PAGE_CHUNKS`` chunks of a content from number ``first`` on, each with its terms.

        Raises ``CorruptError`` where a block of the text is missing or damaged.
        """
        chunks = await self._catalog.chunk_page(content_id, first - 1, PAGE_CHUNKS)
        blocks = await self._texts.blocks_of(
            [(content_id, chunk.seq) for chunk in chunks if chunk.seq % BLOCK_STEP == 0 or chunk is chunks[0]]
        )
        by_block = {seq // BLOCK_STEP: block for (_, seq), block in blocks.items()}
        numbers = {chunk.seq // BLOCK_STEP for chunk in chunks}
        if not (missing := numbers - by_block.keys()):
            # In place of a lost block the one before it is found.
            missing = {n for chunk in chunks if not _holds(by_block[n := chunk.seq // BLOCK_STEP], chunk)}
        if missing:
            raise CorruptError(f"blocks {sorted(missing)} of content {content_id} are not there")
        return await asyncio.to_thread(
            lambda: [_analyse(chunk, by_block[chunk.seq // BLOCK_STEP]) for chunk in chunks]
        )

    async def of_small(self, counts: Mapping[ContentId, int]) -> dict[ContentId, Sequence[tuple[Chunk, ChunkTerms]]]:
        """The chunks of small contents, each with its terms, with two questions for all of them.

        ``counts``: how many chunks each has. Leaves out contents with more than ``SMALL_CHUNKS``, those without their
        text, and all of them where the text of one cannot be read.
        """
        small = {content_id: count for content_id, count in counts.items() if 0 < count <= SMALL_CHUNKS}
        keys = [(content_id, seq) for content_id, count in small.items() for seq in range(count)]
        if not keys:
            return {}
        try:
            chunks, blocks = await asyncio.gather(self._catalog.chunks(keys), self._texts.blocks_of(keys))
        except CorruptError:
            return {}  # one of them is damaged: ``page`` says which

        def analyse() -> dict[ContentId, Sequence[tuple[Chunk, ChunkTerms]]]:
            found: dict[ContentId, Sequence[tuple[Chunk, ChunkTerms]]] = {}
            for content_id, count in small.items():
                own = [(content_id, seq) for seq in range(count)]
                if all(key in chunks and key in blocks and _holds(blocks[key], chunks[key]) for key in own):
                    found[content_id] = [_analyse(chunks[key], blocks[key]) for key in own]
            return found

        return await asyncio.to_thread(analyse)


def grouped(items: Iterable[T], chunks: Callable[[T], int]) -> Iterator[list[T]]:
    """Items in lists that have at most ``PAGE_CHUNKS`` chunks together, or one item that has more."""
    group: list[T] = []
    room = PAGE_CHUNKS
    for item in items:
        if group and chunks(item) > room:
            yield group
            group, room = [], PAGE_CHUNKS
        group.append(item)
        room -= chunks(item)
    if group:
        yield group


def _holds(block: Block, chunk: Chunk) -> bool:
    return block.holds(chunk.start, chunk.end)


def _analyse(chunk: Chunk, block: Block) -> tuple[Chunk, ChunkTerms]:
    text = block.text[chunk.start - block.start : chunk.end - block.start]
    return chunk, chunk_terms(chunk.seq, text.decode("utf-8", "replace"))
