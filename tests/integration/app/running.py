"""A whole service in this process: indexing with one reading process, and the application before it."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from siss.adapters.postgres.embedded.server import DATABASE, EmbeddedServer
from siss.api.server import create_app
from siss.app.services import Services
from siss.bootstrap import State, open_indexer
from siss.settings import Settings
from siss.state import acquire_owner

WAIT_SECONDS = 120.0


@dataclass(frozen=True)
class Running:
    """``nas``: the root; ``uploads``: the upload folder in it."""

    services: Services
    client: httpx.AsyncClient
    nas: Path
    uploads: Path
    dsn: str
    app: Any

    async def until(self, what: Callable[[], Awaitable[Any]]) -> Any:
        """The first true answer."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not (found := await what()):
                await asyncio.sleep(0.05)
        return found

    async def names(self, query: str) -> list[str]:
        """The names of the files that a search finds. One that a busy machine gave no time to is asked again."""

        async def answered() -> httpx.Response | None:
            answer = await self.client.get("/search", params={"q": query})
            return None if answer.status_code == 503 else answer

        answer = await self.until(answered)
        assert answer.status_code == 200, answer.text
        return sorted(item["name"] for item in answer.json()["items"])

    async def until_found(self, query: str, *names: str) -> None:
        """Until a search finds just these."""

        async def found() -> bool:
            return await self.names(query) == sorted(names)

        await self.until(found)

    async def upload(self, name: str, data: bytes, **fields: Any) -> httpx.Response:
        headers = {"Idempotency-Key": fields.pop("key")} if "key" in fields else {}
        return await self.client.post("/files", files={"file": (name, data)}, data=fields, headers=headers)


@contextlib.asynccontextmanager
async def running(
    server: EmbeddedServer, folder: Path, *, through: Callable[[str], str] = str, **settings: Any
) -> AsyncIterator[Running]:
    """In a database of its own on a server. ``through``: another way to it, from its URL."""
    uploads = folder / "nas" / "uploads"
    uploads.mkdir(parents=True)
    name = f"running_{os.getpid()}_{folder.name.replace('-', '_').lower()}"
    admin = server.dsn.replace(f"/{DATABASE}?", "/postgres?")
    dsn = through(server.dsn.replace(f"/{DATABASE}?", f"/{name}?"))
    given = Settings(
        data_dir=folder / "state",
        roots=(folder / "nas",),
        upload_root=uploads,
        index_workers=1,
        nice=0,
        settle_seconds=0.05,
        commit_pause=0.05,
        scan_interval=0,
        **settings,
    )
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE} STRATEGY file_copy".encode())
        with acquire_owner(given.data_dir) as owner:
            async with open_indexer(given, State(owner, dsn)) as (services, indexing):
                working = asyncio.create_task(indexing.run())
                app = create_app(services)
                transport = httpx.ASGITransport(app, raise_app_exceptions=False)
                async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1") as client:
                    try:
                        yield Running(services, client, folder / "nas", uploads, dsn, app)
                    finally:
                        working.cancel()
                        await asyncio.gather(working, return_exceptions=True)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
