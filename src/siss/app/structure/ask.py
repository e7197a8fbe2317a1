"""JSONPath and XPath over the corpus: prune by shapes and values, evaluate what is left on the local text.

The NAS is never asked, and no predicate sees a secret: the local text is redacted.
"""

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import msgspec

from siss.app.cursors import name_list, read_cursor, write_cursor
from siss.app.services import Services
from siss.app.structure.candidates import CandidateWalk
from siss.errors import UnavailableError
from siss.model.ids import ContentId
from siss.model.principal import Principal
from siss.model.structure import Evaluated, StructureAnswer, StructureHit, StructureMatch, StructureQuery
from siss.ports.structure import CandidateFile
from siss.ports.texts import Texts
from siss.search.structure import prune

MAX_SIZE: Final = 100
MAX_MATCHES: Final = 1000
MAX_SECONDS: Final = 30.0
COUNTED: Final = 10_000
"""Candidates are counted up to this."""
_PROBLEMS: Final = 20
_GRACE_SECONDS: Final = 5.0
"""How long an answer may take beyond its time: evaluation ends by itself, a slow database does not."""


@dataclass(frozen=True, slots=True)
class AskedPage:
    """``glob``: which files, by their whole path; ``size``: files; ``matches``: of one file that are shown."""

    glob: str | None = None
    size: int = 20
    matches: int = 20
    cursor: str | None = None
    seconds: float | None = None


async def ask_structure(
    services: Services, principal: Principal, query: StructureQuery, page: AskedPage
) -> StructureAnswer:
    """A page of files with what matches in each.

    After ``page.seconds`` (``SISS_QUERY_TIMEOUT`` where that is None) the answer is what was found so far, with a
    cursor that goes on. Raises ``InvalidQueryError``, ``InvalidRequestError`` for a cursor of another question,
    ``UnavailableError`` for a database that does not answer in time, and what the ports raise.
    """
    began = time.perf_counter()
    pruning = prune(query, page.glob)
    name = name_list("structure", query.language, query.expression, query.namespaces, page.glob, principal.scopes)
    after = read_cursor(page.cursor, name, int)
    seconds = _seconds(services, page.seconds)
    async with _within(seconds + _GRACE_SECONDS):
        walk = CandidateWalk(
            services,
            principal,
            query,
            pruning,
            deadline=time.monotonic() + seconds,
            reached=ContentId(-1 if after is None else after),
            batch=page.size,
            matches=page.matches,
        )
        hits, problems, given_up, full = [], [], 0, False
        async with contextlib.aclosing(walk.answers()) as answers:
            async for file, answer in answers:
                if answer.problem:
                    given_up += 1
                    problems.append((file.shown, answer.problem))
                if answer.total:
                    hits.append(_hit(file, answer))
                    if full := len(hits) >= page.size:
                        break
        indexed, unreadable = await services.structures.count_indexed(pruning.kinds, principal)
        if after is None and not full and not walk.late:  # all of them were looked into
            candidates = min(walk.evaluated, COUNTED)
        else:
            candidates = await services.structures.count_candidates(pruning, COUNTED, principal)
        hits = await _with_sources(services.texts, hits)
    return StructureAnswer(
        hits=tuple(hits),
        indexed=indexed,
        unreadable=unreadable,
        candidates=candidates,
        evaluated=walk.evaluated,
        cursor=write_cursor(walk.reached if full or walk.late else None, name),
        took_ms=(time.perf_counter() - began) * 1000,
        given_up=given_up,
        problems=tuple(problems[:_PROBLEMS]),
        timed_out=walk.late,
    )


@dataclass(frozen=True, slots=True)
class MatchingContents:
    """Contents in which a question finds something. ``notes``: what was not looked at, in sentences."""

    ids: tuple[ContentId, ...]
    notes: tuple[str, ...]


async def matching_contents(
    services: Services, principal: Principal, query: StructureQuery, most: int
) -> MatchingContents:
    """At most ``most`` contents in which a question finds something, as a filter. Raises as ``ask_structure``."""
    pruning = prune(query)
    seconds = _seconds(services, None) / 2
    async with _within(seconds + _GRACE_SECONDS):
        walk = CandidateWalk(
            services, principal, query, pruning, time.monotonic() + seconds, ContentId(-1), matches=0
        )
        found: list[ContentId] = []
        given_up = 0
        _, unreadable = await services.structures.count_indexed(pruning.kinds, principal)
        async with contextlib.aclosing(walk.answers()) as answers:
            async for file, answer in answers:
                given_up += bool(answer.problem)
                if answer.total:
                    found.append(file.content_id)
                    if len(found) >= most:
                        break
    notes: list[str] = []
    if walk.late or len(found) >= most:
        why = f"{seconds:g} seconds were over" if walk.late else f"{most:,} were found"
        notes.append(
            f"{query.expression[:60]}: only the first {walk.evaluated:,} candidates were looked into; {why}."
        )
    if unreadable:
        notes.append(
            f"{query.expression[:60]}: {unreadable:,} files of the kind have no structure that can be read (not "
            "well-formed, or too large): not looked into."
        )
    if given_up:
        notes.append(f"{query.expression[:60]}: {given_up:,} candidates could not be evaluated.")
    return MatchingContents(tuple(found), tuple(notes))


def _seconds(services: Services, wanted: float | None) -> float:
    most = services.settings.query_timeout or MAX_SECONDS
    return most if wanted is None else min(wanted, max(most, MAX_SECONDS))


@contextlib.asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise UnavailableError(
            f"The question was not answered within {seconds:g} seconds and was given up: the machine or the database "
            "is busy. Ask for something rarer, or for fewer files (path).",
            retry_after=1,
        ) from error


async def _with_sources(texts: Texts, hits: list[StructureHit]) -> list[StructureHit]:
    """Hits whose matches know where they stand in the file, whose bytes encodings and secrets set apart."""
    places = [
        (hit.content_id, at)
        for hit in hits
        for match in hit.matches
        if match.start is not None and match.end is not None
        for at in (match.start, max(match.end - 1, match.start))
    ]
    maps = await texts.maps_at(places)

    def located(content_id: ContentId, match: StructureMatch) -> StructureMatch:
        start, end = match.start, match.end
        if start is None or end is None:
            return match
        first, last = maps.get((content_id, start)), maps.get((content_id, max(end - 1, start)))
        if first is None or last is None:
            return match  # its content changed meanwhile
        return msgspec.structs.replace(match, source=(first.to_source(start), last.to_source(end, end=end > start)))

    return [
        dataclasses.replace(hit, matches=tuple(located(hit.content_id, match) for match in hit.matches))
        for hit in hits
    ]


def _hit(file: CandidateFile, answer: Evaluated) -> StructureHit:
    return StructureHit(
        file.content_id,
        file.file_id,
        file.shown,
        file.mime,
        tuple(answer.matches),
        answer.total,
        file.other_paths,
    )
