"""When maintenance runs: each task when its time has come and indexing is idle, one at a time.

What is due is decided by what is recorded, so a restart neither repeats nor forgets anything. A clock that was
ahead left records of times that are yet to come: such a task is due now.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from siss.errors import DatabaseUnavailableError, SissError, UnavailableError
from siss.logs import get_logger
from siss.model.maintenance import Task, TaskRun
from siss.ports.maintenance import Maintenance
from siss.settings import Settings
from siss.traces.span import span

FIRST_SECONDS: Final = 600.0
"""Nothing runs right after the start: that is when there is most else to do."""
LOOK_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 3600.0
"""A task that failed is tried again then, or when its time comes, if that is sooner."""
LONGEST_WAIT: Final = timedelta(days=1)
"""Indexing that is never idle does not put a task off for longer."""
_CLOCKS_DIFFER: Final = timedelta(minutes=1)

Act = Callable[[], Awaitable[Mapping[str, Any]]]

_log = get_logger(__name__)


def intervals(settings: Settings) -> dict[Task, float]:
    """Seconds from one run of each task to the next; 0: only when somebody asks."""
    return {
        Task.VACUUM: settings.vacuum_interval,
        Task.SNAPSHOT: settings.snapshot_interval if settings.snapshot_dir else 0.0,
        Task.INTEGRITY: settings.integrity_interval,
        Task.AUDIT: settings.audit_interval,
        Task.JOBS: settings.jobs_interval,
        Task.DEAD_FILES: settings.dead_files_interval,
        Task.COMPACT: settings.compact_interval,
    }


def due_at(run: TaskRun | None, interval: float, now: datetime) -> datetime | None:
    """When a task is to run next; None: never by itself."""
    if not interval:
        return None
    if run is None or run.finished_at > now + _CLOCKS_DIFFER:
        return now
    return run.finished_at + timedelta(seconds=interval if run.error is None else min(interval, RETRY_SECONDS))


class Schedule:
    """Runs tasks. ``acts``: what each does, answering with numbers; ``idle``: whether indexing is."""

    def __init__(
        self, settings: Settings, store: Maintenance, acts: Mapping[Task, Act], idle: Callable[[], bool]
    ) -> None:
        self._intervals = intervals(settings)
        self._store = store
        self._acts = acts
        self._idle = idle
        self._lock = asyncio.Lock()

    async def run(self, first_seconds: float = FIRST_SECONDS, look_seconds: float = LOOK_SECONDS) -> None:
        """Until cancelled."""
        await asyncio.sleep(first_seconds)
        while True:
            with contextlib.suppress(UnavailableError):
                await self.run_due()
            await asyncio.sleep(look_seconds)

    async def run_due(self) -> list[TaskRun]:
        """Run what is due, in the order of ``Task``; returns how each went."""
        done = []
        for task in Task:
            now = datetime.now(UTC)
            due = due_at((await self._store.runs()).get(task), self._intervals[task], now)
            if due is not None and due <= now and (self._idle() or due + LONGEST_WAIT <= now):
                with contextlib.suppress(SissError):
                    done.append(await self.run_now(task))
        return done

    async def run_now(self, task: Task) -> TaskRun:
        """Run a task and record it. Raises what it raises, when that is recorded."""
        async with self._lock:
            began, clock = datetime.now(UTC), time.monotonic()
            try:
                with span(f"maintenance {task.value}"):
                    result = await self._acts[task]()
            except DatabaseUnavailableError:
                raise
            except SissError as error:
                _log.warning("maintenance failed", task=task.value, error=error.message)
                await self._store.record(_ended(task, began, clock, {}, error.message))
                raise
            run = _ended(task, began, clock, result, None)
            await self._store.record(run)
            _log.info("maintenance", task=task.value, seconds=round(run.seconds, 3), **result)
            return run


def _ended(task: Task, began: datetime, clock: float, result: Mapping[str, Any], error: str | None) -> TaskRun:
    """The time that it took is measured by a clock that nobody sets."""
    ended = began + timedelta(seconds=time.monotonic() - clock)
    return TaskRun(task, began, ended, None if error else ended, result, error)
