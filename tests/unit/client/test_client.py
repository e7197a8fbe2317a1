"""The typed client: made from the document, asked in both ways."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from siss.api.models.files import FileDetail
from siss.api.models.search import SearchPage
from siss.api.server import create_app
from siss.client import AsyncClient, Client, calls
from siss.client.generate import render_calls
from siss.errors import ConfigError, InvalidQueryError, NotFoundError, UnavailableError
from unit.api.conftest import World, world

__all__ = ["world"]


def test_it_is_what_the_document_says():
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--config", "line-length = 118", "-"],
        input=render_calls(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(calls.__file__).read_text() == formatted.stdout, "python -m siss.client.generate, then ruff format"


async def test_answers_are_of_their_types(world: World):
    transport = httpx.ASGITransport(create_app(world.services))
    async with AsyncClient("http://localhost", transport=transport) as client:
        found = await client.ask(calls.get_file(str(world.file.public_id)))
        assert isinstance(found, FileDetail)
        assert found.name == world.file.name
        assert (await client.ask(calls.get_files(mime=["text/plain"], size=1))).total == 1
        assert b"first line" in await client.ask(calls.get_content(str(world.file.public_id)))
        with pytest.raises(NotFoundError):
            await client.ask(calls.get_job("0192f7c1-9a1b-7c3e-8f00-5b1f0a7d3c11"))


def answering(response: httpx.Response, asked: list[httpx.Request]) -> Client:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return response

    return Client("http://nas:8080", "siss_key", transport=httpx.MockTransport(answer))


def test_the_same_calls_without_a_loop():
    page = dict.fromkeys(SearchPage.model_fields)
    asked: list[httpx.Request] = []
    refused = {"error": {"code": "INVALID_QUERY", "message": "no", "details": {"position": 3}}}
    with (
        answering(httpx.Response(400, json=refused), asked) as client,
        pytest.raises(InvalidQueryError, match="no") as told,
    ):
        client.ask(calls.get_search(q="(disk", size=5))
    assert told.value.details == {"position": 3}
    assert str(asked[0].url) == "http://nas:8080/api/v1/search?q=%28disk&size=5"
    assert asked[0].headers["authorization"] == "Bearer siss_key"
    with answering(httpx.Response(204), asked) as client, pytest.raises(UnavailableError):
        client.ask(calls.delete_synonyms("k8s / c"))
    assert asked[1].url.raw_path == b"/api/v1/synonyms/k8s%20%2F%20c"
    for strange in (
        httpx.Response(200, json=page),
        httpx.Response(200, text="<html>"),
        httpx.Response(502, text="x"),
    ):
        with answering(strange, asked) as client, pytest.raises(UnavailableError):
            client.ask(calls.get_search(q="disk"))


def test_what_a_newer_service_says_besides_is_left_out():
    alive = httpx.Response(200, json={"status": "ok", "version": "9.9", "mood": "good"})
    with answering(alive, []) as client:
        assert client.ask(calls.healthz()).model_dump() == {"status": "ok", "version": "9.9"}


def test_answers_as_they_came_keep_what_a_newer_service_says():
    alive = {"status": "ok", "version": "9.9", "mood": "good"}
    with answering(httpx.Response(200, json=alive), []) as client:
        assert client.ask_json(calls.healthz()) == alive
    for strange in (httpx.Response(200, json=[1]), httpx.Response(200, text="<html>")):
        with answering(strange, []) as client, pytest.raises(UnavailableError):
            client.ask_json(calls.healthz())


def test_an_answer_may_say_that_something_is_wrong():
    """Not ready is an answer, not an error: its body says which part is not."""
    down = {"status": "down", "components": []}
    with answering(httpx.Response(503, json=down), []) as client:
        assert client.ask_json(calls.readyz(verbose=True)) == down


def test_what_is_sent_beside_the_address():
    asked: list[httpx.Request] = []
    with answering(httpx.Response(200, json={}), asked) as client:
        client.ask_json(calls.post_file([("tags", (None, "a")), ("file", ("x.log", b"disk"))], idempotency_key="k1"))
        client.ask_json(calls.post_file([("file", ("x.log", b"disk"))]))
        client.ask_json(calls.get_stats())
        client.ask_json(calls.patch_file("f", {"tags": []}, if_match='"t1"'))
        client.ask_json(calls.delete_file("f"))
    first, second, third, conditional, unconditional = asked
    assert first.headers["idempotency-key"] == "k1"
    assert b'name="tags"' in first.content
    assert b'filename="x.log"' in first.content
    assert "idempotency-key" not in second.headers
    assert first.extensions["timeout"]["read"] is None  # as long as it takes
    assert third.extensions["timeout"]["read"] == 60.0
    assert conditional.headers["if-match"] == '"t1"'
    assert "if-match" not in unconditional.headers


STREAM = (
    b': hello\n\nretry: 3000\nid: 6\n\nid: 7\nevent: indexed\ndata: {"path": "/a"}\n\n\n: still here\n\n'
    b'id: 8\nevent: removed\ndata: {"path": "/b"}\n\nid: 9\nevent: cut off'
)


async def test_events_come_one_by_one_in_both_ways():
    events = [("", "6", {}), ("indexed", "7", {"path": "/a"}), ("removed", "8", {"path": "/b"})]
    with answering(httpx.Response(200, content=STREAM), asked := []) as client:
        assert [(event.name, event.number, event.body) for event in client.stream(calls.get_events())] == events
    assert asked[0].extensions["timeout"]["read"] == 60.0, "a service that is gone is noticed"
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=STREAM))
    async with AsyncClient("http://nas", transport=transport) as client:
        found = [event async for event in client.stream(calls.get_events(after="6"))]
    assert [(event.name, event.number, event.body) for event in found] == events


@pytest.mark.parametrize("key", [" siss_key\n", "siss_key\r\n"])
def test_a_key_may_have_a_line_end_behind_it(key):
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    with Client("http://nas", key, transport=httpx.MockTransport(answer)) as client:
        client.ask_json(calls.get_stats())
    assert asked[0].headers["authorization"] == "Bearer siss_key"


@pytest.mark.parametrize("key", ["siss_kéy", "siss\nkey", "siss\0key", "\u201csiss_key\u201d"])
def test_a_key_that_none_can_be_is_named(key):
    with pytest.raises(ConfigError, match="SISS_API_KEY"):
        Client("http://nas", key)
    with pytest.raises(ConfigError, match="SISS_API_KEY"):
        AsyncClient("http://nas", key)


async def test_a_stream_that_is_refused_says_why():
    refused = {"error": {"code": "NOT_FOUND", "message": "no", "details": {}}}
    with answering(httpx.Response(404, json=refused), []) as client, pytest.raises(NotFoundError):
        next(client.stream(calls.get_events()))
    transport = httpx.MockTransport(lambda _: httpx.Response(404, json=refused))
    async with AsyncClient("http://nas", transport=transport) as client:
        with pytest.raises(NotFoundError):
            await anext(client.stream(calls.get_events()))


def test_calls_load_nothing_of_the_service():
    """Commands start with them: types of answers are loaded when one is read."""
    code = (
        "import sys; from siss.client import calls; calls.get_search(q='x')\n"
        "print(sorted({'fastapi', 'starlette', 'pydantic', 'siss.api', 'siss.app'} & {*sys.modules}))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_nobody_there():
    with Client("http://127.0.0.1:9") as client, pytest.raises(UnavailableError, match="cannot be reached"):
        client.ask(calls.healthz())
    with pytest.raises(ConfigError), Client("http://nas:port") as client:
        client.ask(calls.healthz())
