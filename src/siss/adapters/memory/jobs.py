"""Jobs in the process, for tests."""

import uuid
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from siss.model.ids import new_public_id
from siss.model.job import EVERY_KIND, Job, JobFilter, JobKind, JobState

_ENDED = {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


class MemoryJobs:
    """Implements ``siss.ports.jobs.Jobs``."""

    def __init__(self) -> None:
        self._jobs: dict[uuid.UUID, Job] = {}

    async def submit(self, kind: JobKind, arguments: dict[str, Any], requested_by: str) -> Job:
        """Queue a job."""
        job = Job(new_public_id(), kind, JobState.QUEUED, arguments, requested_by, datetime.now(UTC))
        self._jobs[job.id] = job
        return job

    async def get(self, job_id: uuid.UUID) -> Job | None:
        """One job."""
        return self._jobs.get(job_id)

    async def page(self, where: JobFilter, after: uuid.UUID | None, limit: int) -> list[Job]:
        """Jobs, the latest first."""
        found = [
            job
            for job in sorted(self._jobs.values(), key=lambda job: job.id, reverse=True)
            if (after is None or job.id < after)
            and where.state in {None, job.state}
            and where.kind in {None, job.kind}
            and where.requested_by in {None, job.requested_by}
        ]
        return found[:limit]

    async def cancel(self, job_id: uuid.UUID) -> Job | None:
        """End a queued job at once; a running one is asked to end."""
        job = self._jobs.get(job_id)
        if job is not None and job.state is JobState.QUEUED:
            job = replace(job, state=JobState.CANCELLED, finished_at=datetime.now(UTC))
        elif job is not None and job.state is JobState.RUNNING:
            job = replace(job, cancelling=True)
        if job is not None:
            self._jobs[job_id] = job
        return job

    async def claim(self, kinds: Collection[JobKind] = EVERY_KIND) -> Job | None:
        """The oldest queued job of these kinds, now running."""
        # Jobs stand in the order of their requests, and nothing is awaited between looking and taking.
        for job in self._jobs.values():
            if job.state is JobState.QUEUED and job.kind in kinds:
                self._jobs[job.id] = replace(job, state=JobState.RUNNING, started_at=datetime.now(UTC))
                return self._jobs[job.id]
        return None

    async def update(
        self,
        job_id: uuid.UUID,
        state: JobState,
        *,
        progress: dict[str, Any] | None = None,
        result: dict[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Record how a job stands; None keeps what was said before."""
        job = self._jobs.get(job_id)
        if job is None:
            return
        self._jobs[job_id] = replace(
            job,
            state=state,
            progress=job.progress if progress is None else progress,
            result=job.result if result is None else result,
            error=job.error if error is None else error,
            finished_at=datetime.now(UTC) if state in _ENDED else None,
        )

    async def requeue_running(self, kinds: Collection[JobKind] = EVERY_KIND) -> int:
        """Queue again what a process that died was doing, of these kinds."""
        running = [job for job in self._jobs.values() if job.state is JobState.RUNNING and job.kind in kinds]
        for job in running:
            self._jobs[job.id] = replace(job, state=JobState.QUEUED, started_at=None)
        return len(running)
