"""Indexing put together: the service with its reading processes, its writer and its roots."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from siss.app.ingest.availability import Waits
from siss.app.ingest.debounce import Debouncer
from siss.app.ingest.disk_space import check_disk_space
from siss.app.ingest.index import Indexer
from siss.app.ingest.reading.extraction import ExtractionConfig
from siss.app.ingest.reading.task import ReadLimits, ReadTask
from siss.app.ingest.reading.worker import READ_WIRE, ReaderConfig, make_reader
from siss.app.ingest.renew import Renewer
from siss.app.ingest.roots.scanner import RootScanner
from siss.app.ingest.roots.specs import root_specs
from siss.app.ingest.service import IndexingService
from siss.app.ingest.write import IndexWriter
from siss.app.maintenance.tasks import MaintenancePorts
from siss.app.processes.pool import ProcessPool
from siss.app.processes.wire import Limits
from siss.app.services import Services
from siss.model.content import Segment
from siss.model.ids import RootId
from siss.model.ingest import FileOutcome
from siss.model.stats import IngestStatus
from siss.ports.fulltext import FullTextWriter
from siss.settings import Settings

IN_FLIGHT_PER_WORKER = 1500
"""Files given to workers at once: enough that they never wait, few enough that a stop loses little work."""


@contextlib.asynccontextmanager
async def open_indexing(
    settings: Settings,
    services: Services,
    engine: FullTextWriter,
    extraction: ExtractionConfig,
    derive: Callable[[], Awaitable[object]],
    maintenance: MaintenancePorts,
    on_status: Callable[[IngestStatus], None] | None = None,
) -> AsyncIterator[IndexingService]:
    """The service with its processes, for the owner of the state folder; they end with it.

    ``derive``: brings up to date what follows from many files together.
    """
    roots = await services.scans.sync_roots(root_specs(settings, services.redact_path))
    writer = IndexWriter(
        services.ingest,
        services.outbox,
        services.catalog,
        services.texts,
        engine,
        commit_files=settings.commit_files,
        commit_pause=settings.commit_pause,
    )
    waits = Waits()
    scanners = [
        RootScanner(root, settings, services.scans, services.ingest, waits, services.redact_path) for root in roots
    ]
    settle: dict[RootId, RootScanner] = {scanner.root.id: scanner for scanner in scanners}
    pool: ProcessPool[ReadTask, Segment, FileOutcome] | None = None
    indexer = Indexer(
        services.ingest,
        writer,
        lambda tasks, wanted: pool.submit(tasks, wanted=wanted) if pool else None,
        waits=waits,
        debouncer=Debouncer(lambda root_id: settle[root_id].settle_seconds, settings.tail_seconds),
        capacity=settings.index_workers * IN_FLIGHT_PER_WORKER,
        commit_seconds=settings.commit_seconds,
        check_disk_space=partial(check_disk_space, settings.data_dir),
    )
    pool = ProcessPool(
        make_reader,
        ReaderConfig(read_limits(settings), extraction),
        READ_WIRE,
        settings.index_workers,
        Limits(settings.worker_memory, settings.parse_timeout, settings.nice),
        indexer.sink,
    )
    renewer = Renewer(services.renewal, services.ingest, extraction.version, services.redact_path, indexer.wake)
    # Rows and documents come by the hundred thousand and make no cycles: looking for some so often costs 3 percent.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    for scanner in scanners:
        scanner.on_change = indexer.wake
    pool.start()
    try:
        yield IndexingService(
            settings, services, waits, writer, indexer, scanners, renewer, extraction, derive, maintenance, on_status
        )
    finally:
        await indexer.close()
        await asyncio.to_thread(pool.stop)


def read_limits(settings: Settings) -> ReadLimits:
    """What a reading process is told of the settings."""
    return ReadLimits(
        whole_size=settings.whole_size,
        max_file_size=settings.max_file_size,
        max_decompressed_size=settings.max_decompressed_size,
        max_decompressed_ratio=settings.max_decompressed_ratio,
        max_depth=settings.max_depth,
        max_members=settings.max_members,
        chunk_bytes=settings.chunk_bytes,
        line_seconds=settings.tail_seconds,
        rest_seconds=settings.rest_seconds,
        bytes_per_second=settings.io_limit / settings.index_workers,
    )
