"""What relationships and the graph are made from. Everything is of files that a principal may see."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from siss.model.entity import Confidence, EntityId, EntityType, Name, Place
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal


@dataclass(frozen=True, slots=True)
class CommonName:
    """A thing that a content and a few others name: how surely here, and how surely in each of the others."""

    name: Name
    confidence: Confidence
    others: Mapping[ContentId, Confidence]


@dataclass(frozen=True, slots=True)
class CommonNames:
    """What a content has in common with others. ``whole``: every name was looked at; ``frequent``: left out."""

    names: tuple[CommonName, ...]
    whole: bool
    frequent: int


@dataclass(frozen=True, slots=True)
class NamedPlaces:
    """Where a content names a thing (the first place in each chunk)."""

    content_id: ContentId
    name: Name
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class SchemaSiblings:
    """The other contents of a schema, those of the same shape first; ``whole``: these are all.

    ``name``: of fields that some member has, seen or not (``siss.app.structure.schemas.read_name``).
    """

    id: uuid.UUID
    name: str
    contents: tuple[ContentId, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A content that another file has. ``older``: this file had it until ``at``; else that had ours until then."""

    content_id: ContentId
    at: datetime
    older: bool


@dataclass(frozen=True, slots=True)
class Located:
    """A content and the path of one of its files."""

    content_id: ContentId
    shown: str


@dataclass(frozen=True, slots=True)
class FirstFile:
    """The first visible file of a content, and how many it has."""

    file_id: FileId
    public_id: uuid.UUID
    shown: str
    copies: int


@dataclass(frozen=True, slots=True)
class Rare:
    """A thing that few files name."""

    name: Name
    files: int


class Relationships(Protocol):
    """Reading. Raises ``DatabaseUnavailableError``. Lists end at ``limit``; that there is more is said."""

    async def common_names(self, content_id: ContentId, limit: int, most: int, principal: Principal) -> CommonNames:
        """The ``limit`` rarest things of a content that others name, too; none that more than ``most`` others do."""
        ...

    async def service_places(self, content_id: ContentId) -> list[NamedPlaces]:
        """Where a content names hosts, addresses and ports."""
        ...

    async def places_in(self, wanted: Sequence[tuple[Name, ContentId]]) -> list[NamedPlaces]:
        """Where contents name things, pair by pair."""
        ...

    async def schema_siblings(self, content_id: ContentId, limit: int, principal: Principal) -> SchemaSiblings | None:
        """The other members of a content's schema; None where it has none."""
        ...

    async def versions(self, file_id: FileId, content_id: ContentId, principal: Principal) -> list[Version]:
        """Other files that have what this one had before, or had what it has now."""
        ...

    async def file_paths_in(self, content_id: ContentId, limit: int) -> tuple[list[Name], bool]:
        """Paths that a content names, and whether these are all."""
        ...

    async def files_at(
        self, paths: Sequence[str], tails: Sequence[str], limit: int, principal: Principal
    ) -> list[Located]:
        """Files at these shown paths, or whose last two parts are one of ``tails``."""
        ...

    async def files_in(self, folders: Sequence[str], limit: int, principal: Principal) -> list[Located]:
        """Files that lie directly in folders with these shown paths, by path, ``limit`` each."""
        ...

    async def naming(
        self, names: Sequence[Name], limit: int, principal: Principal
    ) -> Mapping[EntityId, list[Located]]:
        """Contents that name each of these things, the latest first, ``limit`` each."""
        ...

    async def first_files(self, contents: Sequence[ContentId], principal: Principal) -> Mapping[ContentId, FirstFile]:
        """A file for each content."""
        ...

    async def rarest(
        self,
        contents: Sequence[ContentId],
        types: Sequence[EntityType] | None,
        limit: int,
        most: int,
        principal: Principal,
    ) -> Mapping[ContentId, tuple[list[Rare], bool]]:
        """The things of each content that fewest others name, none that no other does; and whether these are all.

        Files are counted up to ``most`` and one.
        """
        ...

    async def sources(self, after: FileId, limit: int, principal: Principal) -> list[FileId]:
        """Files to browse relationships from, by id: the first visible one of each content."""
        ...
