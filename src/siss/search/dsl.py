"""The body of ``POST /search`` (section 4.1 of the specification), compiled to the same ``Query`` as the language.

Strict: an unknown key is an error that names the nearest one, and parts that this version does not have are errors
that say so, never ignored. Filters of one key are alternatives, different keys must all hold.
"""

import time
from dataclasses import dataclass, replace
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from siss.errors import InvalidRequestError
from siss.model.query import FacetField, Node, Query, Range, Sort, SortField
from siss.model.query import Field as QueryField
from siss.model.structure import StructureQuery
from siss.search.fields import field_rule
from siss.search.language import MAX_LENGTH, parse_query
from siss.search.structure import prune
from siss.search.tree import all_of, any_of
from siss.search.values import UnfitValueError, nearest, parse_bytes, parse_period

MAX_SIZE: Final = 100
MAX_VALUES: Final = 100
"""Alternatives in one filter."""

Value = Annotated[str, Field(min_length=1, max_length=1024)]
Values = Annotated[list[Value], Field(min_length=1, max_length=MAX_VALUES)]
Moment = Annotated[str, Field(min_length=1, max_length=64, examples=["2026-01-01T00:00:00Z"])]

Namespaces = Annotated[dict[str, Annotated[str, Field(min_length=1, max_length=1024)]], Field(max_length=50)]
"""Prefixes of an XPath with their URIs."""

_STRICT: Final = ConfigDict(extra="forbid", strict=True, frozen=True)
_NOT_YET: Final = {"query.semantic": "semantic search"}
_ASCENDING: Final = frozenset({SortField.NAME, SortField.PATH})


class SizeRange(BaseModel):
    """Sizes in bytes (or as ``10mb``), both bounds included."""

    model_config = _STRICT

    min: int | Value | None = None
    max: int | Value | None = None


class Filters(BaseModel):
    """What files must be. Each list holds alternatives; ``*`` and ``?`` are wildcards as in the query language.

    ``..._after`` includes its moment, ``..._before`` does not. ``time_...`` and ``levels`` are of log lines.
    """

    model_config = _STRICT

    mime: Value | Values | None = None
    tags: Value | Values | None = None
    kind: Value | Values | None = None
    ext: Value | Values | None = None
    name: Value | Values | None = None
    path: Value | Values | None = None
    size_range: SizeRange | None = None
    modified_after: Moment | None = None
    modified_before: Moment | None = None
    indexed_after: Moment | None = None
    indexed_before: Moment | None = None
    time_after: Moment | None = None
    time_before: Moment | None = None
    levels: Value | Values | None = None
    schema_id: Value | Values | None = None
    severity: Value | Values | None = None


class Question(BaseModel):
    """``text`` is in the query language; all parts must hold.

    ``json_path`` and ``xpath``: files in which the expression finds something; ``namespaces``: prefixes of the XPath.
    """

    model_config = _STRICT

    text: Annotated[str, Field(max_length=MAX_LENGTH)] = ""
    filters: Filters = Filters()
    json_path: Annotated[str, Field(min_length=1, examples=["$.servers[?@.port == 5432]"])] | None = None
    xpath: Annotated[str, Field(min_length=1, examples=["//server[@environment='production']"])] | None = None
    namespaces: Namespaces = {}


class SortBy(BaseModel):
    """``field``: relevance, name, path, size, modified or indexed; ``order``: asc or desc."""

    model_config = _STRICT

    field: str
    order: str | None = None


class SearchBody(BaseModel):
    """A search request."""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra={
            "examples": [
                {
                    "query": {
                        "text": "database connection",
                        "filters": {"mime": ["application/json"], "size_range": {"min": 1024}},
                        "json_path": "$.database.connections[?@.host]",
                    },
                    "sort": [{"field": "relevance", "order": "desc"}],
                    "facets": ["mime", "tags"],
                    "size": 20,
                }
            ]
        },
    )

    query: Question = Question()
    sort: Annotated[list[SortBy], Field(max_length=1)] = []
    facets: Annotated[list[str], Field(max_length=len(FacetField))] = []
    cursor: str | None = None
    size: Annotated[int, Field(ge=1, le=MAX_SIZE)] = 10
    highlight: bool = True
    explain: bool = False


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a body asks for: the question, and where to go on."""

    query: Query
    cursor: str | None


def read_search(body: bytes | str, *, now_us: int | None = None) -> SearchRequest:
    """The request in a JSON body. ``now_us``: what ages are counted from, in microseconds since the epoch.

    Raises ``InvalidRequestError`` whose ``details['field']`` names the part, and ``InvalidQueryError`` for the text.
    """
    try:
        return compile_search(SearchBody.model_validate_json(body), now_us=now_us)
    except ValidationError as error:
        raise _refusal(error) from None


def compile_search(body: SearchBody, *, now_us: int | None = None) -> SearchRequest:
    """The request of a body that is valid in form. Raises as ``read_search`` does."""
    now = time.time_ns() // 1000 if now_us is None else now_us
    query = parse_query(body.query.text, now_us=now)
    filters = _compile_filters(body.query.filters, now)
    questions = _structure_queries(body.query)
    query = replace(
        query,
        where=all_of([filters, *questions, query.where]),
        text=_whole_text(body.query),
        sort=read_sort(body.sort[0].field, body.sort[0].order) if body.sort else Sort(),
        facets=read_facets(body.facets),
        size=body.size,
        highlight=body.highlight,
        explain=body.explain,
    )
    return SearchRequest(query, body.cursor)


def read_sort(field: str, order: str | None = None) -> Sort:
    """An order by name. Names and paths go up by default, all else down. Raises ``InvalidRequestError``."""
    by = _choice(field, [item.value for item in SortField], "sort.field")
    going = None if order is None else _choice(order, ["asc", "desc"], "sort.order")
    if by == SortField.RELEVANCE and going == "asc":
        raise InvalidRequestError(
            "sort.order: the least relevant files first is no list: use desc", field="sort.order"
        )
    return Sort(SortField(by), descending=going == "desc" if going else SortField(by) not in _ASCENDING)


def read_facets(names: list[str]) -> tuple[FacetField, ...]:
    """The facets by name, each once. Raises ``InvalidRequestError``."""
    known = [item.value for item in FacetField]
    return tuple(dict.fromkeys(FacetField(_choice(name, known, "facets")) for name in names))


def _whole_text(question: Question) -> str:
    """The question with its filters as typed: an age (``7d``) is the same text on each page, at other moments."""
    rest = question.model_dump_json(exclude={"text"}, exclude_none=True, exclude_defaults=True)
    return question.text if rest == "{}" else f"{question.text} {rest}".lstrip()


def _structure_queries(question: Question) -> list[StructureQuery]:
    """The parts about structure, each known to be an expression. Raises ``InvalidQueryError``."""
    found: list[StructureQuery] = []
    if question.json_path is not None:
        found.append(StructureQuery("jsonpath", question.json_path))
    if question.xpath is not None:
        found.append(StructureQuery("xpath", question.xpath, tuple(sorted(question.namespaces.items()))))
    elif question.namespaces:
        raise InvalidRequestError("query.namespaces: only an xpath has namespaces.", field="query.namespaces")
    for each in found:
        prune(each)
    return found


def _compile_filters(filters: Filters, now: int) -> Node | None:
    nodes = [
        _alternatives(field, key, getattr(filters, key), now)
        for field, key in (
            ("mime", "mime"),
            ("tag", "tags"),
            ("kind", "kind"),
            ("ext", "ext"),
            ("name", "name"),
            ("path", "path"),
            ("level", "levels"),
            ("schema", "schema_id"),
            ("severity", "severity"),
        )
    ]
    if (sizes := filters.size_range) is not None:
        nodes.append(_sizes(sizes))
    for field in (QueryField.MODIFIED, QueryField.INDEXED, QueryField.TIME):
        after = _moment(f"{field}_after", getattr(filters, f"{field}_after"), now)
        before = _moment(f"{field}_before", getattr(filters, f"{field}_before"), now)
        nodes.append(_between(field, after, before, f"{field}_after"))
    return all_of(nodes)


def _alternatives(field: str, key: str, values: str | list[str] | None, now: int) -> Node | None:
    rule = field_rule(field)
    assert rule is not None
    try:
        given = [values] if isinstance(values, str) else values or []
        return any_of(rule.compile(value, now) for value in given)
    except UnfitValueError as error:
        raise _unfit(key, error) from None


def _sizes(sizes: SizeRange) -> Node | None:
    bounds: list[int | None] = []
    for name, value in (("min", sizes.min), ("max", sizes.max)):
        try:
            bounds.append(parse_bytes(str(value)) if value is not None else None)
        except UnfitValueError as error:
            raise _unfit(f"size_range.{name}", error) from None
    least, most = bounds
    return _between(QueryField.SIZE, least, most + 1 if most is not None else None, "size_range")


def _moment(key: str, value: str | None, now: int) -> int | None:
    try:
        return parse_period(value, now).start if value is not None else None
    except UnfitValueError as error:
        raise _unfit(key, error) from None


def _between(field: QueryField, lower: int | None, upper: int | None, key: str) -> Node | None:
    if lower is not None and upper is not None and lower >= upper:
        raise InvalidRequestError(f"query.filters.{key}: ends before it begins", field=f"query.filters.{key}")
    return None if lower is None and upper is None else Range(field, lower, upper)


def _unfit(key: str, error: UnfitValueError) -> InvalidRequestError:
    field = f"query.filters.{key}"
    return InvalidRequestError(f"{field}: {error}: expected {error.expected}", field=field, expected=error.expected)


def _choice(value: str, choices: list[str], field: str) -> str:
    if value in choices:
        return value
    near = nearest(value, choices)
    hint = f" Did you mean {near}?" if near else ""
    expected = f"one of {', '.join(choices)}"
    raise InvalidRequestError(
        f"{field}: there is no {value[:60]!r}.{hint} Expected {expected}.", field=field, expected=expected
    )


_KEYS: Final[dict[str, type[BaseModel]]] = {
    "": SearchBody,
    "query": Question,
    "query.filters": Filters,
    "query.filters.size_range": SizeRange,
    "sort": SortBy,
}
_NAMES: Final = frozenset(name for model in _KEYS.values() for name in model.model_fields)


def _refusal(error: ValidationError) -> InvalidRequestError:
    """The first thing that is wrong with a body, by the place where it stands."""
    # What fits no branch of a union has an error for each: that it is of another type says least.
    found = error.errors(include_url=False)
    first = min(found, key=lambda item: (item["type"] != "extra_forbidden", item["type"].endswith("_type")))
    unknown = first["type"] == "extra_forbidden"
    steps = [str(step) for step in first["loc"] if step in _NAMES]  # without list indices and branches of unions
    if unknown and (not steps or steps[-1] != first["loc"][-1]):
        steps.append(str(first["loc"][-1]))
    field = ".".join(steps)
    if first["type"] == "json_invalid":
        return InvalidRequestError(f"The body is not JSON: {first['ctx']['error']}.", field="body")
    if unknown:
        if what := _NOT_YET.get(field):
            return InvalidRequestError(f"{field}: {what} is not in this version. Leave it out.", field=field)
        within = ".".join(steps[:-1])
        keys = list(_KEYS[within].model_fields)
        near = nearest(steps[-1], keys)
        hint = f" Did you mean {near}?" if near else ""
        expected = f"one of {', '.join(keys)}"
        place = f"{within}: " if within else ""
        return InvalidRequestError(
            f"{place}there is no {steps[-1][:60]!r}.{hint} Expected {expected}.", field=field, expected=expected
        )
    if not field:
        return InvalidRequestError("The body must be a JSON object.", field="body")
    return InvalidRequestError(f"{field}: {first['msg']}.", field=field)
