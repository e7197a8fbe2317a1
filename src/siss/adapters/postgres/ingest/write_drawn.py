"""What was drawn from contents on its way into the tables: secrets by fingerprint, mentions of entities, structures.

Each follows the chunks of its content: written with them, cut where they are cut, handed over and deleted with them.
Of a content that is hidden only the secrets are kept: what is not there is in no answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from siss.adapters.postgres.copying import copy_rows
from siss.adapters.postgres.database import Connection, fetch
from siss.adapters.postgres.ingest.structure_write import StructureWriter, delete_structures
from siss.adapters.postgres.ingest.write_entities import (
    MentionWrite,
    delete_mentions,
    hand_over_mentions,
    write_mentions,
)
from siss.adapters.postgres.rows import FINDING_TYPES, finding_rows
from siss.adapters.postgres.statements import load_statements
from siss.model.content import Segment
from siss.model.ids import ContentId
from siss.model.shape import Structure

SQL: Final = load_statements("secrets")


@dataclass(frozen=True, slots=True)
class DrawnWrite:
    """What belongs to a segment. ``replaces``: its content has more already, which ends where the segment begins.

    ``structure``: of the whole content; None where there is none, or it stays. ``hidden``: the content is.
    """

    content_id: ContentId
    segment: Segment
    replaces: bool = False
    structure: Structure | None = None
    hidden: bool = False


async def write_drawn(connection: Connection, structures: StructureWriter, writes: Sequence[DrawnWrite]) -> None:
    """Store what was drawn from segments. From a segment's first chunk on it replaces what the content had."""
    cuts = [(w.content_id, w.segment.chunks[0]) for w in writes if w.replaces and w.segment.chunks]
    if cuts:
        values = {"contents": [cut[0] for cut in cuts], "starts": [chunk.start for _, chunk in cuts]}
        await connection.execute(SQL["delete_findings"], values)
    rows = (row for write in writes for row in finding_rows(write.content_id, write.segment.findings))
    await copy_rows(connection, SQL["copy_findings"], FINDING_TYPES, rows)
    if hidden := [write.content_id for write in writes if write.hidden]:
        await delete_mentions(connection, hidden)
        await delete_structures(connection, hidden)
    shown = [write for write in writes if not write.hidden]
    from_seq = {content_id: chunk.seq for content_id, chunk in cuts}
    mentions = [
        MentionWrite(w.content_id, w.segment.mentions, from_seq.get(w.content_id))
        for w in shown
        if w.segment.mentions or w.content_id in from_seq
    ]
    if mentions:
        await write_mentions(connection, mentions)
    await structures.write(connection, [(w.content_id, w.structure) for w in shown if w.structure is not None])


async def hand_over_drawn(connection: Connection, source: ContentId, heir: ContentId, from_seq: int) -> None:
    """Give what was drawn from an opened content to ``heir``, in place of its own from chunk ``from_seq`` on."""
    start = (await fetch(connection, SQL["first_place"], {"id": source}))[0][0]
    await connection.execute(SQL["delete_findings"], {"contents": [heir], "starts": [start]})
    await connection.execute(SQL["hand_over_findings"], {"heir": heir, "id": source})
    await hand_over_mentions(connection, source, heir, from_seq)


async def delete_drawn(connection: Connection, contents: Sequence[ContentId]) -> None:
    """Forget what was drawn from contents."""
    await connection.execute(SQL["delete_findings"], {"contents": list(contents), "starts": [0] * len(contents)})
    await delete_mentions(connection, contents)
    await delete_structures(connection, contents)
