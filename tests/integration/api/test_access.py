"""A service that wants keys: who comes in, what they see, what is remembered of it."""

import contextlib
import json
import math
import re
import time

import httpx
import pytest

from integration.api.conftest import WAIT_SECONDS, Installation, wait_for
from integration.api.conftest import make_key as make
from siss.api.models.access import AuditPageItem, KeyList, NewKey
from siss.api.server import build_api

SECRET = "AKIAQ3EGRZLV7TVTPNWX"


def test_without_a_key_nothing_is_told(keyed_service: str):
    with httpx.Client(base_url=keyed_service, timeout=WAIT_SECONDS) as client:
        for path, methods in build_api().openapi()["paths"].items():
            if path in {"/healthz", "/readyz"}:
                continue
            url = path.replace("{id}", "0192f7c1-9a1b-7c3e-8f00-5b1f0a7d3c11").replace("{", "").replace("}", "")
            for method in methods:
                response = client.request(method, url)
                assert response.status_code == 401, (method, path)
                assert response.headers["www-authenticate"].startswith("Bearer")
                assert response.json()["error"]["code"] == "UNAUTHENTICATED"
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200
        assert client.get("/readyz?verbose=true").status_code == 401
        assert client.get("/docs").status_code == 200


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "siss_x", "Bearer siss_x_y"])
def test_what_is_no_key_is_refused(keyed_service: str, header: str):
    assert httpx.get(f"{keyed_service}/api/v1/search?q=disk", headers={"Authorization": header}).status_code in {
        401,
        429,
    }


def test_roles(admin: httpx.Client):
    _, reader = make(admin, "a reader", role="reader")
    _, editor = make(admin, "an editor", role="editor")
    for headers in (reader, editor):
        assert admin.get("/api/v1/search?q=disk", headers=headers).json()["total"] == 1
        assert admin.get("/api/v1/keys", headers=headers).status_code == 403
        assert admin.get("/api/v1/audit", headers=headers).status_code == 403
        assert admin.post("/api/v1/keys", headers=headers, json={"name": "x"}).status_code == 403
        assert admin.post("/api/v1/ingest/pause", headers=headers).status_code == 403
    hit = admin.get("/api/v1/search?q=disk", headers=reader).json()["items"][0]
    assert admin.get(hit["download_url"], headers=reader).status_code == 403
    _, raw = make(admin, "raw", role="reader", raw=True)
    assert admin.get(hit["download_url"], headers=raw).status_code == 200


def test_a_scope_is_the_whole_world(admin: httpx.Client, installation: Installation):
    _, scoped = make(admin, "logs only", scopes=[f"{installation.corpus}/logs/"])
    files = admin.get("/api/v1/files", headers=scoped).json()
    assert [item["name"] for item in files["items"]] == ["app.log"]
    assert files["total"] == 1
    assert admin.get("/api/v1/search?q=grüße", headers=scoped).json()["total"] == 0
    assert admin.get("/api/v1/search?q=&facets=ext", headers=scoped).json()["facets"]["ext"] == [
        {"value": "log", "count": 1}
    ]
    other = admin.get("/api/v1/search?q=name:conf.json").json()["items"][0]["id"]
    assert admin.get(f"/api/v1/files/{other}", headers=scoped).status_code == 404
    for path in ("/api/v1/keys", "/api/v1/audit", "/metrics", "/readyz?verbose=true"):
        assert admin.get(path, headers=scoped).status_code == 403, path
    stats = admin.get("/api/v1/stats", headers=scoped).json()
    assert (stats["files"], stats["ingest"]["pending"], stats["ingest"]["current"]) == (1, 0, [])
    assert admin.get("/metrics").status_code == 200


def test_a_revoked_key_is_refused_by_every_worker(admin: httpx.Client, keyed_service: str):
    made, headers = make(admin, "short lived")
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(httpx.Client(base_url=keyed_service, headers=headers, timeout=WAIT_SECONDS))
            for _ in range(6)
        ]
        assert {client.get("/api/v1/stats").status_code for client in clients} == {200}
        ended = admin.delete(f"/api/v1/keys/{made.id}")
        assert (ended.status_code, ended.json()["state"]) == (200, "ended")
        until = time.monotonic() + WAIT_SECONDS
        while {client.get("/api/v1/stats").status_code for client in clients} != {401}:
            assert time.monotonic() < until
    assert admin.delete(f"/api/v1/keys/{made.id}").status_code == 404


def test_a_rate_holds_over_all_workers(admin: httpx.Client, keyed_service: str):
    made, headers = make(admin, "slow", requests_per_minute=5)
    began = time.monotonic()
    answers = [httpx.get(f"{keyed_service}/api/v1/stats", headers=headers, timeout=WAIT_SECONDS) for _ in range(8)]
    while answers[-1].status_code != 429:
        answers.append(httpx.get(f"{keyed_service}/api/v1/stats", headers=headers, timeout=WAIT_SECONDS))
    statuses = [answer.status_code for answer in answers]
    back = (time.monotonic() - began) / 12  # one each twelve seconds comes back while they are asked
    assert 5 <= statuses.count(200) <= 5 + math.ceil(back)
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 12
    assert answers[0].headers["ratelimit-policy"] == '"key";q=5;w=60'
    assert answers[0].headers["ratelimit"].startswith('"key";r=4;t=')
    assert refused.headers["ratelimit-policy"] == '"key";q=5;w=60'
    assert refused.headers["ratelimit"].startswith('"key";r=0;t=')
    until = time.monotonic() + WAIT_SECONDS
    while statuses.count(429) != sum(
        entry["status"] == 429
        for entry in admin.get("/api/v1/audit", params={"subject": f"key:{made.id}"}).json()["items"]
    ):
        assert time.monotonic() < until, "who was refused is known"


def test_rotation(admin: httpx.Client):
    made, old = make(admin, "rotating", scopes=["/nowhere"])
    again = NewKey.model_validate_json(admin.post(f"/api/v1/keys/{made.name}/rotate", json={"grace": 3600}).content)
    assert (again.scopes, again.name) == (["/nowhere"], "rotating")
    assert admin.get("/api/v1/files", headers=old).json()["total"] == 0
    assert admin.get("/api/v1/files", headers={"Authorization": f"Bearer {again.key}"}).json()["total"] == 0
    listed = KeyList.model_validate_json(admin.get("/api/v1/keys").content)
    assert {(key.name, key.state) for key in listed.items} >= {("rotating", "ending"), ("rotating", "active")}
    assert again.key not in admin.get("/api/v1/keys").text


def test_everything_is_in_the_audit_log_and_no_secret(admin: httpx.Client, installation: Installation):
    made, headers = make(admin, "watched")
    hit = admin.get("/api/v1/search", params={"q": f"disk OR {SECRET}"}, headers=headers).json()["items"][0]
    admin.get(f"/api/v1/files/{hit['id']}", headers=headers)
    admin.head(f"/api/v1/files/{hit['id']}", headers=headers)
    admin.get("/api/v1/files/not-an-id", headers=headers)
    admin.get("/api/v1/files", params={"name": f"*{SECRET}*"}, headers=headers)
    admin.post("/api/v1/search/jsonpath", json={"expression": f"$.x[?@ == '{SECRET}']"}, headers=headers)
    until = time.monotonic() + WAIT_SECONDS
    while True:
        answer = admin.get("/api/v1/audit", params={"subject": f"key:{made.id}"})
        page = AuditPageItem.model_validate_json(answer.content)
        if len(page.items) == 6:
            break
        assert time.monotonic() < until, page
    path, listed, failed, looked, read, search = page.items
    assert (path.action, path.results, path.details["query"][:24]) == ("search", 0, "$.x[?@ == '«secret:aws-a")
    assert (listed.action, listed.results) == ("list", 0)
    assert listed.details["parameters"].startswith("name=*«secret:aws-access-key")
    assert (failed.action, failed.status, failed.details) == ("read", 400, {})
    assert (read.action, read.resource_id, read.status) == ("read", hit["id"], 200)
    assert (looked.action, looked.resource_id, looked.status) == ("read", hit["id"], 200)
    assert (search.action, search.results, search.status) == ("search", 1, 200)
    assert search.details["query"].startswith("disk OR «secret:aws-access-key")
    assert SECRET not in answer.text
    assert SECRET not in (installation.state.parent / "command.log").read_text()
    anonymous = admin.get("/api/v1/audit", params={"subject": "anonymous", "size": 1}).json()
    assert anonymous["items"][0]["status"] in {401, 429}
    assert anonymous["cursor"]


def test_what_was_made_is_in_the_audit_log(admin: httpx.Client):
    made = admin.post("/api/v1/files", files={"file": ("audited.txt", b"noted\n")}).json()
    job = admin.post("/api/v1/ingest/scan", json={"path": made["path"]}).json()
    until = time.monotonic() + WAIT_SECONDS
    while True:
        # By action: that this asks stands in the log as well.
        items = [
            item
            for action in ("upload", "index")
            for item in admin.get("/api/v1/audit", params={"action": action}).json()["items"]
        ]
        found = {item["resource_id"]: (item["action"], item["details"].get("path")) for item in items}
        if made["id"] in found and job["id"] in found:
            break
        assert time.monotonic() < until, items
    assert found[made["id"]] == ("upload", "audited.txt")
    assert found[job["id"]] == ("index", made["path"])


def test_the_link_of_the_first_start_signs_a_browser_in_once(
    admin: httpx.Client, keyed_service: str, installation: Installation
):
    (link,) = re.findall(r"http://\S+/sign-in\?code=\S+", (installation.state.parent / "command.log").read_text())
    assert link.startswith(keyed_service)
    (first,) = [key for key in admin.get("/api/v1/keys").json()["items"] if key["name"] == "first admin"]
    with httpx.Client(base_url=keyed_service, timeout=WAIT_SECONDS) as browser:
        assert browser.head(link).status_code == 303  # a look at it does not use it up
        assert not browser.cookies
        answer = browser.get(link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert "Secure" not in cookie
        assert browser.get("/", follow_redirects=True).url.path == "/docs"
        assert browser.get("/api/v1/search?q=disk").json()["total"] == 1
        assert browser.get("/api/v1/keys").status_code == 200  # it is an admin's
        assert browser.put(
            "/api/v1/synonyms", json={"term": "a", "synonyms": ["b"]}, headers={"Origin": "https://evil.example.com"}
        ).status_code == 403  # fmt: skip
        other = httpx.get(link, timeout=WAIT_SECONDS)
        assert (other.status_code, other.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
        assert "set-cookie" not in other.headers

    def signed_in() -> str | None:
        entries = admin.get("/api/v1/audit", params={"action": "sign_in"})
        subjects = {(entry["subject"], entry["status"]) for entry in entries.json()["items"]}
        return entries.text if subjects >= {(f"key:{first['id']}", 303), ("anonymous", 401)} else None

    assert link.rpartition("=")[2] not in wait_for(signed_in)


def test_a_link_can_be_made_later_for_any_key_and_ends_with_it(admin: httpx.Client, installation: Installation):
    made, _ = make(admin, "of a browser", scopes=[f"{installation.corpus}/logs"])
    ended = installation.run("keys", "link", "of a browser")
    assert ended.returncode == 0, ended.stderr
    with httpx.Client(base_url=admin.base_url, timeout=WAIT_SECONDS) as browser:
        answer = browser.get(ended.stdout.strip(), headers={"X-Forwarded-Proto": "https"})
        assert "Secure" in answer.headers["set-cookie"]
        cookie = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
        assert browser.get("/api/v1/files", headers=cookie).json()["total"] == 1
        assert browser.get("/api/v1/audit", headers=cookie).status_code == 403
        assert admin.delete(f"/api/v1/keys/{made.id}").status_code == 200
        wait_for(lambda: browser.get("/api/v1/files", headers=cookie).status_code == 401)
    assert installation.run("keys", "link", "nobody").returncode == 4


def test_commands_on_this_machine_need_no_key(admin: httpx.Client, installation: Installation):
    assert installation.run("search", "disk").returncode == 0
    ended = installation.run("keys", "create", "by hand", "--role", "editor", "--expires", "90d")
    assert ended.returncode == 0
    assert ended.stdout.startswith("siss_")
    named = {**installation.environment, "SISS_API_URL": str(admin.base_url)}
    elsewhere = Installation(named, installation.corpus, installation.state)
    assert elsewhere.run("search", "disk").returncode == 5
    named["SISS_API_KEY"] = ended.stdout.strip()
    assert elsewhere.run("search", "disk").returncode == 0
    shown = installation.run("keys")
    assert "by hand" in shown.stdout
    renewed = installation.run("keys", "renew", "by hand")
    assert (renewed.returncode, renewed.stdout.rpartition(" is ")[2].strip()) == (0, "good without end.")
    assert installation.run("keys", "revoke", "by hand").returncode == 0
    assert installation.run("keys", "renew", "by hand").returncode == 4, "what was revoked stays so"
    assert installation.run("keys", "revoke", "by hand").returncode == 4
    assert "search" in installation.run("audit", "--action", "search").stdout
    checked = {
        each["name"]: each["state"] for each in json.loads(installation.run("doctor", "--json").stdout)["checks"]
    }
    assert (checked["service"], checked["engine"]) == ("ok", "ok")


def test_a_service_for_others_wants_keys(installation: Installation, tmp_path):
    elsewhere = ("--data-dir", str(tmp_path), "--host", "0.0.0.0")
    ended = installation.run("serve", str(installation.corpus), *elsewhere, "--set", "keys=off")
    assert ended.returncode == 2
    assert "SISS_KEYS" in ended.stderr
