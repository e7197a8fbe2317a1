"""What is written into one index: of the version that runs, and of the one before, which answers until the switch."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import tantivy
from tantivy import Query

from siss.adapters.tantivy.schema import open_older_indexes
from siss.errors import EngineUnavailableError, SissError
from siss.logs import get_logger

LEAST_HEAP: Final = 15_000_000
"""What Tantivy needs for a thread."""

_log = get_logger(__name__)


class Side:
    """One index's writer. Knows what it has touched, so that nothing is searched for only to be deleted."""

    def __init__(self, index: tantivy.Index, owner_field: str, memory: int) -> None:
        self._index = index
        self._owner_field = owner_field
        self._memory = max(memory, LEAST_HEAP)
        self._touched: set[int] = set()
        self._searcher = index.searcher()
        self._writer: tantivy.IndexWriter | None = self._open()

    def committed(self) -> int:
        """Number of documents on disk."""
        return int(self._searcher.num_docs)

    def add(self, owner: int, document: tantivy.Document) -> None:
        """Put a document of an owner."""
        self._touched.add(owner)
        self._open_writer().add_document(document)

    def forget(self, owner: int, documents: Query) -> None:
        """Delete documents of an owner."""
        if owner in self._touched or self._searcher.doc_freq(self._owner_field, owner):
            self._touched.add(owner)
            self._open_writer().delete_documents_by_query(documents)

    def commit(self) -> None:
        """Make it durable and visible."""
        self._open_writer().commit()
        self._settle()

    def clear(self) -> None:
        """Remove everything."""
        self._open_writer().delete_all_documents()
        self.commit()

    def reopen(self) -> None:
        """Begin again from the last commit, after an error."""
        self._writer = None
        try:
            self._writer = self._open()
        except EngineUnavailableError:
            return  # tried again when it is next needed

    def close(self) -> None:
        """Commit nothing more and let go of the lock."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.rollback()
            writer.wait_merging_threads()

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._open()
        return self._writer

    def _open(self) -> tantivy.IndexWriter:
        try:
            writer = self._index.writer(self._memory, 1)  # more threads made more segments, not more speed
        except ValueError as error:
            raise EngineUnavailableError(f"The full-text index cannot be written to: {error}") from error
        self._settle()
        return writer

    def _settle(self) -> None:
        self._touched.clear()
        self._index.reload()
        self._searcher = self._index.searcher()


class OlderSide(Side):
    """The same of an index of another version: its documents have no fields that it does not know.

    It answers in any case, so what it cannot take is found after the switch: where writing fails, that ends.
    """

    failed = False

    def add(self, owner: int, document: tantivy.Document) -> None:
        """Put a document of an owner, as far as it goes."""
        self._try(lambda: super(OlderSide, self).add(owner, document))

    def forget(self, owner: int, documents: Query) -> None:
        """Delete documents of an owner, as far as it goes."""
        self._try(lambda: super(OlderSide, self).forget(owner, documents))

    def commit(self) -> None:
        """Make it visible, where there is something."""
        if self._touched:
            self._try(super().commit)

    def _try(self, act: Callable[[], None]) -> None:
        if self.failed:
            return
        try:
            act()
        except (ValueError, OSError, SissError) as error:
            self.failed = True
            _log.warning("what is new is found when the full-text index is complete", error=str(error))


def open_older(folder: Path | None) -> tuple[OlderSide, OlderSide] | None:
    """Files and chunks of an index of another version, to be told of what is new; None where that cannot be."""
    if folder is None:
        return None
    try:
        indexes = open_older_indexes(folder)
        return OlderSide(indexes.files, "file_id", LEAST_HEAP), OlderSide(indexes.chunks, "content_id", LEAST_HEAP)
    except SissError as error:
        _log.warning("what is new is found when the full-text index is complete", error=error.message)
        return None
