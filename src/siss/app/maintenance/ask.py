"""Asking for maintenance, and how it went."""

from dataclasses import dataclass
from datetime import UTC, datetime

from siss.app.maintenance.schedule import due_at, intervals
from siss.app.rights import require_everything, require_role
from siss.app.services import Services
from siss.model.job import Job, JobKind
from siss.model.maintenance import ABOUT, Task, TaskRun
from siss.model.principal import Principal, Role


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task, its last run, and when it runs next (None: when somebody asks). ``interval``: seconds, 0: never."""

    task: Task
    about: str
    interval: float
    run: TaskRun | None
    due_at: datetime | None


async def list_tasks(services: Services, principal: Principal) -> list[TaskState]:
    """Every task. Raises ``ForbiddenError``."""
    _require(principal)
    runs, now = await services.maintenance.runs(), datetime.now(UTC)
    return [
        TaskState(task, ABOUT[task], interval, runs.get(task), due_at(runs.get(task), interval, now))
        for task, interval in intervals(services.settings).items()
    ]


async def request_task(services: Services, principal: Principal, task: Task) -> Job:
    """Have a task run now. Job argument: ``task``."""
    _require(principal)
    return await services.jobs.submit(JobKind.MAINTAIN, {"task": task.value}, principal.subject)


def _require(principal: Principal) -> None:
    require_role(principal, Role.ADMIN, "Maintenance")
    require_everything(principal, "Maintenance")
