"""The shapes of a file: in a list, alone, its chunks, its earlier versions."""

from datetime import datetime
from typing import Final

from pydantic import Field

from siss.api.models.shape import Shape, Span

_ID: Final = "0192f7c1-9a1b-7c3e-8f00-5b1f0a7d3c11"
_SHA: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class FileItem(Shape):
    """A file in a list.

    ``schema_id`` is null until the file was grouped with others, ``ai_summary`` until there are summaries.
    """

    id: str = Field(examples=[_ID])
    name: str = Field(examples=["db-config.json"])
    path: str = Field(examples=["/volume1/data/configs/db-config.json"])
    path_on_client: str | None = Field(
        description="The same on the user's mount (`SISS_PATH_MAP`).", examples=["/mnt/nas/configs/db-config.json"]
    )
    mime: str | None = Field(examples=["application/json"])
    kind: str | None = Field(examples=["json"])
    size: int = Field(description="Bytes.", examples=[2048])
    sha256: str | None = Field(
        description="Of the bytes that are indexed: of a file that changed, those before until it is read again.",
        examples=[_SHA],
    )
    schema_id: str | None
    tags: list[str] = Field(examples=[["production", "database"]])
    ai_summary: str | None
    status: str = Field(examples=["indexed"])
    extent: str = Field(description="How much can be found by content: whole, partial, none.", examples=["whole"])
    modified_at: datetime
    indexed_at: datetime | None
    download_url: str = Field(examples=[f"/api/v1/files/{_ID}/download"])


class FilePage(Shape):
    """A page of files. ``cursor`` is null on the last page."""

    total: int = Field(examples=[142])
    cursor: str | None
    took_ms: float = Field(examples=[3.1])
    items: list[FileItem]


class CoverageSummary(Shape):
    """How much of a file is indexed, in short."""

    extent: str = Field(examples=["partial"])
    source_bytes: int
    read_bytes: int
    gaps: int = Field(examples=[1])
    reasons: list[str] = Field(examples=[["encoding_errors"]])


class FileDetail(FileItem):
    """Everything about one file but its text."""

    encoding: str | None = Field(examples=["utf-8"])
    compression: str | None = Field(examples=["gzip"])
    description: str | None
    discovered_at: datetime
    seen_at: datetime
    chunks: int
    lines: int
    text_bytes: int
    versions: int = Field(description="How many earlier contents are known.")
    other_paths: list[str] = Field(description="Other files of the same bytes.")
    removed_at: datetime | None = Field(description="When somebody took it out of the index.")
    removed_by: str | None
    coverage: CoverageSummary
    links: dict[str, str]


class ChunkItem(Shape):
    """A chunk and the beginning of its text."""

    chunk_index: int
    line: int
    lines: int
    span: Span
    text_span: Span
    label: str | None = Field(examples=["$.servers[3]"])
    levels: list[str] = Field(examples=[["warning", "error"]])
    time_us: dict[str, int] | None = Field(description="First and last time stamp, microseconds since the epoch.")
    preview: str


class ChunkList(Shape):
    """Chunks in order. ``cursor`` (or ``after``) goes into the next request; null at the end."""

    id: str
    total: int
    after: int | None
    cursor: str | None
    items: list[ChunkItem]


class VersionItem(Shape):
    """Bytes that a file had before an edit."""

    sha256: str
    size: int
    modified_at: datetime
    captured_at: datetime


class VersionList(Shape):
    """Earlier contents, newest first. ``cursor`` is null on the last page."""

    id: str
    cursor: str | None
    items: list[VersionItem]
