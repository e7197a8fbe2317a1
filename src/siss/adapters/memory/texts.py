"""Texts in the process, for tests: the same blocks as the database holds."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

import msgspec
import zstandard

from siss.errors import CorruptError
from siss.model.content import TextBlock
from siss.model.ids import ContentId
from siss.model.spans import SpanMap
from siss.ports.texts import Block, block_numbers


class MemoryTexts:
    """Implements ``siss.ports.texts.Texts``; ``put`` is what a catalog's transaction does otherwise."""

    def __init__(self) -> None:
        self._contents: dict[ContentId, dict[int, TextBlock]] = {}

    def put(self, content_id: ContentId, blocks: Iterable[TextBlock]) -> None:
        """Add blocks of a content, in place of those of the same numbers."""
        self._contents.setdefault(content_id, {}).update((block.seq, block) for block in blocks)

    async def blocks_of(self, keys: Sequence[tuple[ContentId, int]]) -> Mapping[tuple[ContentId, int], Block]:
        """The blocks that hold these chunks."""
        found = {}
        for content_id, seq in keys:
            blocks = self._contents.get(content_id, {})
            number = next((number for number in block_numbers(seq) if number in blocks), None)
            if number is not None:
                found[content_id, seq] = _decode(content_id, blocks[number])
        return found

    async def read(self, content_id: ContentId, start: int, end: int) -> bytes:
        """The text between two byte offsets."""
        text = b"".join([block.text async for block in self.stream(content_id)])
        return text[max(start, 0) : max(end, 0)]

    async def whole(self, contents: Sequence[ContentId]) -> Mapping[ContentId, bytes]:
        """The whole text of each content that has one."""
        known = [content_id for content_id in contents if content_id in self._contents]
        return {content_id: b"".join([block.text async for block in self.stream(content_id)]) for content_id in known}

    async def maps_at(self, places: Sequence[tuple[ContentId, int]]) -> Mapping[tuple[ContentId, int], SpanMap]:
        """The way back to the source at byte offsets of texts."""
        return {
            (content_id, start): _decode(content_id, block).span_map
            for content_id, start in places
            for block in self._contents.get(content_id, {}).values()
            if block.start <= start < block.end
        }

    async def find_damage(self) -> AsyncIterator[ContentId]:
        """The contents of which a block does not read back."""
        for content_id, blocks in sorted(self._contents.items()):
            if not all(_reads_back(content_id, block) for block in blocks.values()):
                yield content_id

    async def stream(self, content_id: ContentId) -> AsyncIterator[Block]:
        """All blocks of a content, in order."""
        for _, block in sorted(self._contents.get(content_id, {}).items()):
            yield _decode(content_id, block)


def _reads_back(content_id: ContentId, block: TextBlock) -> bool:
    try:
        return len(_decode(content_id, block).text) == block.end - block.start
    except CorruptError:
        return False


def _decode(content_id: ContentId, block: TextBlock) -> Block:
    try:
        text = zstandard.ZstdDecompressor().decompress(block.data, max_output_size=block.end - block.start)
        spans = SpanMap.unpack(block.span_map, block.source_start - block.start)
    except (zstandard.ZstdError, msgspec.MsgspecError) as error:
        raise CorruptError(f"block {block.seq} of content {content_id} does not read back") from error
    return Block(block.start, text, spans)
