"""What any job queue keeps: the process's own and the table."""

import asyncio
import uuid

import pytest

from siss.adapters.memory.jobs import MemoryJobs
from siss.model.job import JobFilter, JobKind, JobState
from siss.ports.jobs import Jobs


@pytest.fixture(params=["memory", "postgres"])
def queue(request: pytest.FixtureRequest) -> Jobs:
    return MemoryJobs() if request.param == "memory" else request.getfixturevalue("jobs")


async def test_a_job_is_queued_then_claimed_then_done(queue: Jobs):
    job = await queue.submit(JobKind.SCAN, {"path": "/nas", "n": 1}, "cli")
    assert (job.state, job.arguments, job.requested_by) == (JobState.QUEUED, {"path": "/nas", "n": 1}, "cli")
    claimed = await queue.claim()
    assert claimed is not None
    assert (claimed.id, claimed.state, claimed.kind) == (job.id, JobState.RUNNING, JobKind.SCAN)
    assert claimed.started_at is not None
    await queue.update(job.id, JobState.RUNNING, progress={"seen": 3})
    await queue.update(job.id, JobState.DONE, result={"files": 5})
    done = await queue.get(job.id)
    assert done is not None
    assert (done.state, done.progress, done.result) == (JobState.DONE, {"seen": 3}, {"files": 5})
    assert done.finished_at is not None


async def test_jobs_are_claimed_in_order_and_once(queue: Jobs):
    jobs = [await queue.submit(JobKind.SCAN, {"n": n}, "cli") for n in range(6)]
    claims = await asyncio.gather(*(queue.claim() for _ in range(8)))
    claimed = [job.id for job in claims if job is not None]
    assert sorted(claimed) == sorted(job.id for job in jobs)
    assert claims.count(None) == 2


async def test_the_oldest_comes_first(queue: Jobs):
    first = await queue.submit(JobKind.SCAN, {}, "cli")
    await queue.submit(JobKind.VERIFY, {}, "cli")
    claimed = await queue.claim()
    assert claimed is not None
    assert claimed.id == first.id


async def test_only_jobs_of_some_kinds_are_claimed_and_queued_again(queue: Jobs):
    scan = await queue.submit(JobKind.SCAN, {}, "cli")
    upload = await queue.submit(JobKind.UPLOAD, {}, "cli")
    claimed = await queue.claim({JobKind.UPLOAD, JobKind.VERIFY})
    assert claimed is not None
    assert claimed.id == upload.id
    assert await queue.claim({JobKind.UPLOAD, JobKind.VERIFY}) is None
    assert await queue.requeue_running({JobKind.SCAN}) == 0
    assert await queue.requeue_running({JobKind.UPLOAD}) == 1
    again = await queue.claim()
    assert again is not None
    assert again.id == scan.id


async def test_what_a_dead_process_did_is_queued_again(queue: Jobs):
    job = await queue.submit(JobKind.REINDEX_ALL, {}, "cli")
    await queue.claim()
    assert await queue.requeue_running() == 1
    assert await queue.requeue_running() == 0
    again = await queue.claim()
    assert again is not None
    assert again.id == job.id


async def test_a_failure_says_why(queue: Jobs):
    job = await queue.submit(JobKind.SCAN, {}, "cli")
    await queue.update(job.id, JobState.FAILED, error="the root is away")
    failed = await queue.get(job.id)
    assert failed is not None
    assert (failed.state, failed.error) == (JobState.FAILED, "the root is away")


async def test_no_such_job(queue: Jobs):
    assert await queue.get(uuid.uuid4()) is None
    assert await queue.claim() is None
    await queue.update(uuid.uuid4(), JobState.DONE)


async def test_jobs_are_listed_the_latest_first(queue: Jobs):
    made = [await queue.submit(JobKind.SCAN if n % 2 else JobKind.VERIFY, {}, f"key:{n % 3}") for n in range(6)]
    ids = [job.id for job in reversed(made)]
    page = await queue.page(JobFilter(), None, 4)
    assert [job.id for job in page] == ids[:4]
    assert [job.id for job in await queue.page(JobFilter(), page[-1].id, 4)] == ids[4:]
    assert len(await queue.page(JobFilter(kind=JobKind.SCAN), None, 9)) == 3
    assert len(await queue.page(JobFilter(requested_by="key:1"), None, 9)) == 2
    assert await queue.page(JobFilter(state=JobState.DONE), None, 9) == []


async def test_a_job_is_cancelled(queue: Jobs):
    first = await queue.submit(JobKind.SCAN, {}, "cli")
    await queue.claim()
    running = await queue.cancel(first.id)
    assert running is not None
    assert (running.state, running.cancelling) == (JobState.RUNNING, True)
    waiting = await queue.submit(JobKind.SCAN, {}, "cli")
    ended = await queue.cancel(waiting.id)
    assert ended is not None
    assert (ended.state, ended.cancelling) == (JobState.CANCELLED, False)
    assert ended.finished_at is not None
    assert await queue.claim() is None
    assert await queue.cancel(uuid.uuid4()) is None
    await queue.update(first.id, JobState.DONE)
    done = await queue.cancel(first.id)
    assert done is not None
    assert done.state is JobState.DONE
