"""Texts in PostgreSQL: compressed blocks, by content and number."""

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import zstandard

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.rows import array
from siss.adapters.postgres.statements import load_statements
from siss.errors import CorruptError
from siss.model.ids import ContentId
from siss.model.spans import SpanMap
from siss.ports.texts import BLOCK_CHUNKS, BLOCK_STEP, BLOCK_STEPS, Block, block_numbers

SQL: Final = load_statements("texts")
_PAGE: Final = 32
_READ_AT_ONCE: Final = 200
_BLOCK_BYTES: Final = BLOCK_CHUNKS * 65536
"""The most text in a block (``SISS_CHUNK_BYTES`` is 64 KiB at the most), for data without a size in its frame."""


class _Unpacking(threading.local):
    """A decompressor for each thread: to make one takes as long as to unpack a block."""

    def __init__(self) -> None:
        self.zstd = zstandard.ZstdDecompressor()


_UNPACKING: Final = _Unpacking()


class PostgresTexts:
    """Implements ``siss.ports.texts.Texts``. ``lookups``: the same database ``by_key``, for what searches ask."""

    def __init__(self, database: Database, lookups: Database | None = None) -> None:
        self._database = database
        self._lookups = lookups or database

    async def blocks_of(self, keys: Sequence[tuple[ContentId, int]]) -> Mapping[tuple[ContentId, int], Block]:
        """The blocks that hold these chunks."""
        wanted = sorted({(content_id, seq // BLOCK_STEP) for content_id, seq in keys})
        values = {
            "contents": array(content_id for content_id, _ in wanted),
            "seqs": array(seq for _, seq in wanted),
            "block_steps": BLOCK_STEPS,
        }
        rows = await self._lookups.rows(SQL["blocks"], values)
        blocks = {(row[0], row[1]): decode_block(row) for row in rows}
        found = {}
        for content_id, seq in keys:
            number = next((number for number in block_numbers(seq) if (content_id, number) in blocks), None)
            if number is not None:
                found[content_id, seq] = blocks[content_id, number]
        return found

    async def read(self, content_id: ContentId, start: int, end: int) -> bytes:
        """The text between two byte offsets."""
        found = bytearray()
        async for block in self._blocks(content_id, max(start, 0), end):
            found += block.text[max(start - block.start, 0) : max(end - block.start, 0)]
        return bytes(found)

    async def whole(self, contents: Sequence[ContentId]) -> Mapping[ContentId, bytes]:
        """The whole text of each content that has one."""
        parts: dict[ContentId, list[bytes]] = {}
        for row in await self._database.rows(SQL["whole"], {"contents": list(contents)}):
            parts.setdefault(ContentId(row[0]), []).append(decode_block(row).text)
        return {content_id: b"".join(blocks) for content_id, blocks in parts.items()}

    async def maps_at(self, places: Sequence[tuple[ContentId, int]]) -> Mapping[tuple[ContentId, int], SpanMap]:
        """The way back to the source at byte offsets of texts."""
        values = {"contents": array(place[0] for place in places), "starts": array(place[1] for place in places)}
        rows = await self._lookups.rows(SQL["maps_at"], values) if places else []
        return {
            (ContentId(content_id), at): decode_map(span_map, source_start - start, content_id)
            for content_id, at, start, source_start, span_map in rows
        }

    async def find_damage(self) -> AsyncIterator[ContentId]:
        """The contents of which a block does not read back."""
        after, last = (-1, -1), None
        while True:
            values = {"content_id": after[0], "seq": after[1], "limit": _READ_AT_ONCE}
            rows = await self._database.rows(SQL["every_block"], values)
            for content_id in await asyncio.to_thread(_damaged, rows):
                if content_id != last:
                    yield content_id
                last = content_id
            if len(rows) < _READ_AT_ONCE:
                return
            after = rows[-1][:2]

    async def stream(self, content_id: ContentId) -> AsyncIterator[Block]:
        """All blocks of a content, in order."""
        async for block in self._blocks(content_id, 0, 1 << 62):
            yield block

    async def _blocks(self, content_id: ContentId, start: int, end: int) -> AsyncIterator[Block]:
        first = await self._database.row(SQL["first_block_at"], {"content_id": content_id, "start": start})
        assert first is not None
        seq = first[0]
        while True:
            values = {"content_id": content_id, "seq": seq, "end": end, "limit": _PAGE}
            rows = await self._database.rows(SQL["blocks_from"], values)
            for row in rows:
                yield decode_block(row)
            if len(rows) < _PAGE:
                return
            seq = rows[-1][1] + 1


def decode_block(row: tuple[Any, ...]) -> Block:
    """A block from its columns: content, number, offset in text and in source, data, span map."""
    content_id, seq, start, source_start, data, span_map = row
    try:
        text = _UNPACKING.zstd.decompress(data, max_output_size=_BLOCK_BYTES)
    except zstandard.ZstdError as error:
        raise _damage(f"block {seq}", content_id) from error
    return Block(start, text, decode_map(span_map, source_start - start, content_id))


def decode_map(span_map: bytes | None, shift: int, content_id: ContentId) -> SpanMap:
    """A map from its column."""
    try:
        return SpanMap.unpack(span_map or b"", shift)
    except msgspec.MsgspecError as error:
        raise _damage("a map", content_id) from error


def _damage(part: str, content_id: ContentId) -> CorruptError:
    return CorruptError(
        f"{part} of content {content_id} does not read back: run `siss verify --repair`", content_id=content_id
    )


def _damaged(rows: Sequence[tuple[Any, ...]]) -> list[ContentId]:
    """The contents of blocks (columns as for ``decode_block``, and where the text ends) that do not read back."""
    found = []
    for *row, end in rows:
        try:
            whole = len(decode_block(tuple(row)).text) == end - row[2]
        except CorruptError:
            whole = False
        if not whole:
            found.append(ContentId(row[0]))
    return found
