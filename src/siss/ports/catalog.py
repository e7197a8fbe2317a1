"""The catalog as questions see it: files, chunks, coverage, numbers. Always within a principal's scopes."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from siss.model.content import Chunk
from siss.model.coverage import Gap, Reason
from siss.model.file import FileRecord, FileStatus, FileVersion, Root, SkippedPath
from siss.model.hit import FacetCount
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal
from siss.model.query import FacetField, Sort
from siss.model.stats import CorpusStats


@dataclass(frozen=True, slots=True)
class FileFilter:
    """Which files a list holds. None means any; several values of one kind mean any of them.

    ``folder``: shown absolute path whose files, at any depth, are meant.
    """

    mime: tuple[str, ...] | None = None
    kind: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    status: tuple[FileStatus, ...] | None = None
    extent: tuple[str, ...] | None = None
    folder: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class FilePage:
    """A stretch of a sorted list. ``after``: where the next one begins (sort value, file id), None at the end."""

    files: tuple[FileRecord, ...]
    total: int
    after: tuple[int | str, int] | None


@dataclass(frozen=True, slots=True)
class FileExtent:
    """How much of a file is there. ``reasons``: of each gap in its coverage; ``versions``: how many it had before.

    ``source_bytes``: of the (decompressed) source, ``read_bytes``: how many of them were read;
    ``other_paths``: shown paths of other files with these bytes, in order.
    """

    source_bytes: int
    read_bytes: int
    versions: int
    reasons: tuple[Reason, ...]
    other_paths: tuple[str, ...]


class Catalog(Protocol):
    """Raises ``DatabaseUnavailableError``. What a principal may not see is as if it were not there."""

    async def files(
        self, wanted: Sequence[tuple[FileId, int | None]], principal: Principal
    ) -> Mapping[tuple[FileId, int | None], tuple[FileRecord, Chunk | None]]:
        """Files by id, each with that chunk of its content; missing and deleted files are left out."""
        ...

    async def file_by_public_id(self, public_id: uuid.UUID, principal: Principal) -> FileRecord | None:
        """One file by the id that the API shows; deleted ones too (their status says so)."""
        ...

    async def file_by_path(self, shown: str, principal: Principal) -> FileRecord | None:
        """One file by its shown absolute path; missing and deleted ones too."""
        ...

    async def raw_path(self, file_id: FileId) -> bytes:
        """The original bytes of a file's absolute path, to open it by. Raises ``NotFoundError``."""
        ...

    async def list_files(
        self,
        where: FileFilter,
        sort: Sort,
        after: tuple[int | str, int] | None,
        limit: int,
        principal: Principal,
    ) -> FilePage:
        """A page of files; ``sort.field`` is anything but relevance."""
        ...

    async def same_content(
        self, contents: Sequence[ContentId], limit: int, principal: Principal
    ) -> Mapping[ContentId, tuple[str, ...]]:
        """The shown paths of the files that have each content, at most ``limit`` each, in order."""
        ...

    async def chunks(self, keys: Sequence[tuple[ContentId, int]]) -> Mapping[tuple[ContentId, int], Chunk]:
        """Chunks by content and number."""
        ...

    async def chunk_page(self, content_id: ContentId, after: int, limit: int) -> list[Chunk]:
        """Chunks of one content in order, beginning after a number (-1: from the start)."""
        ...

    async def gaps(self, file: FileRecord) -> list[Gap]:
        """The coverage ledger of a file: reasons of its path first, then of its content."""
        ...

    async def extent(self, file: FileRecord, most_paths: int, principal: Principal) -> FileExtent:
        """What an answer about one file says beside its record; at most so many other paths."""
        ...

    async def source_bytes(self, content_id: ContentId) -> tuple[int, int]:
        """Bytes of the (decompressed) source, and how many of them were read."""
        ...

    async def skipped(self, shown: str) -> SkippedPath | None:
        """Why a path, or the nearest folder above it, was not taken by the last scan."""
        ...

    async def skipped_below(self, shown: str, principal: Principal) -> Mapping[str, int]:
        """How many entries in and below a folder the last scan did not take, by reason."""
        ...

    async def holds_folder(self, shown: str) -> bool:
        """Whether the last scan saw a folder there, be it an empty one."""
        ...

    async def versions(self, file_id: FileId) -> list[FileVersion]:
        """Earlier bytes of a file, newest first."""
        ...

    async def roots(self) -> list[Root]:
        """The roots as last probed."""
        ...

    async def stats(self, principal: Principal) -> CorpusStats:
        """Counts over what the principal may see."""
        ...

    async def facet(
        self, facet: FacetField, limit: int, principal: Principal, after: FacetCount | None = None
    ) -> list[FacetCount]:
        """The commonest values of a field and how many files have each, then by value, beginning after one."""
        ...

    async def ping(self) -> float:
        """Seconds that a trivial query takes."""
        ...
