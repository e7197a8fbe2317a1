"""What contents name, on its way into the tables: mentions by COPY, things by one upsert a batch.

``entities.contents`` counts the contents that name a thing: it changes in the transaction that changes the mentions.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from siss.adapters.postgres.copying import copy_packed
from siss.adapters.postgres.database import Connection, fetch, load_statements
from siss.model.entity import PART_CHUNKS, EntityId, EntityType, Mentions, Name, Place, pack_places, unpack_places
from siss.model.ids import ContentId
from siss.model.mentions import SEPARATOR, PartMentions

SQL: Final = load_statements("entities")
_PACKED: Final = struct.Struct(">hiqiqiiiiihi").pack

Parts = Mapping[int, PartMentions]
"""What a content, or a stretch of it, names, by part."""

_Row = tuple[EntityId, ContentId, int, int, int, bytes]
_Thing = tuple[int, str]
"""Code of a type, and value."""


@dataclass(frozen=True, slots=True)
class MentionWrite:
    """Mentions of one content. ``from_seq``: chunks from this one on are replaced; None where there were none."""

    content_id: ContentId
    parts: Parts
    from_seq: int | None = None


async def write_mentions(connection: Connection, writes: Sequence[MentionWrite]) -> None:
    """Put what contents name in place of what they named from a chunk on."""
    things: dict[EntityId, _Thing] = {}
    for write in writes:
        for said in write.parts.values():
            things.update(said.things)
    rows, change = _new_rows([write for write in writes if write.from_seq is None])
    if grown := [write for write in writes if write.from_seq is not None]:
        rows += await _grown_rows(connection, grown, change)
    await _put_entities(connection, things, change)
    rows.sort()  # by thing, which is how the larger of the two indexes is ordered
    await copy_packed(connection, SQL["copy_mentions"], rows)
    await _release(connection, {entity_id: -count for entity_id, count in change.items() if count < 0})


def _new_rows(writes: Sequence[MentionWrite]) -> tuple[list[bytes], Counter[EntityId]]:
    """Packed rows of contents that named nothing before, and how many contents more name each thing."""
    rows: list[bytes] = []
    change: Counter[EntityId] = Counter()
    for write in writes:
        content_id = write.content_id
        for part, said in write.parts.items():
            columns = zip(said.ids, said.counts, said.confidences, said.places, strict=True)
            rows += [
                _PACKED(6, 8, entity_id, 8, content_id, 4, part, 4, count, 2, confidence, len(places)) + places
                for entity_id, count, confidence, places in columns
            ]
        parts = [said.ids for said in write.parts.values()]
        change.update(parts[0] if len(parts) == 1 else set(chain.from_iterable(parts)))
    return rows, change


async def _grown_rows(
    connection: Connection, writes: Sequence[MentionWrite], change: Counter[EntityId]
) -> list[bytes]:
    """The same for contents of which chunks are replaced; what they no longer name counts in ``change`` as well."""
    cuts = [(write.content_id, write.from_seq or 0) for write in writes]
    gone, kept = await _cut(connection, cuts)
    before = await _named_before(connection, cuts)
    rows: list[_Row] = []
    for write in writes:
        for part, said in write.parts.items():
            for entity_id, count, confidence, places in zip(
                said.ids, said.counts, said.confidences, said.places, strict=True
            ):
                old = kept.pop((write.content_id, entity_id, part), None)
                row = (entity_id, write.content_id, part, count, confidence, places)
                rows.append(row if old is None else _joined(row, old))
    rows += kept.values()
    now = {(row[1], row[0]) for row in rows}
    change.update(entity_id for _, entity_id in now - gone - before)
    change.subtract(entity_id for _, entity_id in gone - now - before)
    return [_pack(row) for row in rows]


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
    columns = {part: PartMentions.of(said) for part, said in parts.items()}
    await write_mentions(connection, [MentionWrite(heir, columns, from_seq)])
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


def _joined(row: _Row, old: _Row) -> _Row:
    """What stands in a part after a place, with what stood before it."""
    entity_id, content_id, part, count, confidence, packed = row
    places: list[Place] = [*unpack_places(old[5]), *unpack_places(packed)]
    return entity_id, content_id, part, old[3] + count, max(old[4], confidence), pack_places(places)


def _pack(row: _Row) -> bytes:
    """A row as a binary COPY takes it: the number of fields, then each behind its length."""
    entity_id, content_id, part, count, confidence, places = row
    fixed = _PACKED(6, 8, entity_id, 8, content_id, 4, part, 4, count, 2, confidence, len(places))
    return fixed + places


async def _put_entities(connection: Connection, things: Mapping[EntityId, _Thing], change: Counter[EntityId]) -> None:
    new = [(entity_id, count, *things[entity_id]) for entity_id, count in change.items() if count > 0]
    if new:
        ids, counts, types, texts = zip(*new, strict=True)
        values = {"ids": _array(ids), "contents": _array(counts), "types": _array(types)}
        await connection.execute(SQL["put_entities"], {**values, "values": SEPARATOR.join(texts)})


def _array(numbers: Iterable[int]) -> str:
    """Ten times faster than a list, of which the driver looks at each element."""
    return "{" + ",".join(map(str, numbers)) + "}"


async def _release(connection: Connection, counts: Mapping[EntityId, int]) -> None:
    if counts:
        ids: Iterable[EntityId] = sorted(counts)
        values = {"ids": list(ids), "contents": [counts[entity_id] for entity_id in ids]}
        await connection.execute(SQL["release_entities"], values)
        await connection.execute(SQL["delete_unnamed"], {"ids": values["ids"]})
