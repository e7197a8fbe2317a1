"""Reads files again, a few at a time, that were indexed with other rules or settings, and purges what they left.

This is how an index of an older version gets new rules for secrets, entities and fields. One file of each content is
enough, since the others share the content. Contents whose files are on a mount that is away wait for it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from siss.errors import UnavailableError
from siss.logs import get_logger
from siss.model.ids import ContentId
from siss.ports.ingest_catalog import IngestCatalog
from siss.ports.renewal import Renewal

BATCH: Final = 2000
"""Contents that are queued at once."""

ENOUGH_PENDING: Final = 1000
"""More are queued only while fewer files than this wait: new files must not wait for old ones."""

SWEEP_SECONDS: Final = 600.0
"""How long after the end of a sweep the next one begins."""

LOOK_SECONDS: Final = 2.0

_log = get_logger(__name__)


class Renewer:
    """Goes through the contents once, from the oldest to the newest, and again where some could not be read."""

    def __init__(
        self,
        renewal: Renewal,
        ingest: IngestCatalog,
        extraction: int,
        redact_path: Callable[[str], str],
        on_queued: Callable[[], None],
    ) -> None:
        self._renewal = renewal
        self._ingest = ingest
        self._extraction = extraction
        self._redact_path = redact_path
        self._on_queued = on_queued
        self._after = ContentId(0)
        self.left = 0
        """Contents that are yet to be read again."""

    async def prepare(self) -> None:
        """Redact the shown paths by the present rules; to be called before scans, which record paths by these."""
        await self._renewal.note_new_engine(self._extraction)
        if count := await self._renewal.redact_paths(self._extraction, self._redact_path):
            _log.info("names of files that hold credentials are shown redacted", files=count)

    async def queue_more(self) -> int:
        """Queue the next batch. Returns how many files were queued; 0 at the end of a sweep."""
        while True:
            if not self._after:
                self.left = await self._renewal.count_outdated(self._extraction)
                if self.left:
                    _log.info("files are read again for new rules or settings", contents=self.left)
            found = await self._renewal.outdated_contents(self._extraction, self._after, BATCH)
            if not found:
                return 0
            self._after = found[-1]
            if queued := await self._renewal.requeue_contents(found):
                self.left = max(self.left - len(found), 0)
                self._on_queued()
                return queued

    async def finish_sweep(self, clear_engine: Callable[[], Awaitable[bool]]) -> None:
        """Purge outdated contents that no file has any more, and start over.

        ``clear_engine``: has the engine let go of the words of what was replaced, and says whether it did; called
        when nothing is left, until it did so once for these rules.
        """
        self._after = ContentId(0)
        await self._renewal.purge_outdated(self._extraction)
        self.left = await self._renewal.count_outdated(self._extraction)
        if not self.left and not await self._renewal.is_engine_redacted(self._extraction) and await clear_engine():
            await self._renewal.note_engine_redacted(self._extraction)

    async def run(self, clear_engine: Callable[[], Awaitable[bool]]) -> None:
        """Queue outdated contents until cancelled. ``clear_engine``: of ``finish_sweep``."""
        while True:
            wait = LOOK_SECONDS
            with contextlib.suppress(UnavailableError):
                pending, _ = await self._ingest.count_pending()
                if pending <= ENOUGH_PENDING and not await self.queue_more() and not pending:
                    await self.finish_sweep(clear_engine)
                    wait = SWEEP_SECONDS
            await asyncio.sleep(wait)
