"""Saved searches: a name for a question. Whoever keeps one sees through it what they see without."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from siss.app.cursors import Page, name_list, read_page
from siss.app.search.ask import search
from siss.app.services import Services
from siss.errors import ConflictError, InvalidRequestError, NotFoundError
from siss.model.hit import SearchAnswer
from siss.model.ids import new_public_id
from siss.model.principal import Principal, Role
from siss.model.query import Query
from siss.model.webhook import SavedSearch
from siss.search.dsl import read_search

MAX_PAGE: Final = 200
MOST_NAME: Final = 100
MOST_SEARCHES: Final = 200
"""Of one principal."""


def sees_all(principal: Principal) -> bool:
    """Whether somebody manages what others keep, too."""
    return principal.role is Role.ADMIN and principal.scopes is None


def compile_saved(query: Mapping[str, Any]) -> Query:
    """The question of a saved search. Raises ``InvalidQueryError``, ``InvalidRequestError``."""
    request = read_search(_dump(query).encode())
    if request.cursor is not None:
        raise InvalidRequestError("A saved search begins at the first page: leave the cursor out.", field="query")
    return request.query


def _dump(query: Mapping[str, Any]) -> str:
    """As JSON, whatever came as JSON: numbers of more than 64 bits, which orjson refuses, too."""
    return json.dumps(query, ensure_ascii=False)


async def save_search(services: Services, principal: Principal, name: str, query: Mapping[str, Any]) -> SavedSearch:
    """Keep a question. Raises as ``compile_saved``, and ``ConflictError`` for a name that is taken."""
    plain = " ".join(name.split())
    if not 0 < len(plain) <= MOST_NAME or not plain.isprintable():
        raise InvalidRequestError(f"A name has 1 to {MOST_NAME} characters that can be seen.", field="name")
    compile_saved(query)
    text = _dump(query)
    if "\\u0000" in text or services.redact(text) != text or services.redact(plain) != plain:
        raise InvalidRequestError("It holds what looks like a credential, or a NUL: leave that out.", field="query")
    if len(await services.searches.page(principal.subject, None, MOST_SEARCHES)) >= MOST_SEARCHES:
        raise ConflictError(f"{principal.subject} has {MOST_SEARCHES} saved searches already.")
    made = SavedSearch(new_public_id(), plain, principal.subject, dict(query), datetime.now(UTC))
    await services.searches.add(made)
    return made


async def list_searches(services: Services, principal: Principal, cursor: str | None, size: int) -> Page[SavedSearch]:
    """One's own, oldest first; of everybody for an admin who may see everything."""
    subject = None if sees_all(principal) else principal.subject
    size = max(1, min(size, MAX_PAGE))
    return await read_page(partial(services.searches.page, subject), name_list("searches", subject), cursor, size)


async def find_search(services: Services, principal: Principal, search_id: uuid.UUID) -> SavedSearch:
    """One saved search. Raises ``NotFoundError``, also for what another keeps."""
    found = await services.searches.get(search_id)
    if found is None or (found.subject != principal.subject and not sees_all(principal)):
        raise NotFoundError(f"There is no saved search {search_id}.", id=str(search_id))
    return found


async def delete_search(services: Services, principal: Principal, search_id: uuid.UUID) -> SavedSearch:
    """Delete a saved search, with the webhooks on it."""
    found = await find_search(services, principal, search_id)
    await services.searches.delete(search_id)
    return found


async def run_search(
    services: Services, principal: Principal, search_id: uuid.UUID, cursor: str | None, size: int | None
) -> SearchAnswer:
    """What a saved search finds now, for who asks."""
    query = compile_saved((await find_search(services, principal, search_id)).query)
    return await search(services, principal, query if size is None else replace(query, size=size), cursor)
