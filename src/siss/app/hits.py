"""From what an engine found to what an answer shows: each hit with its file, its other paths and a snippet.

The engine's hits are held against the catalog, which is the truth: a file that vanished, or that has another content
by now, is left out.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from siss.app.services import Services
from siss.errors import CorruptError
from siss.logs import get_logger
from siss.model.content import Chunk
from siss.model.file import FileRecord
from siss.model.hit import EngineHit, Hit, Snippet
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal
from siss.ports.texts import Block, Texts
from siss.search.frozen import MAX_FILES, hit_key
from siss.search.snippet import Highlighter, make_snippet
from siss.traces.span import span

OTHER_PATHS: Final = 20
"""Further paths of one content in a hit."""

ChunkKey = tuple[ContentId, int]

_LOG: Final = get_logger(__name__)


async def hydrate_hits(
    services: Services,
    principal: Principal,
    batch: Sequence[EngineHit],
    highlighter: Highlighter | None,
    *,
    outdated: bool = False,
) -> list[tuple[Hit, int]]:
    """The hits of a batch that still stand, with their keys; without snippets where there is no highlighter.

    ``outdated``: of an engine that is told of no changes just now: a file that has other tags since still stands.
    All questions go out at once, so that a page costs one round to the database, whatever turns out to be stale.
    """
    catalog, texts = services.catalog, services.texts
    contents = [
        hit.content_id for hit in batch if hit.content_id is not None and not (hit.alone and len(hit.files) == 1)
    ]
    keys: list[ChunkKey] = []
    if highlighter is not None:
        keys = [
            (hit.content_id, hit.chunk_seq)
            for hit in batch
            if hit.content_id is not None and hit.chunk_seq is not None
        ]
    shown = highlighter is not None
    files = [(file_id, hit.chunk_seq if shown else None) for hit in batch for file_id, _ in hit.files[:MAX_FILES]]
    with span("search.catalog"):
        records, others, blocks = await asyncio.gather(
            catalog.files(list(dict.fromkeys(files)), principal),
            catalog.same_content(contents, OTHER_PATHS + 1, principal) if contents else _nothing(),
            _blocks(texts, keys) if keys else _nothing(),
        )
    with span("search.snippets"):
        return list(_hits(batch, records, others, blocks, highlighter, outdated=outdated))


def _hits(
    batch: Sequence[EngineHit],
    records: Mapping[tuple[FileId, int | None], tuple[FileRecord, Chunk | None]],
    others: Mapping[ContentId, Sequence[str]],
    blocks: Mapping[ChunkKey, Block],
    highlighter: Highlighter | None,
    *,
    outdated: bool,
) -> Iterator[tuple[Hit, int]]:
    shown = highlighter is not None
    for hit in batch:
        current = _current_file(hit, records, hit.chunk_seq if shown else None, outdated=outdated)
        if current is None:
            continue
        record, chunk = current
        paths = others.get(hit.content_id, ()) if hit.content_id is not None else ()
        snippet: Snippet | None = None
        if highlighter is not None and hit.content_id is not None and hit.chunk_seq is not None:
            snippet = _snippet(highlighter, chunk, blocks.get((hit.content_id, hit.chunk_seq)))
        made = Hit(
            file=record,
            other_paths=tuple(path for path in paths if path != record.shown)[:OTHER_PATHS],
            chunk_seq=hit.chunk_seq,
            snippet=snippet,
            score=hit.score,
            relaxed=hit.relaxed,
            explanation=hit.explanation,
        )
        yield made, hit_key(hit)


def _current_file(
    hit: EngineHit,
    records: Mapping[tuple[FileId, int | None], tuple[FileRecord, Chunk | None]],
    seq: int | None,
    *,
    outdated: bool,
) -> tuple[FileRecord, Chunk | None] | None:
    """The best file of a hit that the catalog still has as the engine knew it, with the chunk to show.

    Another content, name or tag than the engine's: stale, left out until the engine has caught up. The same content
    in a later generation is a log that grew, or was parsed again, a moment ago: it stands, or logs that grow all the
    time would come and go in every answer.
    """
    for file_id, generation in hit.files[:MAX_FILES]:
        found = records.get((file_id, seq))
        if found is None or found[0].content_id != hit.content_id:
            continue
        if outdated or found[0].generation == generation or found[0].content_generation != hit.content_generation:
            return found
    return None


def _snippet(highlighter: Highlighter, chunk: Chunk | None, block: Block | None) -> Snippet | None:
    if chunk is None or block is None:
        return None
    if not block.start <= chunk.start <= chunk.end <= block.start + len(block.text):
        return None  # the content grew between the two reads
    return make_snippet(highlighter, block.text, block.start, block.span_map, chunk)


async def _blocks(texts: Texts, keys: Sequence[ChunkKey]) -> Mapping[ChunkKey, Block]:
    """The blocks of chunks; one that is damaged costs its own snippet only."""
    try:
        return await texts.blocks_of(keys)
    except CorruptError as error:
        if len(keys) == 1:
            _LOG.warning(
                "a block of text cannot be read", content_id=keys[0][0], chunk=keys[0][1], error=error.message
            )
            return {}
        parts = await asyncio.gather(*(_blocks(texts, [key]) for key in keys))
        return {key: block for part in parts for key, block in part.items()}


async def _nothing() -> dict[Any, Any]:
    return {}
