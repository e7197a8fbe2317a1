"""The terms of chunks that were indexed before: made again from the catalog and the local texts."""

import asyncio
from collections.abc import Container, Sequence

from siss.errors import CorruptError
from siss.index.analyser import chunk_terms
from siss.model.content import Chunk, ChunkTerms
from siss.model.ids import ContentId
from siss.model.ingest import FileDocument
from siss.ports.catalog import Catalog
from siss.ports.texts import BLOCK_CHUNKS, BLOCK_STEP, Block, Texts

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
            lambda: [
                (chunk, chunk_terms(chunk.seq, _text(chunk, by_block[chunk.seq // BLOCK_STEP]))) for chunk in chunks
            ]
        )

    async def of_small(
        self, documents: Sequence[FileDocument], known: Container[ContentId]
    ) -> dict[ContentId, list[ChunkTerms]]:
        """The terms of small contents that are not ``known``, with a few questions for all of them.

        Leaves out contents with more than ``SMALL_CHUNKS`` chunks, and those whose text cannot be read.
        """
        wanted = {
            document.content_id: document.chunk_count
            for document in documents
            if document.content_id is not None and document.content_id not in known
        }
        small = [(content_id, count) for content_id, count in wanted.items() if 0 < count <= SMALL_CHUNKS]
        found: dict[ContentId, list[ChunkTerms]] = {}
        for start in range(0, len(small), PAGE_CHUNKS // SMALL_CHUNKS):
            page = small[start : start + PAGE_CHUNKS // SMALL_CHUNKS]
            keys = [(content_id, seq) for content_id, count in page for seq in range(count)]
            try:
                chunks, blocks = await asyncio.gather(self._catalog.chunks(keys), self._texts.blocks_of(keys))
            except CorruptError:
                continue  # one of them is damaged: ``page`` says which
            for content_id, count in page:
                own = [(content_id, seq) for seq in range(count)]
                if all(key in chunks and key in blocks and _holds(blocks[key], chunks[key]) for key in own):
                    texts = [(chunks[key].seq, _text(chunks[key], blocks[key])) for key in own]
                    found[content_id] = [chunk_terms(seq, text) for seq, text in texts]
        return found


def _holds(block: Block, chunk: Chunk) -> bool:
    return block.holds(chunk.start, chunk.end)


def _text(chunk: Chunk, block: Block) -> str:
    return block.text[chunk.start - block.start : chunk.end - block.start].decode("utf-8", "replace")
