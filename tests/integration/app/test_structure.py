"""JSONPath, XPath and schemas, from files on disk to answers over HTTP."""

import asyncio
import dataclasses
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from integration.app.named import Named, serve_files
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.questions.structure_schemas import PostgresStructures
from siss.api.models.structure import DriftAnswer, SchemaDetail, SchemaFilePage, SchemaPage, StructurePage
from siss.app.evaluators import CUT_SHORT, LATE, LIMITS, Evaluators
from siss.app.structure import candidates
from siss.app.structure.recluster import recluster
from siss.model.content import Kind
from siss.model.structure import EvaluationTask

SERVERS = {"servers": [{"host": "db-1", "port": 5432}, {"host": "web-1", "port": 80}], "name": "one"}
POM = b"""<?xml version="1.0"?>
<project xmlns="http://maven.example/4" xmlns:o="urn:other">
  <name o:kind="a">thing</name>
  <dependency><artifactId>log4j</artifactId><version>2.17</version></dependency>
</project>
"""
FILES = {
    "configs/one.json": json.dumps(SERVERS, indent=1).encode(),
    "configs/copy.json": json.dumps(SERVERS, indent=1).encode(),
    "configs/two.json": b'{"servers": [{"host": "db-2", "port": 5432}], "name": "two"}\n',
    "configs/three.json": b'{"servers": [], "name": "three", "wide": true}\n',
    "logs/app.jsonl": b'{"level": "info", "n": 1}\n{"level": "error", "n": 2, "host": "db-1"}\n' * 3,
    "build/pom.xml": POM,
    "build/other.xml": b"<servers environment='production'><server>db-1</server></servers>\n",
    "notes.txt": b"servers: db-1\n",
}


@pytest.fixture
async def served(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Named]:
    async with serve_files(FILES, tmp_path, database, monkeypatch) as named:
        yield named


@pytest.fixture
async def grouped(served: Named, database: Database) -> Named:
    structures = PostgresStructures(database, count_seconds=0.0)
    await recluster(structures)
    return served


async def post(served: Named, route: str, status: int = 200, **body: Any) -> Any:
    patient = {} if route == "/search" else {"seconds": 10}  # the machine that tests run on may be busy
    response = await served.client.post(f"/api/v1{route}", json=patient | body)
    assert response.status_code == status, response.text
    found = response.json()
    if status == 200 and route != "/search":
        StructurePage.model_validate(found)
    return found


def names(served: Named, body: Any) -> list[str]:
    return sorted(Path(item["path"]).relative_to(served.root).as_posix() for item in body["items"])


async def test_values_with_places(served: Named):
    body = await post(served, "/search/jsonpath", expression="$.servers[?@.port == 5432].host")
    assert (body["indexed"], body["candidates"], body["evaluated"]) == (4, 2, 2)
    assert (body["cursor"], body["timed_out"], body["given_up"]) == (None, False, 0)
    by_name = {item["name"]: item for item in body["items"]}
    assert sorted(by_name) == ["copy.json", "two.json"]
    item = by_name["copy.json"]
    assert [Path(path).name for path in item["other_paths"]] == ["one.json"]
    (match,) = item["matches"]
    assert (item["total"], match["path"], match["value"]) == (1, "$['servers'][0]['host']", '"db-1"')
    text = FILES["configs/one.json"]
    assert text[match["span"]["start"] : match["span"]["end"]] == b'"db-1"'
    assert text.splitlines()[match["line"] - 1].strip() == b'"host": "db-1",'


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("secret", ["", "Harbour77-Xy"])
async def test_a_span_is_of_the_bytes_in_the_file(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch, encoding: str, secret: str
):
    document = (
        f'{{"name": "Grö\U0001f600ße",\r\n "password": "{secret}",\n "hosts": ["db-größe", "x{"y" * 40_000}z"]}}\n'
    )
    tree = f"<größe><password>{secret}</password><host>db-ö</host></größe>"
    files = {"a.json": document.encode(encoding), "a.xml": tree.encode(encoding)}
    files["b.jsonl"] = f'{{"password": "{secret}", "hosts": ["db-größe"]}}\n'.encode(encoding) * 2
    async with serve_files(files, tmp_path, database, monkeypatch) as served:
        found = await post(served, "/search/jsonpath", expression="$.hosts[*]")
        found["items"] += (await post(served, "/search/xpath", expression="//host"))["items"]
        assert names(served, found) == ["a.json", "a.xml", "b.jsonl"]
        for item in found["items"]:
            for match in item["matches"]:
                there = files[item["name"]][match["span"]["start"] : match["span"]["end"]]
                value = there.decode(encoding.removesuffix("-sig") if encoding != "utf-16" else "utf-16-le")
                assert value[:400] == match["value"][:400]
                assert match["span"] != match["text_span"]


async def test_json_lines(served: Named):
    body = await post(served, "/search/jsonpath", expression="$[?@ == 'error']", path="*.jsonl", matches=2)
    (item,) = body["items"]
    assert item["total"] == 3
    assert [(match["line"], match["document"]) for match in item["matches"]] == [(2, 2), (4, 4)]


async def test_xml_with_namespaces(served: Named):
    body = await post(
        served,
        "/search/xpath",
        expression="//m:dependency[m:artifactId='log4j']/m:version",
        namespaces={"m": "http://maven.example/4"},
    )
    assert (body["indexed"], body["candidates"], names(served, body)) == (2, 1, ["build/pom.xml"])
    (match,) = body["items"][0]["matches"]
    assert match["line"] == 4
    assert POM[match["span"]["start"] : match["span"]["end"]] == b"<version>2.17</version>"
    assert (await post(served, "/search/xpath", expression="//dependency"))["items"] == []
    production = await post(served, "/search/xpath", expression="//*[@environment='production']/server")
    assert names(served, production) == ["build/other.xml"]


@pytest.mark.parametrize(
    ("glob", "wanted"),
    [("configs/t*.json", ["two.json", "three.json"]), ("*/one.json", ["one.json"]), ("logs/*", [])],
)
async def test_only_files_that_pass_a_glob(served: Named, glob: str, wanted: list[str]):
    body = await post(served, "/search/jsonpath", expression="$.name", path=glob)
    assert sorted(item["name"] for item in body["items"]) == sorted(wanted)


async def test_pages(served: Named):
    seen: list[str] = []
    cursor = None
    for _ in range(9):
        body = await post(served, "/search/jsonpath", expression="$..*", size=1, cursor=cursor)
        seen += names(served, body)
        cursor = body["cursor"]
        if cursor is None:
            break
    assert sorted(seen) == ["configs/copy.json", "configs/three.json", "configs/two.json", "logs/app.jsonl"]


async def test_a_cursor_belongs_to_its_question(served: Named):
    cursor = (await post(served, "/search/jsonpath", expression="$..*", size=1))["cursor"]
    body = await post(served, "/search/jsonpath", 400, expression="$.*", cursor=cursor)
    assert body["error"]["details"]["field"] == "cursor"


@pytest.mark.parametrize(
    ("route", "expression", "position", "expected"),
    [
        ("jsonpath", "$.database[invalid", 12, "bracket close or filter expression"),
        ("jsonpath", "servers", 1, "'$' at the beginning"),
        ("jsonpath", "$" * 1001, 1001, "at most 1,000 characters"),
        ("xpath", "//server[@name=", 16, "a step"),
        ("xpath", "//x:server", 3, "a prefix"),
        ("xpath", "document('/etc/passwd')", 1, "a function of XPath 1.0"),
    ],
)
async def test_an_expression_that_does_not_parse(
    served: Named, route: str, expression: str, position: int, expected: str
):
    error = (await post(served, f"/search/{route}", 400, expression=expression))["error"]
    assert error["code"] == "INVALID_QUERY"
    assert error["details"]["position"] == position
    assert expected in error["details"]["expected"]
    assert f"position {position}" in error["message"] or position == 1001


async def test_a_scoped_key_sees_nothing_else(served: Named):
    served.scoped("configs")
    body = await post(served, "/search/jsonpath", expression="$..host")
    assert (names(served, body), body["indexed"], body["candidates"]) == (
        ["configs/copy.json", "configs/two.json"],
        3,
        2,
    )
    served.scoped("build")
    body = await post(served, "/search/jsonpath", expression="$..host")
    assert (body["items"], body["indexed"], body["candidates"]) == ([], 0, 0)


async def test_the_time_of_a_question_is_limited(served: Named, monkeypatch: pytest.MonkeyPatch):
    body = await post(served, "/search/jsonpath", expression="$..*", seconds=1e-6)
    assert (body["items"], body["timed_out"]) == ([], True)
    assert body["cursor"] is not None
    rest = await post(served, "/search/jsonpath", expression="$..*", cursor=body["cursor"])
    assert len(rest["items"]) == 4


async def test_what_cannot_be_evaluated_is_said(served: Named, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(candidates, "WHOLE_BYTES", 100)
    body = await post(served, "/search/jsonpath", expression="$..*")
    assert names(served, body) == ["configs/three.json", "configs/two.json", "logs/app.jsonl"], "lines come in pieces"
    assert body["given_up"] == 1
    assert {(Path(each["path"]).name, each["reason"]) for each in body["problems"]} == {
        ("copy.json", candidates.TOO_LARGE)
    }


async def test_what_no_parser_reads_is_counted_and_never_a_candidate(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
):
    files = {
        "good.xml": b"<a><b>1</b></a>\n",
        "broken.xml": b"<?xml version='1.0'?>\n<a><b>1</b><c></a>\n",
        "good.json": b'{"b": 1}\n',
        "broken.json": b'{"b": 1, "c": [1, 2}\n',
    }
    async with serve_files(files, tmp_path, database, monkeypatch) as served:
        for route, expression in (("/search/xpath", "//b"), ("/search/jsonpath", "$.b")):
            body = await post(served, route, expression=expression)
            assert (body["indexed"], body["candidates"], body["evaluated"], body["unreadable"]) == (1, 1, 1, 1)
            assert (len(body["items"]), body["problems"]) == (1, [])
        found = await post(served, "/search", query={"xpath": "//b"})
        assert names(served, found) == ["good.xml"]
        assert any("1 files of the kind" in note for note in found["notes"])


async def test_a_dead_process_costs_one_answer_at_most(served: Named):
    evaluators: Evaluators = served.services.evaluators
    assert evaluators.processes() == []
    await post(served, "/search/jsonpath", expression="$.name")
    for process in evaluators.processes():
        os.kill(process, signal.SIGKILL)
    body = await post(served, "/search/jsonpath", expression="$.name")
    assert len(body["items"]) == 3


async def test_a_text_is_given_up_when_nobody_waits_for_it_any_longer():
    evaluators = Evaluators(limits=dataclasses.replace(LIMITS, timeout=600.0))
    wide = b"[" + b"1," * 5000 + b"1]"

    def task(expression: str, text: bytes, deadline: float) -> EvaluationTask:
        return EvaluationTask(0, "jsonpath", expression, Kind.JSON, text, 20, deadline=deadline)

    try:
        for seconds in (0.5, 2, 8, 30):  # the machine may be too slow for the first ones
            deadline = time.monotonic() + seconds
            tasks = [
                task("$[0]", b"[1]", deadline),
                task("$[?count($[?count($[*]) > 0]) > 0]", wide, deadline),
                task("$[0]", b"[2]", deadline),
            ]
            first, second, third = await evaluators.evaluate(tasks)
            if second.problem == CUT_SHORT:
                break
        assert (first.total, first.problem) == (1, "")
        assert (second.problem, third.problem) == (CUT_SHORT, LATE)
        assert (await evaluators.evaluate([task("$[0]", b"[3]", 0.0)]))[0].total == 1
    finally:
        await evaluators.close()


async def test_searches_take_json_path_and_xpath(served: Named):
    body = await post(served, "/search", query={"json_path": "$.servers[?@.port == 5432]"})
    assert sorted(item["name"] for item in body["items"]) == ["copy.json", "two.json"]
    body = await post(served, "/search", query={"text": "db-2", "json_path": "$.servers[0].host"})
    # Relaxed, "2" may stand in the name of the test's own folder, too.
    assert [item["name"] for item in body["items"] if not item["relaxed"]] == ["two.json"]
    body = await post(
        served, "/search", query={"xpath": "//m:version", "namespaces": {"m": "http://maven.example/4"}}
    )
    assert [item["name"] for item in body["items"]] == ["pom.xml"]
    none = await post(served, "/search", query={"json_path": "$.name", "xpath": "//server"})
    assert none["total"] == 0
    wrong = await post(served, "/search", 400, query={"json_path": "$.database[invalid"})
    assert wrong["error"]["details"]["position"] == 12
    wrong = await post(served, "/search", 400, query={"text": "x", "namespaces": {"m": "urn:m"}})
    assert wrong["error"]["details"]["field"] == "query.namespaces"


async def test_a_search_says_what_it_did_not_look_into(served: Named, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(candidates, "WHOLE_BYTES", 100)
    body = await post(served, "/search", query={"json_path": "$.name"})
    assert body["total_relation"] == "gte"
    assert "could not be evaluated" in body["notes"][0]


async def test_schemas(grouped: Named):
    body = await grouped.get("/schemas")
    SchemaPage.model_validate(body)
    assert (body["items"][0]["kind"], body["items"][0]["files"]) == ("json", 4)
    assert body["total"] == len(body["items"]) == 4
    first = await grouped.get("/schemas", size=1)
    rest = await grouped.get("/schemas", size=9, cursor=first["cursor"])
    assert first["items"] + rest["items"] == body["items"]
    assert [item["kind"] for item in (await grouped.get("/schemas", kind="xml"))["items"]] == ["xml", "xml"]

    found = await grouped.get(f"/schemas/{body['items'][0]['id']}")
    SchemaDetail.model_validate(found)
    for name in ("one", "two", "three"):
        jsonschema.Draft202012Validator(found["definition"]).validate(json.loads(FILES[f"configs/{name}.json"]))
    files = await grouped.get(f"/schemas/{found['id']}/files", size=3)
    SchemaFilePage.model_validate(files)
    others = await grouped.get(f"/schemas/{found['id']}/files", cursor=files["cursor"])
    assert len(names(grouped, files) + names(grouped, others)) == 4
    assert others["cursor"] is None


async def test_the_schema_of_a_file(grouped: Named):
    body = await grouped.get(f"/files/{await grouped.id_of('logs/app.jsonl')}/schema")
    SchemaDetail.model_validate(body)
    for line in FILES["logs/app.jsonl"].splitlines():
        jsonschema.Draft202012Validator(body["definition"]).validate(json.loads(line))
    tree = await grouped.get(f"/files/{await grouped.id_of('build/pom.xml')}/schema")
    assert "elements" in tree["definition"]
    none = await grouped.get(f"/files/{await grouped.id_of('notes.txt')}/schema", 404)
    assert "has no schema" in none["error"]["message"]


async def test_every_answer_about_a_file_names_its_schema(grouped: Named):
    file = await grouped.id_of("build/pom.xml")
    schema = (await grouped.get(f"/files/{file}/schema"))["id"]
    assert (await grouped.get(f"/files/{file}"))["schema_id"] == schema
    assert {item["schema_id"] for item in (await grouped.get("/files", name="pom.xml"))["items"]} == {schema}
    found = await post(grouped, "/search", query={"text": "log4j"})
    assert [item["schema_id"] for item in found["items"]] == [schema]
    assert (await grouped.get(f"/files/{await grouped.id_of('notes.txt')}"))["schema_id"] is None


async def test_files_are_counted_by_schema(grouped: Named):
    found = await grouped.get("/search", q="size:>0", facets="schema_id,mime", size=1)
    every = {item["value"]: item["count"] for item in (await grouped.get("/stats/facets/schema_id"))["values"]}
    assert {item["value"]: item["count"] for item in found["facets"]["schema_id"]} == every
    for schema, count in every.items():
        assert (await grouped.get("/search", q=f"schema:{schema}"))["total"] == count


async def test_a_schema_is_that_of_the_visible_part(grouped: Named):
    schema = await grouped.get(f"/files/{await grouped.id_of('configs/one.json')}/schema")
    assert "wide" in json.dumps(schema["definition"])
    grouped.scoped("logs")
    await grouped.get(f"/schemas/{schema['id']}", 404)
    await grouped.get(f"/schemas/{schema['id']}/files", 404)
    await grouped.get(f"/schemas/{schema['id']}/drift", 404, since="2026-01-01T00:00:00Z")
    assert [item["kind"] for item in (await grouped.get("/schemas"))["items"]] == ["jsonl"]


async def test_merged_schemas_lead_to_their_heir(grouped: Named, database: Database):
    schema = await grouped.get(f"/files/{await grouped.id_of('configs/one.json')}/schema")
    await database.execute(
        b"INSERT INTO schemas (public_id, kind, name, merged_into) SELECT '01900000-0000-7000-8000-000000000001',"
        b" 'json', 'old', id FROM schemas WHERE public_id = %(id)s",
        {"id": schema["id"]},
    )
    old = "01900000-0000-7000-8000-000000000001"
    found = await grouped.get(f"/schemas/{old}")
    assert (found["id"], found["redirected_from"]) == (schema["id"], old)
    assert (await grouped.get(f"/schemas/{old}/files"))["id"] == schema["id"]


async def test_drift(grouped: Named, database: Database):
    schema = await grouped.get(f"/files/{await grouped.id_of('configs/one.json')}/schema")
    route = f"/schemas/{schema['id']}/drift"
    now = datetime.now(UTC)
    body = await grouped.get(route, since=(now + timedelta(seconds=1)).isoformat())
    DriftAnswer.model_validate(body)
    assert (body["members_before"], body["members_after"], body["items"]) == (4, 4, [])
    ago = await grouped.get(route, since="2026-01-01")
    assert (ago["members_before"], {item["change"] for item in ago["items"]}) == (0, {"added"})
    await grouped.get(route, 400, since="yesterday")
    await grouped.get(route, 400)


async def test_runaways_are_killed(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch):
    hostile = {"deep.json": b'{"a":' * 900 + b"1" + b"}" * 900, "wide.json": b"[" + b"[1,2,3]," * 3000 + b"1]"}
    async with serve_files(hostile, tmp_path, database, monkeypatch) as served:
        expression = "$" + "[?@..*[?@..*[?@..*[?@..*[?count(@..*) == 7]]]]]"
        async with asyncio.timeout(120):
            body = await post(served, "/search/jsonpath", expression=expression, seconds=5)
            fine = await post(served, "/search/jsonpath", expression="$[3000]")
        assert body["given_up"] + body["evaluated"] >= 1
        assert [item["name"] for item in fine["items"]] == ["wide.json"]
