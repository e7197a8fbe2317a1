"""People at work, in front of a server that answers in an instant."""

import asyncio
import itertools
import re
from collections import Counter

import orjson

from bench.people import MIX, work

ITEMS = [{"id": "with-text", "chunk_match": {}}, {"id": "without", "chunk_match": None}]


class Server:
    """Answers as the product does; ``wrong``: a path that is answered with 500."""

    def __init__(self, wrong: str = "nothing"):
        self.wrong = wrong
        self.asked: Counter[str] = Counter()
        self.uploads: list[bytes] = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self, self._server.sockets[0].getsockname()[:2]

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                body = await reader.readexactly(int(re.findall(r"(?i)content-length: (\d+)", head)[0]))
                path = head.split(" ")[1].partition("?")[0]
                self.asked[path] += 1
                if body:
                    self.uploads.append(body)
                status = 500 if path == self.wrong else 201 if body else 200
                answer = orjson.dumps({"items": ITEMS})
                writer.write(b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n" % (status, len(answer)) + answer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


def files():
    return ((f"{number}.log", b"text %d" % number) for number in itertools.count())


async def deeds_of(server: Server, address: tuple[str, int]):
    return await work(address, ["/search?q=a", "/search?q=b"], files(), people=5, seconds=60, requests=200, think=0.0)


async def test_they_search_read_what_they_found_and_upload_each_file_once():
    async with Server() as (server, address):
        deeds = await deeds_of(server, address)
    assert {deed.sort for deed in deeds} == set(MIX)
    assert all(deed.fine for deed in deeds)
    assert sum(server.asked.values()) == len(deeds)
    read = {path for path in server.asked if path.startswith("/api/v1/files/")}
    assert read <= {
        f"/api/v1/files/{each}"
        for each in ("with-text", "with-text/chunks", "with-text/content", "without", "without/chunks")
    }
    assert server.asked["/api/v1/files"] == len(server.uploads) == len(set(server.uploads))
    assert b'name="file"; filename="0.log"\r\n\r\ntext 0\r\n--' in b"".join(server.uploads)


async def test_what_goes_wrong_is_kept():
    async with Server(wrong="/search") as (server, address):
        deeds = await deeds_of(server, address)
    wrong = [deed for deed in deeds if not deed.fine]
    assert {(deed.sort, deed.status) for deed in wrong} == {("search", 500)}
    assert all(deed.what.startswith("/search?q=") for deed in wrong)
    gone = await deeds_of(server, address)  # the server is closed
    assert gone
    assert {deed.status for deed in gone} == {0}
