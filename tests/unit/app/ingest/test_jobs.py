"""Jobs while the database comes and goes."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

from siss.adapters.memory.jobs import MemoryJobs
from siss.app.ingest.jobs import JobRunner
from siss.app.ingest.scan import ScanReport
from siss.app.ingest.service import IndexingService
from siss.app.services import Services
from siss.errors import DatabaseUnavailableError
from siss.model.job import JobKind, JobState


class Ingest:
    """Rings as often as it is told to."""

    def __init__(self, rings: list[str]) -> None:
        self._rings = rings

    async def listen(self) -> AsyncIterator[str]:
        for ring in self._rings:
            yield ring

    async def paused(self) -> bool:
        return False


class Indexing:
    """Scans, but for the first time, when the database goes away."""

    scans = 0

    async def scan(self, _path: str | None, **_more: Any) -> list[ScanReport]:
        self.scans += 1
        if self.scans == 1:
            raise DatabaseUnavailableError("away")
        return [ScanReport("/nas")]

    async def set_paused(self, paused: bool) -> None:
        pass


async def test_a_job_that_lost_its_database_is_done_again() -> None:
    jobs = MemoryJobs()
    services = SimpleNamespace(ingest=Ingest(["jobs", ""]), jobs=jobs)
    indexing = Indexing()
    job = await jobs.submit(JobKind.SCAN, {}, "test")
    await JobRunner(cast(Services, services), cast(IndexingService, indexing)).run()
    done = await jobs.get(job.id)
    assert done is not None
    assert (done.state, indexing.scans) == (JobState.DONE, 2)
