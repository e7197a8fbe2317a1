"""The shapes of results, and of the values of a field."""

from typing import Literal

from pydantic import Field

from siss.api.models.files import FileItem
from siss.api.models.shape import FacetValue, Shape, Span


class ChunkMatch(Shape):
    """The best place in a file. ``highlight`` is HTML-escaped text with matches in `<em>`."""

    chunk_index: int = Field(examples=[0])
    highlight: str | None = Field(examples=["max_<em>connections</em>: 100, <em>database</em>: prod_main"])
    text: str | None = Field(examples=["max_connections: 100, database: prod_main"])
    line: int | None = Field(description="Line of the first match, from 1.", examples=[17])
    span: Span | None = Field(description="Bytes of the first match in the (decompressed) file.")
    text_span: Span | None = Field(description="The same in the local text (`/content?offset=`).")


class SearchItem(FileItem):
    """One result: a content's best file and its best chunk."""

    other_paths: list[str]
    chunk_match: ChunkMatch | None = Field(description="Null where only the name or a filter matched.")
    score: float = Field(examples=[14.94])
    relaxed: bool = Field(description="Found only by leaving out or respelling words.")
    explanation: dict[str, float] | None = Field(None, description="Score by list, with `explain=true`.")


class SearchPage(Shape):
    """A page of results. ``total`` counts files."""

    total: int = Field(examples=[142])
    total_relation: Literal["eq", "gte"] = Field(description="`gte`: at least as many.")
    relaxed: bool = Field(description="Too little was found as asked: some items are marked `relaxed`.")
    cursor: str | None = Field(description="Names the next page; null on the last one.")
    took_ms: float = Field(examples=[4.2])
    items: list[SearchItem]
    facets: dict[str, list[FacetValue]] = Field(
        examples=[{"mime": [{"value": "application/json", "count": 89}, {"value": "text/xml", "count": 53}]}]
    )
    notes: list[str] = Field(description="What was left out or not taken as meant, in sentences; empty for most.")


class FacetList(Shape):
    """A page of the values of a field, the commonest first. ``cursor`` is null on the last page."""

    field: str = Field(examples=["mime"])
    cursor: str | None
    values: list[FacetValue]
