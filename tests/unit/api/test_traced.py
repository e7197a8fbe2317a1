"""Requests as a collector sees them: the route and what came of it, never what was asked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest
from structlog.testing import capture_logs

from siss.api.server import create_app
from siss.api.traced import Traced
from siss.logs import trace_id
from siss.model.hit import SearchAnswer
from siss.traces.collector import open_traces
from unit.traces.collecting import collecting

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECRET = "AKIA" + "Q3EGRTW7ZUVL5MNB"


@pytest.fixture
def collector(monkeypatch):
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    with collecting() as made:
        yield made


@pytest.fixture
async def client(world, collector) -> AsyncIterator[httpx.AsyncClient]:
    """Of the whole application, in a process that is traced; what it did is sent when it is closed."""
    services = replace(world.services, redact=lambda text: text.replace(SECRET, "REDACTED"))
    with open_traces(collector.address, "api"):
        app = create_app(services)
        assert isinstance(app, Traced)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as made:
            yield made


async def test_a_request_is_a_span_of_its_route(world, client, collector):
    answer = await client.get(world.url, headers={"traceparent": PARENT, "X-Request-ID": "abc"})
    assert answer.status_code == 200
    seen = collector.one("GET /api/v1/files/{id}")
    assert (seen.trace_id, seen.parent_id) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert (seen.kind, seen.failed, seen.events) == (2, False, 0)
    assert seen.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/api/v1/files/{id}",
        "siss.request_id": "abc",
        "url.path": world.url,
    }


async def test_what_was_asked_is_no_part_of_it(client, collector, monkeypatch):
    async def search(*_given: object) -> SearchAnswer:
        return SearchAnswer((), 0, "eq", {}, None, False, 1.0)

    monkeypatch.setattr("siss.api.routes.search.search", search)
    await client.get("/api/v1/search", params={"q": f"password {SECRET}"})
    await client.post("/api/v1/search", json={"query": {"text": SECRET}})
    await client.get(f"/api/v1/nothing/{SECRET}")
    await client.get("/api/v1/search", params={"q": f"(((hunter2 {SECRET}"})
    collector.wait_for("GET /api/v1/search", "POST /api/v1/search", "GET", "search.parse")
    assert collector.one("GET").attributes["url.path"] == "/api/v1/nothing/REDACTED"
    assert SECRET.encode() not in collector.raw
    assert b"hunter2" not in collector.raw


async def test_faults_of_the_service_are_marked_and_those_of_callers_are_not(world, client, collector):
    world.catalog.failure = RuntimeError(f"broken by {SECRET}")
    with capture_logs():
        assert (await client.get(world.url)).status_code == 500
    assert (await client.get("/api/v1/nothing")).status_code == 404
    assert (await client.request("BREW", "/api/v1/stats")).status_code == 405
    failed = collector.one("GET /api/v1/files/{id}")
    assert (failed.failed, failed.attributes["error.type"], failed.events) == (True, "500", 0)
    assert not collector.one("GET").failed
    assert collector.one("_OTHER /api/v1/stats").attributes["http.request.method"] == "_OTHER"
    assert SECRET.encode() not in collector.raw


async def test_head_is_of_the_same_route(world, client, collector):
    assert (await client.head(world.url)).status_code == 200
    assert (await client.head(f"{world.url}/download")).status_code == 200
    collector.wait_for("HEAD /api/v1/files/{id}", "HEAD /api/v1/files/{id}/download")


async def test_probes_are_no_spans(client, collector):
    for path in ("/healthz", "/metrics", "/docs"):
        await client.get(path)
    collector.wait_for("GET /docs")
    assert [span.name for span in collector.spans] == ["GET /docs"]


async def test_the_log_has_the_id_of_the_trace(client, collector, monkeypatch):
    logged: list[str | None] = []

    def write(_event: str, **_fields: object) -> None:
        logged.append(trace_id.get())

    monkeypatch.setattr("siss.api.guard._log", SimpleNamespace(info=write))
    await client.get("/docs")
    await client.get("/", headers={"traceparent": PARENT})
    assert logged == [collector.one("GET /docs").trace_id, collector.one("GET /").trace_id]
    assert trace_id.get() is None
