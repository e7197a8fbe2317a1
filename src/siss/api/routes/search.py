"""Search: the query language in ``GET``, the DSL in ``POST``."""

import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from siss.api.errors import documented
from siss.api.models.parameters import Cursor
from siss.api.models.search import SearchPage
from siss.api.parameters import check_query, taken_by
from siss.api.render.search import search_answer
from siss.api.state import json_response, note, principal_of, state_of
from siss.app.search.ask import search
from siss.errors import InvalidRequestError
from siss.model import query as model
from siss.search.dsl import MAX_SIZE, read_search
from siss.search.fields import field_rule
from siss.search.language import parse_query
from siss.search.tree import all_of, any_of
from siss.search.values import UnfitValueError
from siss.traces.span import span


class SearchRoute(APIRoute):
    """Reads the parameters of ``GET /search`` in one step.

    FastAPI goes through them one by one, which took a tenth of a search. It is asked where they are not as they
    should be: it says what is wrong.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers the requests of this route."""
        careful = super().get_route_handler()
        if "GET" not in (self.methods or ()):
            return careful

        async def handle(request: Request) -> Response:
            check_query(request.query_params, _TAKEN)
            try:
                params = read_params(request.query_params.multi_items())
            except ValidationError:
                return await careful(request)
            return await get_search(request, params)

        return handle


router = APIRouter(tags=["search"], route_class=SearchRoute)

_FACETS: Final = ", ".join(model.FacetField)


class SearchParams(BaseModel):
    """What ``GET /search`` takes."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(
        "",
        description='Words (all of them), `"phrases"`, `-not`, `OR`, `(groups)`, `prefix*`, `field:value`.',
        examples=['"connection refused" level:error path:/nas/logs'],
    )
    cursor: Cursor = None
    size: int = Field(10, ge=1, le=MAX_SIZE, description="Files on a page.")
    sort: model.SortField = model.SortField.RELEVANCE
    order: Literal["asc", "desc"] | None = Field(
        None, description="Default: `asc` for name and path, otherwise `desc`."
    )
    facets: list[str] = Field([], description=f"Fields to count, again or with commas: {_FACETS}.")
    mime: list[str] = Field([], description="Only these types.")
    tag: list[str] = Field([], description="Only with one of these tags.")
    highlight: bool = Field(default=True, description="Whether to send snippets.")
    explain: bool = Field(default=False, description="Whether to send how each score came about.")
    typos: bool = Field(default=True, description="Whether too few hits are filled up with respelt words.")


_TAKEN: Final = taken_by(SearchParams)


def read_params(given: Iterable[tuple[str, str]]) -> SearchParams:
    """The parameters of an address. Raises ``ValidationError`` of pydantic."""
    found: dict[str, Any] = {}
    for name, value in given:
        if _TAKEN.get(name):
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return SearchParams.model_validate(found)


@router.get(
    "/search", response_model=SearchPage, responses=documented(400, 410, 503), summary="Search with a line of text"
)
async def get_search(request: Request, params: Annotated[SearchParams, Query()]) -> Response:
    """Files with their best place, best first, from local state only."""
    note(request, query=params.q)
    return await _answer(request, compile_params(params), params.cursor)


@router.post(
    "/search",
    response_model=SearchPage,
    responses=documented(400, 410, 413, 503),
    summary="Search with a structure",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SearchBody"}}},
        }
    },
)
async def post_search(request: Request) -> Response:
    """The same as `GET /search`, for programs: text, filters, sort, facets, cursor, size, highlight."""
    if "json" not in request.headers.get("content-type", ""):
        raise InvalidRequestError("The body must be JSON (Content-Type: application/json).", field="content-type")
    body = await request.body()
    note(request, query=body.decode("utf-8", "replace"))
    with span("search.parse"):
        parsed = read_search(body)
    return await _answer(request, parsed.query, parsed.cursor)


def compile_params(params: SearchParams) -> model.Query:
    """One ``Query`` of all parameters. Raises ``InvalidQueryError`` and ``InvalidRequestError``."""
    with span("search.parse"):
        query = parse_query(params.q)
    chosen = [_any_value("mime", params.mime), _any_value("tag", params.tag)]
    by_name = params.sort in {model.SortField.NAME, model.SortField.PATH}
    descending = not by_name if params.order is None else params.order == "desc"
    return replace(
        query,
        where=all_of([query.where, *chosen]),
        sort=model.Sort(params.sort, descending),
        facets=_facet_fields(params.facets),
        size=params.size,
        highlight=params.highlight,
        explain=params.explain,
        typos=params.typos,
    )


def _any_value(name: str, values: list[str]) -> model.Node | None:
    """A filter as the query language would compile it."""
    rule = field_rule(name)
    assert rule is not None, "the language has both fields"
    try:
        return any_of(rule.compile(value, 0) for value in values)
    except UnfitValueError as error:
        raise InvalidRequestError(f"{name}: {error}: expected {error.expected}.", field=name) from error


def _facet_fields(given: list[str]) -> tuple[model.FacetField, ...]:
    found: dict[model.FacetField, None] = {}
    for name in (part.strip() for entry in given for part in entry.split(",")):
        if not name:
            continue
        try:
            found[model.FacetField(name)] = None
        except ValueError:
            raise InvalidRequestError(
                f"facets: there is no facet {name!r}; there are {_FACETS}.", field="facets"
            ) from None
    return tuple(found)


async def _answer(request: Request, query: model.Query, cursor: str | None) -> Response:
    state = state_of(request)
    began = time.perf_counter()
    answer = await search(state.services, principal_of(request), query, cursor)
    state.metrics.observe_search(time.perf_counter() - began)
    note(request, results=answer.total)
    return json_response(search_answer(state.render, answer))
