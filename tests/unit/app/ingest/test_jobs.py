"""Jobs that run beside each other, and while the database comes and goes."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from siss.adapters.memory.ingest_state import MemoryIngestState
from siss.adapters.memory.jobs import MemoryJobs
from siss.app.ingest import jobs as jobs_module
from siss.app.ingest.jobs import LANES, IndexingControl, JobRunner
from siss.app.ingest.roots.scan import ScanReport
from siss.app.ingest.verify import Differences
from siss.app.services import Services
from siss.errors import DatabaseDamagedError, DatabaseUnavailableError
from siss.model.job import Job, JobFilter, JobKind, JobState
from siss.model.maintenance import Task


class Indexing:
    """Scans, but for the first time where it ``loses`` the database; maintenance lasts until ``may_end``."""

    def __init__(self) -> None:
        self.scans = 0
        self.loses = False
        self.damage = ""
        self.may_end = asyncio.Event()
        self.paused: list[bool] = []
        self.caught_up = 0

    def catch_up(self) -> None:
        self.caught_up += 1

    async def scan(self, _path: str | None, **_more: Any) -> list[ScanReport]:
        self.scans += 1
        if self.loses and self.scans == 1:
            raise DatabaseUnavailableError("away")
        return [ScanReport("/nas")]

    async def verify(self, *, repair: bool) -> Differences:
        if self.damage:
            raise DatabaseDamagedError(self.damage)
        return Differences()

    async def maintain(self, task: Task) -> SimpleNamespace:
        await self.may_end.wait()
        return SimpleNamespace(result={"task": task.value})

    async def set_paused(self, paused: bool) -> None:
        self.paused.append(paused)

    async def publish_status(self) -> None:
        pass


class House:
    """A runner at work."""

    def __init__(self) -> None:
        self.jobs, self.state, self.indexing = MemoryJobs(), MemoryIngestState(silence=600), Indexing()
        services = SimpleNamespace(ingest_state=self.state, jobs=self.jobs)
        self._runner = JobRunner(cast(Services, services), cast(IndexingControl, self.indexing))

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        running = asyncio.create_task(self._runner.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def ask(self, kind: JobKind, **arguments: Any) -> uuid.UUID:
        job = await self.jobs.submit(kind, arguments, "test")
        self.state.ring("jobs")
        return job.id

    async def until(self, job_id: uuid.UUID, state: JobState) -> Job:
        async with asyncio.timeout(60):
            while (job := await self.jobs.get(job_id)) is None or job.state is not state:
                await asyncio.sleep(0)
        return job


def test_every_kind_has_its_lane():
    assert sorted(kind for lane in LANES for kind in lane) == sorted(JobKind)


async def test_a_job_that_lost_its_database_is_done_again() -> None:
    house = House()
    house.indexing.loses = True
    async with house.at_work():
        job = await house.ask(JobKind.SCAN)
        async with asyncio.timeout(60):
            while not house.indexing.scans:
                await asyncio.sleep(0)
        house.state.ring("")
        await house.until(job, JobState.DONE)
    assert house.indexing.scans == 2


async def test_damage_is_told_until_everything_could_be_read() -> None:
    house = House()
    house.indexing.damage = "the table files cannot be read"
    async with house.at_work():
        await house.until(await house.ask(JobKind.VERIFY), JobState.FAILED)
        assert (await house.state.read_status()).damage == "the table files cannot be read"
        house.indexing.damage = ""
        await house.until(await house.ask(JobKind.VERIFY), JobState.DONE)
        assert (await house.state.read_status()).damage == ""


async def test_how_things_are_is_told_anew_before_a_job_is_said_to_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or whoever waits for what it queued sees that nothing waits, as it was before."""
    house, seen = House(), list[tuple[int, list[JobState]]]()

    async def look() -> None:
        page = await house.jobs.page(JobFilter(), None, 10)
        seen.append((house.indexing.scans, [job.state for job in page]))

    monkeypatch.setattr(house.indexing, "publish_status", look)
    async with house.at_work():
        await house.until(await house.ask(JobKind.SCAN), JobState.DONE)
    assert seen == [(1, [JobState.RUNNING])]


async def test_a_long_maintenance_delays_no_other_job(monkeypatch: pytest.MonkeyPatch) -> None:
    async def place(_services: Services, job: Job) -> dict[str, object]:
        return {"taken": job.arguments["files"]}

    monkeypatch.setattr(jobs_module, "place_batch", place)
    house = House()
    async with house.at_work():
        vacuum = await house.ask(JobKind.MAINTAIN, task="vacuum")
        await house.until(vacuum, JobState.RUNNING)
        snapshot = await house.ask(JobKind.MAINTAIN, task="snapshot")
        batch = await house.until(await house.ask(JobKind.UPLOAD, files=3), JobState.DONE)
        await house.until(await house.ask(JobKind.SCAN), JobState.DONE)
        assert batch.result == {"taken": 3}
        for each, state in ((vacuum, JobState.RUNNING), (snapshot, JobState.QUEUED)):
            job = await house.jobs.get(each)
            assert job is not None
            assert job.state is state
        house.indexing.may_end.set()
        assert (await house.until(snapshot, JobState.DONE)).result == {"task": "snapshot"}


async def test_a_lane_that_lost_its_database_leaves_what_the_others_do() -> None:
    house = House()
    house.indexing.loses = True
    async with house.at_work():
        vacuum = await house.ask(JobKind.MAINTAIN, task="vacuum")
        await house.until(vacuum, JobState.RUNNING)
        scan = await house.ask(JobKind.SCAN)
        async with asyncio.timeout(60):
            while not house.indexing.scans:
                await asyncio.sleep(0)
        house.state.ring("")
        await house.until(scan, JobState.DONE)
        job = await house.jobs.get(vacuum)
        assert job is not None
        assert job.state is JobState.RUNNING


async def test_indexing_is_paused_while_a_job_runs() -> None:
    house = House()
    async with house.at_work():
        await house.until(await house.ask(JobKind.MAINTAIN, task="vacuum"), JobState.RUNNING)
        await house.state.set_paused(True)
        async with asyncio.timeout(60):
            while True not in house.indexing.paused:
                await asyncio.sleep(0)


async def test_bells_of_others_do_not_make_lanes_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each upload rings the outbox: five questions for jobs each time would cost more than the upload."""
    house = House()
    claims = 0
    claim = house.jobs.claim

    async def count(*kinds: Any) -> Job | None:
        nonlocal claims
        claims += 1
        return await claim(*kinds)

    monkeypatch.setattr(house.jobs, "claim", count)
    async with house.at_work():
        async with asyncio.timeout(60):
            while claims < len(LANES) or not house.indexing.paused:  # they look once in the beginning
                await asyncio.sleep(0)
            caught_up, told = house.indexing.caught_up, len(house.indexing.paused)
            for _ in range(5):
                house.state.ring("outbox")
            await house.state.set_paused(False)
            while len(house.indexing.paused) == told:
                await asyncio.sleep(0)
        assert (claims, house.indexing.caught_up) == (len(LANES), caught_up + 5)
        await house.until(await house.ask(JobKind.SCAN), JobState.DONE)
