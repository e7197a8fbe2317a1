"""A client that costs as little as one can in Python: a request that is ready, sent again as soon as it is answered.

``closed_loop`` keeps some connections busy for a while. Each sample is milliseconds to the first byte of the body and
to the last byte of the answer.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

Body = Callable[[], bytes]


@dataclass(slots=True)
class Samples:
    """``first``, ``whole``: milliseconds. ``seconds``: of the loop. ``failed``: answers with another status than 200,
    or without ``marker`` among their headers."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    failed: int = 0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.whole) / self.seconds


class _Lane(asyncio.Protocol):
    def __init__(self, head: bytes, body: Body, marker: bytes, samples: Samples, left: Iterator[int]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._head = head
        self._body = body
        self._marker = marker
        self._samples = samples
        self._left = left
        self._data = b""
        self._began = 0.0
        self._first = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        if next(self._left, None) is None:
            self.done.set_result(None)
            self._transport.close()
            return
        body = self._body()
        self._data = b""
        self._first = 0.0
        self._began = time.perf_counter()
        self._transport.write(self._head + b"content-length: %d\r\n\r\n" % len(body) + body)

    def data_received(self, data: bytes) -> None:
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0 or len(self._data) == end + 4:
            return
        if not self._first:
            self._first = time.perf_counter()
        head = self._data[:end].lower()
        at = head.find(b"content-length:")
        if at >= 0:
            length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(self._data) < end + 4 + length:
                return
        elif not self._data.endswith(b"0\r\n\r\n"):
            return
        now = time.perf_counter()
        samples = self._samples
        samples.first.append((self._first - self._began) * 1e3)
        samples.whole.append((now - self._began) * 1e3)
        samples.failed += not head.startswith(b"http/1.1 200") or self._marker not in head
        self._send()


async def closed_loop(
    port: int, body: Body, *, lanes: int, requests: int, marker: bytes = b"", key: str = ""
) -> Samples:
    """So many chat requests over so many connections. ``marker``: what every answer's headers must hold."""
    samples = Samples()
    left = iter(range(requests))
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-type: application/json\r\n" % port
    head += b"authorization: Bearer %s\r\n" % key.encode() if key else b""
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    made = [
        await loop.create_connection(lambda: _Lane(head, body, marker, samples, left), "127.0.0.1", port)
        for _ in range(lanes)
    ]
    await asyncio.gather(*(lane.done for _, lane in made))
    samples.seconds = time.perf_counter() - began
    return samples


def make_body(text: str, model: str = "host", *, stream: bool = False) -> bytes:
    """A chat request of the usual length."""
    system = "You are an assistant of an operations team. Answer in one sentence, and name the host that is meant."
    body = {
        "model": model,
        "temperature": 0,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}],
    }
    return orjson.dumps(body | ({"stream": True} if stream else {}))
