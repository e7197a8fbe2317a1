"""The service, as a user runs it: real processes, real files, real HTTP."""

import re
import shutil
from pathlib import Path

import pytest

from acceptance.product import Product


@pytest.fixture
def product(tmp_path: Path) -> Product:
    return Product(tmp_path / "state", started=True)


def test_changes_become_searchable_by_themselves(product: Product, nas: Path, needles: dict[str, str]) -> None:
    with product.serving(nas) as server:
        for needle, path in needles.items():
            if needle != "needlemarkdown":
                server.wait_for(f'"{needle}"', {str(nas / path)})
        server.wait_for("needlemarkdown", {str(nas / "notes/readme.md"), str(nas / "copies/readme-copy.md")})

        fresh = nas / "new" / "deep" / "fresh.txt"
        fresh.parent.mkdir(parents=True)
        fresh.write_text("needlefresh\n")
        server.wait_for("needlefresh", {str(fresh)})

        fresh.write_text("needleedited\n")
        server.wait_for("needleedited", {str(fresh)})
        server.wait_for("needlefresh", set())
        (item,) = server.search("needleedited")["items"]
        assert len(server.get(f"/files/{item['id']}/versions")["items"]) == 1

        moved = nas / "elsewhere"
        (nas / "new").rename(moved)
        server.wait_for("needleedited", {str(moved / "deep/fresh.txt")})
        assert server.search("needleedited")["items"][0]["id"] == item["id"]

        shutil.rmtree(moved)
        server.wait_for("needleedited", set())


def test_a_growing_log_is_tailed(product: Product, nas: Path) -> None:
    log = nas / "app.log"
    log.write_text("".join(f"2026-11-20T10:00:{n % 60:02}Z INFO line {n} of the beginning\n" for n in range(3000)))
    with product.serving(nas, tail_seconds="0.2", rest_seconds="2") as server:
        server.wait_for("beginning", {str(log)})
        for number in range(3):
            with log.open("a") as file:
                file.write(f"2026-11-20T11:00:00Z ERROR needlegrown{number} happened\n")
            server.wait_for(f"needlegrown{number}", {str(log)})
        item = server.search("needlegrown1")["items"][0]
        assert item["chunk_match"]["line"] == 3002
        assert server.search("level:error needlegrown1")["total"] == 1
        assert server.search("time:>2026-11-20T10:30 needlegrown2")["total"] == 1
        server.wait_idle()
        assert server.get(f"/files/{item['id']}/versions")["items"] == []
        page = Path(__file__).parents[2] / "docs/quick-start.md"
        shown = re.findall(r"^curl 'http://127\.0\.0\.1:8080(\S+)'", page.read_text("utf-8"), re.MULTILINE)
        assert len(shown) >= 5
        for request in shown:
            server.http.get(request.replace("/ID/", f"/{item['id']}/")).raise_for_status()


def test_a_root_that_vanishes_is_an_outage(product: Product, nas: Path, needles: dict[str, str]) -> None:
    with product.serving(nas, nas_retry="0.2") as server:
        server.wait_idle()
        away = nas.with_name("away")
        nas.rename(away)
        server.http.post("/api/v1/ingest/scan").raise_for_status()
        server.wait_for('"needlejson"', {str(nas / needles["needlejson"])})
        file_id = server.search('"needlejson"')["items"][0]["id"]
        assert server.http.get(f"/api/v1/files/{file_id}/content").status_code == 200
        gone = server.http.get(f"/api/v1/files/{file_id}/download")
        assert gone.status_code == 503
        assert gone.headers["retry-after"] == "30"
        assert gone.json()["error"]["code"] == "NAS_UNAVAILABLE"
        assert server.get("/stats")["by_status"].get("missing", 0) == 0

        away.rename(nas)
        back = nas / "back.txt"
        back.write_text("needleback\n")
        server.wait_for("needleback", {str(back)})
        assert server.http.get(f"/api/v1/files/{file_id}/download").status_code == 200


def test_pausing_survives_a_restart(product: Product, nas: Path, needles: dict[str, str]) -> None:
    with product.serving(nas) as server:
        server.wait_idle()
        product.run("pause")
    with product.serving(nas) as server:
        (nas / "later.txt").write_text("needlelater\n")
        assert server.get("/ingest/status")["phase"] in {"paused", "stopped"}
        assert server.paths("needlelater") == set()
        product.run("resume")
        server.wait_for("needlelater", {str(nas / "later.txt")})
