"""The full-text port in memory: its meaning, spelt out, without an index.

Slow and short on purpose. What it answers is what every engine must answer; only scores are its own (how many of the
words stand in a chunk, and how often). Tests of use cases run on it, and the contract suite holds it to the engines.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice

from siss.adapters.memory.fulltext_answer import answer
from siss.adapters.memory.fulltext_match import HeldChunk, HeldFile, HeldWords, State
from siss.index.analyser import cut_tokens
from siss.index.documents import label_file
from siss.model.content import Chunk, ChunkTerms
from siss.model.hit import EngineAnswer
from siss.model.ids import ContentId, FileId, Generation
from siss.model.ingest import FileDocument
from siss.ports.fulltext import PART_CHUNKS, EngineRequest


class MemoryFullText:
    """Keeps both ports, ``FullText`` and ``FullTextWriter``: what is written is seen after ``commit``."""

    def __init__(self) -> None:
        self._shown = State()
        self._next = State()
        self._stamps: Sequence[str] = ()
        self.is_empty = True

    async def search(self, request: EngineRequest) -> EngineAnswer:
        """The matching contents, best first or in the order asked for, with totals and facets by file."""
        return answer(self._shown, request)

    async def count_documents(self) -> tuple[int, int]:
        """Number of files and of chunks."""
        return len(self._shown.files), sum(map(len, self._shown.chunks.values()))

    async def refresh(self) -> None:
        """Nothing to do: a commit is seen at once."""

    async def find_damage(self) -> Sequence[str]:
        """Nothing is stored."""
        return ()

    async def every_file(self) -> AsyncIterator[tuple[FileId, Generation]]:
        """Each file, by id."""
        for file_id, file in sorted(self._shown.files.items()):
            yield file_id, file.document.generation

    async def every_content(self) -> AsyncIterator[tuple[ContentId, Generation, int]]:
        """Each content, by id, with its last chunk's generation and its number of chunks."""
        for content_id, chunks in sorted(self._shown.chunks.items()):
            yield content_id, chunks[-1].generation, len(chunks)

    async def put_chunks(
        self,
        content_id: ContentId,
        generation: Generation,
        chunks: Sequence[Chunk],
        terms: Sequence[ChunkTerms],
        *,
        from_seq: int = 0,
    ) -> None:
        """Put chunks in place of all that the content had from chunk number ``from_seq`` on."""
        kept = [held for held in self._next.chunks.pop(content_id, ()) if held.chunk.seq < from_seq]
        kept += [HeldChunk(chunk, generation, _hold([words])) for chunk, words in zip(chunks, terms, strict=True)]
        if kept:
            self._next.chunks[content_id] = tuple(kept)

    async def put_file(self, document: FileDocument, terms: Iterable[ChunkTerms], *, from_part: int = 0) -> None:
        """Set a file's words, from part ``from_part`` on, and all else that is known of it."""
        known = self._next.files.get(document.file_id)
        kept = known.parts[:from_part] if known is not None else ()
        parts = tuple(_hold(part) for part in _parts(iter(terms)))
        self._next.files[document.file_id] = HeldFile(document, label_file(document), (*kept, *parts))

    async def drop_contents(self, contents: Sequence[ContentId]) -> None:
        """Remove all chunks of contents."""
        for content_id in contents:
            self._next.chunks.pop(content_id, None)

    async def drop_files(self, files: Sequence[FileId]) -> None:
        """Remove files."""
        for file_id in files:
            self._next.files.pop(file_id, None)

    async def commit(self, stamps: Sequence[str] = ()) -> None:
        """Show everything since the last commit."""
        self._stamps = stamps or self._stamps
        self._shown = State(dict(self._next.files), dict(self._next.chunks))
        self.is_empty = not self._shown.files and not self._shown.chunks

    async def stamps(self) -> Sequence[str]:
        """Those of the last commit that had any."""
        return self._stamps

    async def clear(self) -> None:
        """Remove everything."""
        self._next = State()
        await self.commit()

    def filling(self) -> AbstractContextManager[None]:
        """Nothing to do: there is no older one."""
        return nullcontext()

    async def take_over(self) -> None:
        """Nothing to do: there is no older one."""

    async def close(self) -> None:
        """Forget what was not committed."""
        self._next = State(dict(self._shown.files), dict(self._shown.chunks))


def _hold(terms: Sequence[ChunkTerms]) -> HeldWords:
    tokens = [token for words in terms for token in cut_tokens(words.body)]
    beside = [term for words in terms for term in (*words.idents.split(), *words.parts.split())]
    return HeldWords(tuple(tokens), frozenset(beside))


def _parts(terms: Iterator[ChunkTerms]) -> Iterator[list[ChunkTerms]]:
    while part := list(islice(terms, PART_CHUNKS)):
        yield part
