"""A few files that name things, indexed by the whole pipeline, behind the whole application."""

import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from integration.app.pipeline import Faults, Pipeline
from partial import services_of
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.questions.anomalies import PostgresAnomalies
from siss.adapters.postgres.questions.entities import PostgresEntities
from siss.adapters.postgres.questions.pages import PostgresPages
from siss.adapters.postgres.questions.relationships import PostgresRelationships
from siss.adapters.postgres.questions.structure_schemas import PostgresStructures
from siss.adapters.postgres.records.cache import PostgresCache
from siss.adapters.tantivy.reader import TantivyReader
from siss.api.server import create_app
from siss.app.evaluators import Evaluators
from siss.app.services import Services
from siss.model.principal import LOCAL, Principal
from siss.settings import Settings

FILES: Mapping[str, bytes] = {
    "conf/app.json": b'{"host": "db-prod-01.example.com", "port": 5432, "ask": "ops@example.com"}\n',
    "conf/old/app.json": b'{"host": "db-prod-01.example.com", "port": 5432, "ask": "root@example.net"}\n',
    "logs/app.log": b"".join(
        b"2026-11-%02dT10:00:00Z ERROR db-prod-01.example.com:5432 refused 10.1.2.%d, see /etc/app/app.json\n"
        % (n, n)
        for n in range(10, 16)
    ),
    "logs/copy.log": b"2026-10-01T10:00:00Z INFO 10.200.0.1 said GET from 2001:db8::17, user=alice\n",
    "logs/copy2.log": b"2026-10-01T10:00:00Z INFO 10.200.0.1 said GET from 2001:db8::17, user=alice\n",
    "env/web.env": b"PGPASSWORD=\nDATABASE_URL=http://api-01.example.com:8080/v1\n",
    "env/job.env": b"PGPASSWORD=\nPGHOST=db-prod-01.example.com\n",
    "notes.txt": b"nothing is named here\n",
}


@dataclass
class Named:
    """The application over the files. ``whoami``: who asks."""

    root: Path
    services: Services
    client: httpx.AsyncClient
    database: Database
    whoami: Principal = LOCAL

    async def get(self, route: str, /, status: int = 200, **params: Any) -> Any:
        response = await self.client.get(f"/api/v1{route}", params=params)
        assert response.status_code == status, response.text
        return response.json()

    async def id_of(self, name: str) -> str:
        return (await self.get("/coverage", path=str(self.root / name)))["file"]["id"]

    def scoped(self, *folders: str) -> None:
        self.whoami = Principal("somebody", scopes=tuple(str(self.root / folder) for folder in folders))


@contextlib.asynccontextmanager
async def serve_files(
    files: Mapping[str, bytes], tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Named]:
    """Index files and serve them."""
    root = tmp_path / "nas"
    for at, (name, data) in enumerate(files.items()):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (datetime(2026, 9, 1, tzinfo=UTC).timestamp() + at,) * 2)
    pipeline = Pipeline(root, tmp_path / "state", database, Faults())
    await pipeline.settle()
    engine = TantivyReader(tmp_path / "state")
    evaluators = Evaluators()
    ports: dict[str, Any] = {
        "settings": Settings(data_dir=tmp_path / "state"),
        "catalog": pipeline.catalog,
        "texts": pipeline.texts,
        "pages": PostgresPages(database),
        "fulltext": engine,
        "cache": PostgresCache(database),
        "entities": PostgresEntities(database),
        "relationships": PostgresRelationships(database),
        "structures": PostgresStructures(database, count_seconds=0.0),
        "evaluators": evaluators,
        "anomalies": PostgresAnomalies(database),
    }
    services = services_of(**ports)
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        named = Named(root, services, client, database)
        routes = ("anomalies", "entities", "files", "relationships", "schemas", "search", "structure")
        for module in (*(f"routes.{name}" for name in routes), "state"):
            monkeypatch.setattr(f"siss.api.{module}.principal_of", lambda _: named.whoami)
        yield named
    await engine.close()
    await evaluators.close()
