"""The body of POST /search: the same questions as the language asks, and strict about everything else."""

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.errors import InvalidQueryError, InvalidRequestError
from siss.model.query import And, FacetField, Query, Sort, SortField, Word
from siss.model.structure import StructureQuery
from siss.search.dsl import SearchBody, read_facets, read_search, read_sort
from siss.search.language import parse_query

NOW = int(datetime(2026, 11, 21, 12, 0, tzinfo=UTC).timestamp()) * 1_000_000


def query_of(body):
    return read_search(json.dumps(body), now_us=NOW).query


def refused(body):
    with pytest.raises(InvalidRequestError) as caught:
        read_search(body if isinstance(body, str) else json.dumps(body), now_us=NOW)
    return caught.value


def test_an_empty_body_asks_for_every_file():
    assert query_of({}) == replace(Query(), last_is_prefix=False)


def test_the_example_of_the_specification():
    request = read_search(
        json.dumps(
            {
                "query": {
                    "text": "database connection configuration",
                    "filters": {
                        "mime": ["application/json", "text/xml"],
                        "tags": ["production"],
                        "size_range": {"min": 1024, "max": 10485760},
                        "indexed_after": "2026-01-01T00:00:00Z",
                    },
                },
                "sort": [{"field": "relevance", "order": "desc"}],
                "facets": ["mime", "tags", "schema_id"],
                "cursor": "eyJpZCI6MTAwfQ==",
                "size": 20,
                "highlight": True,
            }
        )
    )
    same = parse_query(
        "(mime:application/json OR mime:text/xml) tag:production size:1024..10485760 indexed:>=2026-01-01 "
        "database connection configuration"
    )
    assert request.query.where == same.where
    assert request.query.facets == (FacetField.MIME, FacetField.TAGS, FacetField.SCHEMA_ID)
    assert (request.query.size, request.query.sort, request.cursor) == (20, Sort(), "eyJpZCI6MTAwfQ==")
    assert request.query.last_is_prefix


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        ({"mime": "json"}, "mime:json"),
        ({"kind": ["log", "json"]}, "kind:(log OR json)"),
        ({"ext": [".LOG"]}, "ext:log"),
        ({"name": ["*.log"]}, "name:*.log"),
        ({"path": "/nas/a b/*"}, 'path:"/nas/a b/*"'),
        ({"size_range": {"max": "1kb"}}, "size:<=1kb"),
        ({"modified_after": "2026-01"}, "modified:>=2026-01"),
        ({"modified_before": "2026-01"}, "modified:<2026-01"),
        ({"time_after": "7d", "time_before": "24h"}, "time:7d..24h"),
        ({"levels": ["error", "WARN"]}, "level:(error OR warning)"),
        ({"levels": ">=error"}, "level:>=error"),
        ({"tags": ["a"], "mime": "text/*"}, "mime:text/* tag:a"),
    ],
)
def test_filters_are_those_of_the_language(filters, text):
    assert query_of({"query": {"filters": filters}}).where == parse_query(text, now_us=NOW).where


def test_text_and_filters_must_both_hold():
    found = query_of({"query": {"text": "a OR b", "filters": {"tags": ["x"]}}})
    assert found.where == parse_query("tag:x (a OR b)").where


def test_the_text_is_the_same_from_page_to_page():
    body = json.dumps({"query": {"text": "a", "filters": {"modified_after": "7d"}}})
    first, second = read_search(body, now_us=NOW).query, read_search(body, now_us=NOW + 1).query
    assert first.where != second.where
    assert first.text == second.text
    assert first.text != query_of({"query": {"text": "a", "filters": {"modified_after": "8d"}}}).text


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ("{", "body", "not JSON"),
        ("[]", "body", "JSON object"),
        ({"qurey": {}}, "qurey", "Did you mean query?"),
        ({"query": {"txet": "a"}}, "query.txet", "Did you mean text?"),
        ({"query": {"filters": {"tgas": ["x"]}}}, "query.filters.tgas", "Did you mean tags?"),
        ({"query": {"filters": {"size_range": {"mix": 1}}}}, "query.filters.size_range.mix", "Did you mean"),
        ({"sort": [{"feild": "name"}]}, "sort.feild", "Did you mean field?"),
        ({"query": {"semantic": {"text": "a", "weight": 0.3}}}, "query.semantic", "not in this version"),
        ({"query": "text"}, "query", "object"),
        ({"query": {"filters": {"mime": 5}}}, "query.filters.mime", "string"),
        ({"query": {"filters": {"mime": []}}}, "query.filters.mime", "at least 1"),
        ({"query": {"filters": {"mime": ["a"] * 101}}}, "query.filters.mime", "at most 100"),
        ({"query": {"filters": {"kind": "jsno"}}}, "query.filters.kind", "did you mean json"),
        ({"query": {"filters": {"levels": ["loud"]}}}, "query.filters.levels", "no level"),
        ({"query": {"filters": {"modified_after": "soon"}}}, "query.filters.modified_after", "not a date"),
        ({"query": {"filters": {"size_range": {"min": -1}}}}, "query.filters.size_range.min", "not a size"),
        ({"query": {"filters": {"size_range": {"min": True}}}}, "query.filters.size_range.min", "integer"),
        ({"query": {"filters": {"size_range": {"min": 2, "max": 1}}}}, "query.filters.size_range", "ends before"),
        (
            {"query": {"filters": {"time_after": "1d", "time_before": "2d"}}},
            "query.filters.time_after",
            "ends before",
        ),
        ({"query": {"text": "x" * 2001}}, "query.text", "at most 2000"),
        ({"sort": [{"field": "naem"}]}, "sort.field", "Did you mean name?"),
        ({"sort": [{"field": "name", "order": "up"}]}, "sort.order", "asc, desc"),
        ({"sort": [{"field": "relevance", "order": "asc"}]}, "sort.order", "use desc"),
        ({"sort": [{"field": "name"}, {"field": "size"}]}, "sort", "at most 1"),
        ({"facets": ["mimes"]}, "facets", "Did you mean mime?"),
        ({"size": 0}, "size", "greater than or equal to 1"),
        ({"size": 101}, "size", "less than or equal to 100"),
        ({"size": "10"}, "size", "integer"),
        ({"highlight": "yes"}, "highlight", "boolean"),
    ],
)
def test_errors_name_the_part(body, field, said):
    error = refused(body)
    assert error.details["field"] == field
    assert said in error.message


def test_an_error_in_the_text_is_one_of_the_query():
    with pytest.raises(InvalidQueryError) as caught:
        query_of({"query": {"text": "a OR"}})
    assert caught.value.details["position"] == 5


def test_orders():
    assert read_sort("name") == Sort(SortField.NAME, descending=False)
    assert read_sort("modified") == Sort(SortField.MODIFIED, descending=True)
    assert read_sort("size", "asc") == Sort(SortField.SIZE, descending=False)
    assert read_facets(["mime", "ext", "mime"]) == (FacetField.MIME, FacetField.EXT)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["a", "1kb", "7d"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*SearchBody.model_fields, "text", "filters", "mime", "size_range", "min", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_body_is_a_request_or_refused(body):
    with contextlib.suppress(InvalidRequestError, InvalidQueryError):
        read_search(json.dumps(body))


def test_questions_about_structure_are_parts_of_the_query():
    body = {
        "query": {"text": "disk", "json_path": "$.a", "xpath": "//m:a", "namespaces": {"m": "urn:m"}},
    }
    found = read_search(json.dumps(body)).query
    jsonpath, xpath = StructureQuery("jsonpath", "$.a"), StructureQuery("xpath", "//m:a", (("m", "urn:m"),))
    assert found.where == And((jsonpath, xpath, Word("disk")))
    assert "urn:m" in found.text


@pytest.mark.parametrize(
    ("question", "position"), [({"json_path": "$.a["}, 5), ({"xpath": "//m:a"}, 3), ({"xpath": "//a["}, 5)]
)
def test_expressions_that_do_not_parse(question: dict[str, str], position: int):
    with pytest.raises(InvalidQueryError) as caught:
        read_search(json.dumps({"query": question}))
    assert caught.value.details["position"] == position


@pytest.mark.parametrize("wrong", ["0" * 256, "a/" + "*0" * 200])
def test_a_media_type_has_an_end(wrong):
    """A pattern of a thousand letters costs the engine a quarter of a second, and a list may hold a hundred."""
    with pytest.raises((InvalidQueryError, InvalidRequestError), match="media type"):
        read_search(json.dumps({"query": {"filters": {"mime": ["text/plain", wrong]}}}))
