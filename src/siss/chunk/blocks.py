"""Packing text into blocks of a few chunks, compressed: what the texts port keeps."""

import zstandard

from siss.chunk.trail import SpanTrail
from siss.errors import CorruptError
from siss.model.content import Chunk, TextBlock
from siss.model.spans import SpanMap
from siss.ports.texts import BLOCK_CHUNKS, BLOCK_STEP, Block

LEVEL = 5
"""Of zstd: 4 % less than at 3 for a hundredth of the time that reading takes; 6 gains as little for twice that."""

# One of each a process: creating them costs more than packing a block. Stages run one file at a time.
_COMPRESSOR = zstandard.ZstdCompressor(level=LEVEL, write_checksum=False)
_DECOMPRESSOR = zstandard.ZstdDecompressor()


class BlockPacker:
    """Packs chunks as they come; a block ends before each chunk whose number is a multiple of ``length``."""

    def __init__(self, trail: SpanTrail, length: int = BLOCK_CHUNKS) -> None:
        self._length = length
        self._trail = trail
        self._chunks: list[Chunk] = []
        self._texts: list[bytes] = []

    def add(self, chunk: Chunk, text: bytes) -> TextBlock | None:
        """Take a chunk; the block that is full with it, if it is."""
        self._chunks.append(chunk)
        self._texts.append(text)
        return self.close() if (chunk.seq + 1) % self._length == 0 else None

    def close(self) -> TextBlock | None:
        """The block of the chunks that are left."""
        if not self._chunks:
            return None
        first, last = self._chunks[0], self._chunks[-1]
        span_map = self._trail.map_between(first.start, last.end)
        block = TextBlock(
            first.seq // BLOCK_STEP,
            first.start,
            last.end,
            first.source_start,
            _COMPRESSOR.compress(b"".join(self._texts)),
            span_map.pack(),
        )
        self._chunks.clear()
        self._texts.clear()
        return block


def read_block(block: TextBlock) -> Block:
    """A block's text. Raises ``CorruptError`` where it does not decompress to what was packed."""
    size = block.end - block.start
    try:
        text = _DECOMPRESSOR.decompress(block.data, max_output_size=size)
    except zstandard.ZstdError as error:
        raise CorruptError(
            f"Text block {block.seq} does not decompress: {error}. Run siss verify --repair."
        ) from error
    if len(text) != size:
        raise CorruptError(f"Text block {block.seq} has {len(text)} bytes, not {size}. Run siss verify --repair.")
    return Block(block.start, text, SpanMap.unpack(block.span_map, block.source_start - block.start))
