"""Health, metrics, jobs, numbers, documentation."""

import re
import uuid
from dataclasses import replace
from unittest.mock import AsyncMock

import pytest
from prometheus_client.parser import text_string_to_metric_families

from siss.adapters.memory.cache import MemoryCache
from siss.api.counted_cache import CountedCache
from siss.api.metrics import METRICS
from siss.api.models.ingest import IngestState, JobItem
from siss.api.models.search import FacetList
from siss.api.models.stats import Ready, Stats
from siss.api.server import build_api
from siss.errors import DatabaseDamagedError, DatabaseUnavailableError
from siss.model.file import RootState
from siss.model.job import JobKind, JobState
from siss.model.stats import IngestStatus


async def test_ready_is_200_and_degraded_while_a_root_is_away(world):
    assert (await world.client.get("/readyz")).json() == {"status": "ready"}
    world.change_root(state=RootState.AWAY, reason="no route")
    response = await world.client.get("/readyz?verbose=true")
    found = Ready.model_validate_json(response.content)
    assert (response.status_code, found.status) == (200, "degraded")
    names = [part.name for part in found.components]
    assert names == ["postgresql", "engine", "indexing", "pages", "verified", f"root:{world.catalog.root.shown}"]
    assert found.components[0].latency_ms is not None


async def test_ready_is_degraded_while_something_mounted_below_a_root_is_away(world):
    world.change_root(mounts_away=2)
    response = await world.client.get("/readyz?verbose=true")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert "2 of what was mounted below it" in response.text
    assert re.search(r'siss_mounts_away\{root=".*root"\} 2.0', (await world.client.get("/metrics")).text)


async def test_ready_is_degraded_where_damage_ended_indexing(world):
    status = IngestStatus("stopped", ended="the table files cannot be read")
    await world.services.ingest_state.write_status(status)
    response = await world.client.get("/readyz?verbose=true")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert "the table files cannot be read" in response.text
    assert "siss_indexing_ended 1.0" in (await world.client.get("/metrics")).text


async def test_damage_that_an_answer_met_is_503_and_told_from_then_on(world, monkeypatch):
    metrics = (await world.client.get("/metrics")).text
    assert "siss_database_damaged 0.0" in metrics
    assert "siss_indexing_ended 0.0" in metrics
    damaged = AsyncMock(side_effect=DatabaseDamagedError("the table files cannot be read"))
    monkeypatch.setattr(world.catalog, "facet", damaged)
    answer = await world.client.get("/api/v1/stats/facets/mime")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "DATABASE_DAMAGED")
    assert "Retry-After" not in answer.headers
    ready = await world.client.get("/readyz?verbose=true")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    told = {part["name"]: part["detail"] for part in ready.json()["components"]}
    assert (told["pages"], told["indexing"]) == ("the table files cannot be read", "")
    assert (await world.client.get("/api/v1/stats")).json()["ingest"]["damage"] == "the table files cannot be read"
    metrics = (await world.client.get("/metrics")).text
    assert "siss_database_damaged 1.0" in metrics
    assert "siss_indexing_ended 0.0" in metrics


async def test_what_metrics_are_read_from_is_damaged(world, monkeypatch):
    monkeypatch.setattr(world.catalog, "stats", AsyncMock(side_effect=DatabaseDamagedError("the table files")))
    metrics = (await world.client.get("/metrics")).text
    assert "siss_database_damaged 1.0" in metrics
    assert "siss_database_up 1.0" in metrics


async def test_readiness_survives_damage_where_it_looks(world, monkeypatch):
    monkeypatch.setattr(world.services.jobs, "page", AsyncMock(side_effect=DatabaseDamagedError("the table jobs")))
    ready = await world.client.get("/readyz?verbose=true")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert {"name": "verified", "state": "degraded", "latency_ms": None, "detail": "the table jobs"} in ready.json()[
        "components"
    ]


@pytest.mark.parametrize(
    ("state", "arguments", "result", "status"),
    [
        ("done", {"repair": False}, {"clean": True}, "ready"),
        ("done", {"repair": False}, {"clean": False}, "degraded"),
        ("done", {"repair": True}, {"clean": False}, "ready"),
        ("failed", {"repair": True}, {"code": "DATABASE_DAMAGED"}, "degraded"),
        ("cancelled", {"repair": False}, {}, "degraded"),  # the one before says so
    ],
)
async def test_ready_is_degraded_where_verify_found_what_nobody_mended(world, state, arguments, result, status):
    jobs = world.services.jobs
    for given, ended, came in (({"repair": False}, "done", {"clean": False}), (arguments, state, result)):
        job = await jobs.submit(JobKind.VERIFY, given, "local")
        jobs.jobs[job.id] = replace(job, state=JobState(ended), result=came, error="broken")
    await jobs.submit(JobKind.VERIFY, {"repair": False}, "local")  # waits yet
    assert (await world.client.get("/readyz")).json() == {"status": status}


async def test_ready_is_503_without_the_database(world):
    world.catalog.failure = DatabaseUnavailableError("PostgreSQL does not answer.")
    response = await world.client.get("/readyz?verbose=1")
    assert (response.status_code, response.json()["status"]) == (503, "unready")
    assert (await world.client.get("/healthz")).status_code == 200


async def test_every_metric_is_there_and_documented(world):
    await world.client.get(f"{world.url}/download")
    text = (await world.client.get("/metrics")).text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    for name, (kind, about) in METRICS.items():
        family = families[name.removesuffix("_total") if kind == "counter" else name]
        assert (family.type, family.documentation) == (kind, about), name
    assert re.search(r'siss_nas_available\{root=".*root"\} 1.0', text)
    assert "siss_outbox_depth 3.0" in text
    assert 'siss_coverage_files{extent="whole"} 1.0' in text
    assert {name for name in families if name.startswith("siss_")} == {
        name.removesuffix("_total") if kind == "counter" else name for name, (kind, _) in METRICS.items()
    }


async def test_what_is_looked_for_in_the_cache_is_counted():
    found: list[bool] = []
    cache = CountedCache(MemoryCache(), found.append)
    assert await cache.get("a") is None
    await cache.put("a", b"1", 60)
    assert await cache.get("a") == b"1"
    await cache.delete("a")
    assert await cache.get("a") is None
    assert found == [False, True, False]


async def test_metrics_answer_without_the_database(world, monkeypatch):
    async def fail(*_args):
        raise DatabaseUnavailableError("gone")

    monkeypatch.setattr(world.services.ingest_state, "read_status", fail)
    assert "siss_database_up 0.0" in (await world.client.get("/metrics")).text


async def test_work_is_queued_and_can_be_followed(world):
    folder = world.catalog.root.shown
    for route, body, kind, arguments in (
        ("scan", None, "scan", {"path": None, "accept_deletions": False}),
        ("scan", {"path": f"{folder}/logs"}, "scan", {"path": f"{folder}/logs", "accept_deletions": False}),
        ("scan", {"path": "Z:\\data\\logs"}, "scan", {"path": f"{folder}/logs", "accept_deletions": False}),
        ("reindex", None, "reindex_all", {}),
        ("reindex", {"engine_only": True}, "reindex_engine", {}),
        (f"reindex/{world.file.public_id}", None, "reindex_file", {"file_ids": [5], "id": str(world.file.public_id)}),
        ("verify", {"repair": True}, "verify", {"repair": True}),
    ):
        response = await world.client.post(f"/api/v1/ingest/{route}", json=body)
        job = JobItem.model_validate_json(response.content)
        assert (response.status_code, job.kind, job.arguments) == (202, kind, arguments)
        assert response.headers["location"] == f"/api/v1/jobs/{job.id}"
        assert (await world.client.get(f"/api/v1/jobs/{job.id}")).json() == response.json()
    assert (await world.client.post("/api/v1/ingest/scan", json={"path": "/elsewhere"})).status_code == 404
    assert (await world.client.post("/api/v1/ingest/scan", json={"path": "logs"})).status_code == 400
    assert (await world.client.post("/api/v1/ingest/scan", json={"paht": "/x"})).status_code == 400
    assert (await world.client.get(f"/api/v1/jobs/{uuid.uuid4()}")).status_code == 404


async def test_indexing_pauses_and_resumes(world):
    paused = IngestState.model_validate_json((await world.client.post("/api/v1/ingest/pause")).content)
    assert paused.paused
    assert not (await world.client.post("/api/v1/ingest/resume")).json()["paused"]
    assert not (await world.client.get("/api/v1/ingest/status")).json()["paused"]


async def test_numbers_have_the_documented_shapes(world):
    Stats.model_validate_json((await world.client.get("/api/v1/stats")).content)
    found = FacetList.model_validate_json((await world.client.get("/api/v1/stats/facets/mime")).content)
    assert found.values[0].count == 1


async def test_the_documentation_loads_nothing_from_anywhere(world):
    root = await world.client.get("/")
    assert (root.status_code, root.headers["location"]) == (307, "/docs")
    page = (await world.client.get("/docs")).text
    assert "<script" not in page
    assert "<code></code>" not in page
    anchors = re.findall(r'id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", page)
    for path in build_api().openapi()["paths"]:
        assert path in page, path


async def test_openapi_is_whole(world):
    document = (await world.client.get("/openapi.json")).json()
    text = str(document)
    for name in set(re.findall(r"#/components/schemas/(\w+)", text)):
        assert name in document["components"]["schemas"], name
    assert "HTTPValidationError" not in text
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
            assert good.get("content") or "204" in operation["responses"], (method, path)
            if path.startswith("/api/v1"):
                assert operation["responses"]["500"]["content"]["application/json"]["schema"], (method, path)
