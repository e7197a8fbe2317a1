"""From a request to a Query, and from an answer to the specification's JSON."""

import html

import pytest

from siss.api.models.search import SearchPage
from siss.api.routes import search as route
from siss.errors import InvalidRequestError
from siss.model import query as model
from siss.model.hit import FacetCount, Hit, SearchAnswer, Snippet


@pytest.fixture
def asked(world, monkeypatch):
    """What reaches the use case."""
    calls: list[tuple[model.Query, str | None]] = []

    async def search(_services, _principal, query, cursor):
        calls.append((query, cursor))
        snippet = Snippet("the <em>disk</em> &lt;is&gt; full", "the disk <is> full", 17, 2048, 2052, 2000, 2004)
        hits = (
            Hit(world.file, ("/other/copy",), 3, snippet, 14.25, relaxed=False, explanation={"bm25": 14.25}),
            Hit(world.file, (), None, None, 1.0, relaxed=True),
        )
        facets = {model.FacetField.MIME: (FacetCount("text/plain", 2),)}
        return SearchAnswer(hits, 2, "gte", facets, "next", True, 4.239)

    monkeypatch.setattr(route, "search", search)
    return calls


async def test_an_answer_has_the_documented_shape(world, asked):
    response = await world.client.get("/api/v1/search", params={"q": "disk", "facets": "mime", "explain": "true"})
    found = SearchPage.model_validate_json(response.content)
    body = response.json()
    assert (found.total, found.total_relation, found.cursor, found.took_ms) == (2, "gte", "next", 4.24)
    assert body["facets"] == {"mime": [{"value": "text/plain", "count": 2}]}
    first, second = body["items"]
    assert first["chunk_match"] == {
        "chunk_index": 3,
        "highlight": "the <em>disk</em> &lt;is&gt; full",
        "text": "the disk <is> full",
        "line": 17,
        "span": {"start": 2048, "end": 2052},
        "text_span": {"start": 2000, "end": 2004},
    }
    assert (
        html.unescape(first["chunk_match"]["highlight"].replace("<em>", "").replace("</em>", ""))
        == first["chunk_match"]["text"]
    )
    assert (first["schema_id"], first["ai_summary"], first["other_paths"]) == (None, None, ["/other/copy"])
    assert (second["chunk_match"], second["relaxed"]) == (None, True)


async def test_parameters_become_one_query(world, asked):
    await world.client.get(
        "/api/v1/search?q=disk&mime=text/plain&mime=json&tag=prod&size=7&sort=name&facets=mime,tags&facets=ext"
        "&highlight=false&typos=false&cursor=abc"
    )
    query, cursor = asked[0]
    assert cursor == "abc"
    assert (query.size, query.highlight, query.typos) == (7, False, False)
    assert query.sort == model.Sort(model.SortField.NAME, descending=False)
    assert query.facets == (model.FacetField.MIME, model.FacetField.TAGS, model.FacetField.EXT)
    assert query.where == model.And(
        (
            model.Word("disk"),
            model.Or(
                (model.Match(model.Field.MIME, "text/plain"), model.Match(model.Field.MIME, "*/*json", glob=True))
            ),
            model.Match(model.Field.TAG, "prod"),
        )
    )


async def test_the_dsl_asks_the_same_way(world, asked):
    response = await world.client.post(
        "/api/v1/search", json={"query": {"text": "disk"}, "size": 5, "cursor": "abc", "highlight": False}
    )
    assert response.status_code == 200
    query, cursor = asked[0]
    assert (query.where, query.size, query.highlight, cursor) == (model.Word("disk"), 5, False, "abc")


async def test_a_body_must_be_json(world, asked):
    plain = await world.client.post("/api/v1/search", content="{}", headers={"Content-Type": "text/plain"})
    broken = await world.client.post("/api/v1/search", content="{", headers={"Content-Type": "application/json"})
    assert (plain.status_code, broken.status_code) == (400, 400)


async def test_a_query_that_does_not_parse_says_where(world, asked):
    error = (await world.client.get("/api/v1/search", params={"q": "a AND (b OR c"})).json()["error"]
    assert error["code"] == "INVALID_QUERY"
    assert set(error["details"]) == {"expression", "position", "expected"}


def test_an_unknown_facet_is_named():
    with pytest.raises(InvalidRequestError, match="no facet 'color'"):
        route.compile_params(route.SearchParams(q="x", facets=["color"]))
