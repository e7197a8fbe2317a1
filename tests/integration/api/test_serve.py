"""A service as users start it: owner, workers, database, engine, over a socket."""

import contextlib
import http.client
import json
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import psutil
import pytest

from integration.api.conftest import WAIT_SECONDS, wait_for
from siss.api.models.coverage import FileCoverage, PathCoverage
from siss.api.models.files import ChunkList, FileDetail, FilePage, VersionList
from siss.api.models.ingest import IngestState
from siss.api.models.search import FacetList, SearchPage
from siss.api.models.shape import FacetValue
from siss.api.models.stats import Alive, Ready, Stats

KEEP_ALIVE = 5.0
"""Seconds after which a connection that nobody uses is closed."""


def find(client: httpx.Client, query: str, **params) -> SearchPage:
    response = client.get("/api/v1/search", params={"q": query, **params})
    assert response.status_code == 200, response.text
    return SearchPage.model_validate_json(response.content)


def test_words_are_found_with_place_and_snippet(client, installation):
    page = find(client, "sd17 failed")
    assert [item.path for item in page.items] == [str(installation.corpus / "logs" / "app.log")]
    match = page.items[0].chunk_match
    assert match.line == 18
    assert "<em>failed</em>" in match.highlight
    text = (installation.corpus / "logs" / "app.log").read_bytes()[match.span.start : match.span.end]
    assert text.lower() in {b"sd17", b"failed"}


@pytest.mark.parametrize("quotes", ["", '"'])
def test_a_time_stamp_is_shown_where_it_stands(client, installation, quotes):
    lines = (installation.corpus / "logs" / "app.log").read_text().splitlines()
    (item,) = find(client, quotes + lines[11] + quotes).items
    assert (item.relaxed, item.chunk_match.line) == (False, 12)
    assert item.chunk_match.highlight.startswith(f"<em>{lines[11][:10]}")


def test_equal_bytes_are_one_hit_and_two_files(client):
    page = find(client, "db-prod-01.example.com", facets="mime,ext")
    assert (len(page.items), page.total) == (1, 2)
    assert len(page.items[0].other_paths) == 1
    assert page.facets["ext"] == [FacetValue(value="json", count=2)]


def test_the_dsl_answers_the_same(client):
    response = client.post("/api/v1/search", json={"query": {"text": "grüße", "filters": {"ext": ["txt"]}}})
    page = SearchPage.model_validate_json(response.content)
    assert [item.name for item in page.items] == ["grüße & co.txt"]


def test_pages_of_a_sorted_list_hold_everything_once(client):
    seen, cursor = [], None
    while True:
        page = find(client, "", sort="name", size=2, **({"cursor": cursor} if cursor else {}))
        seen += [item.name for item in page.items]
        seen += [path.rsplit("/", 1)[1] for item in page.items for path in item.other_paths]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(seen) == ["app.log", "blob.bin", "conf.json", "copy.json", "grüße & co.txt"]


def test_a_query_that_does_not_parse_says_where(client):
    error = client.get("/api/v1/search", params={"q": "disk size:huge"}).json()["error"]
    assert (error["code"], error["details"]["position"]) == ("INVALID_QUERY", 6)


def test_every_route_answers_as_documented(client, installation):
    item = find(client, "name:conf.json").items[0]
    base = f"/api/v1/files/{item.id}"
    for path, model in (
        (base, FileDetail),
        (f"{base}/chunks", ChunkList),
        (f"{base}/coverage", FileCoverage),
        (f"{base}/versions", VersionList),
        ("/api/v1/files?size=2&sort=size&order=desc", FilePage),
        ("/api/v1/stats", Stats),
        ("/api/v1/stats/facets/mime", FacetList),
        ("/api/v1/ingest/status", IngestState),
        ("/readyz?verbose=true", Ready),
        ("/healthz", Alive),
        (f"/api/v1/coverage?path={installation.corpus}/.git", PathCoverage),
    ):
        response = client.get(path)
        assert response.status_code == 200, (path, response.text)
        model.model_validate_json(response.content)
    assert client.get(f"{base}/content").content == (installation.corpus / "conf.json").read_bytes()


@pytest.mark.parametrize("sort", ["name", "path", "size", "modified", "indexed"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_file_lists_page_in_every_order(client, sort, order):
    seen, cursor = [], None
    while True:
        params = {"size": 2, "sort": sort, "order": order, **({"cursor": cursor} if cursor else {})}
        page = FilePage.model_validate_json(client.get("/api/v1/files", params=params).content)
        seen += [item.path for item in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == page.total == 5


def test_a_download_over_a_socket_has_ranges_and_the_hash(client, installation):
    item = find(client, "name:app.log").items[0]
    whole = (installation.corpus / "logs" / "app.log").read_bytes()
    response = client.get(item.download_url)
    assert response.content == whole
    part = client.get(item.download_url, headers={"Range": "bytes=10-19", "If-Range": response.headers["etag"]})
    assert part.content in {whole[10:20], whole}
    assert client.get(item.download_url, headers={"Range": "bytes=10-19"}).content == whole[10:20]


def test_counts_of_all_workers_are_added_up(client, service):
    def searches() -> float:
        for line in client.get("/metrics").text.splitlines():
            if line.startswith("siss_search_requests_total{"):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    before = searches()

    def search(_number: int) -> int:
        return httpx.get(f"{service}/api/v1/search?q=disk", timeout=WAIT_SECONDS).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(search, range(40))) == {200}
    wait_for(lambda: searches() == before + 40)


def test_a_worker_that_stands_still_takes_no_connections(service, installation):
    owner = psutil.Process(json.loads((installation.state / "owner.json").read_bytes())["pid"])
    listeners = _workers(owner, service)
    assert len(listeners) == 2
    for stopped in listeners:
        stopped.suspend()
        try:
            for _ in range(5):
                assert httpx.get(f"{service}/healthz", timeout=WAIT_SECONDS).status_code == 200
        finally:
            stopped.resume()


def test_connections_that_stay_are_shared_evenly(service, installation):
    owner = psutil.Process(json.loads((installation.state / "owner.json").read_bytes())["pid"])
    workers = _workers(owner, service)

    def are_shared() -> bool:
        before = [_established(worker) for worker in workers]
        with contextlib.ExitStack() as kept:
            for _ in range(12):  # plain ones: a client of httpx takes long to make, and idle connections are closed
                connection = http.client.HTTPConnection(service.removeprefix("http://"), timeout=WAIT_SECONDS)
                kept.callback(connection.close)
                connection.request("GET", "/healthz")
                assert connection.getresponse().read()
            taken = [_established(worker) for worker in workers]
        return sum(taken) == sum(before) + 12 and max(taken) - min(taken) <= 1

    wait_for(are_shared)


def test_synonyms_count_in_every_worker_once_they_are_answered(service, installation):
    owner = psutil.Process(json.loads((installation.state / "owner.json").read_bytes())["pid"])
    workers = _workers(owner, service)
    before = [_established(worker) for worker in workers]
    with contextlib.ExitStack() as kept:
        clients: list[httpx.Client] = []

        def all_have_one() -> bool:
            clients.append(kept.enter_context(httpx.Client(base_url=service, timeout=WAIT_SECONDS)))
            assert clients[-1].get("/healthz").status_code == 200
            return all(_established(worker) > had for worker, had in zip(workers, before, strict=True))

        wait_for(all_have_one)  # so the last one asks another worker than the first
        first, last = clients[0], clients[-1]

        def totals() -> set[int]:
            return {find(client, "festplatte", typos="false").total for client in (first, last)}

        assert totals() == {0}
        for writer in (first, last, first, last):
            body = {"term": "festplatte", "synonyms": ["disk"]}
            assert writer.put("/api/v1/synonyms", json=body).status_code == 200
            assert totals() == {1}
            assert writer.delete("/api/v1/synonyms/festplatte").status_code == 200
            assert totals() == {0}


def test_workers_restart_in_turn_and_no_request_fails(service, installation):
    owner = psutil.Process(json.loads((installation.state / "owner.json").read_bytes())["pid"])
    before = {worker.pid for worker in _workers(owner, service)}
    assert len(before) == 2
    done = threading.Event()
    failures: list[str] = []
    answered: Counter[str] = Counter()
    answered_at: dict[http.client.HTTPConnection, float] = {}

    def repeat(what: str, ask: Callable[[], object]) -> None:
        while not done.is_set():
            try:
                ask()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what must not be
                if not done.is_set():
                    failures.append(f"{what}: {error!r}")
                return
            answered[what] += 1
            done.wait(0.02)

    def kept(connection: http.client.HTTPConnection) -> None:
        """A plain client: it opens another connection only where the last answer said so, or long ago."""
        if time.monotonic() - answered_at.get(connection, 0.0) > KEEP_ALIVE / 5:
            connection.close()  # a machine so busy: it may be closed for idleness just now
        connection.request("GET", "/api/v1/search?q=sd17+failed")
        with connection.getresponse() as response:
            assert json.loads(response.read())["total"] == 1
        answered_at[connection] = time.monotonic()

    def fresh() -> None:
        body = {"query": {"text": "grüße"}}
        assert httpx.post(f"{service}/api/v1/search", json=body, timeout=WAIT_SECONDS).status_code == 200

    def events() -> None:
        """A stream that is told to end ends whole: the client comes again."""
        with httpx.stream("GET", f"{service}/api/v1/events", timeout=WAIT_SECONDS) as stream:
            assert stream.status_code == 200
            for _ in stream.iter_lines():
                pass

    connections = [
        http.client.HTTPConnection(service.removeprefix("http://"), timeout=WAIT_SECONDS) for _ in range(4)
    ]
    asks = [("kept", partial(kept, connection)) for connection in connections]
    threads = [
        threading.Thread(target=repeat, args=given, daemon=True)
        for given in (*asks, ("fresh", fresh), ("events", events))
    ]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: failures or min(answered["kept"], answered["fresh"]) > 5)
        owner.send_signal(signal.SIGHUP)

        def workers() -> set[int]:
            return {worker.pid for worker in _workers(owner, service)}

        wait_for(lambda: failures or (len(workers()) == 2 and not workers() & before))
        reached = +answered
        wait_for(lambda: failures or all(answered[what] > reached[what] + 5 for what in ("kept", "fresh")))
        wait_for(lambda: failures or answered["events"])
    finally:
        done.set()
        for thread in threads[:-1]:  # the last one waits for an event, as long as the service is there
            thread.join(timeout=WAIT_SECONDS)
        for connection in connections:
            connection.close()
    assert not failures
    assert answered["events"], "the stream ended with its worker, and was opened again"


def _established(process: psutil.Process) -> int:
    return sum(found.status == psutil.CONN_ESTABLISHED for found in process.net_connections("tcp"))


def _workers(owner: psutil.Process, service: str) -> list[psutil.Process]:
    """Those that listen: they are forked from a template, which does not."""
    return [process for process in owner.children(recursive=True) if _listens(process, service)]


def _listens(process: psutil.Process, service: str) -> bool:
    port = int(service.rsplit(":", 1)[1])
    try:
        return any(
            found.status == psutil.CONN_LISTEN and found.laddr.port == port for found in process.net_connections()
        )
    except psutil.Error:
        return False  # it has ended


def test_workers_are_replaced_when_the_process_ends_that_they_were_forked_from(service, installation):
    owner = psutil.Process(json.loads((installation.state / "owner.json").read_bytes())["pid"])
    before = _workers(owner, service)
    template = before[0].parent()
    assert template.pid != owner.pid
    template.kill()

    def are_new() -> bool:
        now = {worker.pid for worker in _workers(owner, service)}
        return len(now) == 2 and not now & {worker.pid for worker in before}

    wait_for(are_new)
    wait_for(lambda: not any(worker.is_running() for worker in before))
    assert httpx.get(f"{service}/readyz", timeout=WAIT_SECONDS).status_code == 200


def end_of(client: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    """What became of a job."""

    def end() -> dict[str, Any] | None:
        found = client.get(f"/api/v1/jobs/{job['id']}").json()
        return found if found["state"] not in {"queued", "running"} else None

    return wait_for(end)


def test_a_job_can_be_followed_to_its_end(client):
    job = end_of(client, client.post("/api/v1/ingest/verify", json={}).json())
    assert (job["state"], job["result"]["clean"]) == ("done", True)


def test_commands_ask_the_owner_and_print_what_rest_answers(client, installation):
    told = json.loads(installation.run("search", "--json", "sd17", "failed").stdout)
    asked = client.get("/api/v1/search", params={"q": "sd17 failed"}).json()
    for answer in (told, asked):
        del answer["took_ms"]
    assert told == asked
    path = str(installation.corpus / "blob.bin")
    why = json.loads(installation.run("why", "--json", path).stdout)
    assert why == client.get("/api/v1/coverage", params={"path": path}).json()
    assert why["coverage"]["gaps"][0]["reason"] == "binary"


def test_a_second_owner_is_refused(installation, service):
    ended = installation.run("index", str(installation.corpus))
    assert ended.returncode == 3
    assert service in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_change_is_found_soon(client, installation):
    (installation.corpus / "late.txt").write_text("zwiebelkuchen\n")
    page = wait_for(lambda: page if (page := find(client, "zwiebelkuchen", typos="false")).items else None)
    assert page.items[0].name == "late.txt"
    (installation.corpus / "late.txt").unlink()


def test_pausing_is_kept(client, installation):
    assert installation.run("pause").returncode == 0
    assert client.get("/api/v1/ingest/status").json()["paused"]
    assert installation.run("resume").returncode == 0
    assert not client.get("/api/v1/ingest/status").json()["paused"]


def test_search_goes_on_while_the_nas_is_away(client, installation):
    item = find(client, "name:app.log").items[0]
    away = installation.corpus.rename(installation.corpus.with_name("away"))
    try:
        response = client.get(item.download_url)
        assert (response.status_code, response.headers["retry-after"]) == (503, "30")
        assert response.json()["error"]["code"] == "NAS_UNAVAILABLE"
        assert find(client, "sd17 failed").items
        assert client.get(f"/api/v1/files/{item.id}/content").status_code == 200
        assert client.get("/readyz").status_code == 200
    finally:
        away.rename(installation.corpus)


def test_workers_end_with_an_owner_that_was_killed(own_installation):
    announced = own_installation.state / "owner.json"
    with own_installation.start("serve", str(own_installation.corpus)) as process:
        try:
            wait_for(lambda: announced.exists() and b"http" in announced.read_bytes(), process)
            httpx.get(json.loads(announced.read_bytes())["address"] + "/healthz", timeout=WAIT_SECONDS)
            below = psutil.Process(process.pid).children(recursive=True)
            ours = [each for each in below if each.name().startswith(("python", "siss-"))]
            assert len(ours) >= 3
        finally:
            process.kill()
    _, alive = psutil.wait_procs(ours, timeout=WAIT_SECONDS)
    assert not [worker for worker in alive if worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE]


def test_maintenance_runs_when_asked_and_is_recorded(client, installation):
    # Files of a root that is away are not compared, and another test takes it away.
    wait_for(lambda: client.get("/api/v1/stats").json()["roots"][0]["state"] == "available")
    before = {task["name"]: task for task in client.get("/api/v1/maintenance").json()["items"]}
    assert set(before) == {"vacuum", "snapshot", "integrity", "audit", "jobs", "dead-files", "compact"}
    assert before["snapshot"]["due_at"] is None
    for name in ("vacuum", "integrity", "audit", "jobs", "dead-files", "compact"):
        job = end_of(client, client.post(f"/api/v1/maintenance/{name}").json())
        assert job["state"] == "done", job
    ended = installation.run("maintain", "snapshot")
    assert (ended.returncode, "SISS_SNAPSHOT_DIR" in ended.stdout) == (70, True), ended.stdout
    after = {task["name"]: task for task in json.loads(installation.run("maintain", "--json").stdout)["items"]}
    assert after["integrity"]["result"]["intact"] == 1
    assert all(after[name]["succeeded_at"] for name in after if name != "snapshot")
    assert "SISS_SNAPSHOT_DIR" in after["snapshot"]["error"]
    metrics = client.get("/metrics").text
    assert 'siss_maintenance_failed{task="snapshot"} 1.0' in metrics
    assert 'siss_maintenance_failed{task="vacuum"} 0.0' in metrics
    assert client.post("/api/v1/maintenance/nothing").status_code == 400


def test_a_worker_that_is_killed_in_the_middle_of_an_upload_leaves_nothing_half_done(client, service, installation):
    owner = psutil.Process(json.loads((installation.state / "owner.json").read_bytes())["pid"])
    uploads = installation.corpus / "uploads"
    host, port = service.removeprefix("http://").split(":")
    head = (
        b"POST /api/v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n"
        b"Content-Type: multipart/form-data; boundary=f\r\n\r\n"
        b'--f\r\nContent-Disposition: form-data; name="file"; filename="half.txt"\r\n\r\n'
    )
    with socket.create_connection((host, int(port)), timeout=WAIT_SECONDS) as upload:
        upload.sendall(head + b"halfdurian\n" * 200_000)
        wait_for(lambda: [file for file in uploads.glob(".siss-incoming/*") if file.stat().st_size])
        ours = upload.getsockname()[1]
        (killed,) = (
            worker
            for worker in _workers(owner, service)
            if any(c.raddr and c.raddr.port == ours for c in worker.net_connections())
        )
        killed.kill()
        with contextlib.suppress(ConnectionResetError):
            assert upload.recv(100) == b""

    def workers() -> set[int]:
        return {worker.pid for worker in _workers(owner, service)}

    wait_for(lambda: len(workers()) == 2 and killed.pid not in workers())
    assert [file.name for file in uploads.iterdir()] == [".siss-incoming"]
    job = httpx.post(f"{service}/api/v1/ingest/scan", json={}, timeout=WAIT_SECONDS).json()
    while job["state"] in {"queued", "running"}:
        job = httpx.get(f"{service}/api/v1/jobs/{job['id']}", timeout=WAIT_SECONDS).json()
    found = httpx.get(f"{service}/api/v1/search?q=halfdurian&typos=false", timeout=WAIT_SECONDS)
    assert found.json()["items"] == []
    again = httpx.post(f"{service}/api/v1/files", files={"file": ("half.txt", b"whole\n")}, timeout=WAIT_SECONDS)
    assert again.status_code == 201, again.text
