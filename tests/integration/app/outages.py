"""A door before PostgreSQL that can be shut, or behind which nothing moves any more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

SOCKET = ".s.PGSQL.5432"


class Door:
    """``dsn``: of the server behind it. Connections are passed on, cut off (``shut``) or left hanging (``stick``)."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self._behind = f"{parse_qs(urlsplit(dsn).query)['host'][0]}/{SOCKET}"
        self._folder = folder
        self._moving = asyncio.Event()
        self._moving.set()
        self._connections: set[asyncio.Task[None]] = set()
        self.is_shut = False

    def through(self, dsn: str) -> str:
        """The URL of a database on that server, through this door."""
        return dsn.partition("?")[0] + f"?host={quote(str(self._folder), safe='')}"

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Door"]:
        """Pass on connections for as long as the context lasts."""
        server = await asyncio.start_unix_server(self._welcome, self._folder / SOCKET)
        try:
            yield self
        finally:
            server.close()
            await self.shut()

    async def shut(self) -> None:
        """As when the server is gone: what was open breaks, nobody is let in."""
        self.is_shut = True
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def stick(self) -> None:
        """As when the server hangs: what is open neither answers nor breaks, nobody else is let in."""
        self._moving.clear()

    def mend(self) -> None:
        """Everything is as before."""
        self.is_shut = False
        self._moving.set()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            if not self.is_shut and self._moving.is_set():
                await self._connect(reader, writer)
        except (asyncio.CancelledError, OSError):
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection(self._behind)
        ways = [
            asyncio.create_task(self._carry(reader, inner_writer)),
            asyncio.create_task(self._carry(inner_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            inner_writer.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(1 << 16):
            await self._moving.wait()
            target.write(data)
            await target.drain()
