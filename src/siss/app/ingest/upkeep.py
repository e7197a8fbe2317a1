"""Brings what follows from many files together, schemas and anomalies, up to date when indexing is idle.

When that is done, the catalog notes the state it was done for. So a restart does not repeat it, and what a killed
process left undone is done by the next.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import siss
from siss.app.anomalies import refresh_anomalies
from siss.app.structure.recluster import EDITION, recluster
from siss.errors import UnavailableError
from siss.logs import get_logger
from siss.ports.anomalies import AnomalyStore
from siss.ports.maintenance import Maintenance
from siss.ports.structure import SchemaKeeper

SHARE: Final = 20
"""The next run waits this many times as long as the last one took, so that upkeep takes a twentieth of the time."""

LONGEST_WAIT: Final = 3600.0
"""Seconds after which upkeep runs even though indexing is not idle."""

LOOK_SECONDS: Final = 5.0

_log = get_logger(__name__)


async def derive(schemas: SchemaKeeper, anomalies: AnomalyStore) -> tuple[object, object]:
    """Group shapes into schemas, then find what is unusual among the members of each. Returns both reports."""
    return await recluster(schemas), await refresh_anomalies(anomalies)


class Upkeep:
    """Runs ``act`` while indexing is idle, if something was written since the last run.

    ``changes`` counts what this process has written so far; ``interval``: least seconds from one run to the next, 0
    for never; ``store`` keeps the state that the last run was done for.
    """

    def __init__(
        self,
        act: Callable[[], Awaitable[object]],
        changes: Callable[[], int],
        idle: Callable[[], bool],
        interval: float,
        store: Maintenance,
    ) -> None:
        self._store = store
        self._act = act
        self._changes = changes
        self._idle = idle
        self._interval = interval
        self._seen = -1

    async def run_now(self) -> None:
        """Run once, if something changed. Raises what ``act`` raises."""
        changes = self._changes()
        if changes == self._seen or not self._interval:
            return
        # Another version may group and describe otherwise.
        mark = f"{siss.__version__} {EDITION.decode()} {await self._store.written()}"
        if self._seen >= 0 or mark != await self._store.upkeep_mark():
            result = await self._act()
            await self._store.note_upkeep(mark)
            _log.debug("upkeep", result=str(result))
        self._seen = changes

    async def run(self) -> None:
        """Run whenever it is time, until cancelled."""
        due = time.monotonic()
        waits_since = due
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._interval or LOOK_SECONDS))
            now = time.monotonic()
            if now < due or not (self._idle() or now - waits_since > LONGEST_WAIT):
                continue
            try:
                await self.run_now()
            except UnavailableError as error:
                _log.warning("upkeep waits", error=error.message)
            took = time.monotonic() - now
            due = waits_since = time.monotonic() + max(self._interval, SHARE * took)
