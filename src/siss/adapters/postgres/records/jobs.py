"""Jobs in a PostgreSQL table, claimed with ``SKIP LOCKED``."""

import uuid
from collections.abc import Collection
from typing import Any, Final

from psycopg.types.json import Jsonb

from siss.adapters.postgres.database import Database, fetch
from siss.adapters.postgres.statements import load_statements
from siss.model.ids import new_public_id
from siss.model.job import EVERY_KIND, Job, JobFilter, JobKind, JobState

SQL: Final = load_statements("jobs")


class PostgresJobs:
    """Implements ``siss.ports.jobs.Jobs``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def submit(self, kind: JobKind, arguments: dict[str, Any], requested_by: str) -> Job:
        """Queue a job and ring the process that indexes."""
        values = {
            "id": new_public_id(),
            "kind": kind.value,
            "arguments": Jsonb(arguments),
            "requested_by": requested_by,
        }
        async with self._database.transaction() as connection:
            rows = await fetch(connection, SQL["submit"], values | {"requested_by": requested_by})
            await connection.execute(SQL["ring"])
            return _job(rows[0])

    async def get(self, job_id: uuid.UUID) -> Job | None:
        """One job."""
        row = await self._database.row(SQL["get"], {"id": job_id})
        return None if row is None else _job(row)

    async def page(self, where: JobFilter, after: uuid.UUID | None, limit: int) -> list[Job]:
        """Jobs, the latest first."""
        values = {
            "state": None if where.state is None else where.state.value,
            "kind": None if where.kind is None else where.kind.value,
            "requested_by": where.requested_by,
            "after": after,
            "limit": limit,
        }
        return [_job(row) for row in await self._database.rows(SQL["page"], values, plan=True)]

    async def cancel(self, job_id: uuid.UUID) -> Job | None:
        """End a queued job at once; a running one is asked to end."""
        await self._database.execute(SQL["cancel"], {"id": job_id})
        return await self.get(job_id)

    async def claim(self, kinds: Collection[JobKind] = EVERY_KIND) -> Job | None:
        """The oldest queued job of these kinds, now running."""
        row = await self._database.row(SQL["claim"], {"kinds": [kind.value for kind in kinds]})
        return None if row is None else _job(row)

    async def update(
        self,
        job_id: uuid.UUID,
        state: JobState,
        *,
        progress: dict[str, Any] | None = None,
        result: dict[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Record how a job stands; None keeps what was said before."""
        values = {
            "id": job_id,
            "state": state.value,
            "progress": None if progress is None else Jsonb(progress),
            "result": None if result is None else Jsonb(result),
            "error": error,
        }
        await self._database.execute(SQL["update"], values)

    async def requeue_running(self, kinds: Collection[JobKind] = EVERY_KIND) -> int:
        """Queue again what a process that died was doing, of these kinds."""
        return await self._database.execute(SQL["requeue_running"], {"kinds": [kind.value for kind in kinds]})


def _job(row: tuple[Any, ...]) -> Job:
    job_id, kind, state, *rest = row
    return Job(job_id, JobKind(kind), JobState(state), *rest)
