"""What contents name, on its way into the tables: a row for each part of a content, by COPY.

Which contents name a thing is noted with the thing (``write_things``), in the same transaction.
"""

import struct
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from siss.adapters.postgres.copying import copy_packed
from siss.adapters.postgres.database import Connection, fetch
from siss.adapters.postgres.ingest.write_things import (
    Pair,
    Thing,
    lock_things,
    naming_already,
    pair_values,
    put_things,
    release_things,
)
from siss.adapters.postgres.statements import load_statements
from siss.model.entity import (
    PART_CHUNKS,
    Confidence,
    EntityId,
    EntityType,
    Mentions,
    Name,
    pack_places,
    unpack_places,
)
from siss.model.ids import ContentId
from siss.model.mentions import PartMentions, join_places, split_places

SQL: Final = load_statements("entities")
_BIGINT: Final = 20
"""The number that PostgreSQL has for the type; its own, as are the eight bytes."""

Parts = Mapping[int, PartMentions]
"""What a content, or a stretch of it, names, by part."""

_Said = tuple[int, bytes]
"""Confidence, and packed places, of a thing in a part."""

_PartKey = tuple[ContentId, int]


@dataclass(frozen=True, slots=True)
class MentionWrite:
    """Mentions of one content. ``from_seq``: chunks from this one on are replaced; None where there were none."""

    content_id: ContentId
    parts: Parts
    from_seq: int | None = None


async def write_mentions(connection: Connection, writes: Sequence[MentionWrite]) -> None:
    """Store what contents name. From chunk ``from_seq`` on it replaces what they named."""
    things: dict[EntityId, Thing] = {}
    named: defaultdict[EntityId, list[ContentId]] = defaultdict(list)
    rows: list[bytes] = []
    for write in writes:
        for said in write.parts.values():
            things.update(said.things)
        if write.from_seq is None:
            rows += [_row(write.content_id, part, said) for part, said in write.parts.items()]
            parts = [said.ids for said in write.parts.values()]
            for entity_id in parts[0] if len(parts) == 1 else set(chain.from_iterable(parts)):
                named[entity_id].append(write.content_id)
    gone: set[Pair] = set()
    if grown := [write for write in writes if write.from_seq is not None]:
        more, new, gone = await _grow(connection, grown)
        rows += more
        for entity_id, content_id in new:
            named[entity_id].append(content_id)
    if gone:
        await lock_things(connection, named.keys() | {entity_id for entity_id, _ in gone})
    await put_things(connection, things, named)
    await copy_packed(connection, SQL["copy_mentions"], rows)
    await release_things(connection, gone)


async def delete_mentions(connection: Connection, contents: Sequence[ContentId]) -> None:
    """Forget what contents name, and the things that nothing names any more."""
    if contents:
        values = {"contents": list(contents), "parts": [0] * len(contents)}
        rows = await fetch(connection, SQL["delete_mentions"], values)
        await release_things(connection, {(entity_id, row[0]) for row in rows for entity_id in row[2]})


async def hand_over_mentions(connection: Connection, source: ContentId, heir: ContentId, from_seq: int) -> None:
    """Give the mentions of an opened content to ``heir``, in place of its own from a chunk on."""
    parts: dict[int, PartMentions] = {}
    for part, types, values, confidences, column in await fetch(connection, SQL["take_mentions"], {"id": source}):
        columns = zip(types, values, confidences, split_places(column, len(confidences)), strict=True)
        parts[part] = PartMentions.of(
            Mentions(
                Name(EntityType.of(kind), value),
                Confidence(confidence),
                sum(place.count for place in unpack_places(places)),
                places,
            )
            for kind, value, confidence, places in columns
        )
    await write_mentions(connection, [MentionWrite(heir, parts, from_seq)])
    await delete_mentions(connection, [source])


async def _grow(connection: Connection, writes: Sequence[MentionWrite]) -> tuple[list[bytes], set[Pair], set[Pair]]:
    """For contents of which chunks are replaced: rows to write, pairs that are new, and pairs that are gone."""
    cuts = {write.content_id: write.from_seq or 0 for write in writes}
    before, kept = await _cut(connection, cuts)
    rows: dict[_PartKey, PartMentions] = {}
    now: set[Pair] = {(entity_id, content_id) for (content_id, _), old in kept.items() for entity_id in old}
    for write in writes:
        for part, said in write.parts.items():
            now.update((entity_id, write.content_id) for entity_id in said.ids)
            old = kept.pop((write.content_id, part), {})
            rows[write.content_id, part] = _joined(old, said)
    rows |= {key: _columns(old) for key, old in kept.items() if old}
    new = now - before
    new -= await naming_already(connection, new)
    gone = before - now
    gone -= await _named_before(connection, gone, cuts)
    return [_row(content_id, part, said) for (content_id, part), said in rows.items()], new, gone


async def _cut(
    connection: Connection, cuts: Mapping[ContentId, int]
) -> tuple[set[Pair], dict[_PartKey, dict[EntityId, _Said]]]:
    """Delete the rows of parts from a chunk on; returns the pairs in them, and what of the first parts stays."""
    values = {"contents": list(cuts), "parts": [seq // PART_CHUNKS for seq in cuts.values()]}
    before: set[Pair] = set()
    kept: dict[_PartKey, dict[EntityId, _Said]] = {}
    for content_id, part, ids, confidences, column in await fetch(connection, SQL["delete_mentions"], values):
        before.update((entity_id, content_id) for entity_id in ids)
        if part * PART_CHUNKS >= cuts[content_id]:
            continue
        left = kept[content_id, part] = {}
        for entity_id, confidence, packed in zip(ids, confidences, split_places(column, len(ids)), strict=True):
            places = [place for place in unpack_places(packed) if place.seq < cuts[content_id]]
            if places:
                left[entity_id] = confidence, pack_places(places)
    return before, kept


async def _named_before(connection: Connection, pairs: set[Pair], cuts: Mapping[ContentId, int]) -> set[Pair]:
    """Those of these pairs that are also in a part before the one that was cut."""
    later = [pair for pair in pairs if cuts[pair[1]] >= PART_CHUNKS]
    if not later:
        return set()
    parts = [cuts[content_id] // PART_CHUNKS for _, content_id in later]
    rows = await fetch(connection, SQL["mentioned_before"], {**pair_values(later), "parts": parts})
    return {(row[0], row[1]) for row in rows}


def _joined(old: dict[EntityId, _Said], said: PartMentions) -> PartMentions:
    """The mentions of a part: ``old`` from before the cut, ``said`` from behind it."""
    if not old:
        return said
    together = dict(old)
    for entity_id, confidence, packed in zip(said.ids, said.confidences, said.places, strict=True):
        if (before := old.get(entity_id)) is None:
            together[entity_id] = confidence, packed
        else:
            places = [*unpack_places(before[1]), *unpack_places(packed)]
            together[entity_id] = max(before[0], confidence), pack_places(places)
    return _columns(together)


def _columns(said: Mapping[EntityId, _Said]) -> PartMentions:
    confidences, places = zip(*said.values(), strict=True)
    return PartMentions(list(said), b"", "", bytes(confidences), [], list(places))


def _row(content_id: ContentId, part: int, said: PartMentions) -> bytes:
    """A row as a binary COPY takes it: the number of fields, then each behind its length."""
    ids = [8] * (2 * len(said))
    ids[1::2] = said.ids
    places = join_places(said.places)
    array = (20 + 12 * len(said), 1, 0, _BIGINT, len(said), 1, *ids)
    packed = struct.pack(f">hiqii6i{'iq' * len(said)}i", 5, 8, content_id, 4, part, *array, len(said))
    return packed + said.confidences + len(places).to_bytes(4, "big") + places
