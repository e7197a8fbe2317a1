"""A service over a handful of values: the whole application, with ports that need no server."""

import hashlib
import os
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from partial import services_of
from siss.adapters.memory.ingest_state import MemoryIngestState
from siss.api.server import create_app
from siss.api.warm_routes import API
from siss.app.evaluators import Evaluators
from siss.app.services import Services
from siss.model.content import Chunk
from siss.model.coverage import Gap, Reason
from siss.model.file import FileRecord, FileStatus, FileVersion, Root, RootState, SkippedPath, WatchMode
from siss.model.hit import FacetCount
from siss.model.ids import ContentId, FileId, Generation, RootId
from siss.model.job import Job, JobState
from siss.model.maintenance import Task, TaskRun
from siss.model.principal import Principal
from siss.model.spans import SpanMap
from siss.model.stats import CorpusStats, IngestStatus, RootStatus
from siss.ports.catalog import FileExtent, FilePage
from siss.ports.texts import Block
from siss.settings import Settings

WHEN = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)
TEXT = "first line\nsecond <line> with ümlaut\n".encode()


@dataclass
class FakeCatalog:
    root: Root
    records: list[FileRecord] = field(default_factory=list)
    raw_paths: dict[int, bytes] = field(default_factory=dict)
    gap_lines: list[Gap] = field(default_factory=list)
    skipped_paths: dict[str, SkippedPath] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    failure: Exception | None = None

    def _visible(self, principal: Principal) -> list[FileRecord]:
        if self.failure is not None:
            raise self.failure
        return [file for file in self.records if principal.may_see(file.shown)]

    async def file_by_public_id(self, public_id: uuid.UUID, principal: Principal) -> FileRecord | None:
        return next((file for file in self._visible(principal) if file.public_id == public_id), None)

    async def file_by_path(self, shown: str, principal: Principal) -> FileRecord | None:
        return next((file for file in self._visible(principal) if file.shown == shown), None)

    async def raw_path(self, file_id: FileId) -> bytes:
        return self.raw_paths[file_id]

    async def list_files(self, where: Any, sort: Any, after: Any, limit: int, principal: Principal) -> FilePage:
        files = sorted(self._visible(principal), key=lambda file: file.shown)
        if where.mime:
            files = [file for file in files if file.mime in where.mime]
        if where.folder:
            files = [file for file in files if file.shown.startswith(where.folder.rstrip("/") + "/")]
        if where.extent:
            files = [file for file in files if file.extent in where.extent]
        if where.status:
            files = [file for file in files if file.status in where.status]
        total = len(files)
        if after is not None:
            files = [file for file in files if (file.shown, file.id) > after]
        page = files[:limit]
        return FilePage(tuple(page), total, (page[-1].shown, page[-1].id) if len(files) > limit else None)

    async def same_content(
        self, contents: Sequence[ContentId], limit: int, principal: Principal
    ) -> Mapping[Any, Any]:
        return {c: tuple(f.shown for f in self._visible(principal) if f.content_id == c)[:limit] for c in contents}

    async def chunk_page(self, content_id: ContentId, after: int, limit: int) -> list[Chunk]:
        chunks = [Chunk(0, 0, 11, 0, 11, 1, 1), Chunk(1, 11, len(TEXT), 11, len(TEXT), 2, 1, level_mask=32)]
        return [chunk for chunk in chunks if chunk.seq > after][:limit]

    async def gaps(self, file: FileRecord) -> list[Gap]:
        return list(self.gap_lines)

    async def extent(self, file: FileRecord, most_paths: int, principal: Principal) -> FileExtent:
        same = [] if file.content_id is None else self._visible(principal)
        others = tuple(one.shown for one in same if one.content_id == file.content_id and one != file)[:most_paths]
        reasons = tuple(gap.reason for gap in self.gap_lines)
        return FileExtent(len(TEXT), len(TEXT), len(await self.versions(file.id)), reasons, others)

    async def source_bytes(self, content_id: ContentId) -> tuple[int, int]:
        return len(TEXT), len(TEXT)

    async def skipped(self, shown: str) -> SkippedPath | None:
        return self.skipped_paths.get(shown)

    async def skipped_below(self, shown: str, _principal: Principal) -> dict[str, int]:
        return dict(Counter(at.gap.reason.value for path, at in self.skipped_paths.items() if path.startswith(shown)))

    async def holds_folder(self, shown: str) -> bool:
        return shown in self.folders

    async def versions(self, file_id: FileId) -> list[FileVersion]:
        return [FileVersion(b"\1" * 32, 7, WHEN, WHEN)]

    async def roots(self) -> list[Root]:
        return [self.root]

    async def stats(self, principal: Principal) -> CorpusStats:
        root = RootStatus(self.root.shown, "available", "events", "", 1, WHEN)
        return CorpusStats(
            1, 38, 1, 2, 38, {"indexed": 1}, {"text/plain": 1}, {"text": 1}, {"whole": 1}, roots=(root,)
        )

    async def facet(self, facet: Any, limit: int, principal: Principal, after: Any) -> list[FacetCount]:
        return [FacetCount("text/plain", 1)]

    async def ping(self) -> float:
        if self.failure is not None:
            raise self.failure
        return 0.001


class FakeTexts:
    async def blocks_of(self, keys: Any) -> dict[Any, Block]:
        return {key: Block(0, TEXT, SpanMap()) for key in keys}

    async def read(self, content_id: ContentId, start: int, end: int) -> bytes:
        return TEXT[start:end]

    async def maps_at(self, places: Any) -> dict[Any, SpanMap]:
        return dict.fromkeys(places, SpanMap())


class FakeFullText:
    async def count_documents(self) -> tuple[int, int]:
        return 1, 2


class FakeJobs:
    def __init__(self) -> None:
        self.jobs: dict[uuid.UUID, Job] = {}

    async def submit(self, kind: Any, arguments: dict[str, Any], requested_by: str) -> Job:
        job = Job(uuid.uuid4(), kind, JobState.QUEUED, arguments, requested_by, WHEN)
        self.jobs[job.id] = job
        return job

    async def get(self, job_id: uuid.UUID) -> Job | None:
        return self.jobs.get(job_id)

    async def page(self, where: Any, after: uuid.UUID | None, limit: int) -> list[Job]:
        return [job for job in reversed(self.jobs.values()) if job.kind is where.kind][:limit]


class FakeOutbox:
    async def depth(self) -> int:
        return 3


class FakeMaintenance:
    async def runs(self) -> dict[Task, TaskRun]:
        return {Task.VACUUM: TaskRun(Task.VACUUM, WHEN, WHEN, WHEN, {"tables": 40})}


@dataclass
class World:
    """The service, its one file on a real root, and a client."""

    services: Services
    catalog: FakeCatalog
    file: FileRecord
    path: Path
    client: httpx.AsyncClient
    url: str

    def change(self, **changes: Any) -> None:
        self.file = replace(self.file, **changes)
        self.catalog.records = [self.file]

    def change_root(self, **changes: Any) -> None:
        self.catalog.root = replace(self.catalog.root, **changes)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    folder = tmp_path / "root"
    folder.mkdir()
    path = folder / "grüße & more.txt"
    path.write_bytes(TEXT)
    info = path.stat()
    root = Root(RootId(1), os.fsencode(folder), str(folder), False, RootState.AVAILABLE, WatchMode.EVENTS)
    file = FileRecord(
        id=FileId(5),
        public_id=uuid.uuid4(),
        root_id=RootId(1),
        shown=str(path),
        name=path.name,
        size=len(TEXT),
        modified_at=datetime.fromtimestamp(info.st_mtime_ns // 1000 / 1e6, UTC),
        discovered_at=WHEN,
        seen_at=WHEN,
        indexed_at=WHEN,
        status=FileStatus.INDEXED,
        tags=("a",),
        description=None,
        generation=Generation(1),
        content_id=ContentId(9),
        content_generation=Generation(2),
        sha256=hashlib.sha256(TEXT).digest(),
        mime="text/plain",
        kind="text",
        encoding="utf-8",
        compression=None,
        chunk_count=2,
        line_count=2,
        text_bytes=len(TEXT),
        extent="whole",
    )
    catalog = FakeCatalog(root, [file], {5: os.fsencode(path)})
    catalog.gap_lines = [Gap(Reason.ENCODING_GUESSED, lost=False)]
    ingest_state = MemoryIngestState(clock=lambda: 0.0)  # what was published stays fresh
    await ingest_state.write_status(IngestStatus("idle", last_scan_at=WHEN))
    settings = Settings(data_dir=tmp_path / "state", path_map={str(folder): "Z:\\data"}, nas_timeout=2)
    ports = {
        "settings": settings,
        "catalog": catalog,
        "texts": FakeTexts(),
        "fulltext": FakeFullText(),
        "jobs": FakeJobs(),
        "ingest_state": ingest_state,
        "outbox": FakeOutbox(),
        "evaluators": Evaluators(),
        "maintenance": FakeMaintenance(),
    }
    services = services_of(**ports)
    transport = httpx.ASGITransport(create_app(services, api=API), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield World(services, catalog, file, path, client, f"/api/v1/files/{file.public_id}")
