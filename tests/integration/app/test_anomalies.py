"""Anomalies from files on disk to answers over HTTP, and what people say of them."""

import json
import random
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from integration.app.named import Named, serve_files
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.questions.anomalies import PostgresAnomalies
from siss.adapters.postgres.questions.structure_schemas import PostgresStructures
from siss.api.models.anomalies import AnomalyPage, FileAnomalyPage
from siss.app import anomalies
from siss.app.anomalies import refresh_anomalies
from siss.app.structure.recluster import recluster
from siss.model.principal import LOCAL, Principal, Role


def config(number: int, **changes: Any) -> bytes:
    rng = random.Random(number)
    value = {
        "name": f"svc-{number:04}",
        "port": rng.choice((5432, 6432)),
        "mode": rng.choice(("prod", "dev")),
        "timeout": rng.randint(20, 40),
        **changes,
    }
    return json.dumps({key: each for key, each in value.items() if each is not None}).encode()


ODD: dict[str, dict[str, Any]] = {
    "a/07": {"timeout": 90000},
    "a/11": {"debug": True},
    "a/30": {"port": None},
    "b/05": {"adminPassword": "none"},
}
FILES = {
    f"{folder}/{number:02}.json": config(number + 100 * (folder == "b"), **ODD.get(f"{folder}/{number:02}", {}))
    for folder in ("a", "b")
    for number in range(40)
}
FILES["b/leak.env"] = (
    b"AWS_ACCESS_KEY_ID=AKIAQYLPMN5HFIQR7XYA\nAWS_SECRET_ACCESS_KEY=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\n"
)


@pytest.fixture
async def named(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Named]:
    async with serve_files(FILES, tmp_path, database, monkeypatch) as served:
        await look(database)
        yield served


async def look(database: Database) -> None:
    structures = PostgresStructures(database)
    await recluster(structures)
    await refresh_anomalies(PostgresAnomalies(database))


async def listed(named: Named, **params: Any) -> dict[str, dict[str, Any]]:
    response = await named.client.get("/api/v1/anomalies", params=params)
    assert response.status_code == 200, response.text
    body = response.json()
    AnomalyPage.model_validate(body)
    assert body["total"] >= len(body["items"])
    return {Path(item["path"]).relative_to(named.root).as_posix(): item for item in body["items"]}


async def change(named: Named, anomaly: str, status: str, expected: int = 200) -> Any:
    response = await named.client.patch(f"/api/v1/anomalies/{anomaly}", json={"status": status})
    assert response.status_code == expected, response.text
    return response.json()


async def test_a_list_of_what_is_unusual_the_worst_first(named: Named):
    found = await listed(named)
    assert {name: item["type"] for name, item in found.items()} == {
        "a/07.json": "value_outlier",
        "a/11.json": "schema_outlier",
        "a/30.json": "missing_fields",
        "b/05.json": "schema_outlier",
        "b/leak.env": "credential_exposure",
    }
    severities = [item["severity"] for item in found.values()]
    assert severities == sorted(severities, key=["critical", "high", "medium", "low"].index)
    assert (found["b/05.json"]["severity"], found["b/05.json"]["action"]) == ("high", "flag")
    assert found["a/30.json"]["description"] == "$.port is missing: 79 of 79 other files have it."
    assert found["a/11.json"]["description"] == (
        "The field $.debug (boolean) is in none of 79 other files with this schema."
    )
    number = found["a/07.json"]
    assert number["description"].startswith("$.timeout is 90000. In 79 other files it lies between 20 and 40,")
    assert (number["numbers"]["count"], number["siblings"], number["alike"]) == (79, 79, 0)
    assert number["numbers"]["mad"] > 0


async def test_no_secret_is_told(named: Named):
    text = json.dumps(await named.get("/anomalies"))
    assert "AKIAQYLPMN5HFIQR7XYA" not in text
    assert "wJa1rXUtn" not in text
    assert "«secret:" in json.loads(text)["items"][0]["value"]


async def test_filters_and_pages(named: Named):
    assert set(await listed(named, severity="high", type="schema_outlier")) == {"b/05.json"}
    assert set(await listed(named, severity=["medium", "low"])) == {"a/07.json", "a/11.json", "a/30.json"}
    schema = (await listed(named))["a/07.json"]["schema_id"]
    assert set(await listed(named, schema=schema)) == {"a/07.json", "a/11.json", "a/30.json", "b/05.json"}
    assert await listed(named, schema=str(uuid.uuid4())) == {}
    seen: list[str] = []
    cursor = None
    while True:
        body = await named.get("/anomalies", size=2, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in body["items"]]
        if (cursor := body["cursor"]) is None:
            break
    assert len(seen) == len(set(seen)) == body["total"]
    await named.get("/anomalies", 400, cursor="nonsense")
    await named.get("/anomalies", 400, severity="dreadful")


async def test_one_file_and_one_anomaly(named: Named):
    body = await named.get(f"/files/{await named.id_of('a/07.json')}/anomalies")
    FileAnomalyPage.model_validate(body)
    assert [item["field"] for item in body["items"]] == ["$.timeout"]
    assert await named.get(f"/anomalies/{body['items'][0]['id']}") == body["items"][0]
    assert (await named.get(f"/files/{await named.id_of('a/08.json')}/anomalies"))["items"] == []
    await named.get(f"/files/{uuid.uuid4()}/anomalies", 404)
    await named.get(f"/anomalies/{uuid.uuid4()}", 404)


async def test_what_people_say_of_one(named: Named):
    found = await listed(named)
    await change(named, found["a/07.json"]["id"], "acknowledged")
    await change(named, found["a/11.json"]["id"], "dismissed")
    after = await listed(named)
    assert "a/11.json" not in after
    assert after["a/07.json"]["status"] == "acknowledged"
    assert set(await listed(named, status="dismissed")) == {"a/11.json"}
    assert (await change(named, found["a/11.json"]["id"], "open"))["status"] == "open"
    assert "a/11.json" in await listed(named)
    await change(named, found["a/07.json"]["id"], "resolved", 400)
    named.whoami = Principal("reader")
    await change(named, found["a/07.json"]["id"], "open", 403)


async def test_hidden_files_are_told_to_admins_alone(named: Named):
    await named.database.execute(b"UPDATE files SET hidden = true WHERE shown LIKE '%leak.env'")
    assert "b/leak.env" in await listed(named)
    named.whoami = Principal("reader", Role.READER)
    assert "b/leak.env" not in await listed(named)


async def test_whoever_sees_only_a_part_gets_what_is_unusual_in_it(named: Named):
    whole = await listed(named)
    named.scoped("a")
    found = await listed(named)
    assert set(found) == {"a/07.json", "a/11.json", "a/30.json"}
    assert {item["siblings"] for item in found.values()} == {39}
    assert {name: item["id"] for name, item in found.items()} == {name: whole[name]["id"] for name in found}
    one = found["a/11.json"]
    assert await named.get(f"/anomalies/{one['id']}") == one
    await named.get(f"/anomalies/{whole['b/05.json']['id']}", 404)
    body = await named.get(f"/files/{await named.id_of('a/07.json')}/anomalies")
    assert [item["siblings"] for item in body["items"]] == [39]
    assert set(await listed(named, severity="low")) == {"a/07.json"}
    named.scoped("nowhere")
    assert await listed(named) == {}


async def test_a_dismissal_within_a_scope_says_nothing_about_other_files(named: Named, database: Database):
    (named.root / "b/09.json").write_bytes(config(109))
    named.whoami = Principal("editor", Role.EDITOR, (str(named.root / "a"),))
    one = (await listed(named))["a/11.json"]
    await change(named, one["id"], "dismissed")
    assert "a/11.json" not in await listed(named)
    assert (await listed(named, status="dismissed"))["a/11.json"]["status"] == "dismissed"
    named.whoami = LOCAL
    baseline = await database.rows(b"SELECT kind, path, scopes FROM anomaly_baseline")
    assert baseline == [("schema_outlier", "$.debug", [f"{named.root}/a/"])]


async def test_the_scoped_answer_is_that_of_an_index_of_these_files_alone(named: Named, database: Database):
    named.whoami = Principal("admin", Role.ADMIN, (str(named.root / "b"),))
    scoped = await listed(named)
    named.whoami = LOCAL
    await database.execute(b"UPDATE files SET status = 'missing' WHERE shown LIKE %(a)s", {"a": f"{named.root}/a/%"})
    await look(database)
    alone = await listed(named)
    for item in (*scoped.values(), *alone.values()):
        for name in ("created_at", "updated_at"):
            item.pop(name)
    assert scoped == alone
    assert set(alone) == {"b/05.json", "b/leak.env"}


async def test_the_name_of_a_schema_names_fields_of_visible_files_alone(named: Named):
    """Of all files one lacks a port, so that it is not in the name; it is not among those that are seen here."""
    assert {item["schema_name"] for item in (await listed(named, type="schema_outlier")).values()} == {
        "json: mode, name, timeout, …"
    }
    named.scoped("b")
    told = {item["schema_name"] for item in (await listed(named, type="schema_outlier")).values()}
    told |= {item["name"] for item in (await named.get("/schemas"))["items"] if item["kind"] == "json"}
    related = await named.get(f"/files/{await named.id_of('b/07.json')}/related", type="same_schema")
    told |= {tie["schema_name"] for item in related["items"] for tie in item["relationships"]}
    assert told == {"json: mode, name, port, …"}
    assert related["total"] == 39


async def search(named: Named, question: str) -> set[str]:
    items = (await named.get("/search", q=question, size=100))["items"]
    return {Path(item["path"]).relative_to(named.root).as_posix() for item in items}


async def test_searches_ask_for_severities_and_schemas(named: Named):
    found = await listed(named)
    schema = found["a/07.json"]["schema_id"]
    assert await search(named, "severity:low") == {"a/07.json"}
    assert await search(named, "severity:(low OR high OR critical)") == {"a/07.json", "b/05.json"}  # one is hidden
    assert await search(named, "severity:medium svc-0011") == {"a/11.json"}
    assert len(await search(named, f"schema:{schema}")) == 80
    assert await search(named, f"path:{named.root} -schema:{schema}") == set()
    assert len(await search(named, f"path:{named.root}/b -severity:high")) == 39
    assert await search(named, f"schema:{uuid.uuid4()}") == set()
    body = {"query": {"filters": {"schema_id": [schema], "severity": ["high"]}}}
    response = await named.client.post("/api/v1/search", json=body)
    assert [item["name"] for item in response.json()["items"]] == ["05.json"]
    await change(named, found["a/07.json"]["id"], "dismissed")
    assert await search(named, "severity:low") == set()
    named.scoped("a")
    assert await search(named, "severity:(low OR medium OR high)") == {"a/11.json", "a/30.json"}
    assert len(await search(named, f"schema:{schema}")) == 40


async def test_of_a_large_schema_some_at_a_time_are_compared(
    named: Named, database: Database, monkeypatch: pytest.MonkeyPatch
):
    whole = await listed(named)
    await database.execute(b"TRUNCATE anomalies, anomaly_runs")
    monkeypatch.setattr(anomalies, "MOST_MEMBERS", 30)
    await look(database)
    found = await listed(named)
    assert {name: item["id"] for name, item in found.items()} == {name: item["id"] for name, item in whole.items()}
    assert {item["siblings"] for item in found.values() if item["schema_id"]} <= {29, 49}
