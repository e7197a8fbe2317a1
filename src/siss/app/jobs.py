"""Jobs as people see them: lists, and cancelling."""

import uuid
from dataclasses import replace
from functools import partial
from typing import Final

from siss.app.cursors import Page, name_list, read_page
from siss.app.operate import find_job, job_for
from siss.app.rights import require_role
from siss.app.services import Services
from siss.errors import ConflictError
from siss.model.job import Job, JobFilter, JobKind, JobState
from siss.model.principal import Principal, Role
from siss.model.upload import Staged

MAX_PAGE: Final = 200
STOPPABLE: Final = frozenset({JobKind.SCAN, JobKind.UPLOAD})
"""What can end in the middle while it runs; the others are one deed, or end soon."""


async def list_jobs(
    services: Services, principal: Principal, where: JobFilter, cursor: str | None, size: int
) -> Page[Job]:
    """Jobs that somebody asked for, the latest first; who may see only some files sees only their own."""
    if principal.scopes is not None:
        where = replace(where, requested_by=principal.subject)
    size = max(1, min(size, MAX_PAGE))
    page = await read_page(partial(services.jobs.page, where), name_list("jobs", where), cursor, size)
    return replace(page, items=tuple(job_for(job, principal) for job in page.items))


async def cancel_job(services: Services, principal: Principal, job_id: uuid.UUID) -> Job:
    """End a job that is queued, or ask one that runs to end; one that has ended is left as it is.

    Raises ``NotFoundError``, and ``ConflictError`` for one that runs and cannot end in the middle.
    """
    require_role(principal, Role.EDITOR, "Cancelling a job")
    job = await find_job(services, principal, job_id)
    if job.requested_by != principal.subject:
        require_role(principal, Role.ADMIN, "Cancelling another's job")
    if job.state is JobState.RUNNING and job.kind not in STOPPABLE:
        raise ConflictError(f"A {job.kind} that runs is one deed: wait for its end.", id=str(job_id))
    found = await services.jobs.cancel(job_id)
    if found is not None and found.kind is JobKind.UPLOAD and found.state is JobState.CANCELLED:
        await _discard(services, found)
    return job if found is None else job_for(found, principal)


async def _discard(services: Services, job: Job) -> None:
    """What waits for a batch that will not be done is deleted."""
    if services.uploads is not None:
        for each in job.arguments["files"]:
            await services.uploads.discard(Staged(each["staged"], int(each["size"]), bytes.fromhex(each["sha256"])))
