"""The shapes of answers about structure and schemas, for OpenAPI. ``render_structure.py`` makes them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from siss.api.models.entities import Relation
from siss.api.models.files import FileItem
from siss.api.models.shape import Shape, Span

_SCHEMA = "0192f7c1-9a1b-7c3e-8f00-5b1f0a7d3c22"
_DEFINITION = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "json: host, port",
    "type": "object",
    "properties": {"host": {"type": "string"}, "port": {"type": "integer"}},
    "required": ["host"],
}


class MatchItem(Shape):
    """A value that matches, and where it stands. Computed values (``count(//x)``) stand nowhere: null."""

    path: str = Field(description="A normalized path of RFC 9535, or an XPath.", examples=["$['servers'][0]['host']"])
    value: str = Field(description="As it stands there, at most 500 characters.", examples=['"db-prod-01"'])
    line: int | None = Field(description="From 1.", examples=[17])
    span: Span | None = Field(description="Bytes in the (decompressed) file.")
    text_span: Span | None = Field(description="The same in the local text (`/content?offset=`).")
    document: int | None = Field(description="JSON Lines: which line's document, from 1.", examples=[None])


class StructureItem(Shape):
    """A file with the values in it that match. ``total``: how many there are, of which some are shown."""

    id: str
    name: str = Field(examples=["db-config.json"])
    path: str = Field(examples=["/volume1/data/configs/db-config.json"])
    path_on_client: str | None = Field(examples=["/mnt/nas/configs/db-config.json"])
    mime: str = Field(examples=["application/json"])
    other_paths: list[str] = Field(description="Other files of the same bytes.")
    total: int = Field(examples=[2])
    matches: list[MatchItem]


class ProblemItem(Shape):
    """A file that could not be evaluated, so that nothing is silently missing."""

    path: str
    reason: str = Field(examples=["larger than 10 MiB"])


class StructurePage(Shape):
    """A page of files in which an expression finds something.

    ``indexed``: contents of the kind; ``candidates``: those that can match by their structure; ``evaluated``: how
    many were looked into for this page. ``given_up``: of these, how many could not be evaluated. ``unreadable``: how
    many more contents of the kind no question can look into: not well-formed, or too large.
    """

    indexed: int = Field(examples=[100000])
    candidates: int = Field(examples=[51])
    candidates_relation: Relation = Field(examples=["eq"])
    evaluated: int = Field(examples=[20])
    given_up: int = Field(examples=[0])
    unreadable: int = Field(examples=[0])
    problems: list[ProblemItem] = Field(description="The first of them.")
    timed_out: bool = Field(description="The time was over: `cursor` goes on from there.")
    cursor: str | None
    took_ms: float = Field(examples=[12.5])
    items: list[StructureItem]


class SchemaItem(Shape):
    """What files of one kind have in common. ``files``: how many visible ones; ``shapes``: different structures."""

    id: str = Field(examples=[_SCHEMA])
    name: str = Field(examples=["json: host, port, …"])
    kind: str = Field(examples=["json"])
    mime: str = Field(examples=["application/json"])
    files: int = Field(examples=[240])
    shapes: int = Field(examples=[7])
    created_at: datetime
    updated_at: datetime
    links: dict[str, str]


class SchemaPage(Shape):
    """Schemas, those with most files first. ``cursor`` is null on the last page."""

    total: int = Field(examples=[13])
    cursor: str | None
    took_ms: float = Field(examples=[8.0])
    items: list[SchemaItem]


class SchemaDetail(SchemaItem):
    """One schema. ``definition``: a JSON Schema 2020-12 that every member is valid under, or an element tree (XML).

    ``redirected_from``: the id that was asked for, which was merged into this one.
    """

    redirected_from: str | None = Field(examples=[None])
    definition: dict[str, Any] = Field(examples=[_DEFINITION])


class SchemaFilePage(Shape):
    """Files that have a schema."""

    id: str = Field(examples=[_SCHEMA])
    cursor: str | None
    took_ms: float = Field(examples=[3.0])
    items: list[FileItem]


class ChangeItem(Shape):
    """How one field changed. ``before``, ``after``: its types, its share of members, or whether it is required."""

    path: str = Field(examples=["$.timeout"])
    change: Literal["added", "removed", "types", "presence", "required"] = Field(examples=["types"])
    before: Any = Field(examples=[["integer"]])
    after: Any = Field(examples=[["integer", "string"]])
    text: str = Field(examples=["$.timeout was integer and is integer or string."])


class DriftAnswer(Shape):
    """A page of what changed in a schema's members since a time, field by field. ``total``: on all pages."""

    id: str = Field(examples=[_SCHEMA])
    since: datetime
    members_before: int = Field(examples=[230])
    members_after: int = Field(examples=[240])
    total: int = Field(examples=[3])
    cursor: str | None
    took_ms: float = Field(examples=[9.0])
    items: list[ChangeItem]
