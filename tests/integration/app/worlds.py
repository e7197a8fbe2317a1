"""Two services over one folder: one has all of its files, the other was never shown those outside of ``team``.

A key whose scope is ``team`` must be told by the first what an administrator is told by the second. Identities and
times differ between two indexes, so they are replaced by what they stand for before answers are compared.
"""

import contextlib
import json
import os
import random
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg

from integration.app.pipeline import Faults, Pipeline
from partial import services_of
from siss.adapters.memory.synonyms import MemorySynonyms
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.embedded.server import DATABASE, EmbeddedServer
from siss.adapters.postgres.ingest.catalog import PostgresIngestCatalog
from siss.adapters.postgres.ingest.state import PostgresIngestState
from siss.adapters.postgres.questions.anomalies import PostgresAnomalies
from siss.adapters.postgres.questions.entities import PostgresEntities
from siss.adapters.postgres.questions.pages import PostgresPages
from siss.adapters.postgres.questions.relationships import PostgresRelationships
from siss.adapters.postgres.questions.structure_schemas import PostgresStructures
from siss.adapters.postgres.records.cache import PostgresCache
from siss.adapters.postgres.records.jobs import PostgresJobs
from siss.adapters.tantivy.reader import TantivyReader
from siss.api.authentication import _PRINCIPAL
from siss.api.server import create_app
from siss.app.anomalies import refresh_anomalies
from siss.app.evaluators import Evaluators
from siss.app.structure.recluster import recluster
from siss.model.principal import LOCAL, Principal, Role
from siss.settings import Settings

LEAK: Final = b"AWS_ACCESS_KEY_ID=AKIAQYLPMN5HFIQR7XYA\n"


def _config(number: int, **changes: Any) -> bytes:
    rng = random.Random(number)
    host = f"db-prod-{rng.randint(1, 6):02}.example.com"
    value = {"name": f"svc-{number:04}", "host": host, "port": 5432, "timeout": rng.randint(20, 40), **changes}
    return json.dumps(value).encode()


FILES: Final[Mapping[str, bytes]] = {
    **{f"team/conf/{number:02}.json": _config(number) for number in range(30)},
    "team/conf/07.json": _config(7, timeout=90000),
    "team/conf/11.json": _config(11, debug=True),
    "team/app.log": b"".join(
        b"2026-11-%02dT10:00:00Z ERROR db-prod-01.example.com:5432 refused 10.1.2.%d, see team/conf/01.json\n"
        % (n, n)
        for n in range(10, 16)
    ),
    "team/copy.log": b"2026-10-01T10:00:00Z INFO 10.200.0.1 said GET, user=alice\n",
    "team/web.env": b"DB_PASSWORD=nine9Tigers\nHOST=db-prod-01.example.com\n",
    "team/leak.env": LEAK,
    "team/feed.xml": b"<feed><host>db-prod-02.example.com</host><port>5432</port></feed>",
    # What must leave no trace in any answer: copies of what the team has, more of its families, names of its own.
    **{f"other/conf/{number:02}.json": _config(number + 100, secretive=True) for number in range(30)},
    "other/conf/01.json": _config(1),
    "other/conf/40.json": _config(140, timeout=-70000),
    "other/app.log": b"2026-11-20T10:00:00Z FATAL db-prod-01.example.com refused zebrafish.example.org 10.9.9.9\n",
    "other/copy.log": b"2026-10-01T10:00:00Z INFO 10.200.0.1 said GET, user=alice\n",
    "other/web.env": b"DB_PASSWORD=nine9Tigers\nHOST=zebrafish.example.org\n",
    "other/leak.env": LEAK,
    "other/feed.xml": b"<feed><host>zebrafish.example.org</host><port>5432</port></feed>",
    "other/list.csv": b"zebra;host\n1;db-prod-01.example.com\n2;zebrafish.example.org\n",
}
OUTSIDE: Final = re.compile(r"zebra|secretive|/other|10\.9\.9\.9|FATAL|fatal|-70000")
"""What only the files outside of the scope say."""

_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LABEL: Final = re.compile(r"\{([^}]*)\}")
_OWN: Final = frozenset(
    (
        "score",
        "cursor",
        "took_ms",
        "seconds",
        "indexed_at",
        "discovered_at",
        "created_at",
        "updated_at",
        "seen_at",
        "counted_at",
        "last_scan_at",
    )
)
"""What two indexes of the same files may differ in: scores, by agreement, and when something was done."""


@dataclass
class World:
    """One service. ``named``: what identities stand for."""

    root: Path
    client: httpx.AsyncClient = field(init=False)
    whoami: Principal = LOCAL
    named: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, **request: Any) -> tuple[int, Any]:
        """The status, and the answer without what is this index's own."""
        route = _LABEL.sub(lambda label: self.id_of(label[1]), path)
        params = {key: str(each).replace("<root>", str(self.root)) for key, each in request.get("params", {}).items()}
        response = await self.client.request(method, f"/api/v1{route}", **request | {"params": params})
        kind = response.headers.get("content-type", "")
        return response.status_code, self.plain(response.json() if "json" in kind else response.text)

    def id_of(self, label: str) -> str:
        """The way back from a label; an identity that nothing has where there is none."""
        found = (number for number, name in self.named.items() if name == label)
        return next(found, "0192f7c1-9a1b-7c3e-8f00-5b1f0a7d3c11")

    def plain(self, value: Any) -> Any:
        """An answer as two indexes can both give it; lists of files, that scores and identities order, in any order."""
        match value:
            case dict():
                return {self.plain(key): self.plain(each) for key, each in value.items() if key not in _OWN}
            case list():
                plain = [self.plain(each) for each in value]
                of_files = all(isinstance(each, dict) and "path" in each for each in value)
                return sorted(plain, key=str) if of_files else plain
            case str():
                return _ID.sub(lambda found: f"<{self._label_of(found[0])}>", value)
            case _:
                return value

    def _label_of(self, number: str) -> str:
        label = self.named.get(number, "")
        return label if "team/" in label else "some"

    async def look_around(self) -> None:
        """Learn what this index calls its files, schemas and anomalies."""
        files = (await self.client.get("/api/v1/files", params={"size": 100})).json()["items"]
        self.named |= {each["id"]: Path(each["path"]).relative_to(self.root).as_posix() for each in files}
        for schema in (await self.client.get("/api/v1/schemas")).json()["items"]:
            members = (await self.client.get(f"/api/v1/schemas/{schema['id']}/files", params={"size": 100})).json()
            self.named[schema["id"]] = f"schema of {min(self.named[each['id']] for each in members['items'])}"
        for each in (await self.client.get("/api/v1/anomalies", params={"size": 100})).json()["items"]:
            about = Path(each["path"]).relative_to(self.root).as_posix()
            self.named[each["id"]] = f"{each['type']} {each['severity']} of {about}"


@contextlib.asynccontextmanager
async def two_worlds(server: EmbeddedServer, folder: Path) -> AsyncIterator[tuple[World, World]]:
    """The whole, asked with a scope; and what the scope holds, asked by an administrator."""
    root = folder / "nas"
    for at, (name, data) in enumerate(FILES.items()):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (1_788_000_000 + at,) * 2)
    evaluators = Evaluators()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(evaluators.close)
        databases = [await stack.enter_async_context(_database(server, f"worlds_{os.getpid()}_{n}")) for n in (1, 2)]
        made: list[World] = []
        for name, database in zip(("all", "own"), databases, strict=True):
            world = World(root)
            await stack.enter_async_context(_serve(world, folder / name, database, evaluators))
            await world.look_around()
            made.append(world)
            shutil.rmtree(root / "other", ignore_errors=True)
        whole, own = made
        whole.whoami = Principal("somebody", Role.ADMIN, scopes=(str(root / "team"),), raw=True)
        await whole.look_around()
        yield whole, own


@contextlib.asynccontextmanager
async def _database(server: EmbeddedServer, name: str) -> AsyncIterator[Database]:
    admin = server.dsn.replace(f"/{DATABASE}?", "/postgres?")
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE} STRATEGY file_copy")
        opened = Database(server.dsn.replace(f"/{DATABASE}?", f"/{name}?"))
        await opened.open()
        try:
            yield opened
        finally:
            await opened.close()
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.asynccontextmanager
async def _serve(world: World, state: Path, database: Database, evaluators: Evaluators) -> AsyncIterator[None]:
    pipeline = Pipeline(world.root, state, database, Faults())
    await pipeline.settle()
    structures = PostgresStructures(database, count_seconds=0.0)
    await recluster(structures)
    anomalies = PostgresAnomalies(database)
    await refresh_anomalies(anomalies)
    engine = TantivyReader(state)
    ports: dict[str, Any] = {
        "settings": Settings(data_dir=state),
        "catalog": pipeline.catalog,
        "texts": pipeline.texts,
        "pages": PostgresPages(database),
        "fulltext": engine,
        "cache": PostgresCache(database),
        "jobs": PostgresJobs(database),
        "ingest": PostgresIngestCatalog(database),
        "ingest_state": PostgresIngestState(database),
        "outbox": pipeline.outbox,
        "entities": PostgresEntities(database),
        "relationships": PostgresRelationships(database),
        "structures": structures,
        "evaluators": evaluators,
        "anomalies": anomalies,
        "synonyms": MemorySynonyms(),
        "redact": str,
    }
    app = create_app(services_of(**ports))

    async def asked(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, _PRINCIPAL: world.whoami}, receive, send)

    transport = httpx.ASGITransport(asked)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as world.client:
        yield
    await engine.close()
