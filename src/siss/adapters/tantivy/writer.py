"""The one writer: documents in, commits that survive a killed process.

Calls with little to do run where they are called; a large content and every commit run in a thread, so that the
caller's event loop goes on. Documents are deleted by query: deleting by term does nothing for numbers.
"""

import asyncio
import contextlib
import errno
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Final, TypeVar

from siss.adapters.tantivy.damage import open_or_renew
from siss.adapters.tantivy.documents import chunk_document, chunks_from, file_document, parts_from
from siss.adapters.tantivy.folders import begin_rebuild, find_older, finish_building, is_building
from siss.adapters.tantivy.room import bytes_of, dead_share
from siss.adapters.tantivy.schema import Indexes, open_indexes
from siss.adapters.tantivy.sides import Side, open_older
from siss.adapters.tantivy.stamps import read_stamps, write_stamps
from siss.errors import DiskFullError, EngineUnavailableError, SissError
from siss.index.documents import label_file
from siss.memory import GiveBack
from siss.model.content import Chunk, ChunkTerms
from siss.model.ids import ContentId, FileId, Generation
from siss.model.ingest import FileDocument
from siss.ports.fulltext import PART_CHUNKS
from siss.priority import step_behind

T = TypeVar("T")

_INLINE_CHUNKS: Final = 64
_LEAST_FREE: Final = 16 << 20
"""Bytes of free disk below which it is to blame for whatever fails: what a failed writer wrote is removed again."""


class TantivyWriter:
    """Keeps the ``FullTextWriter`` port. ``is_empty``: nothing is committed yet, so the caller fills it."""

    is_empty: bool
    _indexes: Indexes
    _building: bool
    _files: Side
    _chunks: Side
    _older: tuple[Side, Side] | None

    def __init__(self, indexes: Indexes, memory: int, data_dir: Path, thread: ThreadPoolExecutor) -> None:
        self._memory = memory
        self._thread = thread
        self._data_dir = data_dir
        self._lock = threading.Lock()
        self._give_back = GiveBack()
        self._filling = False
        self._open(indexes)

    async def put_chunks(
        self,
        content_id: ContentId,
        generation: Generation,
        chunks: Sequence[Chunk],
        terms: Sequence[ChunkTerms],
        *,
        from_seq: int = 0,
    ) -> None:
        """Put chunk documents in place of all that the content had from chunk number ``from_seq`` on."""

        def put() -> None:
            sides = self._chunk_sides()
            for side in sides:
                side.forget(content_id, chunks_from(content_id, from_seq))
            for chunk, words in zip(chunks, terms, strict=True):
                document = chunk_document(content_id, generation, chunk, words)
                for side in sides:
                    side.add(content_id, document)

        await self._run(put, inline=len(chunks) <= _INLINE_CHUNKS)

    async def put_file(self, document: FileDocument, terms: Iterable[ChunkTerms], *, from_part: int = 0) -> None:
        """Set a file's documents, one for each ``PART_CHUNKS`` chunks of its content."""
        coming = iter(terms)
        first = list(islice(coming, _INLINE_CHUNKS + 1))

        def put() -> None:
            labels = label_file(document)
            sides = self._file_sides()
            for side in sides:
                side.forget(document.file_id, parts_from(document.file_id, from_part))
            for part, words in enumerate(_parts(chain(first, coming)), from_part):
                made = file_document(document, labels, part, words)
                for side in sides:
                    side.add(document.file_id, made)

        await self._run(put, inline=len(first) <= _INLINE_CHUNKS)

    async def drop_contents(self, contents: Sequence[ContentId]) -> None:
        """Remove all chunk documents of contents, from an older index that answers, too: it is always news."""

        def drop() -> None:
            for content_id in contents:
                for side in (self._chunks, *(self._older or ())[1:]):
                    side.forget(content_id, chunks_from(content_id, 0))

        await self._run(drop, inline=True)

    async def drop_files(self, files: Sequence[FileId]) -> None:
        """Remove files' documents, from an older index that answers, too."""

        def drop() -> None:
            for file_id in files:
                for side in (self._files, *(self._older or ())[:1]):
                    side.forget(file_id, parts_from(file_id, 0))

        await self._run(drop, inline=True)

    async def commit(self, stamps: Sequence[str] = ()) -> None:
        """Make everything since the last commit durable and visible: chunks first, files after them."""

        def commit() -> None:
            self._chunks.commit()
            self._files.commit()
            if stamps:
                write_stamps(self._indexes.folder, stamps)
            for side in reversed(self._older or ()):
                side.commit()
            self.is_empty = False

        await self._run(commit, inline=False)
        self._thread.submit(self._give_back)  # nobody waits for that

    async def stamps(self) -> Sequence[str]:
        """Those of the last commit that had any."""
        return await asyncio.to_thread(read_stamps, self._indexes.folder)

    async def clear(self) -> None:
        """Remove everything."""

        def clear() -> None:
            for side in (self._files, self._chunks):
                side.clear()
            self.is_empty = True

        await self._run(clear, inline=False)

    @contextlib.contextmanager
    def filling(self) -> Iterator[None]:
        """An older index that answers is not told of what is put meanwhile: it has it."""
        self._filling = True
        try:
            yield
        finally:
            self._filling = False

    async def take_over(self) -> None:
        """Answer in place of an older index, where there is one."""
        if self._building:

            def take_over() -> None:
                self._close_older()
                finish_building(self._data_dir)
                self._building = False

            await self._run(take_over, inline=False)

    async def require_room_for_two(self) -> None:
        """Raise ``DiskFullError`` where what the index takes is not free once more."""
        folder = self._indexes.folder
        needed, free = await asyncio.to_thread(lambda: (bytes_of(folder), shutil.disk_usage(folder).free))
        if free < needed + _LEAST_FREE:
            raise DiskFullError(
                f"no room to build the full-text index anew: the one in {folder} takes {needed:,} bytes, and "
                f"{free:,} are free. Free some space; until then the one that is there goes on.",
                path=str(folder),
            )

    async def begin_rebuild(self) -> None:
        """Begin with an empty index; the one that is there answers until ``take_over``."""

        def begin() -> None:
            if self._building:
                return
            self._close_sides()
            try:
                begin_rebuild(self._data_dir)
            finally:
                self._open(open_indexes(self._data_dir, create=True))

        await self._run(begin, inline=False)

    async def dead_share(self) -> float:
        """Of the documents on disk of either index, whichever has more, those that are deleted: 0 to 1."""
        return await asyncio.to_thread(dead_share, self._indexes.folder)

    async def close(self) -> None:
        """Commit nothing more and let go of the lock."""
        await asyncio.to_thread(self._close)
        self._thread.shutdown()

    def _open(self, indexes: Indexes) -> None:
        self._indexes = indexes
        self._building = is_building(self._data_dir)
        self._files = Side(indexes.files, "file_id", self._memory // 2)
        self._chunks = Side(indexes.chunks, "content_id", self._memory - self._memory // 2)
        self._older = open_older(find_older(self._data_dir)) if self._building else None
        self.is_empty = self._files.committed() == 0 and self._chunks.committed() == 0

    def _close(self) -> None:
        with self._lock:
            self._close_sides()

    def _close_sides(self) -> None:
        self._files.close()
        self._chunks.close()
        self._close_older()

    def _close_older(self) -> None:
        older, self._older = self._older, None
        for side in older or ():
            side.close()

    def _file_sides(self) -> tuple[Side, ...]:
        return (self._files,) if self._older is None or self._filling else (self._files, self._older[0])

    def _chunk_sides(self) -> tuple[Side, ...]:
        return (self._chunks,) if self._older is None or self._filling else (self._chunks, self._older[1])

    async def _run(self, act: Callable[[], T], *, inline: bool) -> T:
        if inline:
            return self._guarded(act)
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, act)

    def _guarded(self, act: Callable[[], T]) -> T:
        with self._lock:
            try:
                return act()
            except (ValueError, OSError) as error:
                # A writer that failed takes no more: both start again from the last commit, and so does the outbox.
                for side in (self._files, self._chunks, *(self._older or ())):
                    side.reopen()
                raise _translate(error, self._indexes.folder) from error


def open_writer(data_dir: Path, memory: int, nice: int = 0) -> TantivyWriter:
    """Open the indexes for writing; those of an older version answer until these are filled from the catalog.

    Damaged ones are made anew, empty.

    ``memory``: bytes to collect documents in before they go to disk; ``nice``: how far the engine's threads step
    behind those that answer, 0 to 19. Raises ``EngineUnavailableError`` where another
    process writes, ``DiskFullError``, ``CorruptError``.
    """
    try:
        indexes = open_or_renew(data_dir)
    except OSError as error:
        raise _translate(error, data_dir) from error
    # Tantivy begins its own threads from this one, and on Linux they are as nice as the one that begins them.
    thread = ThreadPoolExecutor(1, "engine", step_behind, (nice,))
    try:
        return thread.submit(TantivyWriter, indexes, memory, data_dir, thread).result()
    except BaseException:
        thread.shutdown()
        raise


def _parts(terms: Iterator[ChunkTerms]) -> Iterator[list[ChunkTerms]]:
    """A part's words at a time; one part without words for a file without text."""
    part = list(islice(terms, PART_CHUNKS))
    yield part
    while part := list(islice(terms, PART_CHUNKS)):
        yield part


def _translate(error: Exception, folder: Path) -> SissError:
    # A writer whose thread ran into the full disk only says that it was killed.
    told = (isinstance(error, OSError) and error.errno == errno.ENOSPC) or "No space left" in str(error)
    if told or shutil.disk_usage(folder).free < _LEAST_FREE:
        return DiskFullError(
            f"disk full: no room for the index in {folder}. Free some space: indexing goes on by itself. {error}",
            path=str(folder),
        )
    return EngineUnavailableError(f"The full-text index cannot be written to: {error}")
