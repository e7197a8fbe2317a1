"""What files name, from files on disk to answers over HTTP, and in searches."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from integration.app.named import FILES, Named, serve_files
from siss.adapters.postgres.database import Database
from siss.api.models.entities import EntityDetail, EntityPage, NamedPage, NamingFilePage
from siss.api.models.search import SearchPage
from siss.app.search import filters
from siss.model.principal import Principal

HOST = "/entities/hostname/db-prod-01.example.com"


@pytest.fixture
async def named(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Named]:
    async with serve_files(FILES, tmp_path, database, monkeypatch) as served:
        yield served


async def test_a_list(named: Named):
    body = await named.get("/entities", type="hostname")
    EntityPage.model_validate(body)
    assert [(item["value"], item["files"]) for item in body["items"]] == [
        ("api-01.example.com", 1),
        ("db-prod-01.example.com", 4),
    ]
    found = await named.get("/entities", network="10.0.0.0/8", size=3)
    rest = await named.get("/entities", network="10.0.0.0/8", cursor=found["cursor"])
    assert [item["value"] for item in (*found["items"], *rest["items"])] == [
        *(f"10.1.2.{n}" for n in range(10, 16)),
        "10.200.0.1",
    ]
    assert rest["cursor"] is None
    for kind in ({}, {"type": "ip_address"}):
        same = await named.get("/entities", value="10.0.0.0/8", size=3, **kind)
        assert same["items"] == found["items"]
        some = await named.get("/entities", value="10.1.2.11-10.1.2.12", **kind)
        assert [item["value"] for item in some["items"]] == ["10.1.2.11", "10.1.2.12"]
    top = await named.get("/entities", sort="files", size=1)
    assert (top["items"][0]["value"], top["cursor"]) == ("db-prod-01.example.com", None)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"type": "host"}, "type"),
        ({"network": "10.0.0.0/99"}, "network"),
        ({"network": "10.0.0.9-10.0.0.1"}, "network"),
        ({"cursor": "x"}, "cursor"),
        ({"sort": "files", "cursor": "x"}, "cursor"),
        ({"size": 0}, "size"),
        ({"names": "x"}, "names"),
    ],
)
async def test_a_list_that_nobody_can_give(named: Named, params: dict[str, str], field: str):
    body = await named.get("/entities", 400, **params)
    assert body["error"]["details"]["field"] == field


async def test_a_cursor_belongs_to_its_list(named: Named):
    cursor = (await named.get("/entities", size=1))["cursor"]
    body = await named.get("/entities", 400, type="hostname", cursor=cursor)
    assert body["error"]["details"]["field"] == "cursor"


async def test_the_files_that_name_a_host(named: Named):
    body = await named.get(f"{HOST}/files")
    NamingFilePage.model_validate(body)
    assert (body["total"], body["total_relation"], body["cursor"]) == (4, "eq", None)
    for item in body["items"]:
        name = Path(item["path"]).relative_to(named.root).as_posix()
        lines = FILES[name].decode().splitlines()
        match = item["match"]
        assert "db-prod-01.example.com" in lines[match["line"] - 1]
        assert FILES[name][match["span"]["start"] : match["span"]["end"]].decode().lower() == body["value"]
        assert match["context"] in lines[match["line"] - 1]
    log = next(item for item in body["items"] if item["name"] == "app.log")
    assert (log["mentions"], sum(place["mentions"] for place in log["places"])) == (6, 6)
    first = await named.get(f"{HOST}/files", size=3)
    second = await named.get(f"{HOST}/files", size=3, cursor=first["cursor"])
    assert [item["id"] for item in (*first["items"], *second["items"])] == [item["id"] for item in body["items"]]


async def test_a_name_that_nobody_names(named: Named):
    for route in ("/entities/hostname/nowhere.example.com", "/entities/hostname/nowhere.example.com/files"):
        body = await named.get(route, 404)
        assert body["error"]["details"] == {"type": "hostname", "value": "nowhere.example.com"}
    assert (await named.get("/entities/host/x", 400))["error"]["details"]["field"] == "type"


async def test_values_are_taken_as_people_write_them(named: Named):
    assert (await named.get("/entities/hostname/DB-Prod-01.example.com"))["files"] == 4
    assert (await named.get("/entities/ip_address/2001:DB8:0::17"))["value"] == "2001:db8::17"


async def test_secrets_near_a_thing(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch):
    secret = b'host=db-01.example.com\npassword = "tr0ub4dor&3-Xy9q"\n'
    far = b"host=db-02.example.com\n" + b"# nothing\n" * 150 + secret.partition(b"\n")[2]
    async with serve_files({"a.conf": secret, "far.conf": far}, tmp_path, database, monkeypatch) as named:
        body = await named.get("/entities/hostname/db-01.example.com")
        EntityDetail.model_validate(body)
        (finding,) = body["findings"]
        assert (finding["severity"], finding["count"], finding["line"]) == ("high", 1, 2)
        assert finding["path"] == str(named.root / "a.conf")
        assert "tr0ub4dor" not in str(body)
        assert (await named.get("/entities/hostname/db-02.example.com"))["findings"] == []


async def test_a_file_that_a_critical_secret_hides(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
):
    files = {"a.conf": b"host=db-01.example.com\n", "b.conf": b"host=db-01.example.com port=5432\nuser=alice\n"}
    async with serve_files(files, tmp_path, database, monkeypatch) as named:
        file = await named.id_of("b.conf")
        await database.execute(b"UPDATE files SET hidden = true WHERE shown LIKE '%/b.conf'")
        assert (await named.get("/entities/hostname/db-01.example.com"))["files"] == 1
        assert "alice" not in {item["value"] for item in (await named.get("/entities"))["items"]}
        await named.get("/graph", 404, file=file)
        for route in (f"/files/{file}/entities", f"/files/{file}/related"):
            await named.get(route, 404)
        assert (await named.get(f"/files/{await named.id_of('a.conf')}/related"))["items"] == []
        body = await named.get(f"/files/{file}/entities", hidden=True)
        assert "alice" in {item["value"] for item in body["items"]}
        named.whoami = Principal("somebody")
        await named.get(f"/files/{file}/entities", 403, hidden=True)


async def test_a_path_that_ends_in_files(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch):
    async with serve_files({"a.conf": b"dir=/srv/files\n"}, tmp_path, database, monkeypatch) as named:
        assert (await named.get("/entities/filepath/%2Fsrv%2Ffiles"))["value"] == "/srv/files"
        assert (await named.get("/entities/filepath/%2Fsrv%2Ffiles/files"))["total"] == 1
        assert (await named.get("/entities/filepath//srv/files", 404))["error"]["details"]["value"] == "/srv"


async def test_what_a_file_names(named: Named):
    file = await named.id_of("conf/app.json")
    body = await named.get(f"/files/{file}/entities")
    NamedPage.model_validate(body)
    said = [(item["type"], item["value"]) for item in body["items"]]
    assert ("hostname", "db-prod-01.example.com") in said
    assert ("email", "ops@example.com") in said
    paged, cursor = [], None
    while True:
        page = await named.get(f"/files/{file}/entities", size=2, **({"cursor": cursor} if cursor else {}))
        paged += page["items"]
        if (cursor := page["cursor"]) is None:
            break
    assert paged == body["items"]
    only = await named.get(f"/files/{file}/entities", type="email")
    assert [item["match"]["context"] for item in only["items"]] == [FILES["conf/app.json"].decode().strip()]
    assert (await named.get(f"/files/{await named.id_of('notes.txt')}/entities"))["items"] == []


async def test_the_page_about_one_thing(named: Named):
    body = await named.get(HOST)
    EntityDetail.model_validate(body)
    assert (body["files"], body["mentions"], body["complete"]) == (4, 9, True)
    assert body["last_seen"].startswith("2026-11-15T10:00:00")
    assert body["first_seen"].startswith("2026-09-01")
    assert body["days"][0]["date"] == "2026-09-01"
    assert body["ports"] == [{"port": "5432", "mentions": 3}]  # one place in each of the log's chunks
    assert "ops@example.com" in [near["value"] for near in body["neighbours"]]
    assert len(body["latest"]) == 4
    assert (await named.client.get(body["links"]["files"])).json()["total"] == 4


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("host:db-prod-01", {"conf/app.json", "conf/old/app.json", "logs/app.log", "env/job.env"}),
        ("host:db-prod", set()),
        ("host:*.example.com kind:json", {"conf/app.json", "conf/old/app.json"}),
        ("host:10.1.2.11", {"logs/app.log"}),
        ("ip:10.0.0.0/8", {"logs/app.log", "logs/copy.log", "logs/copy2.log"}),
        ("ip:10.0.0.0/8 -ip:10.200.0.0/16", {"logs/app.log"}),
        ('ip:"2001:db8::/32"', {"logs/copy.log", "logs/copy2.log"}),
        ("ip:10.1.2.0-10.1.2.255 OR email:example.net", {"logs/app.log", "conf/old/app.json"}),
        ("email:ops@*", {"conf/app.json"}),
        ("entity:alice", {"logs/copy.log", "logs/copy2.log"}),
        ("entity:port=5432 refused", {"logs/app.log"}),
        ("entity:credential_ref=PGPASSWORD", {"env/web.env", "env/job.env"}),
        ("-entity:* ", {"notes.txt"}),
    ],
)
async def test_searching_for_what_is_named(named: Named, asked: str, found: set[str]):
    body = await named.get("/search", q=asked)
    SearchPage.model_validate(body)
    paths = {path for item in body["items"] for path in (item["path"], *item["other_paths"])}
    assert {Path(path).relative_to(named.root).as_posix() for path in paths} == found
    assert (body["total"], body["notes"]) == (len(found), [])


async def test_a_hit_of_a_filter_shows_what_is_named(named: Named):
    (item,) = (await named.get("/search", q="host:10.1.2.11"))["items"]
    assert "<em>10.1.2.11</em>" in item["chunk_match"]["highlight"]
    assert item["chunk_match"]["line"] == 2


async def test_a_filter_that_is_cut_says_so(named: Named, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(filters, "MOST_CONTENTS", 1)
    body = await named.get("/search", q="ip:10.0.0.0/8")
    assert (body["total_relation"], len(body["notes"])) == ("gte", 1)
    body = await named.get("/search", 400, q="-ip:10.0.0.0/8")
    assert body["error"]["code"] == "INVALID_QUERY"
    named.scoped("conf")
    body = await named.get("/search", q="-ip:10.0.0.0/8")
    assert (body["total"], body["notes"]) == (2, [])


@pytest.mark.parametrize("folders", [("conf",), ("logs", "notes.txt"), ("env", "conf/old"), ("none",)])
async def test_a_scope_answers_as_if_there_were_no_other_files(named: Named, folders: tuple[str, ...]):
    named.scoped(*folders)
    inside = [name for name in FILES if named.whoami.may_see(str(named.root / name))]
    assert sum(item["files"] for item in (await named.get("/entities", type="hostname"))["items"]) == sum(
        FILES[name].lower().count(b"example.com") > FILES[name].count(b"@example.com") for name in inside
    )
    for route in (HOST, f"{HOST}/files"):
        naming = [name for name in inside if b"db-prod-01" in FILES[name]]
        body = await named.get(route, 200 if naming else 404)
        if naming:
            assert body.get("total", body.get("files")) == len(naming)
            listed = body.get("items") or body["latest"]
            assert {Path(item["path"]).relative_to(named.root).as_posix() for item in listed} == set(naming)
    found = await named.get("/search", q="host:db-prod-01 OR ip:10.0.0.0/8 OR entity:*")
    assert {Path(item["path"]).name for item in found["items"]} <= {Path(name).name for name in inside}
