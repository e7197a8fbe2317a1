"""What moves between discovery, the workers, the catalog and the engine while indexing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from siss.model.content import ContentFacts, Segment, TailState
from siss.model.coverage import Gap
from siss.model.file import FileStat, ObservedFile, SkippedPath
from siss.model.ids import ContentId, FileId, Generation
from siss.model.shape import Structure
from siss.traces.span import RemoteSpan


@dataclass(frozen=True, slots=True)
class RootSpec:
    """A root as the settings name it. ``path``: absolute original bytes, links resolved, no slash at the end."""

    path: bytes
    shown: str
    case_insensitive: bool


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the catalog holds of a file, to compare a listing with. ``path`` as in ``ObservedFile``.

    ``tail``: how far a log that grows was read; only of files that are looked up by inode.
    """

    id: FileId
    path: bytes
    key: bytes
    stat: FileStat
    missing: bool
    tail: TailState | None = None


@dataclass(frozen=True, slots=True)
class FolderDelta:
    """How one folder differs from what the catalog holds.

    ``path``: original bytes relative to the root, empty for the root. ``fingerprint``: hash of the listing, None
    where it must be looked at again (racy mtimes). ``returned``: missing files that are there again, unchanged.
    ``moved``: files known under another path. ``closed``: files that may not be read now, though they are as they
    were: what was indexed of them stays. ``skipped`` replaces what was skipped in this folder before.
    """

    path: bytes
    fingerprint: bytes | None
    added: Sequence[ObservedFile] = ()
    changed: Sequence[tuple[FileId, FileStat]] = ()
    returned: Sequence[FileId] = ()
    moved: Sequence[tuple[FileId, ObservedFile]] = ()
    closed: Sequence[FileId] = ()
    skipped: Sequence[SkippedPath] = ()


class Outcome(StrEnum):
    """What became of a pending file.

    ``APPENDED``: a growing log got new lines (``facts`` are the new totals, ``segment`` replaces what the content
    had from its first chunk on). ``RESTED``: a growing log stands still and now has its hash (``facts.sha256``).
    """

    INDEXED = "indexed"
    APPENDED = "appended"
    RESTED = "rested"
    UNCHANGED = "unchanged"
    METADATA_ONLY = "metadata_only"
    FAILED = "failed"
    VANISHED = "vanished"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Sought:
    """Where a file was looked for (absolute, original bytes), and as what discovery saw it there."""

    path: bytes
    stat: FileStat


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """The end of one file's way through a worker.

    ``stat``: as it was when reading began, None where it could not be had. ``facts`` and ``segment`` for
    ``INDEXED`` and ``METADATA_ONLY`` (whose segment is empty). ``opened``: the content that large files stream
    their segments into before their hash is known. ``gaps``: reasons that concern this file, not its bytes.
    ``retry_seconds``: when to look again, for ``RETRY`` and for files that changed while they were read.
    ``tail``: set where the content may be appended to later. ``structure``: of structured content; for ``APPENDED``,
    None where it stays what it was. ``seconds``: how long it was read, parsed and extracted from; ``spans``:
    what of, where somebody collects traces. ``sought``: where nothing was found.
    """

    file_id: FileId
    outcome: Outcome
    stat: FileStat | None
    facts: ContentFacts | None = None
    segment: Segment | None = None
    opened: ContentId | None = None
    gaps: Sequence[Gap] = field(default_factory=tuple)
    retry_seconds: float | None = None
    tail: TailState | None = None
    structure: Structure | None = None
    seconds: float = 0.0
    spans: tuple[RemoteSpan, ...] = ()
    sought: Sought | None = None


@dataclass(frozen=True, slots=True)
class StoredContent:
    """What the engine should hold of a content: all its chunks, under this generation."""

    generation: Generation
    chunk_count: int


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One change that the engine has yet to see."""

    id: int
    op: "OutboxOp"
    subject: int


class OutboxOp(StrEnum):
    """What the engine is to do. ``subject`` is a content for the first two, a file for the others."""

    PUT_CONTENT = "put_content"
    DROP_CONTENT = "drop_content"
    PUT_FILE = "put_file"
    DROP_FILE = "drop_file"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """How the catalog recorded an outcome.

    ``fresh``: the content is new, was parsed again or grew, so its chunks must reach the engine.
    ``generation``: the content's.
    """

    file_id: FileId
    content_id: ContentId | None
    generation: Generation | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class WrittenBatch:
    """What one transaction recorded, with the outbox rows that the engine's commit will settle."""

    files: Sequence[WrittenFile]
    outbox: Sequence[OutboxEntry]
    refused: Sequence[tuple[FileId, str]] = ()


@dataclass(frozen=True, slots=True)
class FileDocument:
    """What the engine holds of a file: it decides what matches, and counts totals and facets.

    ``content_*``: None for a file without text. ``modified_us`` and ``indexed_us``: microseconds since the epoch.
    ``members``: names inside an archive. ``chunk_count``: of its content.
    """

    file_id: FileId
    generation: Generation
    content_id: ContentId | None
    content_generation: Generation | None
    shown: str
    name: str
    tags: tuple[str, ...]
    mime: str
    kind: str
    size: int
    modified_us: int
    indexed_us: int
    level_mask: int = 0
    members: tuple[str, ...] = ()
    description: str = ""
    chunk_count: int = 0
