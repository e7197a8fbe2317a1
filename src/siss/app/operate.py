"""Operating the index: requests for work, pausing, and how things stand. The process that indexes does the work."""

import asyncio
import os
import uuid
from dataclasses import dataclass, replace

from siss.app.coverage import meant_paths
from siss.app.files import find_file
from siss.app.ingest.roots.specs import root_specs
from siss.app.rights import require_everything, require_role
from siss.app.services import Services
from siss.errors import ConfigError, InvalidRequestError, NotFoundError
from siss.model.job import Job, JobKind
from siss.model.principal import Principal, Role
from siss.model.stats import IngestStatus


async def request_scan(
    services: Services, principal: Principal, path: str | None = None, *, accept_deletions: bool = False
) -> Job:
    """Look at a folder or file again, or at all roots.

    ``accept_deletions``: files that vanished are deleted even where so many did that it looks like an outage.
    Job arguments: ``path`` (shown absolute path or None) and ``accept_deletions``.
    """
    require_role(principal, Role.ADMIN if accept_deletions else Role.EDITOR, "Asking for a scan")
    if accept_deletions:  # where a root was away all of it is looked at, whatever the path
        require_everything(principal, "Accepting deletions")
    if path is None:
        require_everything(principal, "A scan without a path")
        shown = None
    else:
        shown = await _inside_a_root(services, principal, path)
    return await services.jobs.submit(
        JobKind.SCAN, {"path": shown, "accept_deletions": accept_deletions}, principal.subject
    )


async def request_reindex_file(services: Services, principal: Principal, public_id: uuid.UUID) -> Job:
    """Read and parse one file again, though it did not change. Job argument: ``file_ids``."""
    require_role(principal, Role.EDITOR, "Reindexing a file")
    file = await find_file(services, principal, public_id)
    return await services.jobs.submit(
        JobKind.REINDEX_FILE, {"file_ids": [file.id], "id": str(file.public_id)}, principal.subject
    )


async def request_reindex_all(services: Services, principal: Principal, *, engine_only: bool) -> Job:
    """Read every file again, or (``engine_only``) rebuild the engine from local state without reading the NAS."""
    require_role(principal, Role.ADMIN, "Reindexing everything")
    require_everything(principal, "Reindexing everything")
    kind = JobKind.REINDEX_ENGINE if engine_only else JobKind.REINDEX_ALL
    return await services.jobs.submit(kind, {}, principal.subject)


async def request_verify(services: Services, principal: Principal, *, repair: bool) -> Job:
    """Compare catalog and engine whole. Job argument: ``repair``, whether differences are mended."""
    require_role(principal, Role.ADMIN, "Verifying")
    require_everything(principal, "Verifying")
    return await services.jobs.submit(JobKind.VERIFY, {"repair": repair}, principal.subject)


async def find_job(services: Services, principal: Principal, job_id: uuid.UUID) -> Job:
    """A job by its id. Raises ``NotFoundError``; jobs of others are for those who may see everything."""
    job = await services.jobs.get(job_id)
    if job is None or (principal.scopes is not None and job.requested_by != principal.subject):
        raise NotFoundError(f"There is no job {job_id}.", id=str(job_id))
    return job_for(job, principal)


def job_for(job: Job, principal: Principal) -> Job:
    """A job as a principal may see it: a scan counts what is beside the files that a scoped one asked for, too."""
    if principal.scopes is None or job.kind is not JobKind.SCAN:
        return job
    roots = [{"root": root["root"], "outage": root["outage"]} for root in job.result.get("roots", ())]
    return replace(job, result={"roots": roots} if roots else {})


@dataclass(frozen=True, slots=True)
class IngestNow:
    """What indexing does now, and whether a pause is asked for."""

    status: IngestStatus
    paused: bool


async def pause_ingest(services: Services, principal: Principal, *, paused: bool) -> IngestNow:
    """Ask indexing to pause or to go on; survives a restart."""
    require_role(principal, Role.ADMIN, "Pausing")
    require_everything(principal, "Pausing")
    await services.ingest_state.set_paused(paused)
    return await read_ingest_status(services, principal)


async def read_ingest_status(services: Services, principal: Principal) -> IngestNow:
    """What indexing does now, as a principal may see it."""
    status = await services.ingest_state.read_status()
    return IngestNow(status_for(status, principal), await services.ingest_state.paused())


def status_for(status: IngestStatus, principal: Principal) -> IngestStatus:
    """The status as a principal may see it: a scoped one learns no path, and no count, of others' files."""
    if principal.scopes is None:
        return status
    return IngestStatus(phase=status.phase, workers=status.workers, updated_at=status.updated_at)


async def require_known_roots(services: Services) -> None:
    """Raise ``ConfigError`` for a folder that is not there and never was: most likely a typing error.

    One that was indexed before is away, which is no error: what is indexed of it still answers.
    """
    specs = await asyncio.to_thread(root_specs, services.settings)
    missing = [spec for spec in specs if not await asyncio.to_thread(os.path.lexists, spec.path)]
    if not missing:
        return
    known = {root.path for root in await services.catalog.roots()}
    for spec in missing:
        if spec.path not in known:
            raise ConfigError(f"{spec.shown} does not exist, and was never indexed.", variable="SISS_ROOTS")


async def _inside_a_root(services: Services, principal: Principal, path: str) -> str:
    candidates = [found for found in meant_paths(path, services) if found.startswith("/")]
    if not candidates:
        raise InvalidRequestError(f"A path must be absolute: {path!r}.", field="path")
    roots = await services.catalog.roots()
    for candidate in candidates:
        if principal.may_see(candidate) and any(
            candidate == root.shown or candidate.startswith(root.shown.rstrip("/") + "/") for root in roots
        ):
            return services.redact_path(candidate)  # as jobs and audits may keep it
    raise NotFoundError(f"{path} is in no folder that is indexed.", path=path)
