"""How files belong together, and the graph of files and what they name."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from siss.model.entity import Name
from siss.model.file import FileRecord
from siss.model.ids import ContentId


class RelationshipKind(StrEnum):
    """Why two files belong together (section 3.6.2 of the specification)."""

    SAME_HOST = "references_same_host"
    SAME_SERVICE = "references_same_service"
    SAME_SCHEMA = "same_schema"
    VERSION_CHAIN = "version_chain"
    REFERENCES_FILE = "references_file"
    SHARED_CREDENTIALS = "shared_credentials"
    SHARED_ENTITIES = "shares_entities"


class Direction(StrEnum):
    """Which way a relationship goes. ``out``: this file names the other, or is the later version of it."""

    BOTH = "both"
    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class SharedThing:
    """A thing that two files share. ``contents``: how many visible contents have it, these two included."""

    name: Name
    contents: int


@dataclass(frozen=True, slots=True)
class Tie:
    """Why a content belongs to another. ``confidence``: 0 to 1.

    ``shared``: rarest first, for what is shared; ``schema``: of ``SAME_SCHEMA``; ``path``: as it is named, of
    ``REFERENCES_FILE``; ``at``: when a version was replaced.
    """

    kind: RelationshipKind
    other: ContentId
    confidence: float
    direction: Direction = Direction.BOTH
    shared: tuple[SharedThing, ...] = ()
    schema: str | None = None
    path: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RelatedFile:
    """A file that belongs to another. ``copies``: visible files of the same content; ``confidence``: of all ties."""

    file: FileRecord
    copies: int
    confidence: float
    ties: tuple[Tie, ...]


@dataclass(frozen=True, slots=True)
class EntityNode:
    """A thing in the graph. ``files``: how many visible files name it, ``exact`` False: at least."""

    name: Name
    hop: int
    files: int
    exact: bool

    @property
    def id(self) -> str:
        """What edges call it."""
        return f"{self.name.type.value}:{self.name.value}"


@dataclass(frozen=True, slots=True)
class FileNode:
    """A content in the graph, as its first visible file; ``copies``: all visible files of it."""

    public_id: uuid.UUID
    shown: str
    hop: int
    copies: int

    @property
    def id(self) -> str:
        """What edges call it."""
        return f"file:{self.public_id}"


@dataclass(frozen=True, slots=True)
class Graph:
    """Files and what they name, as far as a few hops go. ``edges``: file and thing; ``notes``: where caps cut."""

    nodes: tuple[EntityNode | FileNode, ...]
    edges: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
