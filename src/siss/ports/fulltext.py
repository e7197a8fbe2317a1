"""The full-text port: two kinds of document, one question.

File documents decide what matches and count totals and facets; chunk documents rank and give the place. So
words are AND over the file, phrases stand within a chunk, NOT and filters concern the file, ``time`` and
``level`` concern a chunk.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from siss.model.content import Chunk, ChunkTerms
from siss.model.hit import EngineAnswer
from siss.model.ids import ContentId, FileId, Generation
from siss.model.ingest import FileDocument
from siss.model.query import Query

PART_CHUNKS: Final = 1024
"""Chunks whose words stand in one file document (about 4 MiB), so that memory is bounded and a growing log
rewrites only its last part."""


FACET_VALUES: Final = 20
"""Values of a facet in an answer."""

MOST_COUNTED: Final = 60_000
"""Contents that are counted apart for the facet ``schema_id``, where engines know no schemas: the use case does."""


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """One question to an engine.

    ``scopes``: shown path prefixes that bound everything in the answer, totals and facets included; None for no
    bound. ``limit``: how many contents to return (up to 1,000). ``after``: for sorted lists, the sort value and
    file id that the page begins after.
    """

    query: Query
    scopes: tuple[str, ...] | None
    limit: int
    after: tuple[int | str, int] | None = None
    facet_limit: int = FACET_VALUES


class FullText(Protocol):
    """Reading. Sees a commit of the writer, in whatever process, within half a second.

    What an engine cannot do by itself its adapter makes up for or says, and never leaves out unsaid. Raises
    ``EngineUnavailableError``, and ``InvalidQueryError`` for what no engine can run.
    """

    async def search(self, request: EngineRequest) -> EngineAnswer:
        """The matching contents, best first or in the order asked for, with totals and facets by file."""
        ...

    async def count_documents(self) -> tuple[int, int]:
        """Number of files and of chunks in the engine."""
        ...

    async def refresh(self) -> None:
        """See the last commit now."""
        ...

    def every_file(self) -> AsyncIterator[tuple[FileId, Generation]]:
        """Each file that the engine holds, in no order, for ``siss verify``."""
        ...

    def every_content(self) -> AsyncIterator[tuple[ContentId, Generation, int]]:
        """Each content that the engine holds with its number of chunks, in no order, for ``siss verify``."""
        ...

    async def find_damage(self) -> Sequence[str]:
        """What is stored and does not read back, a line each, for ``siss verify``: reads all of it."""
        ...

    async def close(self) -> None:
        """Let go of files and connections."""
        ...


class FullTextWriter(Protocol):
    """Writing; one process at a time. Nothing is seen before ``commit``; doing a thing twice changes nothing.

    Raises ``EngineUnavailableError`` and ``DiskFullError``.
    """

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
        ...

    async def put_file(self, document: FileDocument, terms: Iterable[ChunkTerms], *, from_part: int = 0) -> None:
        """Set a file's documents: one for each ``PART_CHUNKS`` chunks of its content (one, for most files).

        ``terms`` are those of its content, in order, beginning with chunk ``from_part * PART_CHUNKS``; they are
        read once, as they come, and need not be in memory together (a large log). Parts before ``from_part`` stay
        as they are (a log that grew), later ones are replaced. Questions do not see the parts: words are AND
        over the whole file, and a file counts once.
        """
        ...

    async def drop_contents(self, contents: Sequence[ContentId]) -> None:
        """Remove all chunk documents of contents."""
        ...

    async def drop_files(self, files: Sequence[FileId]) -> None:
        """Remove files' documents."""
        ...

    async def commit(self, stamps: Sequence[str] = ()) -> None:
        """Make everything since the last commit durable and visible. ``stamps``: kept with it, if there are any."""
        ...

    async def stamps(self) -> Sequence[str]:
        """Those of the last commit that had any; none where there was no such commit."""
        ...

    async def clear(self) -> None:
        """Remove everything."""
        ...

    def filling(self) -> AbstractContextManager[None]:
        """What is put meanwhile is no news: an older index that answers until this one is filled has it already.

        What is dropped meanwhile is dropped there, too.
        """
        ...

    async def begin_rebuild(self) -> None:
        """Begin with nothing, while what is there answers on, and is told of news, until ``take_over``.

        Everything is committed, and rows for all of it are waiting. An engine whose rebuild goes on already goes on
        with that.
        """
        ...

    async def require_room_for_two(self) -> None:
        """Raise ``DiskFullError`` where a rebuild has no room beside what is there."""
        ...

    async def dead_share(self) -> float:
        """Of what is stored, how much was replaced or removed and still takes room and time: 0 to 1."""
        ...

    async def take_over(self) -> None:
        """All that the catalog has is committed: an index that was filled beside an older one answers from now on."""
        ...

    async def close(self) -> None:
        """Commit nothing more and let go of the lock."""
        ...
