"""The readers' side: a snapshot of both indexes, reloaded when the writer of any process has committed.

Whether there was a commit is seen from the indexes' ``meta.json``, which a commit replaces: two ``stat`` calls a
question cost microseconds, and the engine's own watcher would be half a second late. Files are loaded before chunks.

While an index is filled anew, the one before it answers (``folders``), and its answers say so. That may begin under a
reader that is open, and what it loads then is the empty one in its place: so each load is followed by a look at that.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Final, TypeVar

from tantivy import Order

from siss.adapters.tantivy.answer import answer
from siss.adapters.tantivy.compile import Snapshot
from siss.adapters.tantivy.damage import find_damage
from siss.adapters.tantivy.filters import number_range
from siss.adapters.tantivy.folders import find_older, is_building
from siss.adapters.tantivy.schema import (
    CHUNK_SCHEMA,
    FILE_SCHEMA,
    Indexes,
    index_folder,
    open_indexes,
    open_older_indexes,
)
from siss.errors import CorruptError, EngineUnavailableError, SissError
from siss.logs import get_logger
from siss.model.hit import EngineAnswer
from siss.model.ids import CHUNK_BITS, ContentId, FileId, Generation
from siss.ports.fulltext import EngineRequest

T = TypeVar("T")

_log = get_logger(__name__)

_PAGE: Final = 10_000
_TRIES: Final = 3
"""How often an index is opened: what is renamed meanwhile is there the next time."""
_Stamp = tuple[tuple[int, int, int], tuple[int, int, int]]


class TantivyReader:
    """Keeps the ``FullText`` port over the indexes in a state folder, which the writer makes."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = threading.Lock()
        self._indexes: Indexes | None = None
        self._older = False
        self._building = False
        """Whether the index of this version was not complete when it was last opened."""
        self._stamp: _Stamp | None = None
        self._snapshot: Snapshot | None = None

    async def search(self, request: EngineRequest) -> EngineAnswer:
        """The matching contents, best first or in the order asked for, with totals and facets by file."""
        found = await asyncio.to_thread(self._guarded, lambda snapshot: answer(snapshot, request))
        return replace(found, outdated=True) if self._older else found

    async def count_documents(self) -> tuple[int, int]:
        """Number of files and of chunks in the engine."""
        return await asyncio.to_thread(self._guarded, _count)

    async def refresh(self) -> None:
        """See the last commit now."""
        await asyncio.to_thread(self._guarded, lambda _: None)

    async def every_file(self) -> AsyncIterator[tuple[FileId, Generation]]:
        """Each file that the engine holds, by id, with its last part's generation."""
        snapshot = await asyncio.to_thread(self._guarded, lambda snapshot: snapshot)
        pages = _file_pages(snapshot)
        while page := await asyncio.to_thread(next, pages, None):
            for file_id, generation in page:
                yield FileId(file_id), Generation(generation)

    async def every_content(self) -> AsyncIterator[tuple[ContentId, Generation, int]]:
        """Each content that the engine holds, by id, with its last chunk's generation and its number of chunks."""
        snapshot = await asyncio.to_thread(self._guarded, lambda snapshot: snapshot)
        pages = _content_pages(snapshot)
        while page := await asyncio.to_thread(next, pages, None):
            for content_id, generation, count in page:
                yield ContentId(content_id), Generation(generation), count

    async def find_damage(self) -> Sequence[str]:
        """The files of both indexes whose checksum is wrong, or that are lost. Reads them whole."""
        return await asyncio.to_thread(find_damage, index_folder(self._data_dir))

    async def close(self) -> None:
        """Let go of the indexes; a later question opens them again."""
        with self._lock:
            self._indexes = self._snapshot = self._stamp = None

    def _guarded(self, ask: Callable[[Snapshot], T]) -> T:
        try:
            return ask(self._current())
        except (ValueError, OSError) as error:
            if self._older:
                raise _not_yet(error) from error
            raise EngineUnavailableError(f"The full-text index does not answer: {error}") from error
        except BaseException as error:
            # Tantivy panics at a field that an index does not have, and at bytes that make no sense.
            if type(error).__name__ != "PanicException":
                raise
            if self._older:
                raise _not_yet(error) from error
            raise CorruptError(
                f"The full-text index does not read back ({error}): siss verify says whether it is damaged, and with "
                "--repair makes it anew from the local texts."
            ) from error

    def _current(self) -> Snapshot:
        with self._lock:
            for _ in range(_TRIES - 1):
                try:
                    return self._load_newest()
                except (OSError, ValueError, SissError):  # perhaps it went, or was put aside, just now
                    self._indexes = None
            return self._load_newest()

    def _load_newest(self) -> Snapshot:
        if self._indexes is None or (self._building and not is_building(self._data_dir)):
            self._open()
        return self._load()

    def _open(self) -> None:
        self._indexes = self._snapshot = self._stamp = None
        self._building = is_building(self._data_dir) or not index_folder(self._data_dir).exists()
        older = find_older(self._data_dir) if self._building else None
        if older is not None:
            try:
                self._indexes, self._older = open_older_indexes(older), True
            except CorruptError as error:
                if not (older.exists() and is_building(self._data_dir)):
                    raise  # the switch was just now: what is in its place is to be looked at anew
                _log.warning("the older index cannot be opened", error=error.message)
            else:
                return
        self._indexes, self._older = open_indexes(self._data_dir, create=False), False

    def _load(self) -> Snapshot:
        assert self._indexes is not None
        stamp = _stamp(self._indexes.folder)
        if self._snapshot is None or stamp != self._stamp:
            self._indexes.files.reload()
            self._indexes.chunks.reload()
            self._snapshot = _take(self._indexes)
            self._stamp = stamp
            if not self._building and is_building(self._data_dir):
                self._open()
                return self._load()
        return self._snapshot


def _not_yet(error: BaseException) -> EngineUnavailableError:
    return EngineUnavailableError(
        "The full-text index is being built anew, and the one before it cannot answer this question: ask "
        f"again when it is done. {error}",
        retry_after=30,
    )


def _stamp(folder: Path) -> _Stamp:
    found = [os.stat(folder / name / "meta.json") for name in ("files", "chunks")]  # noqa: PTH116 - on every question
    first, second = ((stat.st_mtime_ns, stat.st_ino, stat.st_size) for stat in found)
    return first, second


def _take(indexes: Indexes) -> Snapshot:
    files = indexes.files.searcher()
    later = number_range(FILE_SCHEMA, "part", 1, None)
    addresses = [address for _, address in files.search(later, max(1, files.num_docs), count=False).hits]
    last_parts: dict[int, int] = {}
    rows = zip(files.fast_field_values("file_id", addresses), files.fast_field_values("part", addresses), strict=True)
    for file, part in rows:
        last_parts[int(file or 0)] = max(int(part or 0), last_parts.get(int(file or 0), 0))
    return Snapshot(files, indexes.chunks.searcher(), last_parts)


def _count(snapshot: Snapshot) -> tuple[int, int]:
    return snapshot.file_count, int(snapshot.chunks.num_docs)


def _file_pages(snapshot: Snapshot) -> Iterator[list[tuple[int, int]]]:
    searcher, after = snapshot.files, -(1 << 62)
    while True:
        later = number_range(FILE_SCHEMA, "part_key", after + 1, None)
        hits = searcher.search(later, _PAGE, count=False, order_by_field="part_key", order=Order.Asc).hits
        if not hits:
            return
        addresses = [address for _, address in hits]
        columns = [searcher.fast_field_values(name, addresses) for name in ("file_id", "part", "generation")]
        rows = [(int(file or 0), int(part or 0), int(born or 0)) for file, part, born in zip(*columns, strict=True)]
        yield [(file, born) for file, part, born in rows if part == snapshot.last_parts.get(file, 0)]
        after = int(hits[-1][0])


def _chunk_rows(snapshot: Snapshot) -> Iterator[tuple[int, int]]:
    searcher, after = snapshot.chunks, -(1 << 62)
    while True:
        later = number_range(CHUNK_SCHEMA, "key", after + 1, None)
        hits = searcher.search(later, _PAGE, count=False, order_by_field="key", order=Order.Asc).hits
        if not hits:
            return
        born = searcher.fast_field_values("generation", [address for _, address in hits])
        yield from ((int(key), int(made or 0)) for (key, _), made in zip(hits, born, strict=True))
        after = int(hits[-1][0])


def _content_pages(snapshot: Snapshot) -> Iterator[list[tuple[int, int, int]]]:
    page: list[tuple[int, int, int]] = []
    for content_id, rows in groupby(_chunk_rows(snapshot), key=lambda row: row[0] >> CHUNK_BITS):
        generations = [generation for _, generation in rows]
        page.append((content_id, generations[-1], len(generations)))
        if len(page) >= _PAGE:
            yield page
            page = []
    if page:
        yield page


__all__ = ["TantivyReader"]
