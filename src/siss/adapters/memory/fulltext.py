"""The full-text port in memory: its meaning, spelt out, without an index.

Slow and short on purpose. What it answers is what every engine must answer; only scores are its own (how many of the
words stand in a chunk, and how often). Tests of use cases run on it, and the contract suite holds it to the engines.
"""

import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
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
        self._older: State | None = None
        """What answers while ``_next`` is filled anew, and is not committed yet."""
        self._filling = False
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
        new = [HeldChunk(chunk, generation, _hold([words])) for chunk, words in zip(chunks, terms, strict=True)]
        for state in self._states():
            kept = [held for held in state.chunks.pop(content_id, ()) if held.chunk.seq < from_seq]
            if kept or new:
                state.chunks[content_id] = (*kept, *new)

    async def put_file(self, document: FileDocument, terms: Iterable[ChunkTerms], *, from_part: int = 0) -> None:
        """Set a file's words, from part ``from_part`` on, and all else that is known of it."""
        parts = tuple(_hold(part) for part in _parts(iter(terms)))
        for state in self._states():
            known = state.files.get(document.file_id)
            kept = known.parts[:from_part] if known is not None else ()
            state.files[document.file_id] = HeldFile(document, label_file(document), (*kept, *parts))

    async def drop_contents(self, contents: Sequence[ContentId]) -> None:
        """Remove all chunks of contents."""
        for state in self._all_states():
            for content_id in contents:
                state.chunks.pop(content_id, None)

    async def drop_files(self, files: Sequence[FileId]) -> None:
        """Remove files."""
        for state in self._all_states():
            for file_id in files:
                state.files.pop(file_id, None)

    async def commit(self, stamps: Sequence[str] = ()) -> None:
        """Show everything since the last commit."""
        self._stamps = stamps or self._stamps
        self._shown = _copy(self._older or self._next)
        self.is_empty = not self._next.files and not self._next.chunks

    async def stamps(self) -> Sequence[str]:
        """Those of the last commit that had any."""
        return self._stamps

    async def clear(self) -> None:
        """Remove everything."""
        self._older, self._next = None, State()
        await self.commit()

    async def begin_rebuild(self) -> None:
        """Begin with nothing; what is there is shown, and told of news, until the end."""
        if self._older is None:
            self._older, self._next, self.is_empty = self._next, State(), True

    async def require_room_for_two(self) -> None:
        """There is."""

    async def dead_share(self) -> float:
        """Nothing stays that was removed."""
        return 0.0

    @contextlib.contextmanager
    def filling(self) -> Iterator[None]:
        """What answers while another is filled is not told of what is put meanwhile."""
        self._filling = True
        try:
            yield
        finally:
            self._filling = False

    async def take_over(self) -> None:
        """Show what was filled."""
        if self._older is not None:
            self._older = None
            await self.commit()

    async def close(self) -> None:
        """Forget what was not committed."""
        self._older, self._next = None, _copy(self._shown)

    def _states(self) -> Sequence[State]:
        return (self._next,) if self._filling else self._all_states()

    def _all_states(self) -> Sequence[State]:
        return (self._next,) if self._older is None else (self._next, self._older)


def _copy(state: State) -> State:
    return State(dict(state.files), dict(state.chunks))


def _hold(terms: Sequence[ChunkTerms]) -> HeldWords:
    tokens = [token for words in terms for token in cut_tokens(words.body)]
    beside = [term for words in terms for term in (*words.idents.split(), *words.parts.split())]
    return HeldWords(tuple(tokens), frozenset(beside))


def _parts(terms: Iterator[ChunkTerms]) -> Iterator[list[ChunkTerms]]:
    while part := list(islice(terms, PART_CHUNKS)):
        yield part
