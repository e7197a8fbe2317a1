"""Which extractor reads what was recognised."""

from typing import Final, Protocol

from siss.extract.structure.json_fields import JsonFields, JsonLinesFields
from siss.extract.structure.record_fields import DelimitedFields, KeyValueFields
from siss.extract.structure.xml_fields import XmlFields
from siss.model.content import Kind
from siss.model.dialect import Dialect
from siss.model.shape import Structure
from siss.model.text import Window

VERSION: Final = 4
"""Raised when the same text gives other results than before: contents are then read again."""


class FieldReader(Protocol):
    """Takes the windows of one content in order, and keeps a bounded amount of it.

    Raises nothing for what is in a file but what Python raises when memory runs out.
    """

    def feed(self, window: Window) -> None:
        """Read a window."""
        ...

    def close(self) -> Structure | None:
        """What was found; None where there is no structure, or none that could be made out."""
        ...


def select_fields(kind: Kind, dialect: Dialect | None, *, max_depth: int) -> FieldReader | None:
    """A reader for one content; None for what has no fields."""
    match kind:
        case Kind.JSON:
            return JsonFields(max_depth=max_depth)
        case Kind.JSONL:
            return JsonLinesFields(max_depth=max_depth)
        case Kind.XML:
            return XmlFields(max_depth=max_depth)
        case Kind.DELIMITED:
            return DelimitedFields(dialect or Dialect())
        case Kind.KEYVALUE:
            return KeyValueFields()
        case _:
            return None
