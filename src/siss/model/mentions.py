"""What a content names, from a worker to the catalog and there: columns, because a log names nine things a KB."""

from collections.abc import Iterable, Iterator, Sequence
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


_LONG: Final = 255
"""Stands for the size of what is that long or longer: its size stands before it."""

_SIZE: Final = 4


def join_places(places: Sequence[bytes]) -> bytes:
    """The packed places of many things as one column: a byte for the size of each, and then all of them."""
    sizes = [len(one) for one in places]
    if max(sizes, default=0) < _LONG:
        return bytes(sizes) + b"".join(places)
    body = [one if len(one) < _LONG else len(one).to_bytes(_SIZE, "big") + one for one in places]
    return bytes([min(size, _LONG) for size in sizes]) + b"".join(body)


def split_places(column: bytes, things: int) -> list[bytes]:
    """The way back, for so many things."""
    found: list[bytes] = []
    at = things
    for size in column[:things]:
        begin, at = _bounds(column, at, size)
        found.append(column[begin:at])
    return found


def places_at(column: bytes, things: int, at: int) -> bytes:
    """Those of one thing of so many, without a look at each before it: of a log there are ten thousand."""
    offset = things
    done = 0
    while (long := column.find(_LONG, done, at)) >= 0:
        offset = _bounds(column, offset + sum(column[done:long]), _LONG)[1]
        done = long + 1
    begin, end = _bounds(column, offset + sum(column[done:at]), column[at])
    return column[begin:end]


def _bounds(column: bytes, at: int, size: int) -> tuple[int, int]:
    if size < _LONG:
        return at, at + size
    begin = at + _SIZE
    return begin, begin + int.from_bytes(column[at:begin], "big")
