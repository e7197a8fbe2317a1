"""The writer keeps the engine in step with the catalog: a transactional outbox.

PostgreSQL is the truth. The outcomes of reading are recorded there first, with outbox rows in the same transaction.
Each row names a file or a content; the writer brings what the engine holds of it to the catalog's present state,
commits the engine, and settles the rows. What is interrupted is done again from the rows: doing it twice is harmless.
"""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from siss.app.ingest.stored_terms import StoredTerms, grouped
from siss.errors import CorruptError, UnavailableError
from siss.logs import get_logger
from siss.model.content import ChunkTerms, Segment
from siss.model.ids import ContentId, FileId, Generation
from siss.model.ingest import FileDocument, FileOutcome, OutboxEntry, OutboxOp, StoredContent, WrittenBatch
from siss.ports.catalog import Catalog
from siss.ports.fulltext import PART_CHUNKS, FullTextWriter
from siss.ports.ingest_catalog import IngestCatalog
from siss.ports.outbox import Outbox
from siss.ports.texts import Texts
from siss.traces.span import span

_log = get_logger(__name__)

DRAIN_ROWS = 1000
"""Outbox rows that are listed at once."""


class IndexWriter:
    """The only writer of a state folder. Not for use by two tasks at once.

    Raises ``UnavailableError`` where the database or the engine does not answer; what was not done is done by a later
    ``drain``.
    """

    def __init__(
        self,
        ingest: IngestCatalog,
        outbox: Outbox,
        catalog: Catalog,
        texts: Texts,
        engine: FullTextWriter,
        *,
        commit_files: int,
        commit_pause: float = 0.0,
    ) -> None:
        """``commit_files``: outbox rows after which the engine is committed.

        ``commit_pause``: least seconds from one commit to the next, because the engine must merge what each wrote.
        """
        self._ingest = ingest
        self._outbox = outbox
        self._stored = StoredTerms(catalog, texts)
        self._engine = engine
        self._commit_files = commit_files
        self._commit_pause = commit_pause
        self._applied: list[OutboxEntry] = []
        self._touched = False
        self._opened: dict[FileId, tuple[ContentId, Generation]] = {}
        self._spoiled: set[ContentId] = set()
        """Opened contents of which the engine may have lost chunks; they are read back when the outcome comes."""
        self._stamp: str | None = None
        """The stamp of the last commit, if it is certain that the catalog has it; otherwise None."""
        self.committed_at = time.monotonic()
        self._rests_until = 0.0
        self.behind = True
        """Whether outbox rows may wait that this writer has not applied: at start, and after a failure."""

    @property
    def unsettled(self) -> int:
        """How many outbox rows are applied, but not yet committed."""
        return len(self._applied)

    @property
    def resting(self) -> bool:
        """Whether the last commit is less than ``commit_pause`` ago, so that the next one has to wait."""
        return time.monotonic() < self._rests_until

    async def recover(self) -> None:
        """Delete contents that a killed process left half written. The next ``drain`` applies its outbox rows."""
        await self._ingest.discard_opened()
        self.behind = True

    async def is_in_step(self) -> bool:
        """Whether the engine was last written for this catalog as it is now.

        It is not if another database is used, or a dump of this one was restored: then nothing tells which of its
        documents are wrong. An engine without stamps is from a version that had none, and taken for right.
        """
        stamps = await self._engine.stamps()
        return not stamps or await self._outbox.stamp() in stamps

    async def write(self, outcomes: Sequence[FileOutcome]) -> WrittenBatch:
        """Record outcomes in the catalog and give them to the engine; the next ``commit`` makes them searchable."""
        try:
            with span("ingest.catalog"):
                batch = await self._ingest.write_outcomes(outcomes)
        except UnavailableError:
            self.behind = True  # the answer may be lost, not the transaction: its outbox rows are drained then
            raise
        try:
            with self._nothing_applied_on_failure(), span("ingest.engine"):
                await self._apply_fresh(outcomes, batch)
            if len(self._applied) >= self._commit_files:
                await self.commit()
        except UnavailableError as error:
            _log.warning("the engine will be brought up to date later", error=str(error))
            return batch
        finally:
            for outcome in outcomes:
                if outcome.opened is not None:
                    self._opened.pop(outcome.file_id, None)
                    self._spoiled.discard(outcome.opened)
        return batch

    async def write_segment(self, file_id: FileId, segment: Segment) -> ContentId:
        """Store a segment of a large file; returns the content that it went into.

        A first segment opens a new content, and drops what an earlier try has left.
        """
        if segment.chunks[0].seq == 0 or file_id not in self._opened:
            await self.forget_opened(file_id)
            self._opened[file_id] = await self._ingest.open_content()
        content_id, generation = self._opened[file_id]
        await self._ingest.append_segment(content_id, segment)
        with self._nothing_applied_on_failure():
            await self._engine.put_chunks(
                content_id, generation, segment.chunks, segment.terms, from_seq=segment.chunks[0].seq
            )
        self._touched = True
        return content_id

    def is_open(self, file_id: FileId) -> bool:
        """Whether segments of a file were written and its outcome has not come."""
        return file_id in self._opened

    def opened(self, file_id: FileId) -> ContentId | None:
        """The content that a file's segments went into; open until the outcome that names it is written."""
        found = self._opened.get(file_id)
        return found[0] if found else None

    async def forget_opened(self, file_id: FileId) -> None:
        """Drop what a file's segments left, after its worker was lost."""
        if file_id in self._opened:
            others = [content for other, (content, _) in self._opened.items() if other != file_id]
            await self._ingest.discard_opened(others)
            self._spoiled.discard(self._opened.pop(file_id)[0])
            self.behind = True

    async def commit(self) -> None:
        """Commit the engine, so that what was applied is on disk and searchable, and settle its outbox rows."""
        self.committed_at = time.monotonic()
        if not self._touched:
            return
        with self._nothing_applied_on_failure(), span("ingest.commit") as seen:
            seen.set("siss.rows", len(self._applied))
            # With the stamp before: if the process is killed between these two calls, the engine is one commit ahead
            # of the catalog, and must still be recognised as in step.
            stamp, before = secrets.token_hex(8), self._stamp or await self._outbox.stamp()
            self._stamp = None  # if this fails, only the catalog knows whether it took the new stamp
            await self._engine.commit((stamp, before))
            await self._outbox.settle(self._applied, stamp)
        self._stamp = stamp
        # Only now: whoever waits until `unsettled` is 0 may cancel this task at once.
        self._applied, self._touched = [], False
        self._rests_until = time.monotonic() + self._commit_pause

    async def drain(self, give_way: Callable[[], bool] = lambda: False) -> int:
        """Apply every outbox row that waits, and commit. Returns how many were applied.

        ``give_way``: asked between batches whether something else waits to be written; if so, the rest is left for
        the next call.
        """
        self.behind = False  # before looking: whoever adds rows from now on sets it again
        try:
            return await self._drain(give_way)
        except BaseException:
            self.behind = True
            raise

    async def _drain(self, give_way: Callable[[], bool]) -> int:
        await self.commit()  # settles what is applied, or its rows would be listed and applied again
        count = 0
        after = 0
        while entries := await self._outbox.pending(DRAIN_ROWS, after):
            after = entries[-1].id
            with self._nothing_applied_on_failure(), self._engine.filling(), span("outbox") as seen:
                seen.set("siss.rows", len(entries))
                await self.bring_up_to_date(entries)
            count += len(entries)
            if give_way():
                self.behind = True
                await self.commit()
                return count
            if len(self._applied) >= self._commit_files:
                await self.commit()
        await self.commit()
        await self._engine.take_over()
        return count

    async def empty_engine(self) -> None:
        """Remove everything from the engine. Nothing may be in flight; the caller has it filled again."""
        self._spoiled.update(content for content, _ in self._opened.values())
        await self._engine.clear()

    async def rebuild_engine(self) -> int:
        """Begin a new engine beside the one that answers, which a later ``drain`` fills. Nothing may be in flight.

        Returns how many documents are queued. Raises ``DiskFullError`` where there is no room for two.
        """
        await self._engine.require_room_for_two()
        # First of all the rows: an engine that is empty, and has none waiting, would be taken for complete.
        count = await self._outbox.enqueue_all()
        self.behind = True
        self._spoiled.update(content for content, _ in self._opened.values())
        await self._engine.begin_rebuild()
        return count

    async def dead_share(self) -> float:
        """Of what the engine stores, how much was replaced or removed: 0 to 1."""
        return await self._engine.dead_share()

    @contextlib.contextmanager
    def _nothing_applied_on_failure(self) -> Iterator[None]:
        """If the engine fails, everything since its last commit is to be applied again.

        Outbox rows stay where they are until they are settled. Segments of opened contents have no rows yet, so their
        contents are marked as spoiled.
        """
        try:
            yield
        except UnavailableError:
            self._applied = []
            self._spoiled.update(content for content, _ in self._opened.values())
            self.behind = True
            raise

    async def _apply_fresh(self, outcomes: Sequence[FileOutcome], batch: WrittenBatch) -> None:
        """Apply a batch: from memory where its terms are still there, otherwise from the catalog and the texts."""
        outcome_of = {outcome.file_id: outcome for outcome in outcomes}
        terms: dict[ContentId, Sequence[ChunkTerms]] = {}
        from_part: dict[FileId, int] = {}
        done: set[ContentId] = set()
        for file in batch.files:
            outcome = outcome_of[file.file_id]
            if outcome.opened is not None and outcome.opened != file.content_id:
                await self._engine.drop_contents([outcome.opened])
            segment = outcome.segment
            if file.content_id is None or file.generation is None or segment is None:
                hidden = outcome.facts is not None and outcome.facts.hidden
                if file.fresh and not hidden and file.content_id is not None and outcome.opened not in self._spoiled:
                    done.add(file.content_id)
                continue
            first = segment.chunks[0].seq if segment.chunks else 0
            if first == 0:
                terms[file.content_id] = segment.terms  # also of a content that was known: the bytes are the same
            if not file.fresh or (outcome.facts is not None and outcome.facts.hidden):
                continue
            done.add(file.content_id)
            if first:
                from_part[file.file_id] = first // PART_CHUNKS
            if segment.chunks:
                await self._engine.put_chunks(
                    file.content_id, file.generation, segment.chunks, segment.terms, from_seq=first
                )
        await self.bring_up_to_date(batch.outbox, terms=terms, from_part=from_part, done=done)

    async def bring_up_to_date(
        self,
        entries: Sequence[OutboxEntry],
        *,
        terms: Mapping[ContentId, Sequence[ChunkTerms]] | None = None,
        from_part: Mapping[FileId, int] | None = None,
        done: Iterable[ContentId] = (),
    ) -> None:
        """Make the engine hold what the catalog holds now of each file and content that a row names.

        ``terms``: of the chunks of contents that are still in memory; ``done``: contents whose chunks the engine was
        given already; ``from_part``: of a log that grew, the first part of its file document that changed.
        """
        terms = terms or {}
        put = {ContentId(entry.subject) for entry in entries if entry.op is OutboxOp.PUT_CONTENT}
        dropped = {ContentId(entry.subject) for entry in entries if entry.op is OutboxOp.DROP_CONTENT}
        contents = put.difference(done) | dropped
        files = {FileId(e.subject) for e in entries if e.op in {OutboxOp.PUT_FILE, OutboxOp.DROP_FILE}}
        if contents:
            stored = await self._outbox.stored_contents(sorted(contents))
            await self._engine.drop_contents(sorted(contents - stored.keys()))
            for group in grouped(stored, lambda content_id: stored[content_id].chunk_count):
                await self._put_contents({content_id: stored[content_id] for content_id in group})
        if files:
            documents = await self._outbox.file_documents(sorted(files))
            await self._engine.drop_files(sorted(files - {document.file_id for document in documents}))
            for some in grouped(documents, lambda document: document.chunk_count):
                await self._put_files(some, terms, from_part or {})
        self._applied.extend(entries)
        self._touched = self._touched or bool(entries)

    async def _put_contents(self, contents: Mapping[ContentId, StoredContent]) -> None:
        small = await self._stored.of_small({content_id: found.chunk_count for content_id, found in contents.items()})
        for content_id, stored in contents.items():
            if (found := small.get(content_id)) is None:
                await self._put_stored_chunks(content_id, stored.generation)
            else:
                chunks, terms = zip(*found, strict=True)
                await self._engine.put_chunks(content_id, stored.generation, chunks, terms)

    async def _put_files(
        self,
        documents: Sequence[FileDocument],
        in_memory: Mapping[ContentId, Sequence[ChunkTerms]],
        from_part: Mapping[FileId, int],
    ) -> None:
        small = await self._stored.of_small(
            {
                document.content_id: document.chunk_count
                for document in documents
                if document.content_id is not None and document.content_id not in in_memory
            }
        )
        known = {**in_memory, **{content_id: [terms for _, terms in found] for content_id, found in small.items()}}
        for document in documents:
            await self._put_file(document, known, from_part.get(document.file_id, 0))

    async def _put_stored_chunks(self, content_id: ContentId, generation: Generation) -> None:
        first = 0
        try:
            while page := await self._stored.page(content_id, first):
                chunks = [chunk for chunk, _ in page]
                await self._engine.put_chunks(
                    content_id, generation, chunks, [terms for _, terms in page], from_seq=first
                )
                first = chunks[-1].seq + 1
        except CorruptError as error:
            await self._read_anew(content_id, error)
            first = 0
        if first == 0:
            await self._engine.drop_contents([content_id])

    async def _put_file(
        self, document: FileDocument, in_memory: Mapping[ContentId, Sequence[ChunkTerms]], from_part: int
    ) -> None:
        content_id = document.content_id
        if content_id is None or document.chunk_count == 0:
            await self._engine.put_file(document, ())
        elif (terms := in_memory.get(content_id)) is not None:
            await self._engine.put_file(document, terms)
        else:
            try:
                await self._put_stored_parts(document, content_id, from_part)
            except CorruptError as error:
                await self._read_anew(content_id, error)
                await self._engine.put_file(document, ())

    async def _put_stored_parts(self, document: FileDocument, content_id: ContentId, from_part: int) -> None:
        parts = -(-document.chunk_count // PART_CHUNKS)
        for part in range(from_part, parts):
            stored: list[ChunkTerms] = []
            while len(stored) < PART_CHUNKS:
                page = await self._stored.page(content_id, part * PART_CHUNKS + len(stored))
                if not page:
                    break
                stored.extend(terms for _, terms in page)
            await self._engine.put_file(document, stored, from_part=part)

    async def _read_anew(self, content_id: ContentId, error: CorruptError) -> None:
        """Have the files of a damaged text read again, so that it does not stop all others."""
        files = await self._ingest.requeue_content(content_id)
        _log.error("a stored text is damaged, its files are read again", files=files, error=error.message)
