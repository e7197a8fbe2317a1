"""A query as a value: what both query languages compile to, and every engine adapter compiles further."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from siss.model.structure import StructureQuery


class Field(StrEnum):
    """What can be filtered by. The values are the names in both query languages."""

    MIME = "mime"
    KIND = "kind"
    TAG = "tag"
    PATH = "path"
    NAME = "name"
    EXT = "ext"
    SIZE = "size"
    MODIFIED = "modified"
    INDEXED = "indexed"
    TIME = "time"
    LEVEL = "level"
    ID = "id"
    HOST = "host"
    IP = "ip"
    EMAIL = "email"
    ENTITY = "entity"
    SCHEMA = "schema"
    SEVERITY = "severity"

    @property
    def of_entity(self) -> bool:
        """Whether it asks for what files name: the entity tables answer, not the engine."""
        return self in {Field.HOST, Field.IP, Field.EMAIL, Field.ENTITY}

    @property
    def of_chunk(self) -> bool:
        """Whether it is a property of chunks (log lines) rather than of files."""
        return self in {Field.TIME, Field.LEVEL}


@dataclass(frozen=True, slots=True)
class Word:
    """One word as typed (folding and cutting into parts is the analyser's). ``prefix``: it ends in ``*``."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow each other, within a chunk."""

    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """A field that has a value. ``*`` and ``?`` in the value are wildcards where ``glob`` is set.

    ``path``: an absolute or root-relative folder or file, or a glob over the whole shown path; ``ext`` without
    the dot, lower case; ``level`` one of ``siss.model.content.Level``; ``host``, ``ip``, ``email`` and ``entity``
    what ``siss.search.entities`` reads; ``schema`` an id; ``severity`` one of ``siss.model.anomaly.Severity``.
    """

    field: Field
    value: str
    glob: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """A field between two bounds, either of which may be open.

    ``size`` in bytes; ``modified``, ``indexed`` and ``time`` in microseconds since the epoch. ``lower`` is
    inclusive, ``upper`` exclusive, so that ``modified:2026-01`` is a month.
    """

    field: Field
    lower: int | None
    upper: int | None


@dataclass(frozen=True, slots=True)
class Contents:
    """Files with one of these contents: what a filter on entities is before an engine sees it."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    nodes: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    nodes: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """None of it, anywhere in the file."""

    node: "Node"


Node = Word | Phrase | Match | Range | Contents | StructureQuery | And | Or | Not
"""A ``StructureQuery`` asks for files in which it finds something: ``Contents``, before an engine sees it."""


class SortField(StrEnum):
    """What a list can be sorted by."""

    RELEVANCE = "relevance"
    NAME = "name"
    PATH = "path"
    SIZE = "size"
    MODIFIED = "modified"
    INDEXED = "indexed"


@dataclass(frozen=True, slots=True)
class Sort:
    """An order. Ties are broken by file id, ascending, so that an order is total."""

    field: SortField = SortField.RELEVANCE
    descending: bool = True


class FacetField(StrEnum):
    """What can be counted beside the hits."""

    MIME = "mime"
    KIND = "kind"
    TAGS = "tags"
    EXT = "ext"
    FOLDER = "folder"
    LEVEL = "level"
    SCHEMA_ID = "schema_id"


@dataclass(frozen=True, slots=True)
class Query:
    """A whole question. ``where`` None asks for every file.

    ``text`` is the question as typed, for logs and for the frozen list's key. ``last_is_prefix``: the last plain
    word may also be the beginning of a longer one (as while typing). ``typos``: relaxed matches may be
    misspellings: one letter from four, two from eight.
    """

    where: Node | None = None
    text: str = ""
    sort: Sort = field(default_factory=Sort)
    facets: tuple[FacetField, ...] = ()
    size: int = 10
    highlight: bool = True
    explain: bool = False
    last_is_prefix: bool = True
    typos: bool = True


Relation = Literal["eq", "gte"]
