"""Jobs: what somebody asked the process that indexes to do."""

import asyncio
import contextlib
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Protocol

from siss.app.ingest.roots.scan import ScanReport
from siss.app.ingest.verify import Differences
from siss.app.services import Services
from siss.app.uploads import place_batch
from siss.errors import DatabaseDamagedError, DatabaseUnavailableError, SissError, UnavailableError
from siss.logs import get_logger
from siss.model.ids import FileId
from siss.model.job import Job, JobKind, JobState
from siss.model.maintenance import Task, TaskRun
from siss.model.stats import IngestStatus
from siss.ports.jobs import Jobs

_log = get_logger(__name__)

CANCEL_SECONDS = 0.5
"""How often a running job is looked at for a request to cancel it."""

REFUSE_SECONDS: Final = 1.0
"""How soon somebody hears that a job will not be done."""

LANES: Final = (
    frozenset({JobKind.UPLOAD}),
    frozenset({JobKind.SCAN}),
    frozenset({JobKind.REINDEX_FILE, JobKind.REINDEX_ALL}),
    frozenset({JobKind.REINDEX_ENGINE, JobKind.VERIFY}),
    frozenset({JobKind.MAINTAIN}),
)
"""Jobs of one lane run one after another, because they change the same things; lanes run beside each other."""


class _CancelledError(Exception):
    """Somebody asked for a job's end."""


@dataclass(slots=True)
class _Lane:
    """``interrupted``: the database went away in the middle of a job, which still says that it runs."""

    kinds: frozenset[JobKind]
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    interrupted: bool = False


class IndexingControl(Protocol):
    """What jobs ask of the service that indexes (``siss.app.ingest.service``)."""

    async def scan(self, path: str | None = None, *, accept_deletions: bool = False) -> list[ScanReport]:
        """Look at all roots now, or at the one that holds a path."""
        ...

    async def verify(self, *, repair: bool) -> Differences:
        """Compare catalog, texts and engine, and mend what differs."""
        ...

    async def maintain(self, task: Task) -> TaskRun:
        """Run a task of maintenance now."""
        ...

    async def rebuild_engine(self) -> int:
        """Fill a new engine beside the one that answers; says with how much."""
        ...

    async def set_paused(self, paused: bool) -> None:
        """Stop reading files, or go on."""
        ...

    async def publish_status(self) -> None:
        """Write down how things are now."""
        ...

    def catch_up(self) -> None:
        """Outbox rows may wait that others wrote."""
        ...

    def wake(self) -> None:
        """Something waits: look now."""
        ...


class JobRunner:
    """Does the jobs of each lane one after another, in the order they came."""

    def __init__(self, services: Services, indexing: IndexingControl) -> None:
        self._services = services
        self._indexing = indexing

    async def run(self) -> None:
        """Wait for the bell, then do what is queued; until cancelled."""
        lanes = [_Lane(kinds) for kinds in LANES]
        async with asyncio.TaskGroup() as tasks:
            for lane in lanes:
                tasks.create_task(self._run_lane(lane), name=f"jobs {' '.join(sorted(lane.kinds))}")
            async for channel in self._services.ingest_state.listen():
                for lane in lanes:
                    if channel in {"jobs", ""} or lane.interrupted:
                        lane.bell.set()
                try:
                    if channel in {"paused", ""}:
                        await self._indexing.set_paused(await self._services.ingest_state.paused())
                except UnavailableError as error:
                    _log.warning("whether indexing is paused cannot be read", error=str(error))
                if channel == "outbox":
                    self._indexing.catch_up()

    async def _run_lane(self, lane: _Lane) -> None:
        jobs = self._services.jobs
        while True:
            await lane.bell.wait()
            lane.bell.clear()
            try:
                if lane.interrupted:
                    await jobs.requeue_running(lane.kinds)
                    lane.interrupted = False
                while job := await jobs.claim(lane.kinds):
                    await self._do(job)
            except UnavailableError as error:
                lane.interrupted = True
                _log.warning("jobs wait", kinds=sorted(lane.kinds), error=str(error))

    async def _do(self, job: Job) -> None:
        try:
            result = await self._until_cancelled(job)
            # Before the job is done: whoever waits for it reads this status next, and must see what it queued.
            await self._indexing.publish_status()
        except DatabaseUnavailableError:
            raise
        except _CancelledError:
            await self._services.jobs.update(job.id, JobState.CANCELLED)
        except SissError as error:
            if isinstance(error, DatabaseDamagedError):
                await self._services.ingest_state.note_damage(error)
            await _fail(self._services.jobs, job, error)
        except (KeyError, ValueError) as error:
            await self._services.jobs.update(job.id, JobState.FAILED, error=f"its arguments are unusable: {error}")
        else:
            now = await self._services.jobs.get(job.id)
            left_out = now is not None and now.cancelling and job.kind is JobKind.UPLOAD
            state = JobState.CANCELLED if left_out else JobState.DONE
            await self._services.jobs.update(job.id, state, result=result)

    async def _until_cancelled(self, job: Job) -> dict[str, Any]:
        """Run a job; its result. A scan is cancelled when somebody asks for it, other kinds run to their end."""
        acting = asyncio.ensure_future(self._act(job))
        try:
            while not (await asyncio.wait({acting}, timeout=CANCEL_SECONDS))[0]:
                now = await self._services.jobs.get(job.id)
                if job.kind is JobKind.SCAN and now is not None and now.cancelling:
                    raise _CancelledError
            return await acting
        finally:
            acting.cancel()
            await asyncio.gather(acting, return_exceptions=True)

    async def _act(self, job: Job) -> dict[str, Any]:
        match job.kind:
            case JobKind.SCAN:
                reports = await self._indexing.scan(
                    job.arguments.get("path"), accept_deletions=bool(job.arguments.get("accept_deletions"))
                )
                return {"roots": [asdict(report) for report in reports]}
            case JobKind.REINDEX_FILE:
                ids = [FileId(int(number)) for number in job.arguments["file_ids"]]
                count = await self._services.ingest.requeue(ids, forced=True, wanted=True)
                self._indexing.wake()
                return {"queued": count}
            case JobKind.REINDEX_ALL:
                count = await self._services.ingest.requeue(None, forced=True)
                self._indexing.wake()
                return {"queued": count}
            case JobKind.REINDEX_ENGINE:
                return {"queued": await self._indexing.rebuild_engine()}
            case JobKind.MAINTAIN:
                return dict((await self._indexing.maintain(Task(job.arguments["task"]))).result)
            case JobKind.UPLOAD:
                return await place_batch(self._services, job)
            case JobKind.VERIFY:
                found = await self._indexing.verify(repair=bool(job.arguments.get("repair")))
                await self._services.ingest_state.forget_damage()  # everything was read
                return found.counts()


async def refuse_jobs(services: Services, error: DatabaseDamagedError) -> None:
    """Say why to whoever asks for work, or how things are, until cancelled: nothing is indexed any more."""
    jobs = services.jobs
    await services.ingest_state.note_damage(error)
    while True:
        with contextlib.suppress(SissError):
            await services.ingest_state.write_status(IngestStatus("stopped", ended=error.message))
        with contextlib.suppress(SissError):
            await jobs.requeue_running()
            while job := await jobs.claim():
                await _fail(jobs, job, error)
        await asyncio.sleep(REFUSE_SECONDS)


async def _fail(jobs: Jobs, job: Job, error: SissError) -> None:
    await jobs.update(job.id, JobState.FAILED, result={"code": error.kind.code}, error=error.message)
