"""Pages of what matches a question: the first of a ranked list, those of a frozen one, those in the order of a field.

Hits whose file is no longer there are left out (``hits``) and the page is filled from further ones, so the engine is
asked for a few hits more than a page.

A ranked list is frozen only when somebody asks for its second page: the first page's cursor carries what it showed,
the second asks the engine for the first thousand and freezes those that were not shown. Beyond them, and where the
order is that of a field, pages begin after a value.
"""

import secrets
from dataclasses import dataclass, replace
from typing import Final

from siss.app.search.frozen_lists import FrozenLists
from siss.app.search.matches import Matches, Place
from siss.errors import GoneError
from siss.model.hit import EngineAnswer, EngineHit, Hit
from siss.model.query import Query, Sort, SortField
from siss.search.cursor import After, Cursor, Frozen, Opening
from siss.search.frozen import MAX_HITS, FrozenList, freeze, hit_key

_SPARE: Final = 8
"""Hits asked for beyond a page, in place of those that the catalog no longer has."""

_ROUNDS: Final = 20
_REST: Final = Sort(SortField.PATH, descending=False)
_BEFORE_ALL: Final[Place] = ("", 0)
"""Every path comes after the empty one."""


@dataclass(frozen=True, slots=True)
class Page:
    """``answer``: what is true of all matches; ``following``: where the next page begins, if there is one."""

    hits: tuple[Hit, ...]
    answer: EngineAnswer
    following: Cursor | None


@dataclass(frozen=True, slots=True)
class Pager:
    """One request for one page. ``fingerprint``: of the question, as cursors carry it."""

    query: Query
    matches: Matches
    lists: FrozenLists
    fingerprint: bytes

    async def page(self, place: Cursor | None, cursor: str | None) -> Page:
        """The page at a place. ``cursor``: the text that named it. Raises ``GoneError`` where its list is gone."""
        match place:
            case None if self.query.sort.field is SortField.RELEVANCE:
                return await self._first_page()
            case None:
                return await self._sorted_page(None, None)
            case Opening(seen=seen):
                return await self._frozen_page(await self._freeze(cursor or "", seen), 0)
            case Frozen(key=key, position=position):
                return await self._frozen_page(await self._thaw(key), position)
            case After(value=value, file_id=file_id, key=key):
                frozen = await self._thaw(key) if key is not None else None
                return await self._sorted_page((value, file_id), frozen)

    async def _first_page(self) -> Page:
        size = self.query.size
        limit = size + _SPARE
        answer = await self.matches.ask(self.query, limit)
        shown = await self.matches.standing(answer.hits, answer)
        if len(shown.hits) < size and len(answer.hits) >= limit:
            limit = MAX_HITS
            answer = await self.matches.ask(self.query, limit)
            shown = await self.matches.standing(answer.hits, answer)
        ends = shown.used == len(answer.hits) < limit
        return Page(shown.hits, answer, None if ends else Opening(self.fingerprint, shown.keys))

    async def _freeze(self, cursor: str, seen: tuple[int, ...]) -> FrozenList:
        """The list that follows a first page. The same cursor leads to the same list while that is kept."""
        if (kept := await self.lists.find_behind(cursor)) is not None:
            return kept
        answer = await self.matches.ask(self.query, MAX_HITS)
        longer = len(answer.hits) >= MAX_HITS
        made = freeze(answer, self.fingerprint, secrets.token_bytes(16), seen, longer=longer)
        await self.lists.keep(made, cursor)
        return made

    async def _thaw(self, key: bytes) -> FrozenList:
        if (kept := await self.lists.find(key)) is not None:
            return kept
        raise GoneError("The list that this cursor names is no longer kept: start again from the first page.")

    async def _frozen_page(self, frozen: FrozenList, position: int) -> Page:
        answer = frozen.answer()
        shown = await self.matches.standing(answer.hits[position:], answer, walked=True)
        reached = position + shown.used
        if not shown.hits and frozen.longer:
            return await self._sorted_page(_BEFORE_ALL, frozen)
        following: Cursor | None = None
        if reached < len(answer.hits):
            following = Frozen(self.fingerprint, frozen.key, reached)
        elif frozen.longer:
            following = After(self.fingerprint, *_BEFORE_ALL, frozen.key)
        return Page(shown.hits, await self._with_facets(answer), following)

    async def _with_facets(self, answer: EngineAnswer) -> EngineAnswer:
        """The answer with the facets that this page asks for, where the page that froze it asked for others."""
        if set(self.query.facets) <= set(answer.facets or {}):
            return answer
        return replace(answer, facets=(await self.matches.ask(self.query, 1)).facets)

    async def _sorted_page(self, after: Place | None, frozen: FrozenList | None) -> Page:
        """A page in the order of a field; after a frozen list, what that did not hold, by path."""
        query = self.query if frozen is None else replace(self.query, sort=_REST, facets=())
        shown = frozenset[int]() if frozen is None else frozen.keys()
        limit = self.query.size + _SPARE if frozen is None else MAX_HITS
        hits: list[Hit] = []
        for _ in range(_ROUNDS):
            answer = await self.matches.ask(query, limit, after)
            fresh = [hit for hit in answer.hits if hit_key(hit) not in shown]
            found = await self.matches.standing(fresh, answer, self.query.size - len(hits), walked=True)
            hits += found.hits
            exhausted = len(answer.hits) < limit
            if found.used < len(fresh):
                after, exhausted = _place(fresh[found.used - 1]), False
            elif answer.hits:
                after = _place(answer.hits[-1])
            if exhausted or len(hits) >= self.query.size:
                break
        whole = answer if frozen is None else await self._with_facets(frozen.answer())
        key = None if frozen is None else frozen.key
        following = None if exhausted or after is None else After(self.fingerprint, *after, key)
        return Page(tuple(hits), whole, following)


def _place(hit: EngineHit) -> Place:
    value = hit.sort_value
    assert value is not None, "engines give the sort value of each hit in a sorted list"
    return value, hit.files[0][0]
