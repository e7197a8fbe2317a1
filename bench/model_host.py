"""A model host that costs nothing: OpenAI's API with answers that are ready, to measure what stands before it.

``python -m bench.model_host PORT [SECONDS]``: plain ASGI on uvicorn, as the gateway itself is served. A stream has
twenty words, with so many seconds before each but the first; without any, as fast as it can.
"""

import asyncio
import sys
from functools import partial

import orjson
import uvicorn
import uvloop

_WORDS = [f"word{number} " for number in range(20)]
_HEAD = {"id": "chatcmpl-1", "created": 1_700_000_000, "model": "host"}
_USAGE = {"prompt_tokens": 12, "completion_tokens": 20, "total_tokens": 32}
_WHOLE = orjson.dumps(
    _HEAD
    | {
        "object": "chat.completion",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "".join(_WORDS)}, "finish_reason": "stop"}
        ],
        "usage": _USAGE,
    }
)


def _events() -> list[bytes]:
    deltas = [{"role": "assistant", "content": ""}, *({"content": word} for word in _WORDS)]
    choices: list[list[dict[str, object]]] = [
        [{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas
    ]
    choices.append([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    chunks = [_HEAD | {"object": "chat.completion.chunk", "choices": choice} for choice in choices]
    chunks.append(_HEAD | {"object": "chat.completion.chunk", "choices": [], "usage": _USAGE})
    return [b"data: " + orjson.dumps(chunk) + b"\n\n" for chunk in chunks] + [b"data: [DONE]\n\n"]


_EVENTS = _events()


async def serve(pause, scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    if scope["method"] == "GET":
        status = 200 if scope["path"] == "/health" else 404
        await _send(send, status, b"application/json", b'{"status":"ok"}')
        return
    if not orjson.loads(body).get("stream"):
        await _send(send, 200, b"application/json", _WHOLE)
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for event in _EVENTS:
        await send({"type": "http.response.body", "body": event, "more_body": True})
        await asyncio.sleep(pause)
    await send({"type": "http.response.body", "body": b""})


async def _send(send, status, kind, body):
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def run_server(app, port: int) -> None:
    """Serve as the gateway is served: uvicorn, uvloop, httptools, one process."""
    config = uvicorn.Config(
        app,
        port=port,
        interface="asgi3",
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
    )
    uvloop.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    run_server(partial(serve, float(sys.argv[2]) if len(sys.argv) > 2 else 0.0), int(sys.argv[1]))
