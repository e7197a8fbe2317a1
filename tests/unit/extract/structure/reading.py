"""Structures of small texts, read in windows of any size."""

from siss.extract.structure.select import select_fields
from siss.model.content import Kind
from siss.model.dialect import Dialect
from siss.model.shape import Structure
from siss.model.text import Window


def read(kind: Kind, text: bytes | str, *, dialect: Dialect | None = None, step: int = 0, max_depth: int = 32):
    data = text.encode() if isinstance(text, str) else text
    reader = select_fields(kind, dialect, max_depth=max_depth)
    assert reader is not None
    size = step or max(1, len(data))
    starts = range(0, max(1, len(data)), size)
    for at in starts:
        reader.feed(Window(at, data[at : at + size], at, final=at + size >= len(data)))
    return reader.close()


def fields(structure: Structure | None) -> dict[str, int]:
    assert structure is not None
    return dict(zip(structure.shape.paths, structure.shape.types, strict=True))


def values(structure: Structure | None) -> dict[str, list[object]]:
    assert structure is not None
    return {structure.shape.paths[number]: kept for number, kept in structure.values.items()}
