"""An index of before there were fields, entities and schemas is filled: by `siss index`, and by reindexing."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from acceptance.product import PATIENCE, Product, Server
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.state import StateFolder

DERIVED = ("content_structures", "shapes", "paths", "schemas", "entities", "entity_mentions", "anomalies")
AND_MORE = "file_shapes, entity_spans, anomaly_runs, anomaly_baseline"


def make_files(nas: Path) -> None:
    for number in range(12):
        value = {"host": f"db-{number:02}.example.com", "port": 5432 + number % 2, "mode": "primary"}
        (nas / f"{number:02}.json").write_text(json.dumps(value))
    (nas / "odd.json").write_text('{"host": "db-01.example.com", "port": 5432, "mode": "primary", "password": ""}')
    (nas / "pom.xml").write_text("<project><name>one</name><host>db-01.example.com</host></project>\n")


@contextlib.asynccontextmanager
async def opened(data_dir: Path) -> AsyncIterator[Database]:
    server = EmbeddedServer(StateFolder(data_dir))
    await server.start()
    database = Database(server.dsn)
    await database.open()
    try:
        yield database
    finally:
        await database.close()
        await server.stop()


async def forget(data_dir: Path) -> dict[str, int]:
    """Empty the tables as if they had just been made; returns how many rows each had."""
    async with opened(data_dir) as database:
        rows = {table: (await database.rows(f"SELECT count(*) FROM {table}".encode()))[0][0] for table in DERIVED}
        await database.execute(f"TRUNCATE {', '.join(DERIVED)}, {AND_MORE} CASCADE".encode())
    return rows


async def make_old(data_dir: Path) -> None:
    """Contents as a version without extraction left them."""
    async with opened(data_dir) as database:
        await database.execute(b"UPDATE contents SET extraction = 0")


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "waited for nothing"
        time.sleep(0.1)


def ask(server: Server, route: str, **body: Any) -> Any:
    answer = server.http.post(f"/api/v1{route}", json=body)
    assert answer.is_success, answer.text
    return answer.json()


def test_files_that_were_indexed_before_get_everything(product: Product, nas: Path) -> None:
    make_files(nas)
    product.json("index", nas)
    before = asyncio.run(forget(product.data_dir))
    assert before["content_structures"] == 14
    assert before["schemas"] == 2
    assert all(before.values())

    asyncio.run(make_old(product.data_dir))
    product.json("index", nas)
    assert asyncio.run(forget(product.data_dir)) == before

    with product.serving(nas, recluster_interval="0.2") as server:
        server.wait_idle()
        assert server.get("/schemas")["total"] == 0
        ask(server, "/ingest/reindex", engine_only=False)

        def schemas() -> list[tuple[str, int]]:
            return [(item["name"], item["files"]) for item in server.get("/schemas")["items"]]

        def unusual() -> list[tuple[str, str]]:
            return [(item["path"], item["type"]) for item in server.get("/anomalies")["items"]]

        wait_until(lambda: schemas() == [("json: host, mode, port", 13), ("project", 1)])
        wait_until(lambda: unusual() == [(str(nas / "odd.json"), "schema_outlier")])
        answer = ask(server, "/search/jsonpath", expression="$[?@ == 'db-01.example.com']", seconds=10)
        assert (answer["indexed"], len(answer["items"])) == (13, 2)
        assert server.get("/entities/hostname/db-01.example.com")["files"] == 3
        related = server.get(f"/files/{answer['items'][0]['id']}/related", type="references_same_host")
        assert related["total"] == 2
