"""Operating the index: scans, reindexing, pausing, jobs."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from siss.api.errors import documented
from siss.api.models.ingest import IngestState, JobItem, JobList
from siss.api.models.parameters import Cursor
from siss.api.render import status as render
from siss.api.state import json_response, made_response, note, page_response, principal_of, state_of
from siss.app import jobs, operate
from siss.model.job import JobFilter, JobKind, JobState

router = APIRouter(tags=["ingest"])


class ScanBody(BaseModel):
    """What ``POST /ingest/scan`` takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    path: str | None = Field(
        None, max_length=16384, description="A folder or file; all roots without it.", examples=["/volume1/data/logs"]
    )
    accept_deletions: bool = Field(
        default=False, description="Delete what vanished even where it looks like an outage."
    )


class ReindexBody(BaseModel):
    """What ``POST /ingest/reindex`` takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    engine_only: bool = Field(
        default=False,
        description="Rebuild the full-text index from local state, beside the one that answers; the NAS is not read.",
    )


class VerifyBody(BaseModel):
    """What ``POST /ingest/verify`` takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    repair: bool = Field(default=False, description="Mend what differs.")


@router.post(
    "/ingest/scan",
    status_code=202,
    response_model=JobItem,
    responses=documented(400, 403, 404, 503),
    summary="Look for changes now",
)
async def post_scan(request: Request, body: Annotated[ScanBody | None, Body()] = None) -> Response:
    """Queues a scan of one path or of all roots."""
    state, wanted = state_of(request), body or ScanBody()
    note(request, path=wanted.path)
    job = await operate.request_scan(
        state.services, principal_of(request), wanted.path, accept_deletions=wanted.accept_deletions
    )
    return made_response(render.job(job), "jobs", 202)


@router.get("/ingest/status", response_model=IngestState, responses=documented(503), summary="What indexing does now")
async def get_status(request: Request) -> Response:
    """Phase, what waits, rates over the last ten seconds, freshness."""
    found = await operate.read_ingest_status(state_of(request).services, principal_of(request))
    return json_response(render.ingest(found.status, paused=found.paused))


@router.post(
    "/ingest/reindex/{id}",
    status_code=202,
    response_model=JobItem,
    responses=documented(400, 403, 404, 503),
    summary="Read a file again",
)
async def post_reindex_file(request: Request, id: uuid.UUID) -> Response:
    """Reads and parses one file again, though it did not change."""
    job = await operate.request_reindex_file(state_of(request).services, principal_of(request), id)
    return made_response(render.job(job), "jobs", 202)


@router.post(
    "/ingest/reindex",
    status_code=202,
    response_model=JobItem,
    responses=documented(400, 403, 503),
    summary="Read everything again",
)
async def post_reindex(request: Request, body: Annotated[ReindexBody | None, Body()] = None) -> Response:
    """Reads every file again, or rebuilds only the full-text index from local state."""
    wanted = body or ReindexBody()
    job = await operate.request_reindex_all(
        state_of(request).services, principal_of(request), engine_only=wanted.engine_only
    )
    return made_response(render.job(job), "jobs", 202)


@router.post(
    "/ingest/verify",
    status_code=202,
    response_model=JobItem,
    responses=documented(400, 403, 503),
    summary="Compare catalog and full-text index",
)
async def post_verify(request: Request, body: Annotated[VerifyBody | None, Body()] = None) -> Response:
    """Compares catalog and engine whole; the job's `result` says what differs, and what was mended."""
    wanted = body or VerifyBody()
    job = await operate.request_verify(state_of(request).services, principal_of(request), repair=wanted.repair)
    return made_response(render.job(job), "jobs", 202)


@router.post("/ingest/pause", response_model=IngestState, responses=documented(403, 503), summary="Pause indexing")
async def post_pause(request: Request) -> Response:
    """Indexing pauses until it is resumed, also after a restart; searches go on."""
    return await _set_paused(request, paused=True)


@router.post("/ingest/resume", response_model=IngestState, responses=documented(403, 503), summary="Resume indexing")
async def post_resume(request: Request) -> Response:
    """Indexing goes on."""
    return await _set_paused(request, paused=False)


async def _set_paused(request: Request, *, paused: bool) -> Response:
    found = await operate.pause_ingest(state_of(request).services, principal_of(request), paused=paused)
    return json_response(render.ingest(found.status, paused=found.paused))


class JobsParams(BaseModel):
    """What ``GET /jobs`` takes."""

    model_config = ConfigDict(extra="forbid")

    state: JobState | None = None
    kind: JobKind | None = None
    cursor: Cursor = None
    size: int = Field(50, ge=1, le=jobs.MAX_PAGE)


@router.get("/jobs", response_model=JobList, responses=documented(400, 503), summary="Jobs")
async def get_jobs(request: Request, params: Annotated[JobsParams, Query()]) -> Response:
    """Requests for work, the latest first."""
    where = JobFilter(params.state, params.kind)
    found = await jobs.list_jobs(state_of(request).services, principal_of(request), where, params.cursor, params.size)
    return page_response(request, found, render.job)


@router.post(
    "/jobs/{id}/cancel", response_model=JobItem, responses=documented(400, 403, 404, 409, 503), summary="Cancel a job"
)
async def post_cancel(request: Request, id: uuid.UUID) -> Response:
    """A queued job ends at once; a scan or a batch of uploads that runs, soon; what has ended stays as it is."""
    found = await jobs.cancel_job(state_of(request).services, principal_of(request), id)
    return json_response(render.job(found))


@router.get("/jobs/{id}", response_model=JobItem, responses=documented(400, 404, 503), summary="How a job stands")
async def get_job(request: Request, id: uuid.UUID) -> Response:
    """State, progress and result of a request for work."""
    return json_response(render.job(await operate.find_job(state_of(request).services, principal_of(request), id)))
