"""Contents on their way into the tables: ids, chunks, text blocks, gaps. Everything large goes by binary COPY."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from siss.adapters.postgres.copying import copy_rows
from siss.adapters.postgres.database import Connection, fetch
from siss.adapters.postgres.ingest.structure_write import StructureWriter
from siss.adapters.postgres.ingest.write_drawn import DrawnWrite, delete_drawn, hand_over_drawn, write_drawn
from siss.adapters.postgres.rows import (
    BLOCK_TYPES,
    CHUNK_TYPES,
    CONTENT_TYPES,
    GAP_TYPES,
    block_rows,
    chunk_rows,
    content_row,
    gap_rows,
)
from siss.adapters.postgres.statements import load_statements
from siss.model.content import ContentFacts, Segment, TailState
from siss.model.ids import ContentId, Generation
from siss.model.shape import Structure

SQL: Final = load_statements("contents")
_NO_SEGMENT: Final = Segment([], [], [])
_ID_BLOCK: Final = 256
"""``content_ids`` is declared with this increment."""


@dataclass(frozen=True, slots=True)
class ContentWrite:
    """One content to be written whole: its row, and the chunks that come with it.

    ``replaces``: a row of that id is there (parsed again, grown, or opened before). ``from_seq``: chunks from this
    number on are replaced, and their blocks; None where none are.
    """

    id: ContentId
    generation: Generation
    sha256: bytes | None
    facts: ContentFacts
    metadata_only: bool
    tail: TailState | None
    segment: Segment | None
    structure: Structure | None = None
    replaces: bool = False
    from_seq: int | None = None
    from_block: int | None = None


class ContentIds:
    """New identities, taken from the sequence in blocks; an iterator over those that are reserved."""

    def __init__(self) -> None:
        self._free: deque[ContentId] = deque()

    async def reserve(self, connection: Connection, count: int) -> None:
        """Fetch as many ids that the next ``count`` need no question to the database."""
        while len(self._free) < count:
            first = (await fetch(connection, SQL["next_content_ids"]))[0][0]
            self._free.extend(map(ContentId, range(first, first + _ID_BLOCK)))

    def __iter__(self) -> Iterator[ContentId]:
        return self

    def __next__(self) -> ContentId:
        return self._free.popleft()


@dataclass(frozen=True, slots=True)
class WriterMemory:
    """What a writer keeps between transactions: identities in reserve, and those of paths that are there."""

    ids: ContentIds = field(default_factory=ContentIds)
    structures: StructureWriter = field(default_factory=StructureWriter)


async def write_contents(connection: Connection, structures: StructureWriter, writes: Sequence[ContentWrite]) -> None:
    """Put contents, with their chunks, blocks, gaps and what was drawn from them, in place of what they had."""
    replaced = [write.id for write in writes if write.replaces]
    if replaced:
        await connection.execute(SQL["delete_content_rows"], {"ids": replaced})
        await connection.execute(SQL["delete_content_gaps"], {"ids": replaced})
    await _cut(connection, "delete_chunks_from", [(w.id, w.from_seq) for w in writes if w.from_seq is not None])
    await _cut(connection, "delete_blocks_from", [(w.id, w.from_block) for w in writes if w.from_block is not None])
    await copy_rows(
        connection,
        SQL["copy_contents"],
        CONTENT_TYPES,
        (
            content_row(w.id, w.generation, w.facts, w.tail, sha256=w.sha256, metadata_only=w.metadata_only)
            for w in writes
        ),
    )
    await copy_segments(connection, [(write.id, write.segment) for write in writes if write.segment is not None])
    await copy_rows(
        connection,
        SQL["copy_content_gaps"],
        GAP_TYPES,
        (row for write in writes for row in gap_rows(write.id, write.facts.gaps)),
    )
    drawn = [
        DrawnWrite(w.id, w.segment or _NO_SEGMENT, w.from_seq is not None, w.structure, w.facts.hidden)
        for w in writes
        if w.segment is not None or w.structure is not None or w.facts.hidden
    ]
    await write_drawn(connection, structures, drawn)


async def copy_segments(connection: Connection, segments: Sequence[tuple[ContentId, Segment]]) -> None:
    """Add the chunks and blocks of segments."""
    await copy_rows(
        connection,
        SQL["copy_chunks"],
        CHUNK_TYPES,
        (row for content_id, segment in segments for row in chunk_rows(content_id, segment.chunks)),
    )
    await copy_rows(
        connection,
        SQL["copy_blocks"],
        BLOCK_TYPES,
        (row for content_id, segment in segments for row in block_rows(content_id, segment.blocks)),
    )


async def replace_segment(
    connection: Connection, structures: StructureWriter, content_id: ContentId, segment: Segment
) -> None:
    """Store a segment in place of all that the content has from its first chunk on. Doing so twice does no harm."""
    if segment.chunks:
        await _cut(connection, "delete_chunks_from", [(content_id, segment.chunks[0].seq)])
    if segment.blocks:
        await _cut(connection, "delete_blocks_from", [(content_id, segment.blocks[0].seq)])
    await copy_segments(connection, [(content_id, segment)])
    await write_drawn(connection, structures, [DrawnWrite(content_id, segment, replaces=True)])


async def hand_over(connection: Connection, source: ContentId, heir: ContentId) -> None:
    """Give the chunks of an opened content to ``heir``, in place of its own from the first of them on."""
    first = (await fetch(connection, SQL["first_chunk"], {"id": source}))[0][0]
    if first is not None:
        blocks = await fetch(connection, SQL["first_block"], {"id": source})
        await _cut(connection, "delete_chunks_from", [(heir, first)])
        await _cut(connection, "delete_blocks_from", [(heir, blocks[0][0] or 0)])
        await hand_over_drawn(connection, source, heir, first)
        await connection.execute(SQL["hand_over_chunks"], {"heir": heir, "id": source})
        await connection.execute(SQL["hand_over_blocks"], {"heir": heir, "id": source})


async def delete_contents(connection: Connection, ids: Sequence[ContentId]) -> None:
    """Delete contents with everything that is theirs."""
    if ids:
        await connection.execute(SQL["delete_content_rows"], {"ids": list(ids)})
        await connection.execute(SQL["delete_content_gaps"], {"ids": list(ids)})
        await _cut(connection, "delete_chunks_from", [(content_id, 0) for content_id in ids])
        await _cut(connection, "delete_blocks_from", [(content_id, 0) for content_id in ids])
        await delete_drawn(connection, ids)


async def _cut(connection: Connection, statement: str, cuts: Sequence[tuple[ContentId, int]]) -> None:
    if cuts:
        values = {"ids": [cut[0] for cut in cuts], "seqs": [cut[1] for cut in cuts]}
        await connection.execute(SQL[statement], values)
