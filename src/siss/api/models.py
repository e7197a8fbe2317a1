"""The shapes of answers for OpenAPI. ``render.py`` makes them; nothing is validated on the way out."""

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from siss.search.cursor import MAX_CURSOR

_ID = "0192f7c1-9a1b-7c3e-8f00-5b1f0a7d3c11"
_SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def _written_out(value: object) -> object:
    """A time of a parameter is written out: a bare number could be seconds, milliseconds, or a typing error."""
    if isinstance(value, str) and not (value[:4].isdigit() and value[4:5] == "-"):
        raise ValueError("expected a time such as 2026-11-01T00:00:00Z")
    return value


def _well_formed(value: str | None) -> str | None:
    """Whether a cursor may be one is told even where there is no page that it could lead to."""
    if value is not None and re.fullmatch(_CURSOR, value) is None:
        raise ValueError("expected a cursor as the last page named it")
    return value


def _absolute(value: str | None) -> str | None:
    if value is not None and re.fullmatch(_FOLDER, value) is None:
        raise ValueError("expected an absolute path as results show it, such as /nas/logs")
    return value


_CURSOR: Final = "^[A-Za-z0-9_-]*$"
_FOLDER: Final = "^/[^\\x00]*$"

Cursor = Annotated[
    str | None,
    Field(
        max_length=MAX_CURSOR,
        description="The next page, as the last one named it.",
        json_schema_extra={"pattern": _CURSOR},
    ),
    AfterValidator(_well_formed),
]
"""Which page, as a parameter of every list; without it the first."""

Folder = Annotated[
    str | None,
    Field(
        max_length=16384,
        description="Shown absolute path; files at any depth below it.",
        json_schema_extra={"pattern": _FOLDER},
    ),
    AfterValidator(_absolute),
]
"""A filter by folder. A relative one would be below none, and say nothing for ever."""

Moment = Annotated[datetime, BeforeValidator(_written_out)]


class Shape(BaseModel):
    """A shape as documented: nothing else stands in an answer."""

    model_config = ConfigDict(extra="forbid")


class ErrorDetail(Shape):
    """What went wrong, for programs and for people."""

    code: str = Field(examples=["INVALID_QUERY"])
    message: str = Field(examples=["A closing parenthesis is missing at position 14."])
    details: dict[str, Any] = Field(examples=[{"expression": "(disk OR raid", "position": 14, "expected": "')'"}])


class ErrorBody(Shape):
    """Every error looks like this."""

    error: ErrorDetail


class Span(Shape):
    """Half-open byte offsets."""

    start: int = Field(examples=[2048])
    end: int | None = Field(examples=[2059])


class FacetValue(Shape):
    """A value and how many files have it."""

    value: str = Field(examples=["application/json"])
    count: int = Field(examples=[89])


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
    sha256: str | None = Field(examples=[_SHA])
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


class IngestNow(Shape):
    """What indexing does now; rates over the last ten seconds."""

    phase: str = Field(examples=["indexing"])
    pending: int
    in_flight: int
    outbox: int
    seen: int
    indexed: int = Field(description="Files whose content was taken into the index since indexing started.")
    unchanged: int = Field(description="Files that were read since then, and are as they were indexed.")
    failed: int
    bytes_read: int
    chunks: int
    files_per_second: float
    bytes_per_second: float
    oldest_pending_seconds: float
    workers: int
    current: list[str]
    updated_at: datetime | None
    last_scan_at: datetime | None
    last_scan_seconds: float | None
    outdated: int = Field(
        description="Contents that were read with other rules or settings, and are to be read again."
    )
    ended: str = Field(description="Why nothing is indexed any more, though the service runs; empty: it goes on.")
    damage: str = Field(
        description="What of the database cannot be read, as an answer or a job met it, until `siss verify` could "
        "read everything; empty: nothing is known."
    )
    waits_for: str = Field(
        description="What indexing waits for: a disk that is full, a database or an engine that does not answer. It "
        "goes on by itself, and searches are answered meanwhile. Empty: it waits for nothing.",
    )
    waits_since: datetime | None = Field(description="Since when; null where it waits for nothing.")


class IngestState(IngestNow):
    """What indexing does now, and whether a pause is asked for."""

    paused: bool


class RootItem(Shape):
    """A folder that is indexed."""

    path: str
    state: str = Field(examples=["available"])
    watch: str = Field(examples=["events"])
    reason: str
    files: int
    last_scan_at: datetime | None


class Stats(Shape):
    """Counts over everything that may be seen."""

    files: int
    bytes: int
    contents: int
    chunks: int
    text_bytes: int
    by_status: dict[str, int]
    by_mime: dict[str, int]
    by_kind: dict[str, int]
    by_extent: dict[str, int]
    by_reason: dict[str, int]
    skipped: dict[str, int]
    hidden: int = Field(description="Files that a critical secret keeps out of all answers; for admins, else 0.")
    counted_at: datetime | None = Field(
        description="When this was counted: over many files, numbers are kept for a while (at most ten minutes)."
    )
    roots: list[RootItem]
    ingest: IngestNow


class FacetList(Shape):
    """A page of the values of a field, the commonest first. ``cursor`` is null on the last page."""

    field: str = Field(examples=["mime"])
    cursor: str | None
    values: list[FacetValue]


class JobItem(Shape):
    """A request for work."""

    id: str = Field(examples=[_ID])
    kind: str = Field(examples=["scan"])
    state: str = Field(examples=["queued"])
    arguments: dict[str, Any]
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    progress: dict[str, Any]
    result: dict[str, Any]
    error: str | None
    cancelling: bool = Field(description="It runs, and was asked to end.")


class JobList(Shape):
    """A page of jobs. ``cursor`` is null on the last page."""

    cursor: str | None
    items: list[JobItem]


class ComponentItem(Shape):
    """One thing that answers depend on."""

    name: str = Field(examples=["postgresql"])
    state: Literal["ok", "degraded", "down"]
    latency_ms: float | None
    detail: str


class Ready(Shape):
    """Whether searches can be answered. A root that is away makes it `degraded`, which is still ready (200)."""

    status: Literal["ready", "degraded", "unready"]
    components: list[ComponentItem] | None = None


class Alive(Shape):
    """The process answers."""

    status: Literal["ok"]
    version: str
