"""Members for schema tests: structures and shapes of JSON values."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from siss.extract.structure.select import select_fields
from siss.model.content import Kind
from siss.model.shape import Structure
from siss.model.text import Window
from siss.schemas.cluster import ShapeCount
from siss.schemas.profile import FieldValues, take_values


def structure_of(text: str | bytes, kind: Kind = Kind.JSON) -> Structure:
    data = text.encode() if isinstance(text, str) else text
    reader = select_fields(kind, None, max_depth=32)
    assert reader is not None
    reader.feed(Window(0, data, 0, final=True))
    found = reader.close()
    assert found is not None
    return found


def structures(values: Iterable[Any]) -> list[Structure]:
    return [structure_of(json.dumps(value)) for value in values]


def counted(members: Iterable[Structure], *, folders: tuple[str, ...] = ()) -> list[ShapeCount]:
    found: dict[bytes, ShapeCount] = {}
    for member in members:
        shape = member.shape
        count = found[shape.digest].count + 1 if shape.digest in found else 1
        found[shape.digest] = ShapeCount(shape.digest, shape.kind, shape.paths, shape.types, count, folders)
    return list(found.values())


def collect_values(members: Iterable[Structure]) -> dict[str, FieldValues]:
    """The values of every path over some members."""
    found: dict[str, FieldValues] = defaultdict(FieldValues)
    for member in members:
        take_values(found, member.shape, member.values, frozenset(member.value_keys))
    return found
