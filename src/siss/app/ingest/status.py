"""What indexing does now, for whoever asks: written down each second, and shown as it goes."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from siss.app.ingest.availability import Waits
from siss.app.ingest.index import Indexer
from siss.app.ingest.renew import Renewer
from siss.app.ingest.roots.scanner import RootScanner
from siss.app.services import Services
from siss.errors import UnavailableError
from siss.model.stats import IngestStatus


class StatusBoard:
    """Gathers what the parts of indexing tell of themselves. ``on_status`` is told what was written."""

    def __init__(
        self,
        services: Services,
        waits: Waits,
        indexer: Indexer,
        scanners: Sequence[RootScanner],
        renewer: Renewer,
        workers: int,
        on_status: Callable[[IngestStatus], None] | None,
    ) -> None:
        self._services = services
        self._waits = waits
        self._indexer = indexer
        self._scanners = scanners
        self._renewer = renewer
        self._workers = workers
        self._on_status = on_status

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            with contextlib.suppress(UnavailableError):
                await self.publish()
            await asyncio.sleep(1.0)

    async def publish(self, phase: str | None = None) -> None:
        """Show how things are, and write it down. ``phase``: told in place of what can be seen.

        Raises ``DatabaseUnavailableError``.
        """
        status = await self._look(phase)
        if self._on_status is not None:  # first: what waits for a disk that is full may not be written down
            self._on_status(status)
        await self._services.ingest_state.write_status(status)

    async def _look(self, phase: str | None) -> IngestStatus:
        pending, oldest = await self._services.ingest.count_pending()
        outbox = await self._services.outbox.depth()
        scanners, in_flight, progress = self._scanners, self._indexer.in_flight, self._indexer.progress
        if phase is None:
            if self._indexer.paused:
                phase = "paused"
            elif any(scanner.scanning for scanner in scanners):
                phase = "scanning"
            else:
                phase = "indexing" if pending or in_flight or outbox else "idle"
        wait = self._waits.longest
        files_per_second, bytes_per_second = progress.rates()
        return IngestStatus(
            phase=phase,
            pending=pending,
            in_flight=len(in_flight),
            outbox=outbox,
            seen=sum(scanner.seen for scanner in scanners),
            indexed=progress.indexed,
            failed=progress.failed,
            bytes_read=progress.bytes_read,
            chunks=progress.chunks,
            files_per_second=files_per_second,
            bytes_per_second=bytes_per_second,
            oldest_pending_seconds=oldest,
            workers=self._workers,
            current=tuple(task.path.decode("utf-8", "backslashreplace") for task in in_flight[:3]),
            updated_at=datetime.now(UTC),
            last_scan_at=max((scanner.scanned_at for scanner in scanners if scanner.scanned_at), default=None),
            outdated=self._renewer.left,
            unchanged=progress.unchanged,
            waits_for=wait.reason if wait else "",
            waits_since=wait.since if wait else None,
            last_scan_seconds=max((scanner.scan_seconds for scanner in scanners), default=None),
        )
