"""The embedded server's own upkeep steps behind those who answer, too.

PostgreSQL has no setting for that: a worker of autovacuum begins with the server's priority, and takes a processor
for some seconds whenever much was written. So its workers are looked for.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from siss.adapters.postgres.database import Database
from siss.errors import UnavailableError
from siss.priority import step_behind

_LOOK_SECONDS: Final = 1.0
_WORKERS: Final = b"SELECT pid FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"


@contextlib.asynccontextmanager
async def autovacuum_behind(database: Database, nice: int) -> AsyncIterator[None]:
    """Meanwhile workers of autovacuum are as nice as that, for a server on this machine; 0: they are left alone."""
    looking = asyncio.create_task(_keep_behind(database, nice), name="autovacuum") if nice else None
    try:
        yield
    finally:
        if looking is not None:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)


async def _keep_behind(database: Database, nice: int) -> None:
    while True:
        with contextlib.suppress(UnavailableError):
            for (worker,) in await database.rows(_WORKERS):
                step_behind(nice, worker)
        await asyncio.sleep(_LOOK_SECONDS)
