"""From matching files to ranked contents: candidates by file, grouped by content, then their best chunks.

A file's score is BM25 over its whole content, its name and folders; a chunk's is BM25 over a few lines, which says
how close together the words stand. The sum ranks. Ties go to the lower file id, so that an order does not depend on
how the index lies on disk.
"""

from collections.abc import Mapping
from typing import Final

import tantivy
from tantivy import Occur, Query

from siss.adapters.tantivy.candidates import Candidate, Groups, group_files, read_files
from siss.adapters.tantivy.chunks import best_chunks
from siss.adapters.tantivy.compile import Compiler, Found, hit_count, one_of
from siss.adapters.tantivy.documents import part_key
from siss.index.plan import Tree
from siss.model.hit import EngineHit
from siss.model.ids import ContentId, FileId, Generation

CHUNK_WEIGHT: Final = 0.3
_LEAST_CANDIDATES: Final = 200
_LEAST_RERANKED: Final = 30
_STEP: Final = 64
"""Hits whose files are read at once."""

_NO_CHUNK: Final[tuple[float, int | None]] = (0.0, None)


def rank(
    compiler: Compiler, tree: Tree, found: Found, limit: int, *, explain: bool = False
) -> tuple[list[EngineHit], int]:
    """The best contents, best first, and how many files match."""
    wide = max(_LEAST_CANDIDATES, 2 * limit)
    several = _several(compiler, tree, found)
    wanted = max(limit, _LEAST_RERANKED)
    while True:
        result = compiler.snapshot.files.search(found.singles, wide, count=True)
        groups = _read_enough(compiler.snapshot.files, result.hits, several, wanted)
        if len(groups) >= limit or len(result.hits) < wide:
            break
        wide *= 4
    ranked = list(groups.values())[:wanted]
    best = best_chunks(compiler, tree, (group[0] for group in ranked))
    scored = [
        (group[0].score + CHUNK_WEIGHT * best.get(group[0].content_id or 0, _NO_CHUNK)[0], rank, group)
        for rank, group in enumerate(ranked, 1)
    ]
    scored.sort(key=lambda entry: (-entry[0], entry[2][0].file_id))
    hits = [_hit(compiler.snapshot.files, *entry, best, explain=explain) for entry in scored[:limit]]
    return hits, hit_count(result) + len(several)


def _read_enough(
    searcher: tantivy.Searcher,
    hits: list[tuple[float, tantivy.DocAddress]],
    several: list[Candidate],
    wanted: int,
) -> Groups:
    """As many of the best as make up ``wanted`` contents, and all that score the same."""
    candidates, start, stop = list(several), 0, 0
    groups: Groups = {}
    while start < len(hits) and len(groups) < wanted:
        stop = start + _STEP
        while 0 < stop < len(hits) and hits[stop][0] == hits[stop - 1][0]:
            stop += 1
        candidates += read_files(searcher, hits[start:stop])
        groups, start = group_files(candidates), stop
    return groups or group_files(candidates)


def _several(compiler: Compiler, tree: Tree, found: Found) -> list[Candidate]:
    """The large files that match, each with its best part's score and its last part's facts."""
    if not found.several:
        return []
    snapshot = compiler.snapshot
    last = snapshot.last_parts
    among = one_of("file_id", found.several)
    scored = Query.boolean_query([(Occur.Must, compiler.score_parts(tree)), (Occur.Must, among)])
    parts = snapshot.files.search(scored, sum(last[file] + 1 for file in found.several), count=False).hits
    files = snapshot.files.fast_field_values("file_id", [address for _, address in parts])
    scores: dict[int, float] = {}
    for (score, _), file in zip(parts, files, strict=True):
        scores[int(file or 0)] = max(scores.get(int(file or 0), 0.0), float(score))
    keys = one_of("part_key", (part_key(file, last[file]) for file in found.several))
    facts = read_files(snapshot.files, snapshot.files.search(keys, len(found.several), count=False).hits)
    return [fact._replace(score=scores.get(fact.file_id, 0.0)) for fact in facts]


def _hit(
    searcher: tantivy.Searcher,
    score: float,
    rank: int,
    group: list[Candidate],
    best: Mapping[int, tuple[float, int | None]],
    *,
    explain: bool,
) -> EngineHit:
    first, content_id = group[0], group[0].content_id
    chunk_score, chunk_seq = best.get(content_id or 0, _NO_CHUNK)
    return EngineHit(
        content_id=None if content_id is None else ContentId(content_id),
        content_generation=None if first.content_generation is None else Generation(first.content_generation),
        files=_identities(group),
        chunk_seq=chunk_seq,
        score=score,
        explanation=({"file_rank": rank, "bm25_file": first.score, "bm25_chunk": chunk_score} if explain else None),
        # Documents that were replaced count as long as they lie on disk, so this errs on the safe side.
        alone=content_id is None or searcher.doc_freq("content_id", content_id) <= len(group),
    )


def _identities(files: list[Candidate]) -> tuple[tuple[FileId, Generation], ...]:
    return tuple((FileId(file.file_id), Generation(file.generation)) for file in files)
