"""Every list that grows with the files has a cursor, as the OpenAPI document says it."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final

import pytest
from pydantic import TypeAdapter, ValidationError

from siss.adapters.postgres.questions import entities as entity_tables
from siss.adapters.postgres.questions import entity_profile
from siss.api.models.parameters import Cursor
from siss.api.server import build_api
from siss.app import coverage, entities, files, graph, keys, labels, relationships, synonyms
from siss.app.cursors import cut_page, name_list, read_page
from siss.app.search import hits
from siss.app.structure import ask, candidates
from siss.model.content import Level
from siss.model.coverage import Reason
from siss.model.event import EventKind
from siss.model.ids import new_public_id
from siss.model.job import Job, JobKind, JobState
from siss.model.maintenance import Task
from siss.model.relationship import Direction, RelationshipKind
from siss.model.text import Ledger
from siss.ports.fulltext import EngineRequest

Schema = dict[str, Any]

GROWING: Final = {"items", "values"}
"""What lists are called in answers."""

_FACETS: Final = next(field.default for field in fields(EngineRequest) if field.name == "facet_limit")

BOUNDED: Final = {
    "*.tags": (labels.MOST_TAGS, "of one file"),
    "FileDetail.other_paths": (files.MAX_OTHER_PATHS, "the first of a content's; GET /files finds all by sha256"),
    "SearchItem.other_paths": (hits.OTHER_PATHS, "the first of a content's"),
    "StructureItem.other_paths": (candidates._OTHER_PATHS, "the first of a content's"),
    "CoverageSummary.reasons": (len(Reason), "each once"),
    "*.gaps": (len(Reason) * (Ledger().limit + 1), "so many of a reason, the rest is counted"),
    "FolderCoverage.lacking": (coverage.MAX_LACKING, "the first; GET /files lists all"),
    "ChunkItem.levels": (len(Level), "each once"),
    "SearchPage.notes": ("the filters of a query", "a sentence for each that was cut"),
    "SearchPage.facets.*": (_FACETS, "the commonest; GET /stats/facets lists all"),
    "*.places": (entity_tables.PLACES, "the first; GET /files/{id}/content has all"),
    "EntityDetail.days": (entity_profile.CHUNKS_LOOKED_AT + entity_tables.LOOKED_AT, "a day a chunk, or a file"),
    "EntityDetail.neighbours": (entity_profile._NEIGHBOURS, "the rarest and most shared"),
    "EntityDetail.ports": (1 << 16, "each once"),
    "EntityDetail.findings": (entity_profile._FINDINGS_LOOKED_AT, "of the latest files"),
    "EntityDetail.latest": (entities.LATEST, "the latest; GET /entities/{type}/{value}/files lists all"),
    "RelatedPage.notes": ("the kinds of relationships", "a sentence for each that was cut"),
    "RelatedItem.relationships": (len(RelationshipKind) * len(Direction), "the surest of a kind and direction"),
    "*.shared": (relationships.NAMES, "the rarest of a file's names"),
    "GraphAnswer.nodes": (graph.MOST_NODES, "the nearest"),
    "GraphAnswer.edges": (graph.MOST_NODES * graph.FILES, "so many of a node"),
    "GraphAnswer.notes": ("the caps", "a sentence for each that cut"),
    "StructurePage.problems": (ask._PROBLEMS, "the first; given_up counts all"),
    "StructureItem.matches": (ask.MAX_MATCHES, "as asked for; total counts all"),
    "*.usual": (3, "the commonest"),
    "*.current": (3, "what is read just now"),
    "Stats.roots": ("SISS_ROOTS", "as many as are set"),
    "Ready.components": ("SISS_ROOTS", "these, the database and the engine"),
    "*.synonyms": (synonyms.MOST_SYNONYMS, "of one term"),
    "*.kinds": (len(EventKind), "each once"),
    "*.scopes": (keys.MOST_SCOPES, "of one key"),
    "TaskList.items": (len(Task), "the tasks that there are"),
}
"""Lists in answers that have a bound (a number, or what sets it) and so need no cursor, and why."""

DOCUMENT: Final = build_api().openapi()


def name_of(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rsplit("/", 1)[-1]


def lists_in(
    schema: Schema, owner: str, at: str = "", seen: frozenset[str] = frozenset()
) -> Iterator[tuple[str, str]]:
    """The lists in an answer: the component that each is in, and its name there."""
    if name := name_of(schema):
        if name not in seen:
            yield from lists_in(DOCUMENT["components"]["schemas"][name], name, "", seen | {name})
        return
    for choice in (*schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("oneOf", ())):
        yield from lists_in(choice, owner, at, seen)
    if schema.get("type") == "array":
        yield owner, at
        yield from lists_in(schema["items"], owner, f"{at}[]", seen)
    for key, value in schema.get("properties", {}).items():
        yield from lists_in(value, owner, f"{at}.{key}" if at else key, seen)
    if isinstance(values := schema.get("additionalProperties"), dict):
        yield from lists_in(values, owner, f"{at}.*", seen)


def operations() -> Iterator[tuple[str, Schema, Schema]]:
    """What each operation is called, what it says, and its good answer."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                schema = answer.get("content", {}).get("application/json", {}).get("schema")
                if status.startswith("2") and schema:
                    yield f"{method.upper()} {path}", operation, schema


def takes_cursor(operation: Schema) -> bool:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    asked = DOCUMENT["components"]["schemas"].get(name_of(body), {}).get("properties", {})
    return "cursor" in {*(each["name"] for each in operation.get("parameters", ())), *asked}


def test_every_list_has_a_cursor_or_a_bound():
    used, without = set(), set()
    for route, operation, schema in operations():
        for owner, name in lists_in(schema, ""):
            key = next((key for key in (f"{owner}.{name}", f"*.{name}") if key in BOUNDED), None)
            paged = "cursor" in DOCUMENT["components"]["schemas"][owner]["properties"] and takes_cursor(operation)
            if key is not None:
                used.add(key)
            elif not (name in GROWING and paged):
                without.add(f"{route}: {owner}.{name}")
    assert without == set()
    assert used == set(BOUNDED)


def test_every_cursor_leads_on():
    for route, operation, schema in operations():
        says = "cursor" in DOCUMENT["components"]["schemas"].get(name_of(schema), {}).get("properties", {})
        assert says == takes_cursor(operation), route


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_of_a_list_that_changes_have_each_thing_once(size: int):
    """What stays is told once, in order; what comes before the place where one reads is not told."""
    things = [(n, str(n)) for n in range(0, 20, 2)]
    told: list[tuple[int, str]] = []
    after = None
    for turn in range(len(things)):
        page, after = cut_page(sorted(things), lambda thing: thing, after, size)
        told += page
        if after is None:
            break
        things.append((told[-1][0] - 1, f"new {turn}"))
        if turn == 1:
            things.remove((18, "18"))
    assert told == sorted(set(told))
    assert [n for n, _ in told if n % 2 == 0] == list(range(0, 18 if size < 7 else 20, 2))


async def test_pages_of_what_is_kept_by_id():
    jobs = [Job(new_public_id(), JobKind.SCAN, JobState.DONE, {}, "a", None) for _ in range(5)]  # type: ignore[arg-type]

    async def fetch(after: Any, limit: int) -> list[Job]:
        return [job for job in jobs if after is None or job.id > after][:limit]

    name, cursor, told = name_list("jobs"), None, []
    for _ in range(3):
        page = await read_page(fetch, name, cursor, 2)
        told += page.items
        cursor = page.cursor
    assert (told, cursor) == (jobs, None)


@pytest.mark.parametrize("cursor", ["\x84", "a b", "a+b", "a=", "é"])
def test_what_cannot_be_a_cursor_is_refused_before_anything_is_looked_up(cursor: str):
    adapter: TypeAdapter[str | None] = TypeAdapter(Cursor)
    with pytest.raises(ValidationError, match="as the last page named it"):
        adapter.validate_python(cursor)
    assert adapter.validate_python("aZ09-_") == "aZ09-_"
