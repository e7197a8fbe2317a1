"""When maintenance runs, and what is kept of it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from siss.app.maintenance.schedule import RETRY_SECONDS, Schedule, due_at, intervals
from siss.errors import DatabaseUnavailableError, DiskFullError
from siss.model.maintenance import Task, TaskRun
from siss.settings import Settings
from unit.traces.recording import recording

NOW = datetime.now(UTC)
DAY = 86_400.0


class Store:
    def __init__(self) -> None:
        self.kept: dict[Task, TaskRun] = {}

    async def runs(self) -> Mapping[Task, TaskRun]:
        return self.kept

    async def record(self, run: TaskRun) -> None:
        self.kept[run.task] = run


class Work:
    """Tasks that count how often they ran; ``fails`` is raised instead."""

    def __init__(self, **settings: Any) -> None:
        self.store = Store()
        self.ran: list[Task] = []
        self.idle = True
        self.fails: Exception | None = None
        self.schedule = Schedule(
            Settings(**settings),
            self.store,  # type: ignore[arg-type]
            {task: self._act(task) for task in Task},
            lambda: self.idle,
        )

    def _act(self, task: Task) -> Any:
        async def act() -> Mapping[str, Any]:
            self.ran.append(task)
            if self.fails is not None:
                raise self.fails
            return {"done": 1}

        return act


def run_of(task: Task, ago: float, error: str | None = None) -> TaskRun:
    then = NOW - timedelta(seconds=ago)
    return TaskRun(task, then, then, None, {}, error)


@pytest.mark.parametrize(
    ("run", "interval", "due"),
    [
        (None, DAY, 0.0),
        (None, 0.0, None),
        (run_of(Task.JOBS, 100), DAY, DAY - 100),
        (run_of(Task.JOBS, 100), 0.0, None),
        (run_of(Task.JOBS, 100, "disk full"), DAY, RETRY_SECONDS - 100),
        (run_of(Task.JOBS, 100, "disk full"), 60.0, -40.0),
        (run_of(Task.JOBS, -30), DAY, DAY + 30),
        (run_of(Task.JOBS, -10 * DAY), DAY, 0.0),
    ],
    ids=[
        "never ran",
        "never is to run",
        "ran",
        "ran when asked",
        "failed",
        "failed, short",
        "skew",
        "clock was ahead",
    ],
)
def test_when_a_task_is_due(run: TaskRun | None, interval: float, due: float | None):
    found = due_at(run, interval, NOW)
    assert (found and (found - NOW).total_seconds()) == pytest.approx(due)


def test_snapshots_need_a_folder(tmp_path):
    assert intervals(Settings())[Task.SNAPSHOT] == 0.0
    assert intervals(Settings(snapshot_dir=tmp_path))[Task.SNAPSHOT] == DAY


async def test_everything_runs_once_and_again_when_its_time_has_come():
    work = Work()
    done = await work.schedule.run_due()
    assert [run.task for run in done] == [task for task in Task if task is not Task.SNAPSHOT]
    assert all(run.succeeded_at and run.result == {"done": 1} for run in done)
    assert await work.schedule.run_due() == []
    work.store.kept[Task.JOBS] = run_of(Task.JOBS, DAY + 1)
    assert [run.task for run in await work.schedule.run_due()] == [Task.JOBS]


async def test_it_waits_for_indexing_but_not_for_ever():
    work = Work()
    work.idle = False
    for task in Task:
        work.store.kept[task] = run_of(task, 7.5 * DAY)
    assert [run.task for run in await work.schedule.run_due()] == [Task.JOBS, Task.DEAD_FILES, Task.COMPACT]


async def test_a_failure_is_recorded_and_the_others_run():
    work = Work(vacuum_interval=0, audit_interval=0, jobs_interval=0)
    work.fails = DiskFullError("no room")
    assert await work.schedule.run_due() == []
    assert work.ran == [Task.INTEGRITY, Task.DEAD_FILES, Task.COMPACT]
    assert {run.error for run in work.store.kept.values()} == {"no room"}
    with pytest.raises(DiskFullError):
        await work.schedule.run_now(Task.JOBS)


async def test_a_database_that_is_away_records_nothing_and_ends_nothing():
    work = Work()
    work.fails = DatabaseUnavailableError("away")
    running = asyncio.create_task(work.schedule.run(0.0, 0.001))
    while len(work.ran) < 8:
        await asyncio.sleep(0)
    assert not work.store.kept
    work.fails = None
    while len(work.store.kept) < 5:
        await asyncio.sleep(0)
    assert not running.done()
    running.cancel()


async def test_one_at_a_time():
    work = Work()
    at_once, most = 0, 0

    async def act() -> Mapping[str, Any]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return {}

    schedule = Schedule(Settings(), work.store, dict.fromkeys(Task, act), lambda: True)  # type: ignore[arg-type]
    await asyncio.gather(schedule.run_due(), *(schedule.run_now(task) for task in Task))
    assert most == 1


async def test_a_task_is_a_span_that_says_whether_it_went_well():
    work = Work()
    with recording() as spans:
        await work.schedule.run_now(Task.JOBS)
        work.fails = DiskFullError("no room for secrets", path="/x")
        with pytest.raises(DiskFullError):
            await work.schedule.run_now(Task.VACUUM)
    found = [(span.name, span.failed, span.attributes) for span in spans]
    assert found == [("maintenance jobs", None, {}), ("maintenance vacuum", DiskFullError.kind.code, {})]
