"""The whole way from files on disk to the engine in one process: real catalog, real index, real reading.

Where the product has reading processes, a thread reads here; where it may be killed or refused, ``Faults`` does it
at a call that the test chooses.
"""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.catalog import PostgresIngestCatalog
from siss.adapters.postgres.ingest.outbox import PostgresOutbox
from siss.adapters.postgres.ingest.scan_catalog import PostgresScanCatalog
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.adapters.postgres.questions.texts import PostgresTexts
from siss.adapters.postgres.records.catalog_check import PostgresCatalogCheck
from siss.adapters.tantivy.reader import TantivyReader
from siss.adapters.tantivy.writer import TantivyWriter, open_writer
from siss.app.ingest.availability import Waits
from siss.app.ingest.collect import ReadEvent
from siss.app.ingest.debounce import Debouncer
from siss.app.ingest.index import Indexer
from siss.app.ingest.reading.extraction import ExtractionConfig, Extractors
from siss.app.ingest.reading.read import read_file
from siss.app.ingest.reading.task import ReadLimits, ReadTask
from siss.app.ingest.roots.context import RootContext
from siss.app.ingest.roots.scan import Scan
from siss.app.ingest.verify import Differences, verify_drawn, verify_index
from siss.app.ingest.write import IndexWriter
from siss.app.processes.wire import Done, Partial
from siss.discover.bounds import WalkOptions
from siss.discover.folder_map import FolderMap
from siss.discover.ignore import make_rules
from siss.errors import DatabaseUnavailableError, EngineUnavailableError
from siss.model.content import Segment
from siss.model.ingest import RootSpec
from siss.model.principal import LOCAL
from siss.model.query import Sort, SortField
from siss.ports.catalog import FileFilter

LIMITS = ReadLimits(whole_size=4000, chunk_bytes=256, rest_seconds=0.0)

EXTRACTION = ExtractionConfig(b"one key of a database, 32 bytes.")
EXTRACTORS = Extractors(EXTRACTION)

Snapshot = dict[str, tuple[str, str, tuple[str, ...]]]


class KilledError(Exception):
    """The process ends here."""


class Faults:
    """Counts calls of ports, and lets one of them fail.

    ``how``: ``before`` the call did anything, ``after`` it did everything (an answer that was lost), or ``killed``
    before or after it. Or nothing fails, and ``meanwhile`` is called: somebody changes files just then.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.at = -1
        self.how = "before"
        self.hit = ""
        self.meanwhile: Callable[[], None] = lambda: None

    def arm(self, at: int, how: str) -> None:
        self.calls, self.at, self.how, self.hit = 0, at, how, ""

    def around(self, port: Any, what: str) -> Any:
        return _Faulty(self, port, what)

    async def call(self, what: str, name: str, act: Callable[[], Any], port: Any) -> Any:
        self.calls += 1
        if self.calls != self.at:
            return await act()
        self.hit = f"{what}.{name} {self.how}"
        if self.how == "meanwhile":
            self.meanwhile()
            return await act()
        if self.how in {"after", "killed after"}:
            await act()
        if self.how.startswith("killed"):
            raise KilledError
        if isinstance(port, TantivyWriter):
            _break(port)
            raise EngineUnavailableError("the engine failed")
        raise DatabaseUnavailableError("the database went away")


class _Faulty:
    def __init__(self, faults: Faults, port: Any, what: str) -> None:
        self._faults = faults
        self._port = port
        self._what = what

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if not asyncio.iscoroutinefunction(method):
            return method

        async def call(*arguments: Any, **more: Any) -> Any:
            return await self._faults.call(self._what, name, lambda: method(*arguments, **more), self._port)

        return call


def _break(writer: TantivyWriter) -> None:
    """As when its thread died: what is not committed is lost."""

    def fail() -> None:
        raise ValueError("an index writer was killed")

    with contextlib.suppress(EngineUnavailableError):
        writer._guarded(fail)  # there is no other way to make Tantivy fail just here


class Pipeline:
    """One root and its index. ``settle`` brings the index to what is on disk, whatever fails on the way."""

    def __init__(self, nas: Path, state: Path, database: Database, faults: Faults) -> None:
        self.nas = nas
        self.state = state
        self.faults = faults
        self.catalog = PostgresCatalog(database, stats_seconds=0.0)
        self.texts = PostgresTexts(database)
        self.outbox = PostgresOutbox(database)
        self.scans = faults.around(PostgresScanCatalog(database), "scans")
        self.ingest = faults.around(PostgresIngestCatalog(database), "ingest")
        self.check = PostgresCatalogCheck(database)
        self._database = database

    async def settle(self) -> None:
        """Scan, read, write and commit until nothing is left; begin anew where the process is killed."""
        while True:
            try:
                return await self._run()
            except KilledError:
                continue

    async def _run(self) -> None:
        spec = RootSpec(os.fsencode(self.nas), str(self.nas), case_insensitive=False)
        (root,) = await PostgresScanCatalog(self._database).sync_roots([spec])
        engine = open_writer(self.state, 30_000_000)
        place = RootContext(root, make_rules(), WalkOptions(racy_ns=0), FolderMap())
        faults = self.faults
        writer = IndexWriter(
            self.ingest,
            faults.around(self.outbox, "outbox"),
            faults.around(self.catalog, "catalog"),
            faults.around(self.texts, "texts"),
            faults.around(engine, "engine"),
            commit_files=3,
        )
        indexer = Indexer(
            self.ingest,
            writer,
            lambda tasks, _: reading.put_nowait(list(tasks)),
            waits=Waits(),
            debouncer=Debouncer(lambda _: 0.0, 0.0),
            capacity=4,
            commit_seconds=0.0,
        )
        reading: asyncio.Queue[list[ReadTask]] = asyncio.Queue()
        tasks: list[asyncio.Task[Any]] = []
        try:
            while True:
                with contextlib.suppress(DatabaseUnavailableError, EngineUnavailableError):
                    await writer.recover()
                    assert await writer.is_in_step()
                    await writer.drain()
                    break
            tasks = [asyncio.create_task(indexer.run()), asyncio.create_task(self._read(reading, indexer))]
            place.fingerprints.update(
                (await PostgresScanCatalog(self._database).folder_fingerprints(root.id)).items()
            )
            while True:
                with contextlib.suppress(DatabaseUnavailableError):
                    await Scan(place, self.scans, lambda _: None).whole(outage_fraction=1.0)
                    break
            indexer.wake()
            drained = asyncio.create_task(indexer.drained())
            tasks.append(drained)
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=120)
            assert done, f"never drained after {self.faults.hit}"
            for task in done:
                _raise_first(task)
            while True:
                with contextlib.suppress(DatabaseUnavailableError, EngineUnavailableError):
                    async with indexer.held():  # it may be committing: after a failure it begins again by itself
                        await writer.drain()
                    break
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await indexer.close()
            await engine.close()

    async def _read(self, reading: "asyncio.Queue[list[ReadTask]]", indexer: Indexer) -> None:
        while True:
            for task in await reading.get():
                events: list[ReadEvent] = []
                outcome = read_file(task, LIMITS, EXTRACTORS, _emit_to(events, task), lambda: None)
                for event in (*events, Done(task, outcome)):
                    await asyncio.to_thread(indexer.sink, [event])

    async def verify(self) -> Differences:
        reader = TantivyReader(self.state)
        try:
            found = await verify_index(self.check, self.texts, self.outbox, reader)
            await verify_drawn(self.check, self.texts, self.catalog, EXTRACTION, 1.0, found)
            return found
        finally:
            await reader.close()

    async def look_again(self) -> None:
        """What was to wait before it is read again waits no longer."""
        await self._database.execute(b"UPDATE files SET not_before = NULL")

    async def snapshot(self) -> Snapshot:
        """For each path: status, hash, and the hashes of its chunks' texts."""
        found: Snapshot = {}
        page = await self.catalog.list_files(FileFilter(), Sort(SortField.PATH, descending=False), None, 500, LOCAL)
        for file in page.files:
            chunks: list[str] = []
            if file.content_id is not None:
                for chunk in await self.catalog.chunk_page(file.content_id, -1, 100_000):
                    text = await self.texts.read(file.content_id, chunk.start, chunk.end)
                    chunks.append(f"{chunk.source_start}:{chunk.line}:{hashlib.sha256(text).hexdigest()[:12]}")
            name = os.path.relpath(file.shown, self.nas)
            found[name] = (file.status.value, file.sha256.hex()[:12] if file.sha256 else "", tuple(chunks))
        return found


async def empty(database: Database) -> None:
    """As if nothing had ever been indexed."""
    await database.execute(
        b"TRUNCATE roots, folders, contents, chunks, text_blocks, content_gaps, files, file_gaps, file_versions, "
        b"skipped, outbox, jobs RESTART IDENTITY CASCADE"
    )


def _emit_to(events: list[ReadEvent], task: ReadTask) -> Callable[[Segment], None]:
    return lambda segment: events.append(Partial(task, segment))


def _raise_first(task: "asyncio.Task[Any]") -> None:
    error = task.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None:
        raise error
