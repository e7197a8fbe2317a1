"""Bare Tantivy on the same text, cut alike, in this process: what the engine alone costs.

No catalog, no files to read, no facets, no grouping by file, no snippets, no HTTP: a limit, not a rival. Ten chunks
are asked for, ranked by BM25, all words required.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import tantivy

from bench.processes import folder_size

CHUNK = 4096
_HEAP = 64 << 20
_COMMIT = 20_000


@dataclass(frozen=True, slots=True)
class BareIndex:
    """An index of chunks. ``seconds``: adding and committing only; ``size``: bytes on disk; ``text``: bytes."""

    index: tantivy.Index
    chunks: int
    text: int
    seconds: float
    size: int

    def count(self, words: Sequence[str]) -> tuple[int, float]:
        """Chunks with all the words, and the milliseconds that the ten best took."""
        begun = time.perf_counter()
        # parse_query reads operators in words: the mix's plain words are letters only
        query = self.index.parse_query(" ".join(f"+{word}" for word in words), ["body"])
        answer = self.index.searcher().search(query, 10)
        ms = (time.perf_counter() - begun) * 1000
        return int(getattr(answer, "count", 0) or 0), ms  # which the binding's type stubs do not know

    def ranking(self, words: Sequence[str], most: int) -> list[str]:
        """Names of the documents that have any of the words, best first, each once."""
        searcher = self.index.searcher()
        query = self.index.parse_query(" ".join(words), ["body"])
        names = [searcher.doc(address)["name"][0] for _, address in searcher.search(query, most * 2).hits]
        return list(dict.fromkeys(names))[:most]


def build(
    folder: Path, texts: Iterable[tuple[str, str]], *, tokenizer: str = "default", chunked: bool = True
) -> BareIndex:
    """Index (name, text) pairs with one thread, as the product's writer does."""
    folder.mkdir(parents=True)
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("name", stored=True, tokenizer_name="raw")
    schema.add_text_field("body", tokenizer_name=tokenizer)
    index = tantivy.Index(schema.build(), str(folder))
    writer = index.writer(heap_size=_HEAP, num_threads=1)
    chunks = text_bytes = 0
    seconds = 0.0
    parts = ((name, part) for name, text in texts for part in (cut(text) if chunked else (text,)))
    # the writer works in threads of its own: texts are made before the clock starts, and a commit waits for it
    while batch := list(islice(parts, _COMMIT)):
        text_bytes += sum(len(part.encode()) for _, part in batch)
        chunks += len(batch)
        begun = time.perf_counter()
        for name, part in batch:
            writer.add_document(tantivy.Document(name=name, body=part))
        writer.commit()
        seconds += time.perf_counter() - begun
    begun = time.perf_counter()
    writer.wait_merging_threads()
    seconds += time.perf_counter() - begun
    index.reload()
    return BareIndex(index, chunks, text_bytes, seconds, folder_size(folder))


def cut(text: str) -> Iterable[str]:
    """Pieces of at most ``CHUNK`` characters that end at line breaks where there are any."""
    start = 0
    while start < len(text):
        end = start + CHUNK
        if end < len(text):
            line = text.rfind("\n", start, end)
            end = line + 1 if line > start else end
        yield text[start:end]
        start = end
