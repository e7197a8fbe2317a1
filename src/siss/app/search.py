"""The search use case: a page of hits, each with its file, its other paths and a snippet.

Hits whose file is no longer there are left out (``siss.app.hits``) and the page is filled from further ones, so the
engine is asked for a few hits more than a page.

A ranked list is frozen only when somebody asks for its second page: the first page's cursor carries what it showed,
the second asks the engine for the first thousand and freezes those that were not shown. Beyond them, and where the
order is that of a field, pages begin after a value.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from siss.app.facets import count_schemas
from siss.app.filters import FilterResolver
from siss.app.hits import hydrate_hits
from siss.app.services import Services
from siss.app.synonyms import with_synonyms
from siss.errors import CorruptError, GoneError, UnavailableError
from siss.index.analyser import without_iso_letters
from siss.index.folding import fold, is_unspaced
from siss.index.wildcards import wildcard_notes
from siss.model.content import Level
from siss.model.hit import EngineAnswer, EngineHit, Hit, SearchAnswer
from siss.model.principal import Principal
from siss.model.query import And, Contents, FacetField, Field, Match, Node, Not, Or, Query, Sort, SortField
from siss.ports.fulltext import FACET_VALUES, MOST_COUNTED, EngineRequest
from siss.search.cursor import After, Cursor, Frozen, Opening, decode_cursor, encode_cursor, identify_question
from siss.search.fields import level_spellings
from siss.search.frozen import MAX_HITS, FrozenList, freeze, hit_key, pack, unpack
from siss.search.snippet import Highlighter
from siss.traces.span import span

FROZEN_SECONDS: Final = 600.0
_SPARE: Final = 8
"""Hits asked for beyond a page, in place of those that the catalog no longer has."""

_ROUNDS: Final = 20
_REST: Final = Sort(SortField.PATH, descending=False)
_Place = tuple[int | str, int]
"""The sort value of a hit and the id of its file: where a sorted list goes on."""

_BEFORE_ALL: Final[_Place] = ("", 0)
"""Every path comes after the empty one."""

_PART_COUNTED: Final = f"The facet schema_id counts {MOST_COUNTED:,} of the contents that match."
_OUTDATED: Final = (
    "The full-text index is being built for this version; the one before it answers, without labels changed since."
)


async def search(services: Services, principal: Principal, query: Query, cursor: str | None = None) -> SearchAnswer:
    """A page of what matches ``query`` among the files that ``principal`` may see.

    ``cursor``: that of the page before. Raises ``InvalidRequestError`` for a cursor of another question,
    ``GoneError`` for one that outlived its list, ``UnavailableError`` after ``SISS_QUERY_TIMEOUT`` and where more is
    asked than can be answered, and what the ports raise.
    """
    started = time.perf_counter()
    fingerprint = identify_question(query, principal)
    place = decode_cursor(cursor, fingerprint) if cursor is not None else None
    limit = services.settings.query_timeout
    try:
        async with asyncio.timeout(limit or None) as clock:
            resolver = FilterResolver(services, principal)
            with span("search.resolve"):
                where = await with_synonyms(services.synonyms, query.where)
                resolved = replace(query, where=await resolver.resolve(where))
            async with services.search_limit.turn(clock):
                page = await _Pager(services, principal, resolved, fingerprint, resolver).page(place, cursor)
    except TimeoutError as error:
        raise UnavailableError(
            f"The search took longer than {limit:g} seconds and was given up. Ask for something rarer, or raise "
            "SISS_QUERY_TIMEOUT.",
            retry_after=1,
        ) from error
    answer = page.answer
    notes = (*resolver.notes, *wildcard_notes(query.where), *([_OUTDATED] if answer.outdated else []))
    return SearchAnswer(
        hits=page.hits,
        total=answer.total,
        total_relation="gte" if notes else answer.total_relation,
        facets={name: counts for name, counts in (answer.facets or {}).items() if name in query.facets},
        cursor=encode_cursor(page.following) if page.following is not None else None,
        relaxed=answer.relaxed,
        took_ms=(time.perf_counter() - started) * 1000,
        notes=(*notes, *_unreadable(page.hits)),
    )


def _unreadable(hits: Sequence[Hit]) -> list[str]:
    count = sum(hit.unreadable for hit in hits)
    said = "The text of {} cannot be read any more: no snippet is shown. siss doctor and siss verify say more."
    return [said.format("one of these files" if count == 1 else f"{count} of these files")] if count else []


@dataclass(frozen=True, slots=True)
class _Page:
    hits: tuple[Hit, ...]
    answer: EngineAnswer
    following: Cursor | None


@dataclass(frozen=True, slots=True)
class _Pager:
    """One request for one page. ``fingerprint``: of the question, as cursors carry it."""

    services: Services
    principal: Principal
    query: Query
    fingerprint: bytes
    resolver: FilterResolver

    async def page(self, place: Cursor | None, cursor: str | None) -> _Page:
        """The page at a place. ``cursor``: the text that named it."""
        match place:
            case None if self.query.sort.field is SortField.RELEVANCE:
                return await self.first_page()
            case None:
                return await self.sorted_page(None, None)
            case Opening(seen=seen):
                return await self.frozen_page(await self.freeze(cursor or "", seen), 0)
            case Frozen(key=key, position=position):
                return await self.frozen_page(await self.thaw(key), position)
            case After(value=value, file_id=file_id, key=key):
                return await self.sorted_page((value, file_id), await self.thaw(key) if key is not None else None)

    async def ask(self, query: Query, limit: int, after: _Place | None = None) -> EngineAnswer:
        with span("search.engine") as seen:
            answer = await self.services.fulltext.search(EngineRequest(query, self.principal.scopes, limit, after))
            seen.set("siss.hits", len(answer.hits))
            seen.set("siss.total", answer.total)
        contents = (answer.facets or {}).get(FacetField.SCHEMA_ID)
        if answer.facets is None or contents is None:
            return answer
        if len(contents) >= MOST_COUNTED and _PART_COUNTED not in self.resolver.notes:
            self.resolver.notes += (_PART_COUNTED,)
        schemas = await count_schemas(self.services, contents, FACET_VALUES)
        return replace(answer, facets={**answer.facets, FacetField.SCHEMA_ID: schemas})

    async def first_page(self) -> _Page:
        size = self.query.size
        limit = size + _SPARE
        answer = await self.ask(self.query, limit)
        hits, used = await self.fill(answer.hits, answer)
        if len(hits) < size and len(answer.hits) >= limit:
            limit = MAX_HITS
            answer = await self.ask(self.query, limit)
            hits, used = await self.fill(answer.hits, answer)
        if used == len(answer.hits) < limit:
            return _Page(tuple(hit for hit, _ in hits), answer, None)
        return _Page(tuple(hit for hit, _ in hits), answer, Opening(self.fingerprint, tuple(key for _, key in hits)))

    async def freeze(self, cursor: str, seen: tuple[int, ...]) -> FrozenList:
        """The list that follows a first page. The same cursor leads to the same list while that is kept."""
        pointer = f"search:{hashlib.blake2b(cursor.encode(), digest_size=16).hexdigest()}"
        if (key := await self.services.cache.get(pointer)) is not None and (kept := await self.kept(key)) is not None:
            return kept
        answer = await self.ask(self.query, MAX_HITS)
        key = secrets.token_bytes(16)
        made = freeze(answer, self.fingerprint, key, seen, longer=len(answer.hits) >= MAX_HITS)
        await self.services.cache.put(_name(key), pack(made), FROZEN_SECONDS)
        await self.services.cache.put(pointer, key, FROZEN_SECONDS)
        return made

    async def thaw(self, key: bytes) -> FrozenList:
        if (kept := await self.kept(key)) is not None:
            return kept
        raise GoneError("The list that this cursor names is no longer kept: start again from the first page.")

    async def kept(self, key: bytes) -> FrozenList | None:
        if (packed := await self.services.cache.get(_name(key))) is None:
            return None
        try:
            found = unpack(packed)
        except CorruptError:
            return None
        return found if found.fingerprint == self.fingerprint else None

    async def frozen_page(self, frozen: FrozenList, position: int) -> _Page:
        answer = frozen.answer()
        hits, used = await self.fill(answer.hits[position:], answer, walked=True)
        reached = position + used
        if not hits and frozen.longer:
            return await self.sorted_page(_BEFORE_ALL, frozen)
        following: Cursor | None = None
        if reached < len(answer.hits):
            following = Frozen(self.fingerprint, frozen.key, reached)
        elif frozen.longer:
            following = After(self.fingerprint, *_BEFORE_ALL, frozen.key)
        return _Page(tuple(hit for hit, _ in hits), await self.with_facets(answer), following)

    async def with_facets(self, answer: EngineAnswer) -> EngineAnswer:
        """The answer with the facets that this page asks for, where the page that froze it asked for others."""
        if set(self.query.facets) <= set(answer.facets or {}):
            return answer
        return replace(answer, facets=(await self.ask(self.query, 1)).facets)

    async def sorted_page(self, after: _Place | None, frozen: FrozenList | None) -> _Page:
        """A page in the order of a field; after a frozen list, what that did not hold, by path."""
        query = self.query if frozen is None else replace(self.query, sort=_REST, facets=())
        shown = frozenset[int]() if frozen is None else frozen.keys()
        limit = self.query.size + _SPARE if frozen is None else MAX_HITS
        hits: list[tuple[Hit, int]] = []
        for _ in range(_ROUNDS):
            answer = await self.ask(query, limit, after)
            fresh = [hit for hit in answer.hits if hit_key(hit) not in shown]
            found, used = await self.fill(fresh, answer, self.query.size - len(hits), walked=True)
            hits += found
            exhausted = len(answer.hits) < limit
            if used < len(fresh):
                after, exhausted = _place(fresh[used - 1]), False
            elif answer.hits:
                after = _place(answer.hits[-1])
            if exhausted or len(hits) >= self.query.size:
                break
        whole = answer if frozen is None else await self.with_facets(frozen.answer())
        key = None if frozen is None else frozen.key
        following = None if exhausted or after is None else After(self.fingerprint, *after, key)
        return _Page(tuple(hit for hit, _ in hits), whole, following)

    async def fill(
        self, hits: Sequence[EngineHit], answer: EngineAnswer, size: int | None = None, *, walked: bool = False
    ) -> tuple[list[tuple[Hit, int]], int]:
        """A page's worth of hits that the catalog still has, with their keys, and how many it took to find them."""
        size = self.query.size if size is None else size
        found: list[tuple[Hit, int]] = []
        used = 0
        while used < len(hits) and len(found) < size:
            batch = hits[used : used + size - len(found)]
            used += len(batch)
            placed, names = await self.resolver.place(batch) if self.query.highlight else (batch, ())
            highlighter = self.highlighter(answer, names)
            found += await hydrate_hits(
                self.services,
                self.principal,
                placed,
                highlighter,
                self.with_copies,
                asked=frozenset() if answer.outdated else frozenset(_fields(self.query.where)),
                walked=walked,
            )
        return found, used

    async def with_copies(self, hits: Sequence[EngineHit]) -> list[EngineHit]:
        """The hits with all files that have their contents and match."""
        contents = Contents(tuple(hit.content_id for hit in hits if hit.content_id is not None))
        where = contents if self.query.where is None else And((self.query.where, contents))
        answer = await self.ask(replace(self.query, where=where, sort=Sort(), facets=()), len(hits))
        files = {hit.content_id: hit.files for hit in answer.hits}
        return [
            replace(hit, files=tuple(dict.fromkeys((*hit.files, *files.get(hit.content_id, ()))))) for hit in hits
        ]

    def highlighter(self, answer: EngineAnswer, names: Sequence[tuple[str, ...]]) -> Highlighter | None:
        if not self.query.highlight:
            return None
        prefer = _levels_asked(self.query.where)
        return Highlighter(
            answer.highlights, (*answer.phrases, *names), fold, is_unspaced, prefer, without_iso_letters
        )


def _fields(node: Node | None) -> Iterator[Field]:
    """The fields whose values it asks for, or that it asks not to have."""
    match node:
        case Match(field):
            yield field
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from _fields(inner)
        case Not(inner):
            yield from _fields(inner)
        case _:
            return


def _levels_asked(node: Node | None) -> frozenset[str]:
    """Spellings of the levels that lines are asked for."""
    return frozenset(spelling for level in _levels(node) for spelling in level_spellings(level))


def _levels(node: Node | None) -> Iterator[Level]:
    match node:
        case Match(Field.LEVEL, value):
            yield Level(value)
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from _levels(inner)
        case _:
            return


def _place(hit: EngineHit) -> _Place:
    value = hit.sort_value
    assert value is not None, "engines give the sort value of each hit in a sorted list"
    return value, hit.files[0][0]


def _name(key: bytes) -> str:
    return f"search:{key.hex()}"
