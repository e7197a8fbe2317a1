"""Rows of what contents name, as statements give them: of a part its columns, and which of its things are meant."""

from collections.abc import Iterable, Iterator
from typing import Final

from siss.adapters.postgres.rows import Row
from siss.model.entity import Confidence, EntityType, Name
from siss.model.ids import ContentId
from siss.model.mentions import places_at, split_places
from siss.ports.entities import Count

_FEW: Final = 16
"""Things of a part that are looked for one by one."""


def said_in(rows: Iterable[Row]) -> Iterator[tuple[ContentId, Name, Confidence, bytes]]:
    """Content, thing, how surely, and packed places, for each thing of each row.

    A row: content; types, values and positions (from 1 on) of the things that are meant; confidences, places of all.
    """
    for content_id, types, values, positions, confidences, column in rows:
        places = split_places(column, len(confidences)) if len(positions) > _FEW else None
        for kind, value, position in zip(types, values, positions, strict=True):
            at = position - 1
            packed = places_at(column, len(confidences), at) if places is None else places[at]
            yield ContentId(content_id), Name(EntityType.of(kind), value), Confidence(confidences[at]), packed


def count_of(found: int, limit: int) -> Count:
    """A number of rows that was asked for up to ``limit`` and one."""
    return Count(found) if found <= limit else Count(limit, exact=False)
