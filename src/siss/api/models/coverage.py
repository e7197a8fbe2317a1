"""The shapes of answers about what is indexed of a path, what is not, and why."""

from datetime import datetime
from typing import Final, Literal

from pydantic import Field

from siss.api.models.files import FileItem
from siss.api.models.shape import Shape, Span

_ID: Final = "0192f7c1-9a1b-7c3e-8f00-5b1f0a7d3c11"


class GapLine(Shape):
    """One line of the coverage ledger. ``lost``: text is missing from the index because of it."""

    reason: str = Field(examples=["encoding_errors"])
    text: str = Field(examples=["Bytes that are invalid in the file's encoding are shown as U+FFFD."])
    detail: str
    sentence: str
    span: Span | None
    item: str | None
    lost: bool


class FileCoverage(Shape):
    """What of one file is indexed, what not, and why."""

    id: str = Field(examples=[_ID])
    path: str
    status: str
    extent: str
    size: int
    source_bytes: int = Field(description="Bytes of the (decompressed) source.")
    read_bytes: int = Field(description="How many of these were read.")
    text_bytes: int
    chunks: int
    indexed_at: datetime | None
    gaps: list[GapLine]


class SkippedLine(GapLine):
    """Why a path, or the folder above it, was not taken."""

    path: str


class FolderCoverage(Shape):
    """How much of what is in and below a folder is indexed."""

    files: int
    whole: int
    partial: int
    none: int = Field(description="Found by name and size only.")
    failed: int
    pending: int
    lacking: list[FileItem] = Field(description="The first of those that are not indexed whole.")
    skipped: dict[str, int] = Field(
        description="Entries in and below it that were not taken, by reason.", examples=[{"ignored": 3}]
    )


class PathCoverage(Shape):
    """What is known of a path."""

    path: str
    known: Literal["file", "folder", "skipped"]
    file: FileItem | None
    coverage: FileCoverage | None
    folder: FolderCoverage | None
    skipped: SkippedLine | None
