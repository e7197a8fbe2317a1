"""What contents name, on its way into the tables: mentions by COPY, things by one upsert a batch.

``entities.contents`` counts the contents that name a thing: it changes in the transaction that changes the mentions.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from siss.adapters.postgres.copying import copy_rows
from siss.adapters.postgres.database import Connection, fetch, load_statements
from siss.model.entity import PART_CHUNKS, EntityId, EntityType, Mentions, Name, Place, pack_places, unpack_places
from siss.model.ids import ContentId

SQL: Final = load_statements("entities")
MENTION_TYPES: Final = ("int8", "int8", "int4", "int4", "int2", "bytea")

Parts = Mapping[int, Sequence[Mentions]]
"""What a content, or a stretch of it, names, by part."""

_Row = tuple[EntityId, ContentId, int, int, int, bytes]


@dataclass(frozen=True, slots=True)
class MentionWrite:
    """Mentions of one content. ``from_seq``: chunks from this one on are replaced; None where there were none."""

    content_id: ContentId
    parts: Parts
    from_seq: int | None = None


async def write_mentions(connection: Connection, writes: Sequence[MentionWrite]) -> None:
    """Put what contents name in place of what they named from a chunk on."""
    kept: dict[tuple[ContentId, EntityId, int], _Row] = {}
    gone: set[tuple[ContentId, EntityId]] = set()
    before: set[tuple[ContentId, EntityId]] = set()
    cuts = [(write.content_id, write.from_seq) for write in writes if write.from_seq is not None]
    if cuts:
        gone, kept = await _cut(connection, cuts)
        before = await _named_before(connection, cuts)
    names = {name.id: name for write in writes for said in write.parts.values() for name in (m.name for m in said)}
    rows: list[_Row] = []
    for write in writes:
        for part, said in write.parts.items():
            for mentions in said:
                old = kept.pop((write.content_id, mentions.name.id, part), None)
                rows.append(_joined(write.content_id, part, mentions, old))
    rows += kept.values()
    now = {(row[1], row[0]) for row in rows}
    change: Counter[EntityId] = Counter(entity_id for _, entity_id in now - gone - before)
    change.subtract(entity_id for _, entity_id in gone - now - before)
    await _put_entities(connection, names, change)
    await copy_rows(connection, SQL["copy_mentions"], MENTION_TYPES, sorted(rows))
    await _release(connection, {entity_id: -count for entity_id, count in change.items() if count < 0})


async def delete_mentions(connection: Connection, contents: Sequence[ContentId]) -> None:
    """Forget what contents name, and the things that nothing names any more."""
    if contents:
        values = {"contents": list(contents), "parts": [0] * len(contents)}
        rows = await fetch(connection, SQL["delete_mentions"], values)
        await _release(connection, Counter(entity_id for _, entity_id in {row[:2] for row in rows}))


async def hand_over_mentions(connection: Connection, source: ContentId, heir: ContentId, from_seq: int) -> None:
    """Put what an opened content names in place of what another named from a chunk on."""
    rows = await fetch(connection, SQL["take_mentions"], {"id": source})
    parts: dict[int, list[Mentions]] = {}
    for kind, value, part, count, confidence, places in rows:
        said = Mentions(Name(EntityType.of(kind), value), confidence, count, places)
        parts.setdefault(part, []).append(said)
    await write_mentions(connection, [MentionWrite(heir, parts, from_seq)])
    await delete_mentions(connection, [source])


async def _cut(
    connection: Connection, cuts: Sequence[tuple[ContentId, int]]
) -> tuple[set[tuple[ContentId, EntityId]], dict[tuple[ContentId, EntityId, int], _Row]]:
    """Delete rows from chunks on; returns what they named, and what remains of those that began before."""
    values = {"contents": [cut[0] for cut in cuts], "parts": [cut[1] // PART_CHUNKS for cut in cuts]}
    first = dict(cuts)
    gone: set[tuple[ContentId, EntityId]] = set()
    kept: dict[tuple[ContentId, EntityId, int], _Row] = {}
    for content_id, entity_id, part, _, confidence, packed in await fetch(connection, SQL["delete_mentions"], values):
        gone.add((content_id, entity_id))
        places = [place for place in unpack_places(packed) if place.seq < first[content_id]]
        if places:
            count = sum(place.count for place in places)
            kept[content_id, entity_id, part] = (
                *(entity_id, content_id, part, count, confidence),
                pack_places(places),
            )
    return gone, kept


async def _named_before(
    connection: Connection, cuts: Sequence[tuple[ContentId, int]]
) -> set[tuple[ContentId, EntityId]]:
    later = [(content_id, seq // PART_CHUNKS) for content_id, seq in cuts if seq >= PART_CHUNKS]
    if not later:
        return set()
    values = {"contents": [one[0] for one in later], "parts": [one[1] for one in later]}
    return {(row[0], row[1]) for row in await fetch(connection, SQL["mentioned_before"], values)}


def _joined(content_id: ContentId, part: int, mentions: Mentions, old: _Row | None) -> _Row:
    entity_id = mentions.name.id
    if old is None:
        return entity_id, content_id, part, mentions.count, int(mentions.confidence), mentions.places
    places: list[Place] = [*unpack_places(old[5]), *unpack_places(mentions.places)]
    confidence = max(old[4], int(mentions.confidence))
    return entity_id, content_id, part, old[3] + mentions.count, confidence, pack_places(places)


async def _put_entities(connection: Connection, names: Mapping[EntityId, Name], change: Counter[EntityId]) -> None:
    new = [(entity_id, name) for entity_id, name in names.items() if change[entity_id] > 0]
    if new:
        values = {
            "ids": [entity_id for entity_id, _ in new],
            "contents": [change[entity_id] for entity_id, _ in new],
            "types": [name.type.code for _, name in new],
            "values": [name.value for _, name in new],
            "addresses": [name.value if name.type is EntityType.IP_ADDRESS else None for _, name in new],
        }
        await connection.execute(SQL["put_entities"], values)


async def _release(connection: Connection, counts: Mapping[EntityId, int]) -> None:
    if counts:
        ids: Iterable[EntityId] = sorted(counts)
        values = {"ids": list(ids), "contents": [counts[entity_id] for entity_id in ids]}
        await connection.execute(SQL["release_entities"], values)
        await connection.execute(SQL["delete_unnamed"], {"ids": values["ids"]})
