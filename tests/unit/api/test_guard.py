"""What every request passes: ids, hosts, cross-site writes, sizes, errors."""

import re
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from siss.api.guard import MAX_BODY, _host_name
from siss.api.server import build_api
from siss.errors import DatabaseUnavailableError


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:1", "127.0.0.2", "app.localhost"]
)
async def test_loopback_names_are_answered(world, host):
    assert (await world.client.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil", "", "localhost:x", "10.0.0.1"]
)
async def test_other_names_are_refused(world, host):
    response = await world.client.get("/healthz", headers={"Host": host})
    assert response.status_code == 421
    assert response.json()["error"]["code"] == "HOST_REFUSED"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 202),
        ({"Origin": "http://localhost"}, 202),
        ({"Sec-Fetch-Site": "same-origin"}, 202),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:9999"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_writes_of_other_sites_are_refused(world, headers, status):
    assert (await world.client.post("/api/v1/ingest/scan", headers=headers)).status_code == status


async def test_request_ids_are_taken_over_or_made(world):
    kept = await world.client.get("/healthz", headers={"X-Request-ID": "abc-1.2:3"})
    made = await world.client.get("/healthz", headers={"X-Request-ID": "bad id<script>"})
    assert kept.headers["x-request-id"] == "abc-1.2:3"
    assert len(made.headers["x-request-id"]) == 32


async def test_headers_that_keep_browsers_safe_are_everywhere(world):
    for path in ("/healthz", "/nothing", "/docs"):
        headers = (await world.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers


async def test_every_error_has_the_one_body(world):
    for method, path, status, code in (
        ("GET", "/nothing", 404, "NOT_FOUND"),
        ("GET", "/api/v1/nothing", 404, "NOT_FOUND"),
        ("DELETE", "/api/v1/stats", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/v1/files?siez=3", 400, "INVALID_REQUEST"),
        ("GET", "/api/v1/files?size=0", 400, "INVALID_REQUEST"),
        ("GET", "/api/v1/search?q=size:huge", 400, "INVALID_QUERY"),
        ("GET", "/api/v1/search?facets=color", 400, "INVALID_REQUEST"),
        ("GET", "/api/v1/stats/facets/color", 400, "INVALID_REQUEST"),
    ):
        response = await world.client.request(method, path)
        body = response.json()
        assert (response.status_code, body["error"]["code"]) == (status, code), path
        assert set(body) == {"error"}
        assert set(body["error"]) == {"code", "message", "details"}


async def test_a_refused_method_is_told_all_that_the_path_takes(world):
    response = await world.client.delete("/api/v1/search")
    assert response.headers["allow"] == response.json()["error"]["details"]["allowed"] == "GET, POST, HEAD"


async def test_a_misspelt_parameter_is_named_with_those_that_there_are(world):
    error = (await world.client.get("/api/v1/events?knid=changed")).json()["error"]
    assert error["message"] == "knid: there is no such parameter; this takes kind, folder, tag, after."


def queries() -> Iterator[tuple[str, str, dict[str, bool]]]:
    """Each operation of the document with what it takes behind the question mark, and whether that may come again."""
    for path, item in build_api().openapi()["paths"].items():
        for method, operation in item.items() if path.startswith("/api/v1") else ():
            taken = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
            again = {each["name"]: "array" in str(each["schema"]) for each in taken}
            yield method, re.sub(r"{\w+}", str(uuid.UUID(int=1)), path), again


async def test_no_route_takes_a_parameter_that_it_does_not_have_or_the_last_of_two(world):
    found = list(queries())
    assert sum(again for *_, taken in found for again in taken.values()) > 5
    for method, path, taken in found:
        wrong = [("nothing", "nothing="), *((name, f"{name}=%00") for name in taken)]
        wrong += [(name, f"{name}=1&{name}=1") for name, again in taken.items() if not again]
        for name, query in wrong:
            response = await world.client.request(method, f"{path}?{query}", json={})
            assert (response.status_code, response.json()["error"]["details"]["field"]) == (400, name), (method, path)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("search?mime=" + "a" * 500, "mime: 'aaa"),
        ("files?kind=logs", "kind.0: Input should be 'text', 'log', "),
    ],
)
async def test_a_value_that_a_parameter_cannot_have_is_told(world, path, told):
    response = await world.client.get(f"/api/v1/{path}")
    error = response.json()["error"]
    assert (response.status_code, error["message"][: len(told)]) == (400, told)
    assert error["details"]["field"] == told.partition(":")[0]


async def test_a_body_that_is_nested_too_deeply_is_told(world):
    response = await world.client.post(
        "/api/v1/searches", content='{"a":' * 5000, headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, response.json()["error"]["details"]["field"]) == (400, "body")


async def test_what_may_come_again_may(world):
    error = (await world.client.get("/api/v1/search?facets=mime&facets=color&tag=a&tag=b")).json()["error"]
    assert error["message"].startswith("facets: there is no facet 'color'")
    assert (await world.client.get("/api/v1/files?tag=a&tag=b&size=1")).status_code == 200


async def test_a_slash_too_many_leads_nowhere(world):
    """Redirected, it would go to ``http`` also from behind a proxy that speaks TLS, and the key with it."""
    assert (await world.client.get("/api/v1/files/")).status_code == 404


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b'{"tags": [}', "application/json", "body: it is no JSON, from character 10 on."),
        (b'{"tags": []}', "application/x-www-form-urlencoded", "(Content-Type: application/json)."),
        (b"[]", "application/json", "body: it must be a JSON object."),
        (b"", "application/json", "body: it must be a JSON object."),
        (b'{"tags": [1]}', "application/json", "tags.0: Input should be a valid string."),
    ],
)
async def test_a_body_that_is_none_is_told_why(world, body, kind, message):
    response = await world.client.patch(world.url, content=body, headers={"Content-Type": kind})
    assert (response.status_code, message in response.json()["error"]["message"]) == (400, True), response.json()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/keys", rb'{"name": "n", "scopes": ["/\ud800"]}'),
        ("POST", "/searches", rb'{"name": "n", "query": {"query": {"text": "\uDFff"}}}'),
        ("POST", "/webhooks", rb'{"url": "https://example.com/\udc00\ud800"}'),
        ("PUT", "/synonyms", rb'{"term": "\ud83d", "synonyms": ["\ude00"]}'),
        ("POST", "/search", rb'{"query": {"text": "\ud83d"}}'),
    ],
)
async def test_half_a_character_is_no_text(world, method, path, body):
    sent = await world.client.request(
        method, f"/api/v1{path}", content=body, headers={"Content-Type": "application/json"}
    )
    assert (sent.status_code, sent.json()["error"]["details"]["field"]) == (400, "body"), sent.text


async def test_two_halves_are_a_character(world):
    body = rb'{"tags": ["\ud83d\ude00", 1]}'
    answer = await world.client.patch(world.url, content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["error"]["details"]["field"] == "tags.1", "the first is none that is refused"


async def test_a_missing_field_is_named_though_it_is_called_query(world):
    error = (await world.client.post("/api/v1/searches", json={"name": "x"})).json()["error"]
    assert error["message"] == "query: Field required."


async def test_bodies_over_the_limit_are_refused_announced_or_not(world):
    async def stream():
        for _ in range(20):
            yield b" " * (MAX_BODY // 10)

    for content in (b" " * (MAX_BODY + 1), stream()):
        response = await world.client.post(
            "/api/v1/search", content=content, headers={"Content-Type": "application/json"}
        )
        assert (response.status_code, response.json()["error"]["code"]) == (413, "TOO_LARGE")


async def test_a_database_that_is_away_is_503(world):
    world.catalog.failure = DatabaseUnavailableError("PostgreSQL does not answer.")
    response = await world.client.get(world.url)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")


async def test_a_fault_of_ours_shows_nothing_and_is_logged_once(world):
    world.catalog.failure = RuntimeError("the password is hunter2")
    with capture_logs() as logged:
        response = await world.client.get(world.url, headers={"X-Request-ID": "req-1"})
    assert response.status_code == 500
    assert response.headers["x-request-id"] == "req-1"
    error = response.json()["error"]
    assert (error["code"], error["details"]) == ("INTERNAL", {"request_id": "req-1"})
    assert "hunter2" not in response.text
    assert [entry["event"] for entry in logged if entry["log_level"] == "error"] == ["request failed"]


@given(st.text(max_size=30))
def test_no_host_header_breaks_the_check(value):
    name = _host_name(value)
    assert name is None or isinstance(name, str)
