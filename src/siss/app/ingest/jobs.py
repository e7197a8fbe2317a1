"""Jobs: what somebody asked the process that indexes to do."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from siss.app.services import Services
from siss.errors import DatabaseUnavailableError, SissError, UnavailableError
from siss.logs import get_logger
from siss.model.ids import FileId
from siss.model.job import Job, JobKind, JobState
from siss.model.maintenance import Task

if TYPE_CHECKING:
    from siss.app.ingest.service import IndexingService

_log = get_logger(__name__)


class JobRunner:
    """Does one job after another, in the order they came."""

    def __init__(self, services: Services, indexing: "IndexingService") -> None:
        self._services = services
        self._indexing = indexing
        self._interrupted = False
        """Whether the database went away in the middle of a job, which still says that it runs."""

    async def run(self) -> None:
        """Wait for the bell, then do what is queued; until cancelled."""
        async for channel in self._services.ingest.listen():
            try:
                if self._interrupted:
                    await self._services.jobs.requeue_running()
                    self._interrupted = False
                if channel in {"paused", ""}:
                    await self._indexing.set_paused(await self._services.ingest.paused())
                if channel == "outbox":
                    self._indexing.catch_up()
                while job := await self._services.jobs.claim():
                    await self._do(job)
            except UnavailableError as error:
                self._interrupted = True
                _log.warning("jobs wait", error=str(error))

    async def _do(self, job: Job) -> None:
        try:
            result = await self._act(job)
        except DatabaseUnavailableError:
            raise
        except SissError as error:
            await self._services.jobs.update(job.id, JobState.FAILED, error=error.message)
        except (KeyError, ValueError) as error:
            await self._services.jobs.update(job.id, JobState.FAILED, error=f"its arguments are unusable: {error}")
        else:
            await self._services.jobs.update(job.id, JobState.DONE, result=result)

    async def _act(self, job: Job) -> dict[str, Any]:
        match job.kind:
            case JobKind.SCAN:
                reports = await self._indexing.scan(
                    job.arguments.get("path"), accept_deletions=bool(job.arguments.get("accept_deletions"))
                )
                return {"roots": [asdict(report) for report in reports]}
            case JobKind.REINDEX_FILE:
                ids = [FileId(int(number)) for number in job.arguments["file_ids"]]
                count = await self._services.ingest.requeue(ids, forced=True)
                self._indexing.wake()
                return {"queued": count}
            case JobKind.REINDEX_ALL:
                count = await self._services.ingest.requeue(None, forced=True)
                self._indexing.wake()
                return {"queued": count}
            case JobKind.REINDEX_ENGINE:
                return {"queued": await self._indexing.refill_engine()}
            case JobKind.MAINTAIN:
                return dict((await self._indexing.maintain(Task(job.arguments["task"]))).result)
            case JobKind.VERIFY:
                found = await self._indexing.verify(repair=bool(job.arguments.get("repair")))
                return found.counts()
