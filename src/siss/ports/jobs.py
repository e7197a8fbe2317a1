"""Jobs: requests for work that outlive the request that made them."""

import uuid
from collections.abc import Collection
from typing import Any, Protocol

from siss.model.job import EVERY_KIND, Job, JobFilter, JobKind, JobState


class Jobs(Protocol):
    """Raises ``DatabaseUnavailableError``."""

    async def submit(self, kind: JobKind, arguments: dict[str, Any], requested_by: str) -> Job:
        """Queue a job and ring the process that indexes."""
        ...

    async def get(self, job_id: uuid.UUID) -> Job | None:
        """One job."""
        ...

    async def page(self, where: JobFilter, after: uuid.UUID | None, limit: int) -> list[Job]:
        """Jobs, the latest first, beginning after one."""
        ...

    async def cancel(self, job_id: uuid.UUID) -> Job | None:
        """End a queued job at once; a running one is asked to end (``cancelling``), an ended one is left alone."""
        ...

    async def claim(self, kinds: Collection[JobKind] = EVERY_KIND) -> Job | None:
        """The oldest queued job of these kinds, now running; None: none waits. Two claimers never get the same."""
        ...

    async def update(
        self,
        job_id: uuid.UUID,
        state: JobState,
        *,
        progress: dict[str, Any] | None = None,
        result: dict[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Record how a job stands."""
        ...

    async def requeue_running(self, kinds: Collection[JobKind] = EVERY_KIND) -> int:
        """Queue again what a process that died was doing, of these kinds."""
        ...
