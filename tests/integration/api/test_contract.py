"""The service held against its own OpenAPI document: who may do what, and that every answer is as documented.

A new endpoint without a rule here fails. What comes of ideas that nobody had is schemathesis's part.
"""

import asyncio
import os
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from integration.api.conftest import WAIT_SECONDS, Installation, make_key
from siss.api.server import build_api

RANKS = ("nobody", "reader", "editor", "admin")
KEYS = {
    "reader": {"role": "reader"},
    "editor": {"role": "editor"},
    "admin": {"role": "admin", "raw": True},
    "raw reader": {"role": "reader", "raw": True},
}


@dataclass(frozen=True)
class Rule:
    """Who may: the least role, whether the whole index must be theirs to see, whether they need the right ``raw``."""

    role: str
    whole: bool = False
    raw: bool = False
    body: dict[str, Any] | None = None
    file: bool = False


def everybody() -> Rule:
    return Rule("nobody")


def reader(**more: Any) -> Rule:
    return Rule("reader", **more)


def editor(**more: Any) -> Rule:
    return Rule("editor", **more)


def admin_only(**more: Any) -> Rule:
    return Rule("admin", whole=True, **more)


RULES = {
    "GET /healthz": everybody(),
    "GET /readyz": everybody(),
    "GET /metrics": reader(whole=True),
    "GET /api/v1/search": reader(),
    "POST /api/v1/search": reader(body={"query": {"text": "disk"}}),
    "POST /api/v1/search/jsonpath": reader(body={"expression": "$.server"}),
    "POST /api/v1/search/xpath": reader(body={"expression": "//server"}),
    "GET /api/v1/files": reader(),
    "POST /api/v1/files": editor(whole=True, file=True),  # scoped: where they see it
    "POST /api/v1/files/batch": editor(whole=True, file=True),
    "GET /api/v1/files/{id}": reader(),
    "PATCH /api/v1/files/{id}": editor(body={"tags": ["seen"]}),
    "DELETE /api/v1/files/{id}": editor(),
    "POST /api/v1/files/{id}/restore": editor(),
    "GET /api/v1/files/{id}/content": reader(),
    "GET /api/v1/files/{id}/download": reader(raw=True),
    "GET /api/v1/files/{id}/chunks": reader(),
    "GET /api/v1/files/{id}/coverage": reader(),
    "GET /api/v1/files/{id}/versions": reader(),
    "GET /api/v1/files/{id}/entities": reader(),
    "GET /api/v1/files/{id}/related": reader(),
    "GET /api/v1/files/{id}/schema": reader(),
    "GET /api/v1/files/{id}/anomalies": reader(),
    "GET /api/v1/coverage": reader(),
    "GET /api/v1/entities": reader(),
    "GET /api/v1/entities/{type}/{value}": reader(),
    "GET /api/v1/entities/{type}/{value}/files": reader(),
    "GET /api/v1/relationships": reader(),
    "GET /api/v1/graph": reader(),
    "GET /api/v1/schemas": reader(),
    "GET /api/v1/schemas/{id}": reader(),
    "GET /api/v1/schemas/{id}/files": reader(),
    "GET /api/v1/schemas/{id}/drift": reader(),
    "GET /api/v1/anomalies": reader(),
    "GET /api/v1/anomalies/{id}": reader(),
    "PATCH /api/v1/anomalies/{id}": editor(body={"status": "dismissed"}),
    "GET /api/v1/events": reader(),
    "GET /api/v1/searches": reader(),
    "POST /api/v1/searches": reader(body={"name": "disks", "query": {"query": {"text": "disk"}}}),
    "GET /api/v1/searches/{id}": reader(),
    "GET /api/v1/searches/{id}/results": reader(),
    "DELETE /api/v1/searches/{id}": reader(),
    "GET /api/v1/webhooks": reader(),  # one's own
    "POST /api/v1/webhooks": editor(body={"url": "https://hooks.example.com/siss"}),
    "GET /api/v1/webhooks/{id}": reader(),
    "GET /api/v1/webhooks/{id}/deliveries": reader(),
    "PATCH /api/v1/webhooks/{id}": editor(body={"active": True}),
    "DELETE /api/v1/webhooks/{id}": editor(),
    "GET /api/v1/stats": reader(),
    "GET /api/v1/stats/facets/{field}": reader(),
    "POST /api/v1/ingest/scan": editor(whole=True),
    "POST /api/v1/ingest/reindex": admin_only(body={"engine_only": True}),
    "POST /api/v1/ingest/reindex/{id}": editor(),
    "POST /api/v1/ingest/verify": admin_only(),
    "POST /api/v1/ingest/pause": admin_only(),
    "POST /api/v1/ingest/resume": admin_only(),
    "GET /api/v1/ingest/status": reader(),
    "GET /api/v1/jobs": reader(),
    "GET /api/v1/jobs/{id}": reader(),
    "POST /api/v1/jobs/{id}/cancel": editor(),
    "GET /api/v1/synonyms": reader(),
    "PUT /api/v1/synonyms": editor(whole=True, body={"term": "k8s", "synonyms": ["kubernetes"]}),
    "DELETE /api/v1/synonyms/{term}": editor(whole=True),
    "GET /api/v1/keys": admin_only(),
    "POST /api/v1/keys": admin_only(body={"name": "made by the matrix"}),
    "DELETE /api/v1/keys/{key}": admin_only(),
    "POST /api/v1/keys/{key}/renew": admin_only(),
    "POST /api/v1/keys/{key}/rotate": admin_only(),
    "GET /api/v1/audit": admin_only(),
    "GET /api/v1/maintenance": admin_only(),
    "POST /api/v1/maintenance/{task}": admin_only(),
}
"""By method and path, in the order of the document's tags."""

PLACES = {
    "id": str(uuid.uuid4()),
    "type": "hostname",
    "value": "x",
    "field": "mime",
    "key": "nobody",
    "term": "nothing",
    "task": "jobs",
}
PARAMETERS = {
    "/api/v1/coverage": {"path": "/x"},
    "/api/v1/graph": {"type": "hostname", "value": "x"},
    "/api/v1/schemas/{id}/drift": {"since": "2026-11-01T00:00:00Z"},
}


def operations() -> list[str]:
    paths = build_api().openapi()["paths"]
    return sorted(f"{method.upper()} {path}" for path, item in paths.items() for method in item)


def test_every_endpoint_has_a_rule():
    assert sorted(RULES) == operations()


@pytest.fixture(scope="module")
def holders(admin: httpx.Client, installation: Installation) -> dict[str, dict[str, str]]:
    """Headers of keys: one for each role, and those of each that see only a folder."""
    found = {}
    for name, wanted in KEYS.items():
        found[name] = make_key(admin, name, **wanted)[1]
        scope = [f"{installation.corpus}/logs"]
        found[f"scoped {name}"] = make_key(admin, f"scoped {name}", scopes=scope, **wanted)[1]
    return found


def test_who_may_do_what(keyed_service: str, holders: dict[str, dict[str, str]]):
    wrong: list[str] = []
    with httpx.Client(base_url=keyed_service, timeout=30) as client:
        file = client.get("/api/v1/files", headers=holders["scoped reader"]).json()["items"][0]["id"]
        # Wrong keys come last: an address that brought many is not let in with a right one that is new, either.
        asking = {**holders, "nobody": {}, "wrong": {"Authorization": "Bearer siss_a_b"}}
        for holder, headers in asking.items():
            for operation, rule in RULES.items():
                method, path = operation.split()
                reads = method == "GET" and "/files/" in path
                places = PLACES | ({"id": file} if reads or "reindex/" in path else {})
                sent = {"file": ("a.txt", b"a")} if rule.file else None
                asked = client.build_request(
                    method,
                    path.format(**places),
                    params=PARAMETERS.get(path),
                    json=rule.body,
                    files=sent,
                    headers=headers,
                )
                answer = client.send(asked, stream=True)
                answer.close()
                if not _is_right(answer.status_code, rule, holder):
                    wrong.append(f"{operation}: {holder} got {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def _is_right(status: int, rule: Rule, holder: str) -> bool:
    if rule.role == "nobody":
        return status in {200, 503}
    if holder in {"nobody", "wrong"}:
        return status in ({401} if holder == "nobody" else {401, 429})
    may = RANKS.index(holder.rsplit(maxsplit=1)[-1]) >= RANKS.index(rule.role)
    may = (
        may
        and not (rule.whole and holder.startswith("scoped"))
        and ("raw" in holder or "admin" in holder or not rule.raw)
    )
    return status not in {401, 403, 429, 500} if may else status == 403


ENDLESS = ("/api/v1/events",)
"""What never ends is no answer to be looked at."""

FUZZ, SEED = os.environ.get("SISS_TEST_FUZZ", "4"), os.environ.get("SISS_TEST_FUZZ_SEED", "20261121")
"""Random cases an operation, and where they begin; a few hundred and another seed for a run by hand."""

PHASES = {"admin": "examples,coverage,fuzzing", "editor": "examples,fuzzing", "scoped reader": "fuzzing"}
"""What each one tries. Coverage (what is at the edges of each parameter) once is enough."""


async def test_every_answer_is_as_documented(keyed_service: str, holders: dict[str, dict[str, str]], tmp_path: Path):
    document = tmp_path / "openapi.json"  # it is given ten seconds where it asks for it itself
    document.write_bytes(httpx.get(f"{keyed_service}/openapi.json", timeout=WAIT_SECONDS).raise_for_status().content)

    async def explore(holder: str, phases: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli",
            "--config-file", str(Path(__file__).with_name("schemathesis.toml")),
            "run", str(document), "--url", keyed_service, "-H", f"Authorization: {holders[holder]['Authorization']}",
            "--checks", "all", "--exclude-path", *ENDLESS, "--phases", phases, "-n", FUZZ, "--seed", SEED, "--no-color", "--no-shrink",
            "--continue-on-failure", "--request-timeout", "60", "--max-response-time", "60", "--suppress-health-check", "all", "--warnings", "off",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path,
        )  # fmt: skip
        said, _ = await process.communicate()
        return "" if process.returncode == 0 else f"{holder}:\n{said.decode()}"

    told = await asyncio.gather(*(explore(holder, phases) for holder, phases in PHASES.items()))
    assert not any(told), "\n".join(told)
