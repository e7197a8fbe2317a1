"""Where a mention stands, for people: its line, its bytes in the source, and the words around it (redacted)."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from siss.app.services import Services
from siss.model.content import Chunk
from siss.model.entity import Place
from siss.model.ids import ContentId
from siss.ports.texts import Block

AROUND: Final = 80
"""Bytes of its line that are shown on either side of a mention."""


@dataclass(frozen=True, slots=True)
class LocatedPlace:
    """A place with its line (from 1), its half-open byte offsets in the source, and the text around it."""

    place: Place
    line: int
    start: int
    end: int
    context: str


async def locate_places(
    services: Services, places: Iterable[tuple[ContentId, Place]]
) -> Mapping[tuple[ContentId, Place], LocatedPlace]:
    """Places in the local texts; without those whose content changed meanwhile."""
    wanted = list(places)
    keys = list(dict.fromkeys((content_id, place.seq) for content_id, place in wanted))
    if not keys:
        return {}
    chunks, blocks = await asyncio.gather(services.catalog.chunks(keys), services.texts.blocks_of(keys))
    found: dict[tuple[ContentId, Place], LocatedPlace] = {}
    for content_id, place in wanted:
        chunk, block = chunks.get((content_id, place.seq)), blocks.get((content_id, place.seq))
        if chunk is not None and block is not None and (located := _locate(place, chunk, block)) is not None:
            found[content_id, place] = located
    return found


def _locate(place: Place, chunk: Chunk, block: Block) -> LocatedPlace | None:
    if not (chunk.start <= place.start <= place.end <= chunk.end and block.holds(chunk.start, chunk.end)):
        return None
    at, end = place.start - block.start, place.end - block.start
    first = block.text.rfind(b"\n", 0, at) + 1
    last = block.text.find(b"\n", end)
    line = block.text[max(first, at - AROUND) : min(len(block.text) if last < 0 else last, end + AROUND)]
    return LocatedPlace(
        place,
        chunk.line + block.text.count(b"\n", chunk.start - block.start, at),
        block.span_map.to_source(place.start),
        block.span_map.to_source(place.end, end=True),
        line.decode("utf-8", "ignore").strip(),
    )
