"""The search use case: a page of hits, each with its file, its other paths and a snippet."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from siss.app.search.filters import FilterResolver
from siss.app.search.frozen_lists import FrozenLists
from siss.app.search.matches import Matches
from siss.app.search.pages import Pager
from siss.app.services import Services
from siss.app.synonyms import with_synonyms
from siss.errors import UnavailableError
from siss.index.wildcards import wildcard_notes
from siss.model.hit import Hit, SearchAnswer
from siss.model.principal import Principal
from siss.model.query import Query
from siss.search.cursor import decode_cursor, encode_cursor, identify_question
from siss.traces.span import span

_OUTDATED: Final = "The full-text index is being built anew; the one before it answers, without labels changed since."


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
                matches = Matches(services, principal, resolved, resolver)
                pager = Pager(resolved, matches, FrozenLists(services.cache, fingerprint), fingerprint)
                page = await pager.page(place, cursor)
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
