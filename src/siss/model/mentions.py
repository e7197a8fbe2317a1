"""What a content names on its way from a worker to the catalog: columns, because a log names nine things a KB."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from siss.model.entity import Confidence, EntityId, EntityType, Mentions, Name

SEPARATOR: Final = "\x1f"
"""Stands between values, and so in none (``siss.extract.entities.findings.keep``)."""


class PartMentions(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All things that one part of a content names, each of them once: one place a thing in every column.

    ``types``: codes, ``confidences``: numbers, a byte each; ``values``: joined by ``SEPARATOR``; ``places``: packed.
    Iterating gives them as ``Mentions``.
    """

    ids: list[EntityId]
    types: bytes
    values: str
    confidences: bytes
    counts: list[int]
    places: list[bytes]

    @classmethod
    def of(cls, said: Iterable[Mentions]) -> "PartMentions":
        """Mentions as columns."""
        rows = list(said)
        return cls(
            [one.name.id for one in rows],
            bytes([one.name.type.code for one in rows]),
            SEPARATOR.join([one.name.value for one in rows]),
            bytes([one.confidence for one in rows]),
            [one.count for one in rows],
            [one.places for one in rows],
        )

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Mentions]:
        columns = zip(
            self.types, self.values.split(SEPARATOR), self.confidences, self.counts, self.places, strict=True
        )
        for code, value, confidence, count, places in columns if self.ids else ():
            yield Mentions(Name(EntityType.of(code), value), Confidence(confidence), count, places)

    @property
    def things(self) -> Iterator[tuple[EntityId, tuple[int, str]]]:
        """What each is called: its type's code and its value."""
        return zip(self.ids, zip(self.types, self.values.split(SEPARATOR), strict=False), strict=False)
