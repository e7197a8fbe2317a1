"""Maintenance: what the service does by itself, and asking for it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from siss.api.errors import documented
from siss.api.models.ingest import JobItem
from siss.api.models.shape import Shape
from siss.api.render import status as render
from siss.api.state import json_response, made_response, note, principal_of, state_of
from siss.app.maintenance.ask import TaskState, list_tasks, request_task
from siss.model.maintenance import Task

router = APIRouter(tags=["maintenance"])


class TaskItem(Shape):
    """A task of maintenance, and how it went last."""

    name: str = Field(examples=["integrity"])
    about: str = Field(examples=["Reads a random share of the files again and compares their hashes."])
    interval_seconds: float = Field(description="From one run to the next; 0: only on request.", examples=[604800.0])
    due_at: datetime | None = Field(description="When it runs by itself next; null: never.")
    started_at: datetime | None = Field(description="Of its last run; null: it never ran.")
    seconds: float | None = Field(description="How long its last run took.", examples=[12.5])
    succeeded_at: datetime | None = Field(description="When it last went well.")
    result: dict[str, Any] = Field(description="Numbers of its last run.", examples=[{"intact": 230, "damaged": 0}])
    error: str | None = Field(description="What went wrong in its last run; null: nothing.")


class TaskList(Shape):
    """Every task."""

    items: list[TaskItem]


@router.get("/maintenance", response_model=TaskList, responses=documented(403, 503), summary="List the tasks")
async def get_maintenance(request: Request) -> Response:
    """What maintenance there is, when each task ran last, how it went, and when it runs next."""
    found = await list_tasks(state_of(request).services, principal_of(request))
    note(request, results=len(found))
    return json_response({"items": [render_task(task) for task in found]})


@router.post(
    "/maintenance/{task}",
    status_code=202,
    response_model=JobItem,
    responses=documented(400, 403, 503),
    summary="Run a task now",
)
async def post_maintenance(request: Request, task: Annotated[Task, Path(description="Its name.")]) -> Response:
    """Queues a run; the job's `result` has its numbers."""
    job = await request_task(state_of(request).services, principal_of(request), task)
    return made_response(render.job(job), "jobs", 202)


def render_task(found: TaskState) -> dict[str, Any]:
    """As ``TaskItem``."""
    run = found.run
    return {
        "name": found.task.value,
        "about": found.about,
        "interval_seconds": found.interval,
        "due_at": found.due_at,
        "started_at": run.started_at if run else None,
        "seconds": round(run.seconds, 3) if run else None,
        "succeeded_at": run.succeeded_at if run else None,
        "result": dict(run.result) if run else {},
        "error": run.error if run else None,
    }
