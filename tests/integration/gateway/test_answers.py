"""What clients get: the real SDK over loopback, and the bytes of the wire where the SDK hides them."""

import asyncio
import json
import time

import openai
import pytest

from integration.gateway.answering import answering, write_config
from integration.gateway.hosting import break_off, hosting, refuse, send, stall, write_stream

ASK = [{"role": "user", "content": "which disk failed?"}]
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
CACHED = """
[routes.all.cache]
allow_tools = true
allow_temperature = true
"""


async def test_a_chat_and_its_hit_have_the_same_answer():
    async with hosting() as host, answering(write_config(host)) as door:
        client = await door.client()
        asked = client.chat.completions.with_raw_response
        began = time.time()
        first = await asked.create(model="stella", messages=ASK, temperature=0)
        second = await asked.create(model="stella", messages=ASK, temperature=0, user="somebody", metadata={"a": "b"})
        assert first.headers["x-siss-cache"] == "miss"
        assert first.headers["x-siss-host"] == "stella"
        assert second.headers["x-siss-cache"] == "hit-exact"
        assert second.headers["x-siss-similarity"] == "1.0000"
        assert 0 <= int(second.headers["age"]) <= time.time() - began
        assert first.http_response.content == second.http_response.content
        answer = first.parse()
        assert answer.choices[0].message.content == "stella says: which disk failed?"
        assert answer.usage is not None
        assert answer.usage.completion_tokens == 5
        assert len(host.calls()) == 1


@pytest.mark.parametrize("body", [{"reasoning": True}, {"tools": [TOOL]}, {"say": ""}, {"say": "größer  ja\n🎉"}])
async def test_a_stream_a_replay_and_a_whole_answer_say_the_same(body):
    async with hosting() as host, answering(write_config(host, more=CACHED)) as door:
        whole = (await door.chat(**body, headers={"Cache-Control": "no-store"})).json()
        streamed = await door.chat(**body, stream=True)
        assert streamed.headers["x-siss-cache"] == "miss"
        cached = await door.chat(**body)
        assert cached.headers["x-siss-cache"] == "hit-exact"
        replayed = await door.chat(**body, stream=True)
        assert replayed.headers["x-siss-cache"] == "hit-exact"
        assert len(host.calls()) == 2
        wanted = whole["choices"][0]
        assert cached.json()["choices"][0] == wanted
        assert cached.json()["usage"] == whole["usage"]
        for answer in (streamed, replayed):
            assert put_together(answer.text) == wanted["message"] | {"finish_reason": wanted["finish_reason"]}


def put_together(text: str) -> dict:
    """A stream's message as a client adds it up."""
    events = [line[6:] for line in text.split("\n") if line.startswith("data: ")]
    assert events.pop() == "[DONE]"
    message: dict = {"content": None}
    for event in events:
        (choice,) = json.loads(event)["choices"]
        for name, value in choice["delta"].items():
            if name == "tool_calls":
                (piece,) = value
                call = message.setdefault("tool_calls", [{"function": {"name": "", "arguments": ""}}])[piece["index"]]
                call |= {each: piece[each] for each in ("id", "type") if each in piece}
                for each, part in piece["function"].items():
                    call["function"][each] += part
            elif name == "role":
                message[name] = value
            elif value is not None:
                message[name] = (message.get(name) or "") + value
        message["finish_reason"] = choice["finish_reason"]
    if "tool_calls" not in message:
        message["content"] = message["content"] or ""
    return message


async def test_the_sdks_stream_helper_understands_a_live_stream_and_a_replay():
    async with hosting() as host, answering(write_config(host)) as door:
        client = await door.client()
        for _ in range(2):
            async with client.chat.completions.stream(
                model="stella", messages=ASK, temperature=0, stream_options={"include_usage": True}
            ) as stream:
                events = [event.type async for event in stream]
                final = await stream.get_final_completion()
            assert "content.delta" in events
            assert final.choices[0].message.content == "stella says: which disk failed?"
            assert final.choices[0].finish_reason == "stop"
            assert final.usage is not None
            assert final.usage.total_tokens == 15
        assert len(host.calls()) == 1


async def test_completions_embeddings_rerank_and_models():
    async with hosting() as host, answering(write_config(host)) as door:
        client = await door.client()
        said = await client.completions.create(model="stella", prompt="one", temperature=0)
        assert said.choices[0].text == "stella says: one"
        texts = [f"text number {number}" for number in range(100)]
        found = await client.embeddings.create(model="stella", input=texts, encoding_format="float")
        assert [item.index for item in found.data] == list(range(100))
        alone = await client.embeddings.create(model="stella", input=texts[41], encoding_format="float")
        assert found.data[41].embedding == alone.data[0].embedding
        assert found.usage.prompt_tokens == 300
        assert max(len(call["input"]) for call in host.calls("/v1/embeddings")) <= 32
        again = await door.http.post(
            "/v1/embeddings", json={"model": "stella", "input": texts, "encoding_format": "float"}
        )
        assert again.headers["x-siss-cache"] == "hit-exact"
        body = {"model": "stella", "query": "failed disk", "documents": ["a disk failed", "the weather"]}
        ranked = (await door.http.post("/v1/rerank", json=body)).json()
        assert ranked["results"][0]["relevance_score"] > ranked["results"][1]["relevance_score"]
        assert [model.id async for model in client.models.list()] == ["stella"]
        assert (await client.models.retrieve("stella")).owned_by == "siss"
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("nobody")


async def test_a_list_of_texts_larger_than_every_queue_is_answered():
    async with (
        hosting(slots=2) as host,
        answering(write_config(host, host_more="queue = 2\nbatch_items = 4")) as door,
    ):
        client = await door.client()
        found, other = await asyncio.gather(
            client.embeddings.create(
                model="stella", input=[f"text {n}" for n in range(400)], encoding_format="float"
            ),
            client.chat.completions.create(model="stella", messages=ASK),
        )
        assert len(found.data) == 400
        assert other.choices[0].message.content
        assert host.most_running <= 2


@pytest.mark.parametrize(
    ("body", "param"),
    [({"messages": []}, "messages"), ({"messages": [{"role": "owner", "content": "x"}]}, "messages[0].role"),
     ({"temperature": "hot"}, "temperature"), ({"n": 0}, "n"), ({"stream": "yes"}, "stream"), ({"model": ""}, "model"),
     ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema")],
)  # fmt: skip
async def test_a_bad_request_gets_openais_error_body(body, param):
    async with hosting() as host, answering(write_config(host)) as door:
        answer = await door.chat(**{"stream": False, **body})
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert error["type"] == "invalid_request_error"
        assert error["param"] == param
        assert error["message"]
        assert set(error) == {"message", "type", "param", "code"}
        assert host.calls() == []


async def test_what_is_not_a_request_at_all():
    async with hosting() as host, answering(write_config(host, server="max_body = 1000")) as door:
        for data in (b"", b"{", b"[]", b"\xff", b"null"):
            assert (await door.http.post("/v1/chat/completions", content=data)).status_code == 400
        large = await door.http.post("/v1/chat/completions", content=b" " * 5000)
        assert large.status_code == 413
        for method, path, allowed in (
            ("GET", "/v1/chat/completions", {"POST"}),
            ("POST", "/v1/models", {"GET", "HEAD"}),
            ("PUT", "/admin/cache/entries", {"DELETE", "GET", "HEAD"}),
        ):
            answer = await door.http.request(method, path)
            assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, allowed)
        assert (await door.http.get("/v1/nothing")).json()["error"]["type"] == "not_found_error"
        assert (await door.chat(model="nobody")).json()["error"]["param"] == "model"


async def test_a_refusal_without_a_word_is_told_with_its_status():
    async with hosting() as host, answering(write_config(host)) as door:
        host.always = send(b"", status=404, kind="text/plain")
        answer = await door.chat()
        assert (answer.status_code, "status 404" in answer.json()["error"]["message"]) == (404, True)


@pytest.mark.parametrize("streaming", [False, True])
async def test_a_hosts_refusal_is_the_clients_to_read_and_not_retried(streaming):
    async with hosting() as host, answering(write_config(host)) as door:
        client = await door.client(max_retries=3)
        host.always = refuse(400, "the request exceeds the available context size", "exceed_context_size_error")
        with pytest.raises(openai.BadRequestError, match="context size") as caught:
            await client.chat.completions.create(model="stella", messages=ASK, stream=streaming)
        assert caught.value.type == "exceed_context_size_error"
        host.always = refuse(501, "This server does not support chat", "not_supported_error")
        with pytest.raises(openai.InternalServerError, match="does not support"):
            await client.chat.completions.create(model="stella", messages=ASK, stream=streaming)
        assert len(host.calls()) == 2
        assert door.gateway.pool.hosts["stella"].breaker._failed == 0


async def test_a_text_too_long_for_the_physical_batch_is_the_clients_fault_alone():
    async with hosting() as host, answering(write_config(host, host_more="breaker_failures = 1")) as door:
        client = await door.client()

        async def act(request, body):
            if any(len(text) > 100 for text in body["input"]):
                return await refuse(500, "input is too large to process. increase the physical batch size")(
                    request, body
                )
            return await host.answer(request, body)

        host.always = act
        answers = await asyncio.gather(
            *(
                client.embeddings.create(model="stella", input=text, encoding_format="float")
                for text in ("a", "b" * 101, "c")
            ),
            return_exceptions=True,
        )
        assert isinstance(answers[1], openai.BadRequestError)
        assert not isinstance(answers[0], Exception)
        assert not isinstance(answers[2], Exception)
        assert (await client.embeddings.create(model="stella", input="d", encoding_format="float")).data


@pytest.mark.parametrize("politely", [False, True])
async def test_a_stream_that_breaks_ends_with_an_error_and_is_not_kept(politely):
    async with hosting() as host, answering(write_config(host)) as door:
        client = await door.client()
        host.acts.append(break_off(host, 4, politely=politely))
        pieces = 0

        async def follow():
            nonlocal pieces
            async for _ in stream:
                pieces += 1

        stream = await client.chat.completions.create(model="stella", messages=ASK, temperature=0, stream=True)
        with pytest.raises(openai.APIError, match="stella"):
            await follow()
        assert pieces == 4
        await stream.close()
        again = await client.chat.completions.with_raw_response.create(model="stella", messages=ASK, temperature=0)
        assert again.headers["x-siss-cache"] == "miss"


async def test_a_stream_cut_off_behind_its_finish_chunk_is_not_kept():
    """Its usage and, with several choices, the rest are missing: only [DONE] tells."""
    async with hosting() as host, answering(write_config(host)) as door:
        chunk = {"choices": [{"index": 0, "delta": {"content": "so"}, "finish_reason": "stop"}]}
        host.acts.append(write_stream(b"data: " + json.dumps(chunk).encode() + b"\n\n"))
        answer = await door.chat(stream=True)
        assert '"error"' in answer.text.strip().splitlines()[-1]
        assert (await door.chat()).headers["x-siss-cache"] == "miss"


async def test_output_that_fails_its_own_schema_is_marked_and_not_kept():
    schema = {"type": "object", "properties": {"host": {"type": "string"}}, "required": ["host"]}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    async with hosting() as host, answering(write_config(host)) as door:
        for _ in range(2):
            answer = await door.chat(response_format=form, say='{"hots": "db-01"}')
            assert answer.headers["x-siss-schema"] == "mismatch"
            assert answer.headers["x-siss-cache"] == "miss"
        flat = {"type": "json_schema", "schema": schema}  # llama-server's own older place for it
        assert (await door.chat(response_format=flat, say='{"host": "a"}')).headers["x-siss-cache"] == "miss"
        sent = host.calls()[-1]["response_format"]
        assert sent == {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
        assert (await door.chat(response_format=flat, say='{"host": "a"}')).headers["x-siss-cache"] == "hit-exact"


@pytest.mark.parametrize(
    ("more", "headers", "state"),
    [({}, {"Cache-Control": "no-store"}, "bypass"), ({"temperature": 0.7}, {}, "bypass"), ({"tools": [TOOL]}, {}, "bypass"),
     ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]}]}, {}, "bypass"),
     ({}, {"Cache-Control": "no-cache"}, "miss"), ({}, {"Cache-Control": "max-age=0"}, "miss"), ({}, {}, "hit-exact")],
)  # fmt: skip
async def test_what_is_never_cached_and_what_a_client_may_say(more, headers, state):
    async with hosting() as host, answering(write_config(host)) as door:
        await door.chat(**more)
        await asyncio.sleep(0.01)
        assert (await door.chat(**more, headers=headers)).headers["x-siss-cache"] == state
        assert len(host.calls()) == (1 if state == "hit-exact" else 2)


async def test_unknown_fields_are_forwarded_and_part_of_the_key():
    async with hosting() as host, answering(write_config(host)) as door:
        assert (await door.chat(mirostat=2)).headers["x-siss-cache"] == "miss"
        assert (await door.chat(mirostat=1)).headers["x-siss-cache"] == "miss"
        assert (await door.chat(mirostat=1)).headers["x-siss-cache"] == "hit-exact"
        assert [call["mirostat"] for call in host.calls()] == [2, 1]


async def test_a_client_that_leaves_stops_its_call_but_not_that_of_others():
    async with hosting() as host, answering(write_config(host)) as door:
        go = asyncio.Event()
        host.always = stall(host, go)
        alone = asyncio.create_task(door.chat("alone"))
        await host.until(lambda: host.running == 1)
        alone.cancel()
        await host.until(lambda: host.running == 0)
        assert host.left == 1
        leader = asyncio.create_task(door.chat("shared"))
        await host.until(lambda: host.running == 1)
        followers = [asyncio.create_task(door.chat("shared")) for _ in range(3)]
        flight = next(iter(door.gateway.pipeline.flights._flying.values()))
        async with asyncio.timeout(60):
            while flight.waiters < 4:
                await asyncio.sleep(0.001)
        leader.cancel()
        async with asyncio.timeout(60):
            while flight.waiters > 3:
                await asyncio.sleep(0.001)
        go.set()
        answers = [await follower for follower in followers]
        assert {answer.headers["x-siss-cache"] for answer in answers} == {"coalesced"}
        assert host.left == 1
        assert len(host.calls()) == 2


async def test_failures_are_shared_and_never_kept():
    async with (
        hosting() as host,
        answering(write_config(host, host_more="breaker_failures = 100", more="[routes.all]\nretries = 0")) as door,
    ):
        go = asyncio.Event()

        async def fail(request, body):
            await go.wait()
            return await refuse(500, "out of memory")(request, body)

        host.always = fail
        asking = [asyncio.create_task(door.chat()) for _ in range(20)]
        await host.until(lambda: host.running == 1)
        flight = next(iter(door.gateway.pipeline.flights._flying.values()))
        async with asyncio.timeout(60):
            while flight.waiters < 20:
                await asyncio.sleep(0.001)
        go.set()
        answers = await asyncio.gather(*asking)
        assert {answer.status_code for answer in answers} == {503}
        assert len(host.calls()) == 1
        host.always = None
        assert (await door.chat()).headers["x-siss-cache"] == "miss"


async def test_negative_answers_are_kept_only_where_the_route_says_so():
    more = "[routes.all.cache]\nnegative_ttl = 20"
    async with hosting() as host, answering(write_config(host, more=more)) as door:
        host.always = refuse(400, "no such grammar")
        states = [(await door.chat()).headers["x-siss-cache"] for _ in range(2)]
        assert states == ["miss", "hit-exact"]
        assert (await door.chat(stream=True)).status_code == 400
