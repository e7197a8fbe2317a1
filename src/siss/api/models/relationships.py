"""The shapes of answers about relationships and the graph, for OpenAPI. ``render_relationships.py`` makes them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from siss.api.models.entities import EntityName, Relation
from siss.api.models.files import FileItem
from siss.api.models.shape import Shape
from siss.model.entity import EntityType
from siss.model.relationship import Direction, RelationshipKind


class SharedItem(EntityName):
    """A thing that two files share; ``contents``: how many different contents have it."""

    contents: int = Field(examples=[4])


class TieItem(Shape):
    """Why two files belong together.

    ``direction``: `out` where the first names the other or is the later version of it. ``shared``: rarest first.
    """

    relationship: RelationshipKind = Field(examples=["references_same_host"])
    confidence: float = Field(description="0 to 1: what is rare counts most.", examples=[0.9])
    direction: Direction
    description: str = Field(examples=["Both name db-prod-01.example.com (in 4 contents)."])
    shared: list[SharedItem]
    schema_name: str | None = Field(examples=[None])
    path: str | None = Field(description="As the one file names the other.", examples=[None])
    at: datetime | None = Field(description="When the older version was replaced.")


class RelatedItem(FileItem):
    """A file that belongs to another. ``copies``: how many files have its bytes."""

    copies: int = Field(examples=[1])
    confidence: float = Field(description="Of the surest relationship.", examples=[0.9])
    relationships: list[TieItem]


class RelatedPage(Shape):
    """A page of the files that belong to one, the surest first. ``cursor`` is null on the last page.

    ``notes``: what was not looked at, in sentences.
    """

    id: str
    path: str = Field(examples=["/volume1/data/configs/db-config.json"])
    total: int = Field(description="How many were found, on all pages.", examples=[14])
    cursor: str | None
    notes: list[str]
    took_ms: float = Field(examples=[9.3])
    items: list[RelatedItem]


class EndItem(Shape):
    """A file at the end of a relationship."""

    id: str
    path: str = Field(examples=["/volume1/data/configs/db-config.json"])


class RelationshipItem(TieItem):
    """A relationship between two files."""

    source: EndItem
    target: EndItem


class RelationshipPage(Shape):
    """A page of relationships by source. ``files``: how many were looked at for it."""

    cursor: str | None
    files: int = Field(examples=[37])
    took_ms: float = Field(examples=[41.0])
    items: list[RelationshipItem]


class NodeItem(Shape):
    """A file or a thing that files name. ``hop``: how far from the start."""

    id: str = Field(examples=["hostname:db-prod-01.example.com"])
    kind: Literal["entity", "file"] = Field(examples=["entity"])
    hop: int = Field(examples=[0])
    type: EntityType | None = Field(None, examples=["hostname"])
    value: str | None = Field(None, examples=["db-prod-01.example.com"])
    file_id: str | None = None
    path: str | None = None
    files: int = Field(description="Files that name it; of a file: all that have its bytes.", examples=[53])
    files_relation: Relation = Field(examples=["eq"])


class EdgeItem(Shape):
    """A file that names a thing, by the ids of their nodes."""

    source: str = Field(examples=["file:0192f7c1-9a1b-7c3e-8f00-5b1f0a7d3c11"])
    target: str = Field(examples=["hostname:db-prod-01.example.com"])


class GraphAnswer(Shape):
    """Files and what they name, nearest first. ``notes``: where a cap cut it, in sentences; empty: it is whole."""

    nodes: list[NodeItem]
    edges: list[EdgeItem]
    notes: list[str] = Field(examples=[["3 of the files name more than the rarest 20 things, which are shown."]])
    took_ms: float = Field(examples=[12.7])
