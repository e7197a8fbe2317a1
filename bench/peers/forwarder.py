"""The least that a gateway on the same libraries can be: each request sent on, each byte sent back, nothing else.

``python -m bench.peers.forwarder PORT HOST_PORT``. What it adds is what uvicorn and aiohttp add.
"""

import sys

import aiohttp

from bench.model_host import run_server


class Forwarder:
    def __init__(self, port: int) -> None:
        self._host = f"http://127.0.0.1:{port}"
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope, receive, send):
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        body = (await receive())["body"]
        async with self._session.post(
            self._host + scope["path"], data=body, headers={"Content-Type": "application/json"}
        ) as answer:
            headers = [(b"content-type", answer.headers["Content-Type"].encode())]
            if (length := answer.headers.get("Content-Length")) is not None:
                headers.append((b"content-length", length.encode()))
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            async for part in answer.content.iter_any():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    run_server(Forwarder(int(sys.argv[2])), int(sys.argv[1]))
