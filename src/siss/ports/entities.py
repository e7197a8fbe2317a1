"""Things that files name, as questions see them. Every number is of what a principal may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from siss.model.entity import Confidence, EntityType, Name, Place
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal
from siss.model.secret import SecretSeverity


@dataclass(frozen=True, slots=True)
class EntityFilter:
    """Which things are meant. None means any.

    ``value``: ``*`` and ``?`` are wildcards, letters of either case are the same; without a wildcard the whole value.
    A value that begins with a wildcard and has no type is not looked for among ports, days and UUIDs.
    ``network``: addresses only, as ``10.0.0.0/8``, ``2001:db8::/32`` or a range ``10.0.0.1-10.0.0.9``.
    """

    type: EntityType | None = None
    value: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """A number; ``exact`` is False where counting ended there and there are more."""

    value: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class EntitySummary:
    """A thing and how many files name it."""

    name: Name
    files: Count


@dataclass(frozen=True, slots=True)
class EntityPage:
    """A stretch of a list by type and value. ``after``: where the next one begins, None at the end."""

    entities: tuple[EntitySummary, ...]
    after: tuple[int, str, int] | None


@dataclass(frozen=True, slots=True)
class NamingFile:
    """A file that names a thing: how often, how surely, and the first places (one a chunk)."""

    file_id: FileId
    content_id: ContentId
    count: int
    confidence: Confidence
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class NamingFiles:
    """A stretch of the files that name a thing, latest first. ``after``: content and file, None at the end."""

    files: tuple[NamingFile, ...]
    after: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class NamedInContent:
    """A thing that a content names."""

    name: Name
    count: int
    confidence: Confidence
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A thing that is named in the same files. ``shared``: in how many of those that were looked at."""

    name: Name
    shared: int
    files: Count


@dataclass(frozen=True, slots=True)
class NearFinding:
    """A secret that stands near mentions: of which rule, how often, and where first."""

    rule: str
    severity: SecretSeverity
    count: int
    file_id: FileId
    line: int


@dataclass(frozen=True, slots=True)
class EntityProfile:
    """All about one thing. ``complete``: every file was looked at, else the latest ones.

    ``first_seen``, ``last_seen``: of the times in the logs that name it, else of the files' mtimes; ``days``: how
    often it is named on the days of those; ``neighbours``: rarest and most shared first; ``ports``: those that stand
    right after it (``host:port``); ``findings``: secrets near it that no baseline accepts, the gravest first.
    """

    name: Name
    files: Count
    mentions: int
    complete: bool
    first_seen: datetime | None
    last_seen: datetime | None
    days: tuple[tuple[date, int], ...]
    neighbours: tuple[Neighbour, ...]
    ports: tuple[tuple[str, int], ...]
    findings: tuple[NearFinding, ...] = ()


class Entities(Protocol):
    """Raises ``DatabaseUnavailableError``, and ``InvalidRequestError`` for a network that is none.

    A thing that no visible file names is as if it were not there.
    """

    async def list_entities(
        self, where: EntityFilter, after: tuple[int, str, int] | None, limit: int, principal: Principal
    ) -> EntityPage:
        """Things by type and value; those of a network by address."""
        ...

    async def top_entities(self, where: EntityFilter, limit: int, principal: Principal) -> list[EntitySummary]:
        """The things that most files name."""
        ...

    async def files_of(
        self, name: Name, after: tuple[int, int] | None, limit: int, principal: Principal
    ) -> NamingFiles:
        """The files that name a thing."""
        ...

    async def count_files(self, name: Name, principal: Principal) -> Count:
        """How many files name a thing."""
        ...

    async def entities_of(
        self,
        content_id: ContentId,
        types: Sequence[EntityType] | None,
        limit: int,
        after: Name | None = None,
    ) -> list[NamedInContent]:
        """What a content names, first by type, then by value, beginning after one.

        The caller has seen that the content is visible.
        """
        ...

    async def profile(self, name: Name, principal: Principal) -> EntityProfile | None:
        """All about one thing; None where no visible file names it."""
        ...

    async def contents_of(
        self, where: EntityFilter, limit: int, principal: Principal
    ) -> tuple[Sequence[ContentId], bool]:
        """The contents that name one of these things, at most ``limit``, and whether that is all: for filters."""
        ...

    async def first_places(
        self, where: EntityFilter, contents: Sequence[ContentId]
    ) -> Mapping[ContentId, tuple[Name, Place]]:
        """Where each of some visible contents first names one of these things, and which."""
        ...
