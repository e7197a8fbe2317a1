"""The shapes of answers about what files name, for OpenAPI. ``render_entities.py`` makes them."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from siss.api.models.files import FileItem
from siss.api.models.shape import Shape, Span
from siss.model.entity import EntityType

Relation = Literal["eq", "gte"]


class EntityName(Shape):
    """A thing by its type and value."""

    type: EntityType = Field(examples=["hostname"])
    value: str = Field(examples=["db-prod-01.example.com"])


class EntityItem(EntityName):
    """A thing, and how many files name it. ``files_relation`` ``gte``: at least as many."""

    files: int = Field(examples=[53])
    files_relation: Relation = Field(examples=["eq"])


class EntityPage(Shape):
    """A page of things. ``cursor`` is null on the last page."""

    cursor: str | None
    took_ms: float = Field(examples=[1.9])
    items: list[EntityItem]


class MentionPlace(Shape):
    """The first mention in one chunk of the local text (`/content?offset=`), and how many there are in it."""

    chunk_index: int = Field(examples=[0])
    text_span: Span
    mentions: int = Field(examples=[2])


class MentionMatch(Shape):
    """The first mention of all, for people. ``context``: the words around it, secrets replaced."""

    line: int = Field(examples=[17])
    span: Span = Field(description="Bytes in the (decompressed) file.")
    context: str = Field(examples=["host=db-prod-01.example.com port=5432"])


class MentionFacts(Shape):
    """How often and how surely something is named, and where first (one place a chunk, at most 20)."""

    mentions: int = Field(examples=[4])
    confidence: Literal["low", "medium", "high"] = Field(examples=["high"])
    match: MentionMatch | None
    places: list[MentionPlace]


class NamingFileItem(FileItem, MentionFacts):
    """A file that names a thing."""


class NamingFilePage(EntityName):
    """A page of the files that name a thing, the latest first."""

    total: int = Field(examples=[53])
    total_relation: Relation = Field(examples=["eq"])
    cursor: str | None
    took_ms: float = Field(examples=[2.4])
    items: list[NamingFileItem]


class NamedItem(EntityName, MentionFacts):
    """A thing that a file names."""


class NamedPage(Shape):
    """A page of what a file names, by type and value."""

    id: str
    path: str = Field(examples=["/volume1/data/configs/db-config.json"])
    cursor: str | None
    took_ms: float = Field(examples=[1.2])
    items: list[NamedItem]


class DayCount(Shape):
    """How often something is named on a day."""

    date: date
    mentions: int = Field(examples=[12])


class PortCount(Shape):
    """A port that stands right after a host."""

    port: str = Field(examples=["5432"])
    mentions: int = Field(examples=[9])


class NeighbourItem(EntityItem):
    """A thing that is named in the same files; ``shared``: in how many of those that were looked at."""

    shared: int = Field(examples=[7])


class FindingItem(Shape):
    """A secret that stands near mentions: which rule found it, how often, and the first place. Never its value."""

    rule: str = Field(examples=["aws-access-key"])
    severity: Literal["critical", "high"] = Field(examples=["high"])
    count: int = Field(examples=[1])
    line: int = Field(examples=[12])
    file_id: str | None
    path: str | None = Field(examples=["/volume1/data/configs/.env"])


class EntityDetail(EntityItem):
    """All about one thing. Times are those of log lines that name it, else of the files.

    ``complete`` false: mentions, days, neighbours and ports are of the latest 200 files.
    """

    mentions: int = Field(examples=[211])
    complete: bool
    first_seen: datetime | None
    last_seen: datetime | None
    days: list[DayCount]
    neighbours: list[NeighbourItem] = Field(description="Rarest and most shared first.")
    ports: list[PortCount]
    findings: list[FindingItem] = Field(description="Secrets within 1,000 bytes of it that no baseline accepts.")
    latest: list[NamingFileItem] = Field(description="The latest files that name it.")
    took_ms: float = Field(examples=[8.1])
    links: dict[str, str]
