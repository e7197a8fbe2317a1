"""A real llama-server, where the environment names one; the stand-in of all other tests passes the same tests.

``SISS_TEST_LLAMA_URL``: one with a chat model. ``SISS_TEST_LLAMA_EMBEDDING_URL``: one with ``--embedding``.
"""

import asyncio
import contextlib
import json
import os

import pytest

from integration.gateway.answering import answering, load_config_text, write_config
from integration.gateway.hosting import hosting
from siss.gateway.check import check_hosts

CHAT = os.environ.get("SISS_TEST_LLAMA_URL", "")
EMBEDDING = os.environ.get("SISS_TEST_LLAMA_EMBEDDING_URL", "")
SHORT = {"temperature": 0, "seed": 1, "max_tokens": 24}
SCHEMA = {
    "type": "object",
    "properties": {"disk": {"type": "integer"}},
    "required": ["disk"],
    "additionalProperties": False,
}


def either(url, variable):
    marks = [] if url else [pytest.mark.skip(reason=f"{variable} is not set")]
    return pytest.mark.parametrize(
        "url", [pytest.param("", id="stand-in"), pytest.param(url, id="llama.cpp", marks=marks)]
    )


chatting = either(CHAT, "SISS_TEST_LLAMA_URL")
embedding = either(EMBEDDING, "SISS_TEST_LLAMA_EMBEDDING_URL")


@contextlib.asynccontextmanager
async def configured(url, slots=2):
    """The text of a file that names the server at an address, or a stand-in."""
    if url:
        yield f'[server]\nport = 0\n[hosts.stella]\nurl = "{url}"\n[models.stella]\nhosts = ["stella"]\n'
    else:
        async with hosting(slots=slots) as host:
            yield write_config(host)


@chatting
async def test_check_reads_what_it_says_of_itself(url):
    async with configured(url) as text:
        found = await check_hosts(load_config_text(text, None))
    assert found.ready, found.hosts
    (host,) = found.hosts
    assert host["slots"] >= 1
    assert host["model_path"]
    assert host["build"]


@chatting
async def test_an_answer_its_hit_a_stream_and_its_replay_say_the_same(url):
    async with configured(url) as text, answering(text) as door:
        asked = {"text": "Name three causes of a failing disk.", **SHORT}
        whole, hit = await door.chat(**asked), await door.chat(**asked)
        assert [answer.headers["x-siss-cache"] for answer in (whole, hit)] == ["miss", "hit-exact"]
        assert whole.content == hit.content
        body = whole.json()
        assert body["model"] == "stella"
        assert body["usage"]["completion_tokens"] > 0
        said = body["choices"][0]["message"]["content"]
        assert said
        client = await door.client()
        for headers in ({"Cache-Control": "no-cache"}, {}):
            stream = await client.chat.completions.create(
                model="stella",
                stream=True,
                messages=[{"role": "user", "content": asked["text"]}],
                extra_headers=headers,
                stream_options={"include_usage": True},
                **SHORT,
            )
            chunks = [chunk async for chunk in stream]
            assert len({chunk.id for chunk in chunks}) == 1
            assert chunks[-1].usage is not None
            assert chunks[-2].choices[0].finish_reason == body["choices"][0]["finish_reason"]
            streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
            assert streamed == said or headers  # a server need not say the same twice; its replay does
            said = streamed


@chatting
async def test_output_that_was_asked_for_as_json_is_that(url):
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
    async with configured(url) as text, answering(text) as door:
        more = {} if url else {"say": '{"disk": 3}'}
        answer = await door.chat("Which disk failed? It is disk 3.", response_format=form, **more, **SHORT)
        assert answer.status_code == 200
        assert "x-siss-schema" not in answer.headers
        assert isinstance(json.loads(answer.json()["choices"][0]["message"]["content"])["disk"], int)


@chatting
async def test_a_client_that_leaves_frees_its_slot(url):
    async with configured(url, slots=1) as text, answering(text) as door:
        slots = door.gateway.pool.hosts["stella"].slots
        client = await door.client()
        stream = await client.chat.completions.create(
            model="stella", stream=True, messages=[{"role": "user", "content": "Count to one thousand. " + "x " * 50}]
        )
        await anext(stream)
        await stream.close()
        async with asyncio.timeout(60):
            while slots.busy:
                await asyncio.sleep(0.01)
        assert (await door.chat("And now?", **SHORT)).status_code == 200


@embedding
async def test_vectors_of_a_long_list_come_in_its_order(url):
    texts = [f"disk {number} of node {number % 7}" for number in range(40)]
    async with configured(url) as text, answering(text) as door:
        client = await door.client()
        together = (await client.embeddings.create(model="stella", input=texts)).data
        assert [each.index for each in together] == list(range(40))
        assert len({len(each.embedding) for each in together}) == 1
        for number in (0, 17, 39):
            alone = (await client.embeddings.create(model="stella", input=texts[number])).data[0].embedding
            assert cosine(alone, together[number].embedding) > 0.999


@pytest.mark.skipif(not EMBEDDING, reason="SISS_TEST_LLAMA_EMBEDDING_URL is not set")
async def test_a_text_too_long_for_it_is_the_clients_to_read():
    async with configured(EMBEDDING) as text, answering(text) as door:
        answer = await door.http.post("/v1/embeddings", json={"model": "stella", "input": "disk " * 20_000})
        assert answer.status_code == 400
        assert (await door.http.post("/v1/embeddings", json={"model": "stella", "input": "disk"})).status_code == 200


def cosine(left, right):
    norm = sum(a * a for a in left) * sum(b * b for b in right)
    return sum(a * b for a, b in zip(left, right, strict=True)) / norm**0.5
