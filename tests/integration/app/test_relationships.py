"""How files belong together, from files on disk to answers over HTTP."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from integration.app.named import FILES, Named, serve_files
from siss.adapters.postgres.database import Database
from siss.api.models.relationships import GraphAnswer, RelatedPage, RelationshipPage
from siss.app import graph, references, relationships
from siss.model.principal import LOCAL

MORE: Mapping[str, bytes] = {
    **FILES,
    "backup/web01/etc/app/app.json": b'{"host": "10.99.0.1"}\n',
    "scripts/run.sh": b"cat ./setup.cfg ../conf/app.json\n",
    "scripts/setup.cfg": b"verbose=1\n",
    "hosts/web01/etc/nginx/nginx.conf": b"include /etc/nginx/mime.types;\ninclude /etc/nginx/conf.d/*.conf;\n",
    "hosts/web01/etc/nginx/mime.types": b"text/html html;  # web01\n",
    "hosts/web01/etc/nginx/conf.d/a.conf": b"listen a;\n",
    "hosts/web01/etc/nginx/conf.d/b.conf": b"listen b;\n",
    "hosts/web01/etc/nginx/conf.d/old/c.conf": b"listen c;\n",
    "hosts/web02/etc/nginx/mime.types": b"text/html html;  # web02\n",
    "hosts/web02/etc/nginx/conf.d/d.conf": b"listen d;\n",
    "hosts/web02/etc/apache2/apache2.conf": b"IncludeOptional conf-enabled/*.conf\n",
    "hosts/web02/etc/apache2/conf-enabled/e.conf": b"listen e;\n",
    "notes/api.txt": b"ask http://api-01.example.com:8080/v1 for it\n",
}


@pytest.fixture
async def named(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Named]:
    async with serve_files(MORE, tmp_path, database, monkeypatch) as served:
        yield served


def name_of(named: Named, path: str) -> str:
    return Path(path).relative_to(named.root).as_posix()


async def related(named: Named, name: str, kind: str, **params: Any) -> dict[str, dict[str, Any]]:
    body = await named.get(f"/files/{await named.id_of(name)}/related", type=kind, **params)
    RelatedPage.model_validate(body)
    assert body["total"] == len(body["items"])
    return {name_of(named, item["path"]): item["relationships"][0] for item in body["items"]}


async def test_files_that_name_the_same_host(named: Named):
    found = await related(named, "conf/app.json", "references_same_host")
    assert set(found) == {"conf/old/app.json", "logs/app.log", "env/job.env"}
    tie = found["env/job.env"]
    assert [(one["value"], one["contents"]) for one in tie["shared"]] == [("db-prod-01.example.com", 4)]
    assert tie["description"] == "Both name db-prod-01.example.com, as 2 others do."
    assert 0 < tie["confidence"] < 0.5


async def test_what_is_rare_weighs_more(named: Named):
    rare = (await related(named, "env/web.env", "shared_credentials"))["env/job.env"]
    frequent = (await related(named, "env/job.env", "references_same_host"))["conf/app.json"]
    assert rare["confidence"] > frequent["confidence"]
    assert [one["value"] for one in rare["shared"]] == ["PGPASSWORD"]


async def test_files_that_name_the_same_service(named: Named):
    found = await related(named, "conf/app.json", "references_same_service")
    assert set(found) == {"conf/old/app.json", "logs/app.log"}
    assert found["logs/app.log"]["description"] == "Both name db-prod-01.example.com:5432, as one other does."
    by_url = await related(named, "env/web.env", "references_same_service")
    assert "http://api-01.example.com:8080/v1" in by_url["notes/api.txt"]["description"]


async def test_files_that_share_several_things(named: Named):
    found = await related(named, "env/web.env", "shares_entities")
    assert set(found) == {"notes/api.txt"}
    assert len(found["notes/api.txt"]["shared"]) >= 2


async def test_a_path_in_a_log_means_the_file_that_lies_there(named: Named):
    found = await related(named, "logs/app.log", "references_file")
    assert {(name, tie["direction"], tie["path"]) for name, tie in found.items()} == {
        ("backup/web01/etc/app/app.json", "out", "/etc/app/app.json")
    }
    back = await related(named, "backup/web01/etc/app/app.json", "references_file")
    assert {(name, tie["direction"], tie["path"]) for name, tie in back.items()} == {
        ("logs/app.log", "in", "/etc/app/app.json")
    }
    assert back["logs/app.log"]["confidence"] == found["backup/web01/etc/app/app.json"]["confidence"]


async def test_a_relative_path_means_the_file_from_where_it_is_named(named: Named):
    found = await related(named, "scripts/run.sh", "references_file")
    assert set(found) == {"scripts/setup.cfg", "conf/app.json"}
    assert (await related(named, "scripts/setup.cfg", "references_file"))["scripts/run.sh"]["direction"] == "in"
    assert (await related(named, "conf/app.json", "references_file"))["scripts/run.sh"]["direction"] == "in"


async def test_a_path_means_the_file_of_the_same_machine(named: Named):
    found = await related(named, "hosts/web01/etc/nginx/nginx.conf", "references_file")
    folder = "hosts/web01/etc/nginx"
    assert {name: (one["confidence"], one["path"]) for name, one in found.items()} == {
        f"{folder}/mime.types": (0.9, "/etc/nginx/mime.types"),
        f"{folder}/conf.d/a.conf": (0.9, "/etc/nginx/conf.d"),
        f"{folder}/conf.d/b.conf": (0.9, "/etc/nginx/conf.d"),
    }
    for name in found:
        (back,) = (await related(named, name, "references_file")).values()
        assert (back["direction"], back["confidence"]) == ("in", 0.9)
    assert await related(named, "hosts/web02/etc/nginx/conf.d/d.conf", "references_file") == {}


async def test_a_folder_that_is_included_from_beside_it(named: Named, monkeypatch: pytest.MonkeyPatch):
    found = await related(named, "hosts/web02/etc/apache2/apache2.conf", "references_file")
    assert list(found) == ["hosts/web02/etc/apache2/conf-enabled/e.conf"]
    found = await related(named, "hosts/web02/etc/apache2/conf-enabled/e.conf", "references_file")
    assert list(found) == ["hosts/web02/etc/apache2/apache2.conf"]
    monkeypatch.setattr(references, "INCLUDED", 1)
    body = await named.get(f"/files/{await named.id_of('hosts/web01/etc/nginx/nginx.conf')}/related")
    assert [note for note in body["notes"] if "conf.d" in note]


async def test_versions_and_schemas(named: Named):
    await named.database.execute(
        b"INSERT INTO file_versions (file_id, sha256, size, mtime_ns)"
        b" SELECT f.id, c.sha256, 1, 1 FROM files f, files g JOIN contents c ON c.id = g.content_id"
        b" WHERE f.shown LIKE '%/conf/app.json' AND g.shown LIKE '%/conf/old/app.json'"
    )
    assert (await related(named, "conf/app.json", "version_chain"))["conf/old/app.json"]["direction"] == "out"
    assert (await related(named, "conf/old/app.json", "version_chain"))["conf/app.json"]["direction"] == "in"
    await named.database.execute(
        b"WITH z AS (INSERT INTO schemas (public_id, kind, name) VALUES (gen_random_uuid(), 'json', 'app')"
        b" RETURNING id), h AS (INSERT INTO shapes (schema_id, complete, kind, digest, path_ids, types)"
        b" SELECT id, true, 'json', 'x', '{}', '{}' FROM z RETURNING id) DELETE FROM content_structures"
    )
    await named.database.execute(
        b"INSERT INTO content_structures SELECT DISTINCT content_id, (SELECT max(id) FROM shapes), 1, '{}'::int[],"
        b" ''::bytea FROM files WHERE shown LIKE '%app.json'"
    )
    found = await related(named, "conf/app.json", "same_schema")
    assert set(found) == {"conf/old/app.json", "backup/web01/etc/app/app.json"}
    assert {tie["description"] for tie in found.values()} == {"Both have the schema app."}


async def test_only_the_surest(named: Named):
    every = await related(named, "conf/app.json", "references_same_host")
    least = max(tie["confidence"] for tie in every.values())
    assert set(await related(named, "conf/app.json", "references_same_host", min_confidence=1.0)) == set()
    assert await related(named, "conf/app.json", "references_same_host", min_confidence=least - 0.001)
    body = await named.get(f"/files/{await named.id_of('conf/app.json')}/related", size=1)
    assert (len(body["items"]), body["total"] > 1) == (1, True)


async def test_pages_of_related_files(named: Named):
    route = f"/files/{await named.id_of('conf/app.json')}/related"
    whole = await named.get(route)
    told, cursor = [], None
    for _ in range(whole["total"]):
        page = await named.get(route, size=1, cursor=cursor)
        assert (len(page["items"]), page["total"]) == (1, whole["total"])
        told += page["items"]
        cursor = page["cursor"]
    assert (told, cursor, whole["cursor"]) == (whole["items"], None, None)
    begun = (await named.get(route, size=1))["cursor"]
    await named.get(route, 400, size=1, cursor=begun, type="references_same_host")
    await named.get(f"/files/{await named.id_of('env/job.env')}/related", 400, cursor=begun)


async def test_what_is_in_too_many_files_is_said(named: Named, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(relationships, "MOST_OTHERS", 2)
    monkeypatch.setattr(references, "NAMING", 0)
    body = await named.get(f"/files/{await named.id_of('env/job.env')}/related", type="references_same_host")
    assert body["items"] == []
    assert body["notes"] == ["1 of its names are in more than 2 others and were left out."]
    body = await named.get(f"/files/{await named.id_of('conf/app.json')}/related", type="references_file")
    assert body["notes"] == ["More than 0 files name ../conf/app.json: only the latest are listed."]


async def test_browsing_finds_each_relationship_once(named: Named):
    whole = await named.get("/relationships", size=1000)
    RelationshipPage.model_validate(whole)
    assert whole["cursor"] is None
    paged, cursor = [], None
    while True:
        page = await named.get("/relationships", size=1, **({"cursor": cursor} if cursor else {}))
        paged += page["items"]
        if (cursor := page["cursor"]) is None:
            break
    assert paged == whole["items"]
    keys = [(one["source"]["id"], one["target"]["id"], one["relationship"]) for one in paged]
    assert len(set(keys)) == len(keys)
    assert not {(target, source, kind) for source, target, kind in keys} & set(keys)
    mine = {
        frozenset((name_of(named, one["source"]["path"]), name_of(named, one["target"]["path"])))
        for one in paged
        if one["relationship"] == "references_same_host"
    }
    expected = {
        frozenset((name, other))
        for name in MORE
        for other in await related(named, name, "references_same_host")
        if "copy" not in name
    }
    assert mine == expected
    body = await named.get("/relationships", 400, type="references_file", cursor=page["cursor"] or "eA")
    assert body["error"]["details"]["field"] == "cursor"


async def graph_of(named: Named, **params: Any) -> dict[str, Any]:
    body: dict[str, Any] = await named.get("/graph", **params)
    GraphAnswer.model_validate(body)
    ids = [node["id"] for node in body["nodes"]]
    assert len(set(ids)) == len(ids)
    assert {end for edge in body["edges"] for end in edge.values()} <= set(ids)
    return body


async def test_a_graph_hop_by_hop(named: Named):
    start = {"type": "hostname", "value": "DB-prod-01.example.com"}
    one = await graph_of(named, **start, hops=1)
    assert {name_of(named, node["path"]) for node in one["nodes"] if node["kind"] == "file"} == {
        "conf/app.json", "conf/old/app.json", "logs/app.log", "env/job.env",
    }  # fmt: skip
    assert (len(one["edges"]), one["notes"]) == (4, [])
    two = await graph_of(named, **start, hops=2)
    assert "credential_ref:PGPASSWORD" in {node["id"] for node in two["nodes"]}
    three = await graph_of(named, **start, hops=3)
    assert "env/web.env" in {name_of(named, node["path"]) for node in three["nodes"] if node["kind"] == "file"}
    four = await graph_of(named, **start, hops=4)
    assert "hostname:api-01.example.com" in {node["id"] for node in four["nodes"]}
    assert {node["hop"] for node in four["nodes"]} == {0, 1, 2, 3, 4}


async def test_a_graph_around_a_file(named: Named):
    body = await graph_of(named, file=await named.id_of("env/web.env"), hops=2)
    assert body["nodes"][0]["path"].endswith("/env/web.env")
    assert "notes/api.txt" in {name_of(named, node["path"]) for node in body["nodes"] if node["kind"] == "file"}


async def test_a_graph_that_is_cut_says_where(named: Named, monkeypatch: pytest.MonkeyPatch):
    start = {"type": "hostname", "value": "db-prod-01.example.com"}
    cut = await graph_of(named, **start, max_nodes=3)
    assert (len(cut["nodes"]), cut["notes"]) == (3, ["The graph was cut at 3 nodes, the nearest ones."])
    monkeypatch.setattr(graph, "FILES", 2)
    assert (await graph_of(named, **start, hops=1))["notes"] == [
        "1 of the names are in more files than the latest 2, which are shown."
    ]
    around = {"file": await named.id_of("env/job.env"), "hops": 1}
    assert (await graph_of(named, **around))["notes"] == []
    monkeypatch.setattr(graph, "THINGS", 1)
    assert (await graph_of(named, **around))["notes"] == [
        "1 of the files name more than the rarest 1 things, which are shown."
    ]
    monkeypatch.setattr(graph, "THINGS", 20)
    monkeypatch.setattr(graph, "FOLLOWED", 3)
    cut = await graph_of(named, **{**around, "hops": 2})
    assert cut["notes"] == ["1 of the names are in more than 3 files and were not followed."]
    assert {(node["id"], node["files"], node["files_relation"]) for node in cut["nodes"] if node["hop"] == 1} == {
        ("credential_ref:PGPASSWORD", 2, "eq"),
        ("hostname:db-prod-01.example.com", 3, "gte"),
    }


@pytest.mark.parametrize(
    ("params", "status", "field"),
    [
        ({}, 400, "type"),
        ({"type": "hostname"}, 400, "value"),
        ({"value": "x"}, 400, "type"),
        ({"type": "hostname", "value": "x", "hops": 5}, 400, "hops"),
        ({"type": "hostname", "value": "x", "file": "00000000-0000-7000-8000-000000000000"}, 400, "file"),
        ({"type": "hostname", "value": "x"}, 404, None),
        ({"file": "00000000-0000-7000-8000-000000000000"}, 404, None),
    ],
)
async def test_a_graph_of_nothing(named: Named, params: dict[str, Any], status: int, field: str | None):
    body = await named.get("/graph", status, **params)
    assert body["error"]["details"].get("field") == field


@pytest.mark.parametrize("folders", [("conf",), ("logs", "backup"), ("env", "notes"), ("scripts", "conf/app.json")])
async def test_a_scope_answers_as_if_there_were_no_other_files(
    named: Named,
    tmp_path: Path,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    folders: tuple[str, ...],
):
    """The same index as somebody who sees a part of it, and an index of that part alone."""
    named.scoped(*folders)
    inside = {name: data for name, data in MORE.items() if named.whoami.may_see(str(named.root / name))}
    seen = await everything(named, list(inside))
    outside = next(name for name in MORE if name not in inside)
    named.whoami = LOCAL
    outside_id = await named.id_of(outside)
    named.scoped(*folders)
    await named.get(f"/files/{outside_id}/related", 404)
    await named.get("/graph", 404, file=outside_id)
    await database.execute(
        b"TRUNCATE roots, folders, contents, chunks, text_blocks, content_gaps, files, file_gaps, file_versions,"
        b" skipped, outbox, entities, entity_spans, entity_mentions RESTART IDENTITY CASCADE"
    )
    async with serve_files(inside, tmp_path / "alone", database, monkeypatch) as alone:
        assert await everything(alone, list(inside)) == seen


async def everything(named: Named, names: list[str]) -> list[Any]:
    """All that can be asked about these files, without ids, roots and times."""
    found: list[Any] = []
    for name in names:
        body = await named.get(f"/files/{await named.id_of(name)}/related", size=1000)
        found.append((name, body["total"], body["notes"], sorted(
            (name_of(named, item["path"]), item["copies"], sorted(map(str, item["relationships"])))
            for item in body["items"]
        )))  # fmt: skip
        drawn = await graph_of(named, file=await named.id_of(name), hops=4)
        found.append(sorted(
            (node["hop"], node["files"], name_of(named, node["path"]) if node["kind"] == "file" else node["id"])
            for node in drawn["nodes"]
        ))  # fmt: skip
    edges = (await named.get("/relationships", size=1000))["items"]
    found.append(sorted(
        (name_of(named, one["source"]["path"]), name_of(named, one["target"]["path"]), one["relationship"])
        for one in edges
    ))  # fmt: skip
    return found
