"""Things on their way into the tables, with the contents that name them: one upsert a batch.

Few contents stand in the row of the thing itself, where nine things in ten need nothing more; many in rows of their
own (migration 0018). Both change in the transaction that changes the mentions.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from siss.adapters.postgres.database import Connection, fetch
from siss.adapters.postgres.rows import array
from siss.adapters.postgres.statements import load_statements
from siss.model.entity import EntityId
from siss.model.ids import ContentId
from siss.model.mentions import SEPARATOR

SQL: Final = load_statements("entities")

FEW: Final = 64
"""Contents in the row of a thing, beyond which they move to rows of their own."""

Thing = tuple[int, str]
"""Code of a type, and value."""

Pair = tuple[EntityId, ContentId]
"""A thing and a content that names it."""


async def put_things(
    connection: Connection, things: Mapping[EntityId, Thing], named: Mapping[EntityId, Sequence[ContentId]]
) -> None:
    """Store which contents name which things; ``named``: pairs that are new."""
    if not named:
        return
    types, texts = zip(*[things[entity_id] for entity_id in named], strict=True)
    values = {
        "ids": array(named),
        "contents": array(contents[0] for contents in named.values()),
        "others": array(None if len(some) == 1 else f'"{array(some[1:])}"' for some in named.values()),
        "types": array(types),
        "values": SEPARATOR.join(texts),
        "few": FEW,
    }
    many = [row[0] for row in await fetch(connection, SQL["put_entities"], values)]
    if many:
        await connection.execute(SQL["spread_contents"], {"ids": many})
        await connection.execute(SQL["forget_others"], {"ids": many})


async def release_things(connection: Connection, pairs: Collection[Pair]) -> None:
    """Forget that contents name things, and the things that nothing names any more."""
    if pairs:
        values = pair_values(sorted(pairs))
        # The things first: whoever has their rows may change what belongs to them.
        await connection.execute(SQL["release_entities"], values)
        await connection.execute(SQL["release_spans"], values)
        await connection.execute(SQL["delete_unnamed"], {"ids": sorted({entity_id for entity_id, _ in pairs})})


async def lock_things(connection: Connection, ids: Iterable[EntityId]) -> None:
    """Lock the rows of things, all in one order, so that two transactions that add and release cannot deadlock."""
    await connection.execute(SQL["lock_entities"], {"ids": array(ids)})


async def naming_already(connection: Connection, pairs: Collection[Pair]) -> set[Pair]:
    """Those of these pairs that are stored already."""
    if not pairs:
        return set()
    rows = await fetch(connection, SQL["naming_already"], pair_values(pairs))
    return {(row[0], row[1]) for row in rows}


def pair_values(pairs: Collection[Pair]) -> dict[str, Any]:
    """Pairs as two columns."""
    return {"ids": [pair[0] for pair in pairs], "contents": [pair[1] for pair in pairs]}
