"""Shapes: the set of (path, type) of a document, deduplicated; two files written by one program mostly share one."""

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from siss.model.content import Kind
from siss.model.field import OPEN, Scalar

STRUCTURED: Final = frozenset({Kind.JSON, Kind.JSONL, Kind.XML, Kind.DELIMITED, Kind.KEYVALUE})
"""The kinds of content that have fields."""


class Shape(msgspec.Struct, frozen=True):
    """What a document has, whatever the order and the values.

    ``paths`` are sorted and unique, ``types`` (masks of ``siss.model.field``) stand beside them. ``digest``: 16
    bytes, the same for the same shape everywhere.
    """

    kind: Kind
    digest: bytes
    paths: tuple[str, ...]
    types: tuple[int, ...]

    @classmethod
    def of(cls, kind: Kind, fields: Iterable[tuple[str, int]]) -> "Shape":
        """The shape with these paths and type masks."""
        entries = sorted(fields)
        paths, types = zip(*entries, strict=True) if entries else ((), ())
        text = "\0".join([kind, *paths, *map(str, types)])
        return cls(
            kind, hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), paths, types
        )

    @property
    def complete(self) -> bool:
        """Whether every path of the document is here."""
        return not any(mask & OPEN for mask in self.types)


class Structure(msgspec.Struct, frozen=True):
    """What was drawn from one structured content.

    ``values``: for some paths (by their position in the shape) distinct values in order of their places, cut as
    ``kept_value`` does. ``value_keys`` (sorted, ``siss.model.field.value_key``) say of which paths there are more;
    where values can be asked for (``siss.model.structure.VALUE_KINDS``) they lead to all of them. ``documents``: how
    many JSON Lines or rows were looked at; 1 otherwise.

    Where a value stands is not kept: the local text says it, exactly (``siss.search.jsonpath.spans``).
    """

    shape: Shape
    values: dict[int, list[Scalar]]
    value_keys: list[int]
    documents: int = 1
