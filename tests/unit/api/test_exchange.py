"""Conditional requests, packed answers, problem details, limits of addresses and time, cursors of lists."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import zstandard
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp

from siss.api.errors import error_response
from siss.api.exchange import Exchange, choose_coding, is_known, wants_problem
from siss.api.guard import Guard
from siss.errors import ConflictError, NasUnavailableError
from siss.settings import Settings
from unit.api.conftest import World

BIG = {"items": [{"name": f"file number {n}", "n": n} for n in range(200)]}


async def ask(app: ASGIApp, path: str = "/api/v1/x", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(Exchange(app), raise_app_exceptions=False)
    given = {"accept-encoding": "identity"} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path, headers=given)


async def test_an_answer_that_did_not_change_is_not_sent_again(world: World):
    first = await world.client.get(world.url)
    assert first.headers["cache-control"] == "private, no-cache"
    again = await world.client.get(world.url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"].removeprefix("W/")
    assert "content-length" not in again.headers
    world.change(tags=("b",))
    assert (await world.client.get(world.url, headers={"If-None-Match": first.headers["etag"]})).status_code == 200


async def test_how_long_it_took_is_no_change():
    one = await ask(JSONResponse({"items": [1], "took_ms": 1.25}))
    two = await ask(JSONResponse({"items": [1], "took_ms": 99}))
    other = await ask(JSONResponse({"items": [2], "took_ms": 99}))
    assert one.headers["etag"] == two.headers["etag"] != other.headers["etag"]
    assert (await ask(JSONResponse({"items": [1], "took_ms": 5}), if_none_match="*")).status_code == 304


async def test_what_is_not_tagged():
    for app in (JSONResponse({}, 201), JSONResponse({}, 404), Response("x", media_type="text/plain")):
        assert "etag" not in (await ask(app)).headers
    assert "etag" not in (await ask(JSONResponse({}), "/readyz")).headers


@pytest.mark.parametrize(
    ("given", "etag", "known"),
    [
        (None, '"a"', False), ('"a"', '"a"', True), ('W/"a"', '"a"', True), ('"a"', 'W/"a"', True), ("*", '"a"', True),
        ('"b", W/"a"', '"a"', True), ('"b"', '"a"', False), ("", '"a"', False), ("\\", '"a"', False),
    ],
)  # fmt: skip
def test_tags(given: str | None, etag: str, known: bool):
    assert is_known(given, etag) is known


@pytest.mark.parametrize(
    ("given", "coding"),
    [
        ("", None), ("identity", None), ("gzip", "gzip"), ("gzip, zstd", "zstd"), ("gzip;q=1, zstd;q=0.5", "gzip"),
        ("*", "zstd"), ("br", None), ("gzip;q=0", None), ("*;q=0", None), ("GZIP", "gzip"), ("gzip;q=nonsense", None),
        ("identity;q=1, gzip;q=0.5", None), ("gzip;q=2", None), ("gzip;q=nan", None), (";;;,,", None),
    ],
)  # fmt: skip
def test_codings(given: str, coding: str | None):
    assert choose_coding([given]) == coding


async def test_answers_are_packed():
    plain = await ask(JSONResponse(BIG))
    packed = await ask(JSONResponse(BIG), accept_encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < len(plain.content) / 4
    assert packed.json() == plain.json() == BIG
    assert packed.headers["etag"].removeprefix("W/") == plain.headers["etag"].removeprefix("W/")
    assert "content-encoding" not in (await ask(JSONResponse({"a": 1}), accept_encoding="gzip")).headers
    image = Response(b"\0" * 5000, media_type="application/octet-stream")
    assert "content-encoding" not in (await ask(image, accept_encoding="gzip")).headers
    ranged = Response("x" * 5000, media_type="text/plain", headers={"Accept-Ranges": "bytes"})
    assert "content-encoding" not in (await ask(ranged, accept_encoding="zstd")).headers


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


async def raw_body(app: ASGIApp, coding: str) -> tuple[dict[bytes, bytes], bytes]:
    """Headers and bytes as they are sent."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    scope = {
        "type": "http", "method": "GET", "path": "/api/v1/x", "headers": [(b"accept-encoding", coding.encode())],
        "http_version": "1.1", "query_string": b"", "asgi": {"version": "3.0", "spec_version": "2.4"},
    }  # fmt: skip
    await Exchange(app)(scope, receive, send)
    return dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


async def test_streams_are_packed_on_their_way():
    parts = [b"line %d of a log that is long\n" % n for n in range(5000)]
    for coding, unpack in (
        ("gzip", gzip.decompress),
        ("zstd", zstandard.ZstdDecompressor().decompressobj().decompress),
    ):
        app = StreamingResponse(pieces(*parts), media_type="text/plain", headers={"ETag": '"a"'})
        headers, body = await raw_body(app, coding)
        assert (headers[b"content-encoding"], headers[b"etag"]) == (coding.encode(), b'W/"a"')
        assert b"content-length" not in headers
        assert unpack(body) == b"".join(parts)
        assert len(body) < len(b"".join(parts)) / 5
    events = StreamingResponse(pieces(b"data: 1\n\n", b"data: 2\n\n"), media_type="text/event-stream")
    headers, body = await raw_body(events, "gzip")
    assert b"content-encoding" not in headers
    assert body == b"data: 1\n\ndata: 2\n\n"


async def test_a_stream_that_fails_at_once_is_broken_off():
    async def fail() -> AsyncIterator[bytes]:
        raise NasUnavailableError("away")
        yield b""

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": "/x", "headers": [], "asgi": {"version": "3.0", "spec_version": "2.4"},
    }  # fmt: skip
    with pytest.raises(NasUnavailableError):
        await Exchange(StreamingResponse(fail()))(scope, None, send)  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == ["http.response.start"]


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", False), ("*/*", False), ("application/json", False), ("application/problem+json", True),
        ("application/json, application/problem+json", True), ("application/problem+json;q=0", False),
        ("application/json, application/problem+json;q=0.5", False), ("APPLICATION/PROBLEM+JSON", True),
    ],
)  # fmt: skip
async def test_problem_details_where_they_are_asked_for(world: World, accept: str, wanted: bool):
    assert wants_problem([accept]) is wanted
    answer = await world.client.get("/api/v1/nonsense", headers={"Accept": accept})
    if not wanted:
        assert answer.headers["content-type"] == "application/json"
        assert set(answer.json()) == {"error"}
        return
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"], body["title"]) == (404, "NOT_FOUND", "Not found")
    assert body["type"] == "/docs#not-found"
    assert 'id="not-found"' in (await world.client.get(body["type"])).text
    assert body["instance"].endswith(answer.headers["x-request-id"])
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_the_guards_errors_are_problems_too(world: World):
    headers = {"Accept": "application/problem+json", "Host": "evil.example"}
    answer = await world.client.get("/api/v1/files", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (421, "application/problem+json")


async def test_a_change_only_where_nobody_else_made_one(world: World):
    answer = await world.client.patch(world.url, json={"tags": []}, headers={"If-Match": '"other"'})
    assert (answer.status_code, answer.json()["error"]["code"]) == (412, "PRECONDITION_FAILED")
    answer = await world.client.delete(world.url, headers={"If-Match": '"other"'})
    assert answer.status_code == 412


async def test_long_addresses(world: World):
    for path in ("/api/v1/files?name=" + "x" * 60_000, "/api/v1/" + "x" * 9000):
        answer = await world.client.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (414, "ADDRESS_TOO_LONG")


async def test_an_answer_that_does_not_begin_is_given_up():
    async def hang(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(30)

    async def slow_reader(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(0.3)
        await send({"type": "http.response.body", "body": b"late"})

    settings = Settings(request_timeout=0.1)
    given_up = await ask(Guard(hang, settings))
    assert (given_up.status_code, given_up.json()["error"]["code"]) == (503, "UNAVAILABLE")
    assert given_up.headers["retry-after"] == "1"
    assert (await ask(Guard(slow_reader, settings))).content == b"late"


async def test_versions_and_chunks_in_pages(world: World):
    first = (await world.client.get(f"{world.url}/chunks", params={"size": 1})).json()
    assert [item["chunk_index"] for item in first["items"]] == [0]
    rest = (await world.client.get(f"{world.url}/chunks", params={"cursor": first["cursor"]})).json()
    assert ([item["chunk_index"] for item in rest["items"]], rest["cursor"]) == ([1], None)
    versions = (await world.client.get(f"{world.url}/versions", params={"size": 1})).json()
    assert (len(versions["items"]), versions["cursor"]) == (1, None)
    for route in ("chunks", "versions"):
        assert (await world.client.get(f"{world.url}/{route}", params={"cursor": "x"})).status_code == 400
    stolen = await world.client.get(f"{world.url}/versions", params={"cursor": first["cursor"]})
    assert stolen.status_code == 400


def test_a_conflict_that_ends_by_itself_says_when_to_ask_again():
    passing = error_response(ConflictError("The request is being worked on.", retry_after=1))
    assert (passing.status_code, passing.headers["retry-after"]) == (409, "1")
    assert "retry-after" not in error_response(ConflictError("The name is taken.")).headers
