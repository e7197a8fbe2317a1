"""From what an engine found to what an answer shows: each hit with its file, its other paths and a snippet.

The engine's hits are held against the catalog, which is the truth: a file that vanished, or that has another content
by now, is left out.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from siss.app.services import Services
from siss.errors import DatabaseDamagedError
from siss.model.file import FileRecord
from siss.model.hit import EngineHit, Hit, Snippet
from siss.model.ids import FileId, Generation
from siss.model.principal import Principal
from siss.model.query import Field
from siss.ports.pages import Shown, Wanted
from siss.search.frozen import MAX_FILES, hit_key
from siss.search.snippet import Highlighter, make_snippet
from siss.traces.span import span

OTHER_PATHS: Final = 20
"""Further paths of one content in a hit."""

_OF_PATH: Final = frozenset({Field.PATH, Field.NAME, Field.EXT})


Copies = Callable[[Sequence[EngineHit]], Awaitable[Sequence[EngineHit]]]
"""Asks the engine for these hits with all of their files."""


async def hydrate_hits(
    services: Services,
    principal: Principal,
    batch: Sequence[EngineHit],
    highlighter: Highlighter | None,
    copies: Copies,
    *,
    asked: frozenset[Field] = frozenset(),
    walked: bool = False,
) -> list[tuple[Hit, int]]:
    """The hits of a batch that still stand, with their keys; without snippets where there is no highlighter.

    ``asked``: the fields that the question names: a file that has another path or other labels since, and was asked
    for by them, is left out until the engine knows.
    ``walked``: of a list that somebody walks through: a file that changed meanwhile keeps its place in it, without a
    snippet, since no later page would show it.
    The best file of each hit is asked for, all in one question; ``copies`` and the others only where that one went
    meanwhile.
    """
    shown = highlighter is not None
    with span("search.catalog"):
        found = await _read(services, principal, [_wanted(hit, hit.files[:1], shown=shown) for hit in batch])
        stale = [hit for hit in batch if _has_copies(hit) and _current(hit, found, asked=asked) is None]
        if stale:
            whole = {hit_key(hit): hit for hit in await copies(stale)}
            batch = [whole.get(hit_key(hit), hit) for hit in batch]
            later = [_wanted(hit, hit.files[1:MAX_FILES], shown=shown) for hit in whole.values()]
            found = {**found, **await _read(services, principal, later)}
    with span("search.snippets"):
        made: list[tuple[Hit, int]] = []
        for hit in batch:
            if (current := _current(hit, found, asked=asked)) is not None:
                made.append((_made(hit, current, highlighter), hit_key(hit)))
            elif walked and (changed := _changed(hit, found)) is not None:
                made.append((_made(replace(hit, chunk_seq=None), changed, None), hit_key(hit)))
        return made


async def _read(
    services: Services, principal: Principal, wanted: Iterable[Sequence[Wanted]]
) -> Mapping[FileId, Shown]:
    files = [each for group in wanted for each in group]
    found = await services.pages.read(files, OTHER_PATHS + 1, principal) if files else {}
    for shown in found.values():
        if isinstance(shown.damage, DatabaseDamagedError):
            await services.ingest_state.note_damage(shown.damage)  # for /readyz: this answer is none of 503
            break
    return found


def _wanted(hit: EngineHit, files: Sequence[tuple[FileId, Generation]], *, shown: bool) -> list[Wanted]:
    seq, copied = hit.chunk_seq if shown else None, _has_copies(hit)
    return [Wanted(file_id, seq, copied) for file_id, _ in files]


def _has_copies(hit: EngineHit) -> bool:
    """Whether other files may have its content."""
    return hit.content_id is not None and not (hit.alone and len(hit.files) == 1)


def _current(hit: EngineHit, found: Mapping[FileId, Shown], *, asked: frozenset[Field]) -> Shown | None:
    """The best file of a hit that the catalog still has as the engine knew it.

    Another content than the engine's: stale, left out until the engine has caught up. The same content in a later
    generation is a log that grew, or was parsed again, a moment ago: it stands, or logs that grow all the time would
    come and go in every answer. So does a file that was tagged or renamed a moment ago, as it is now, unless it was
    asked for by what changed: nobody who tags a file is to miss it in the next answer, by its name, nor on the next
    page.
    """
    for file_id, generation in hit.files[:MAX_FILES]:
        shown = found.get(file_id)
        if shown is not None and shown.file.content_id == hit.content_id and generation >= _since(shown.file, asked):
            return shown
    return None


def _since(file: FileRecord, asked: frozenset[Field]) -> int:
    """The first generation that had all of the file that was asked for."""
    return max(file.path_since if asked & _OF_PATH else 0, file.labels_since if Field.TAG in asked else 0)


def _changed(hit: EngineHit, found: Mapping[FileId, Shown]) -> Shown | None:
    """The best file of a hit that is still there, whatever became of it."""
    return next((found[file_id] for file_id, _ in hit.files[:MAX_FILES] if file_id in found), None)


def _made(hit: EngineHit, current: Shown, highlighter: Highlighter | None) -> Hit:
    return Hit(
        file=current.file,
        other_paths=tuple([path for path in current.copies if path != current.file.shown][:OTHER_PATHS]),
        chunk_seq=hit.chunk_seq,
        snippet=_snippet(highlighter, current) if highlighter is not None and hit.chunk_seq is not None else None,
        score=hit.score,
        relaxed=hit.relaxed,
        explanation=hit.explanation,
        unreadable=highlighter is not None and hit.chunk_seq is not None and current.damage is not None,
    )


def _snippet(highlighter: Highlighter, current: Shown) -> Snippet | None:
    chunk, block = current.chunk, current.block
    if chunk is None or block is None:
        return None
    if not block.holds(chunk.start, chunk.end):
        return None  # the block ends before the chunk does: a content that is just being written
    return make_snippet(highlighter, block.text, block.start, block.span_map, chunk)
