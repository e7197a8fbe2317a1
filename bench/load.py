"""An HTTP load client that costs little: keep-alive connections, closed and open loops, every sample kept.

Times of the open loop count from the moment when a request came, not from when a connection was free, so a server
that stalls is charged for all the requests that waited (no coordinated omission). The timer's own slack, up to a
millisecond, is the client's and is not counted.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from random import Random

import orjson


@dataclass(frozen=True, slots=True)
class Answer:
    """``number``: which of the paths; ``ms``: to the last byte; ``total``: what the answer says it found, or -1;
    ``relaxed``: too little was found as asked, so that looser matches are among it."""

    number: int
    status: int
    ms: float
    total: int
    relaxed: bool


class Connection:
    """One keep-alive connection, opened again where the server closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def request(
        self, path: str, method: str = "GET", body: bytes = b"", kind: str = "application/json"
    ) -> tuple[int, bytes]:
        """Status and body; ``kind``: what a body is. Raises ``OSError`` where no connection can be had."""
        reused = self._writer is not None
        try:
            return await self._exchange(path, method, body, kind)
        except (OSError, asyncio.IncompleteReadError):
            await self.close()
            if not reused:
                raise
            return await self._exchange(path, method, body, kind)

    async def _exchange(self, path: str, method: str, body: bytes, kind: str) -> tuple[int, bytes]:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=1 << 20)
        head = [f"{method} {path} HTTP/1.1", f"Host: {self._host}:{self._port}", f"Content-Length: {len(body)}"]
        if body:
            head.append(f"Content-Type: {kind}")
        self._writer.write("\r\n".join((*head, "", "")).encode() + body)
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            answer = b"".join([part async for part in self._chunks(self._reader)])
        else:
            answer = await self._reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close":
            await self.close()
        return int(first.split(" ", 2)[1]), answer

    @staticmethod
    async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            yield await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readuntil(b"\r\n")

    async def close(self) -> None:
        """Close; the next request opens anew."""
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _ask(connection: Connection, number: int, path: str, came: float) -> Answer:
    try:
        status, body = await connection.request(path)
    except (OSError, asyncio.IncompleteReadError):
        status, body = 0, b""
    ms = (time.perf_counter() - came) * 1000
    try:
        found = orjson.loads(body) if status == 200 else {}
        return Answer(number, status, round(ms, 3), int(found.get("total", -1)), bool(found.get("relaxed")))
    except (ValueError, TypeError, AttributeError):
        return Answer(number, status, round(ms, 3), -1, relaxed=False)


async def closed_loop(
    address: tuple[str, int],
    paths: Sequence[str],
    *,
    clients: int = 1,
    requests: int | None = None,
    seconds: float = 3600,
) -> tuple[list[Answer], float]:
    """Each client asks again as soon as it is answered. Returns the answers and the seconds that it took."""
    numbers = itertools.count() if requests is None else iter(range(requests))
    begun = time.perf_counter()
    answers: list[Answer] = []

    async def client() -> None:
        connection = Connection(*address)
        for number in numbers:
            now = time.perf_counter()
            if now - begun > seconds:
                break
            at = number % len(paths)
            answers.append(await _ask(connection, at, paths[at], now))
        await connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return answers, time.perf_counter() - begun


async def open_loop(
    address: tuple[str, int],
    paths: Sequence[str],
    *,
    rate: float,
    seconds: float,
    seed: int = 0,
    connections: int = 64,
) -> list[Answer]:
    """Requests come as they come (Poisson, ``rate`` a second), whether or not earlier ones were answered."""
    rng = Random(seed)
    free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
    pool = [Connection(*address) for _ in range(connections)]
    for connection in pool:
        free.put_nowait(connection)
    answers: list[Answer] = []

    async def one(number: int, came: float) -> None:
        connection = await free.get()
        try:
            answers.append(await _ask(connection, number, paths[number], came))
        finally:
            free.put_nowait(connection)

    begun = due = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in itertools.count():
            due += rng.expovariate(rate)
            if due - begun > seconds:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(number % len(paths), time.perf_counter()))
    for connection in pool:
        await connection.close()
    return answers


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest-rank percentile; NaN of nothing."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * int(percent * 100) // 10000) - 1))]
