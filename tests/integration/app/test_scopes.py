"""A scope is the whole world: every operation of the OpenAPI document, as whoever sees a part asks it.

An operation that is added there must be added here: to those that are asked and compared, to those that say nothing
to a scope, or to those that change something.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from integration.app.worlds import OUTSIDE, World, two_worlds
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.api.server import build_api
from siss.model.entity import EntityType
from siss.model.query import FacetField

V1: Final = "/api/v1"
INSIDE: Final = (
    "team/conf/01.json",
    "team/conf/07.json",
    "team/app.log",
    "team/web.env",
    "team/feed.xml",
    "team/leak.env",
)
BEYOND: Final = ("other/conf/01.json", "other/app.log", "other/list.csv", "other/leak.env")
THINGS: Final = (
    ("hostname", "db-prod-01.example.com"), ("ip_address", "10.200.0.1"), ("username", "alice"), ("port", "5432"),
    ("hostname", "zebrafish.example.org"), ("ip_address", "10.9.9.9"),
)  # fmt: skip
QUERIES: Final = (
    "", "db-prod-01", "refused", "5432 OR alice", "zebrafish", "zebrafsh", "db-prod-0*", "secretive", "ip:10.0.0.0/8",
    "host:db-prod-01.example.com", "severity:>=medium", "level:error", "level:fatal", "-5432", "path:conf", "ext:csv",
    "AKIAQYLPMN5HFIQR7XYA", "nine9Tigers", "copy.log",
)  # fmt: skip

Request = tuple[str, dict[str, Any]]
"""A path with labels of files, schemas and anomalies in braces, and what goes with it."""


def of_files(route: str, *more: dict[str, Any]) -> list[Request]:
    """A route for files within and without the scope. Those without are as if they were not."""
    return [
        (route.replace("{id}", f"{{{name}}}"), {"params": each}) for name in INSIDE + BEYOND for each in more or ({},)
    ]


def of_schemas(route: str, **params: Any) -> list[Request]:
    return [
        (route.replace("{id}", f"{{schema of {name}}}"), {"params": params})
        for name in ("team/conf/00.json", "team/feed.xml", "other/list.csv")
    ]


ASKED: Final[dict[tuple[str, str], list[Request]]] = {
    ("get", "/search"): [
        ("/search", {"params": {"q": query, "size": 100, "facets": ",".join(FacetField), **more}})
        for query in QUERIES
        for more in ({}, {"sort": "path"})
    ],
    ("post", "/search"): [
        ("/search", {"json": {"query": {"text": text}, "size": 100, "facets": ["ext", "folder", "schema_id"]}})
        for text in ("refused", "zebrafish")
    ]
    + [("/search", {"json": {"query": {"json_path": "$.host"}, "size": 100}})],
    ("get", "/files"): [
        ("/files", {"params": {"size": 100, **more}})
        for more in ({}, {"kind": "json"}, {"name": "*.log"}, {"status": "indexed"}, {"extent": "partial"}, {"hidden": True})
    ],
    ("get", "/files/{id}"): of_files("/files/{id}", {}, {"hidden": True}),
    ("get", "/files/{id}/chunks"): of_files("/files/{id}/chunks"),
    ("get", "/files/{id}/coverage"): of_files("/files/{id}/coverage"),
    ("get", "/files/{id}/versions"): of_files("/files/{id}/versions"),
    ("get", "/files/{id}/content"): of_files("/files/{id}/content", {}, {"hidden": True}),
    ("get", "/files/{id}/entities"): of_files("/files/{id}/entities"),
    ("get", "/files/{id}/related"): of_files("/files/{id}/related", {"size": 100}),
    ("get", "/files/{id}/schema"): of_files("/files/{id}/schema"),
    ("get", "/files/{id}/anomalies"): of_files("/files/{id}/anomalies"),
    ("get", "/coverage"): [("/coverage", {"params": {"path": f"<root>/{name}"}}) for name in INSIDE],
    ("get", "/entities"): [
        ("/entities", {"params": {"size": 100, **more}})
        for more in (
            *({"type": kind.value} for kind in EntityType), {}, {"sort": "files"}, {"value": "db-*"}, {"value": "*fish*"},
            {"network": "10.0.0.0/8"}, {"value": "*prod*", "sort": "files"},
        )
    ],
    ("get", "/entities/{type}/{value}"): [(f"/entities/{kind}/{value}", {}) for kind, value in THINGS],
    ("get", "/entities/{type}/{value}/files"): [(f"/entities/{kind}/{value}/files", {}) for kind, value in THINGS],
    ("get", "/relationships"): [("/relationships", {"params": {"size": 100}})],
    ("get", "/graph"): [
        ("/graph", {"params": {"type": kind, "value": value, "hops": hops, "format": form}})
        for kind, value in THINGS
        for hops, form in ((1, "json"), (2, "json"), (2, "graphml"))
    ],
    ("get", "/schemas"): [("/schemas", {"params": {"size": 100}})],
    ("get", "/schemas/{id}"): of_schemas("/schemas/{id}"),
    ("get", "/schemas/{id}/files"): of_schemas("/schemas/{id}/files"),
    ("get", "/schemas/{id}/drift"): of_schemas("/schemas/{id}/drift", since="2026-01-01T00:00:00Z"),
    ("get", "/anomalies"): [("/anomalies", {"params": {"size": 100}})],
    ("get", "/anomalies/{id}"): [
        (f"/anomalies/{{{label}}}", {})
        for label in ("value_outlier low of team/conf/07.json", "value_outlier low of other/conf/40.json", "none")
    ],
    ("post", "/search/jsonpath"): [
        ("/search/jsonpath", {"json": {"expression": expression}}) for expression in ("$.timeout", "$.secretive", "$.*")
    ],
    ("post", "/search/xpath"): [("/search/xpath", {"json": {"expression": "//host"}})],
    ("get", "/stats"): [("/stats", {})],
    ("get", "/stats/facets/{field}"): [(f"/stats/facets/{name}", {}) for name in FacetField],
}  # fmt: skip

UNTOLD: Final = {
    "/events": "do not end; their scopes are tested with them",
    "/searches": "of who saved them; what they find is asked of the search above",
    "/webhooks": "of who made them; what they are told is an event",
    "/jobs": "of who asked for them",
    "/synonyms": "told by people, of no file",
    "/keys": "for administrators without a scope",
    "/audit": "for administrators without a scope",
    "/maintenance": "for administrators without a scope",
}
"""What is answered from no file, or to no scope, by the beginning of its path, and why."""

SILENT: Final = {("get", "/ingest/status"), ("get", "/files/{id}/download")}
"""How busy indexing is; and bytes of the NAS, which has no such file any more."""

CHANGING: Final[dict[tuple[str, str], Any]] = {
    ("patch", "/files/{id}"): {"tags": ["x"]},
    ("delete", "/files/{id}"): None,
    ("post", "/files/{id}/restore"): None,
    ("post", "/ingest/reindex/{id}"): None,
    ("patch", "/anomalies/{id}"): {"status": "dismissed"},
    ("post", "/files"): None,
    ("post", "/files/batch"): None,
    ("post", "/ingest/scan"): {},
    ("post", "/ingest/reindex"): {},
    ("post", "/ingest/verify"): {},
    ("post", "/ingest/pause"): None,
    ("post", "/ingest/resume"): None,
}
"""What changes something. Asked of what lies beyond a scope, or of the whole service, it is refused."""


def operations() -> set[tuple[str, str]]:
    """What the document lists below ``/api/v1``."""
    return {
        (method, path.removeprefix(V1))
        for path, methods in build_api().openapi()["paths"].items()
        if path.startswith(V1)
        for method in methods
    }


@pytest.fixture(scope="module")
async def worlds(
    postgres_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[World, World]]:
    async with two_worlds(postgres_server, tmp_path_factory.mktemp("worlds")) as both:
        yield both


def untold(path: str) -> bool:
    return any(path == begin or path.startswith(f"{begin}/") for begin in UNTOLD)


def test_every_operation_is_treated():
    treated = ASKED.keys() | CHANGING.keys() | SILENT
    assert {one for one in operations() - treated if not untold(one[1])} == set(), "new: say what a scope is told"
    assert treated - operations() == set(), "gone"


@pytest.mark.parametrize("operation", list(ASKED), ids=" ".join)
async def test_a_scope_is_told_what_an_index_of_its_files_tells(
    worlds: tuple[World, World], operation: tuple[str, str]
):
    whole, own = worlds
    for route, request in ASKED[operation]:
        told = await whole.ask(operation[0], route, **request)
        assert told == await own.ask(operation[0], route, **request), (route, request)
        assert told[0] < 500
        asked = str(request) + route
        assert not [said for said in OUTSIDE.findall(str(told)) if said not in asked], (route, request, told)


@pytest.mark.parametrize(
    "route", ["/jobs", "/synonyms", "/keys", "/audit", "/maintenance", *sorted(path for _, path in SILENT)]
)
async def test_what_is_answered_from_no_file_names_none(worlds: tuple[World, World], route: str):
    whole, _ = worlds
    for name in BEYOND:
        status, said = await whole.ask("get", route.replace("{id}", f"{{{name}}}"))
        assert status in {200, 403, 404}
        assert not OUTSIDE.search(str(said))


async def test_a_path_beyond_a_scope_is_as_unknown_as_one_that_never_was(worlds: tuple[World, World]):
    whole, _ = worlds
    for name in BEYOND:
        answers = [
            str(await whole.ask("get", "/coverage", params={"path": f"<root>/{each}"})).replace(each, "…")
            for each in (name, f"{name}.never")
        ]
        assert answers[0] == answers[1]


@pytest.mark.parametrize("operation", list(CHANGING), ids=" ".join)
async def test_a_scope_changes_nothing_beyond_it(worlds: tuple[World, World], operation: tuple[str, str]):
    whole, _ = worlds
    for name in BEYOND if "{id}" in operation[1] else ("",):
        route = operation[1].replace("{id}", f"{{{name}}}")
        status, said = await whole.ask(operation[0], route, json=CHANGING[operation])
        assert status in {403, 404}, (name, said)
