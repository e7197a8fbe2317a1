import asyncio

from bench.load import Connection, closed_loop, open_loop

BODY = b'{"total": 3, "items": []}'


class Server:
    """Answers every request with BODY; ``per_connection`` requests, then it hangs up without a word."""

    def __init__(self, per_connection=1000, chunked=False):
        self.per_connection = per_connection
        self.chunked = chunked
        self.connections = 0
        self.requests = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self, self._server.sockets[0].getsockname()[:2]

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        self.connections += 1
        try:
            for _ in range(self.per_connection):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
                self.requests.append((head.split("\r\n")[0], await reader.readexactly(length)))
                if self.chunked:
                    parts = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (BODY[:5], BODY[5:]))
                    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n")
                else:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


async def test_a_connection_is_kept_and_opened_again_when_the_server_hung_up():
    async with Server(per_connection=2) as (server, address):
        connection = Connection(*address)
        answers = [await connection.request(f"/{n}") for n in range(5)]
        await connection.request("/scan", "POST", b"{}")
        await connection.close()
    assert answers == [(200, BODY)] * 5
    assert server.connections == 3
    assert server.requests[-1] == ("POST /scan HTTP/1.1", b"{}")


async def test_chunked_answers_are_put_together():
    async with Server(chunked=True) as (_, address):
        connection = Connection(*address)
        assert [await connection.request("/") for _ in range(2)] == [(200, BODY)] * 2
        await connection.close()


async def test_a_closed_loop_asks_every_path_in_turn_and_keeps_totals():
    async with Server() as (server, address):
        answers, _ = await closed_loop(address, ["/a", "/b"], clients=3, requests=10)
    assert sorted(answer.number for answer in answers) == [0] * 5 + [1] * 5
    assert {(answer.status, answer.total) for answer in answers} == {(200, 3)}
    assert server.connections == 3


async def test_an_open_loop_keeps_its_rate_and_a_dead_server_is_an_error_not_an_end():
    async with Server() as (_, address):
        answers = await open_loop(address, ["/a"], rate=400, seconds=0.25, connections=8)
    assert 60 < len(answers) < 140
    assert {answer.status for answer in answers} == {200}
    lost, _ = await closed_loop(address, ["/a"], requests=2)
    assert [answer.status for answer in lost] == [0, 0]
