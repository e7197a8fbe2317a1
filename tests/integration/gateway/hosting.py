"""A model host for tests: a real HTTP server that speaks llama-server's API, and misbehaves when it is told to."""

import asyncio
import hashlib
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Act = Callable[[web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]


class Hosting:
    """One server. ``acts``: what the next requests meet instead of an answer; ``always``: the same for all."""

    def __init__(self, name: str = "stella", slots: int = 4, dimension: int = 64) -> None:
        self.name = name
        self.slots = slots
        self.dimension = dimension
        self.build = "b7000-abcdef"
        self.template = "{{ messages }}"
        self.key = ""
        self.loading = False
        self.props = True
        self.token_seconds = 0.0
        self.acts: deque[Act] = deque()
        self.always: Act | None = None
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.running = 0
        self.most_running = 0
        self.left = 0
        self.moved = asyncio.Event()
        self._numbers = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def calls(self, path: str = "/v1/chat/completions") -> list[dict[str, Any]]:
        """The bodies that came to a path."""
        return [body for where, body in self.requests if where == path]

    async def start(self) -> None:
        """Listen: on the same port again after ``die``."""
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/health", self._health)
        app.router.add_get("/props", self._props)
        for path in ("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/rerank"):
            app.router.add_post(path, self._serve)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def die(self) -> None:
        """Break off whatever runs and listen no more."""
        runner, self._runner = self._runner, None
        if runner is not None:
            for connection in list(runner.server.connections):
                if connection.transport is not None:
                    connection.transport.abort()
            await runner.cleanup()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for a condition on what came so far."""
        async with asyncio.timeout(60):
            while not true():
                self.moved.clear()
                await self.moved.wait()

    async def _health(self, _request: web.Request) -> web.Response:
        if self.loading:
            return refusal(503, "Loading model", "unavailable_error")
        return web.json_response({"status": "ok"})

    async def _props(self, request: web.Request) -> web.Response:
        if not self.props:
            return refusal(404, "File Not Found", "not_found_error")
        if (refused := self._judge(request)) is not None:
            return refused
        return web.json_response(
            {
                "total_slots": self.slots,
                "model_path": f"/models/{self.name}.gguf",
                "build_info": self.build,
                "chat_template": self.template,
            }
        )

    def _judge(self, request: web.Request) -> web.Response | None:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return refusal(401, "Invalid API Key", "authentication_error")
        return refusal(503, "Loading model", "unavailable_error") if self.loading else None

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append((request.path, body))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.moved.set()
        try:
            if (refused := self._judge(request)) is not None:
                return refused
            act = self.acts.popleft() if self.acts else self.always
            return await (self.answer if act is None else act)(request, body)
        except (asyncio.CancelledError, ConnectionError):
            self.left += 1
            raise
        finally:
            self.running -= 1
            self.moved.set()

    async def answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        """As a host does that is well."""
        match request.path:
            case "/v1/embeddings":
                given = body["input"] if isinstance(body["input"], list) else [body["input"]]
                await asyncio.sleep(self.token_seconds)
                data = [{"index": at, "embedding": vector_of(text, self.dimension)} for at, text in enumerate(given)]
                tokens = sum(len(str(text).split()) for text in given)
                usage = {"prompt_tokens": tokens, "total_tokens": tokens}
                return web.json_response({"object": "list", "data": data, "model": self.name, "usage": usage})
            case "/v1/rerank":
                scores = [
                    {"index": at, "relevance_score": score_of(body["query"], text)}
                    for at, text in enumerate(body["documents"])
                ]
                return web.json_response({"model": self.name, "results": scores})
        if body.get("stream"):
            return await self._stream(request, body)
        await asyncio.sleep(self.token_seconds)
        return web.json_response(self.whole(request.path, body))

    def whole(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer of a request that does not stream."""
        number = next(self._numbers)
        if path == "/v1/completions":
            choice: dict[str, Any] = {"text": self.say(body), "index": 0, "finish_reason": "stop", "logprobs": None}
            return {"id": f"cmpl-{number}", "object": "text_completion", "created": 1_700_000_000 + number, "model": self.name, "choices": [choice], "usage": self.usage(body)}  # fmt: skip
        choices = [
            {
                "index": at,
                "message": self.message(body),
                "finish_reason": "tool_calls" if body.get("tools") else "stop",
            }
            for at in range(body.get("n") or 1)
        ]
        return {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1_700_000_000 + number, "model": self.name, "choices": choices, "usage": self.usage(body)}  # fmt: skip

    def message(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("tools"):
            call = {
                "id": "call_1",
                "type": "function",
                "function": {"name": "look_up", "arguments": '{"host": "db-01"}'},
            }
            return {"role": "assistant", "content": None, "tool_calls": [call]}
        message = {"role": "assistant", "content": self.say(body)}
        return message | ({"reasoning_content": "Let me think."} if body.get("reasoning") else {})

    def say(self, body: dict[str, Any]) -> str:
        if "say" in body:
            return str(body["say"])
        asked = body["prompt"] if "prompt" in body else body["messages"][-1]["content"]
        return f"{self.name} says: {asked}"

    def usage(self, body: dict[str, Any]) -> dict[str, int]:
        written = len(self.say(body).split())
        return {"prompt_tokens": 10, "completion_tokens": written, "total_tokens": 10 + written}

    def events(self, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """The chunks of a stream: a role, words one by one, the end, the usage where asked for."""
        number = next(self._numbers)
        chat = path == "/v1/chat/completions"
        head = {
            "created": 1_700_000_000 + number,
            "model": self.name,
            "object": "chat.completion.chunk" if chat else "text_completion",
        }
        if not chat:
            pieces = [{"text": word} for word in cut_words(self.say(body))]
            last: dict[str, Any] = {"text": ""}
        else:
            message = self.message(body)
            pieces = [{"delta": {"role": "assistant", "content": None}}]
            pieces += [
                {"delta": {"reasoning_content": word}} for word in cut_words(message.get("reasoning_content") or "")
            ]
            pieces += [{"delta": {"content": word}} for word in cut_words(message["content"] or "")]
            for call in message.get("tool_calls", ()):
                pieces.append(
                    {
                        "delta": {
                            "tool_calls": [{"index": 0, **call, "function": call["function"] | {"arguments": ""}}]
                        }
                    }
                )
                pieces += [
                    {"delta": {"tool_calls": [{"index": 0, "function": {"arguments": letter}}]}}
                    for letter in call["function"]["arguments"]
                ]
            last = {"delta": {}}
        end = "tool_calls" if body.get("tools") else "stop"
        chunks = [
            {"id": f"chunk-{number}", **head, "choices": [{"index": 0, "finish_reason": None, **piece}]}
            for piece in pieces
        ]
        chunks.append({"id": f"chunk-{number}", **head, "choices": [{"index": 0, "finish_reason": end, **last}]})
        if (body.get("stream_options") or {}).get("include_usage"):
            chunks.append({"id": f"chunk-{number}", **head, "choices": [], "usage": self.usage(body)})
        return chunks

    async def _stream(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        response = await begin_stream(request)
        for chunk in self.events(request.path, body):
            await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            if self.token_seconds:
                await asyncio.sleep(self.token_seconds)
        await response.write(b"data: [DONE]\n\n")
        return response


def cut_words(text: str) -> list[str]:
    words = text.split(" ")
    return [word + (" " if at < len(words) - 1 else "") for at, word in enumerate(words)] if text else []


def vector_of(text: Any, dimension: int) -> list[float]:
    """A bag of words: texts with the same words are near each other."""
    vector = [0.0] * dimension
    for word in str(text).lower().replace("?", " ").split():
        at = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little")
        vector[at % dimension] += 1.0 if at & 0x10000 else -1.0
    return vector if any(vector) else [1.0] * dimension


def score_of(query: str, document: Any) -> float:
    text = document if isinstance(document, str) else document["text"]
    mine, other = set(query.lower().split()), set(text.lower().split())
    return len(mine & other) / len(mine | other)


def refusal(status: int, message: str, kind: str) -> web.Response:
    """An error as llama-server words it."""
    return web.json_response({"error": {"code": status, "message": message, "type": kind}}, status=status)


async def begin_stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
    await response.prepare(request)
    return response


def refuse(status: int, message: str = "no", kind: str = "invalid_request_error") -> Act:
    """An error instead of an answer."""

    async def act(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return refusal(status, message, kind)

    return act


def send(data: bytes, status: int = 200, kind: str = "application/json") -> Act:
    """These bytes, whatever they are."""

    async def act(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.Response(body=data, status=status, content_type=kind)

    return act


def stall(host: Hosting, go: asyncio.Event) -> Act:
    """Answer when told to."""

    async def act(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        await go.wait()
        return await host.answer(request, body)

    return act


def break_off(host: Hosting, after: int = 3, *, politely: bool = False) -> Act:
    """End a stream after some chunks: in the middle of the connection, or as if that was all."""

    async def act(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        response = await begin_stream(request)
        for chunk in host.events(request.path, body)[:after]:
            await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        if not politely:
            await asyncio.sleep(0.01)  # so that what was written goes out
            assert request.transport is not None
            request.transport.abort()
        return response

    return act


def write_stream(*parts: bytes) -> Act:
    """An event stream of these bytes."""

    async def act(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await begin_stream(request)
        for part in parts:
            await response.write(part)
        return response

    return act


@asynccontextmanager
async def hosting(name: str = "stella", **options: Any) -> AsyncIterator[Hosting]:
    """A host that listens until the end of the block."""
    host = Hosting(name, **options)
    await host.start()
    try:
        yield host
    finally:
        await host.die()
