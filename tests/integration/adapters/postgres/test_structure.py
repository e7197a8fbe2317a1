import contextlib
import itertools
import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integration.adapters.postgres.made import World
from integration.adapters.postgres.structured import index_structured, structure_of
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.structure_write import StructureWriter, delete_structures
from siss.adapters.postgres.questions.structure import prune_statement
from siss.adapters.postgres.questions.structure_schemas import PostgresStructures
from siss.app.structure.recluster import recluster
from siss.app.structure.schemas import list_schemas, read_drift, read_schema
from siss.errors import InvalidRequestError, NotFoundError, UnavailableError
from siss.model.content import Kind
from siss.model.ids import ContentId, FileId
from siss.model.principal import LOCAL, Principal
from siss.model.schema import SchemaRecord
from siss.model.structure import RequiredPath, StructureQuery
from siss.ports.structure import Pruning
from siss.search.jsonpath.compile import compile_jsonpath
from siss.search.jsonpath.evaluate import evaluate_jsonpath
from siss.search.jsonpath.required import required_paths
from siss.search.structure import prune

CONFIGS = Principal("configs", scopes=("/nas/configs",))


@pytest.fixture
async def world(database: Database) -> World:
    made = World(database)
    await made.begin()
    return made


@pytest.fixture
def structures(database: Database) -> PostgresStructures:
    return PostgresStructures(database, count_seconds=0.0)


async def shown(database: Database, contents: list[ContentId]) -> set[str]:
    rows = await database.rows(
        b"SELECT shown FROM files WHERE content_id = ANY(%(ids)s::bigint[])", {"ids": contents}
    )
    return {row[0].removeprefix("/nas/") for row in rows}


async def listed(structures: PostgresStructures, principal: Principal) -> tuple[list[SchemaRecord], int]:
    found = await list_schemas(structures, principal, None, None, 10)
    return list(found.schemas), found.total


def pruning(expression: str, glob: str | None = None) -> Pruning:
    return Pruning((Kind.JSON, Kind.JSONL), required_paths(compile_jsonpath(expression)), glob)


FILES = {
    "configs/a.json": b'{"servers": [{"host": "a", "port": 1}]}',
    "configs/b.json": b'{"servers": [{"host": "b", "port": 2}, {"host": "c"}]}',
    "configs/map.json": b'{"servers": {"10.0.0.1": {"host": "x"}, "10.0.0.2": {"host": "y"}}}',
    "logs/c.jsonl": b'{"level": "info"}\n{"level": "error", "host": "a"}\n',
    "logs/deep.json": b'{"a":' * 12 + b"1" + b"}" * 12,
    "pom.xml": b"<project><name>x</name></project>",
}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("$", {"configs/a.json", "configs/b.json", "configs/map.json", "logs/c.jsonl"}),
        ("$.servers[*].host", {"configs/a.json", "configs/b.json", "configs/map.json"}),
        ("$.servers['10.0.0.1'].host", {"configs/map.json"}),
        ("$..host", {"configs/a.json", "configs/b.json", "configs/map.json", "logs/c.jsonl"}),
        ("$.servers[?@.host == 'b']", {"configs/b.json"}),
        ("$.servers[?@.host == 'x']", {"configs/map.json"}),
        ("$.servers[?@.port == 2.0]", {"configs/b.json"}),
        ("$.servers[?@.port]", {"configs/a.json", "configs/b.json"}),
        ("$.level", {"logs/c.jsonl"}),
        ("$[?@ == 'error']", {"configs/a.json", "configs/b.json", "configs/map.json", "logs/c.jsonl"}),
        ("$.nowhere", set()),
    ],
)
async def test_candidates(database: Database, world: World, structures, expression: str, wanted: set[str]):
    await index_structured(database, world, FILES)
    found = await structures.candidates(pruning(expression), ContentId(-1), 100, LOCAL)
    # A document that is not known whole can always match.
    assert await shown(database, found) == wanted | {"logs/deep.json"}
    assert await structures.count_candidates(pruning(expression), 100, LOCAL) == len(wanted) + 1
    assert await structures.count_indexed((Kind.JSON, Kind.JSONL), LOCAL) == (5, 0)


XML = {
    "a.xml": b"<servers><server name='db-1'><port>5432</port></server><server name='db-2'/></servers>",
    "b.xml": b"<servers><server name='db-3'><port> 80.0 </port></server><server><!--x-->db-4</server></servers>",
    "c.xml": b"<n:servers xmlns:n='urn:n'><server name='db-1'>" + b"<port/>" * 3 + b"</server></n:servers>",
    "many.xml": b"<servers>" + b"".join(b"<server name='n%d'/>" % number for number in range(9)) + b"</servers>",
    "deep.xml": b"<a>" * 12 + b"</a>" * 12,
    "broken.xml": b"<servers><server name='db-1'><port>5432</server></servers>",
}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("//server", {"a.xml", "b.xml", "c.xml", "many.xml"}),
        ("//server[@name='db-1']", {"a.xml", "c.xml", "many.xml"}),
        ("//server[@name='db-1' or @name='db-3']", {"a.xml", "b.xml", "c.xml", "many.xml"}),
        ("/servers/server[@name='db-1']/port", {"a.xml"}),
        ("//server[port=80]", {"b.xml"}),
        ("//port[.=80]", {"b.xml"}),
        ("//port[.='']", {"c.xml"}),
        ("//server[@name='db-9']", {"many.xml"}),
        ("//server[@name='n3']", {"many.xml"}),
        ("//server[normalize-space()='db-4']", {"a.xml", "b.xml", "c.xml"}),  # in two of them it has children
    ],
)
async def test_candidates_for_xpath(database: Database, world: World, structures, expression: str, wanted: set[str]):
    await index_structured(database, world, XML)
    asked = prune(StructureQuery("xpath", expression))
    found = await structures.candidates(asked, ContentId(-1), 100, LOCAL)
    # Of one that is cut short anything may match; one that is not well-formed is counted, and never looked into.
    assert await shown(database, found) == wanted | {"deep.xml"}
    assert await structures.count_indexed(asked.kinds, LOCAL) == (5, 1)


async def test_globs_scopes_and_pages(database: Database, world: World, structures):
    await index_structured(database, world, FILES)
    everything = pruning("$..host")
    assert await shown(database, await structures.candidates(everything, ContentId(-1), 9, CONFIGS)) == {
        "configs/a.json",
        "configs/b.json",
        "configs/map.json",
    }
    assert await structures.count_candidates(everything, 9, CONFIGS) == 3
    assert await structures.count_indexed((Kind.JSON,), CONFIGS) == (3, 0)
    for glob, wanted in (
        ("configs/?.json", {"configs/a.json", "configs/b.json"}),
        ("/nas/logs/*", {"logs/c.jsonl", "logs/deep.json"}),
    ):
        found = await structures.candidates(pruning("$..host", glob), ContentId(-1), 9, LOCAL)
        assert await shown(database, found) == wanted
    whole = await structures.candidates(everything, ContentId(-1), 9, LOCAL)
    assert len(whole) == 5
    assert whole == sorted(whole)
    for size in (1, 2, 3):
        walked: list[ContentId] = []
        while page := await structures.candidates(everything, walked[-1] if walked else ContentId(-1), size, LOCAL):
            assert len(page) <= size
            walked += page
        assert walked == whole


async def test_xml_paths(database: Database, world: World, structures):
    await index_structured(database, world, FILES)
    wanted = Pruning((Kind.XML,), (RequiredPath(("**", "/name")),))
    assert await shown(database, await structures.candidates(wanted, ContentId(-1), 9, LOCAL)) == {"pom.xml"}
    none = Pruning((Kind.XML,), (RequiredPath(("/name",)),))
    assert await structures.candidates(none, ContentId(-1), 9, LOCAL) == []


async def test_a_structure_reads_back_and_is_replaced(database: Database, world: World, structures):
    await index_structured(database, world, FILES)
    (content_id,) = await structures.candidates(
        pruning("$.servers[?@.host == 'b']", "*b.json"), ContentId(-1), 9, LOCAL
    )
    assert await structures.structure(content_id) == structure_of(FILES["configs/b.json"], Kind.JSON)
    other = structure_of(b'{"x": 1}', Kind.JSON)
    assert other is not None
    async with database.transaction() as connection:
        await StructureWriter().write(connection, [(content_id, other)])
    assert await structures.structure(content_id) == other
    async with database.transaction() as connection:
        await delete_structures(connection, [content_id])
    assert await structures.structure(content_id) is None


async def test_ids_of_a_transaction_that_failed_are_not_kept(database: Database, world: World, structures):
    found = await world.index_new({"a.json": b"{}"})
    content_id = ContentId((await database.rows(b"SELECT content_id FROM files"))[0][0])
    writer = StructureWriter()
    structure = structure_of(b'{"rare": {"path": 1}}', Kind.JSON)
    assert structure is not None
    with contextlib.suppress(ZeroDivisionError):
        async with database.transaction() as connection:
            await writer.write(connection, [(content_id, structure)])
            raise ZeroDivisionError
    async with database.transaction() as connection:
        await writer.write(connection, [(content_id, structure)])
    assert await structures.structure(content_id) == structure
    assert found


async def test_pruning_never_loses_a_match(database: Database, world: World, structures):
    chance = random.Random(5)
    names = ["a", "b", "c", "10.0.0.1", "10.0.0.2"]
    scalars: list[Any] = [None, True, False, 0, 1, 2.5, "", "x", "y"]

    def document(depth: int) -> Any:
        if not depth or chance.random() < 0.2:
            return chance.choice(scalars)
        if chance.random() < 0.4:
            return [document(depth - 1) for _ in range(chance.randrange(12))]
        return {name: document(depth - 1) for name in chance.sample(names, chance.randrange(5))}

    files = {f"{number}.json": json.dumps([number, document(4)]).encode() for number in range(150)}
    ids = await index_structured(database, world, files)
    contents = dict(await database.rows(b"SELECT content_id, id FROM files"))
    text_of = {ids[f"/nas/{name}"]: text for name, text in files.items()}
    steps = [
        ".a",
        ".b",
        "['10.0.0.1']",
        "[1]",
        "[*]",
        "..a",
        "..*",
        "[?@.a]",
        "[?@.b == 1]",
        "[?@ == 'x']",
        "[?@.a == 'y' && @.b]",
    ]
    matched = 0
    for _ in range(120):
        expression = "$[1]" + "".join(chance.choices(steps, k=chance.randrange(1, 4)))
        query = compile_jsonpath(expression)
        kept = set(await structures.candidates(pruning(expression), ContentId(-1), 1000, LOCAL))
        for content_id, file_id in contents.items():
            _, total, _ = evaluate_jsonpath(query, text_of[file_id], Kind.JSON, limit=1)
            matched += bool(total)
            assert not total or content_id in kept, expression
    assert matched > 200


async def test_schemas_are_made_kept_and_scoped(database: Database, world: World, structures):
    writer = StructureWriter()
    servers = {f"configs/{n}.json": json.dumps({"host": f"h{n}", "port": n, "tls": True}).encode() for n in range(10)}
    nul = {"\0": "\0"}  # in no name and no definition: the database knows none
    metrics = {f"logs/{n}.json": json.dumps({"metric": "m", "points": [n], **nul}).encode() for n in range(10)}
    await index_structured(database, world, servers | metrics, writer)
    made = await recluster(structures)
    assert (made.schemas, made.created, made.merged) == (2, 2, 0)
    found, total = await listed(structures, LOCAL)
    assert (total, [record.files for record in found]) == (2, [10, 10])
    first = await list_schemas(structures, LOCAL, None, None, 1)
    rest = await list_schemas(structures, LOCAL, None, first.cursor, 1)
    assert ([*first.schemas, *rest.schemas], rest.cursor) == (found, None)
    assert (await recluster(structures)).created == 0
    assert [(record.id, record.updated_at) for record in (await listed(structures, LOCAL))[0]] == [
        (record.id, record.updated_at) for record in found
    ]

    (record,), total = await listed(structures, CONFIGS)
    assert (total, record.files, record.name) == (1, 10, "json: host, port, tls")
    other = next(each for each in found if each.id != record.id)
    with pytest.raises(NotFoundError):
        await read_schema(structures, CONFIGS, other.id)
    full = await read_schema(structures, LOCAL, record.id)
    assert full.definition["required"] == ["host", "port", "tls"]
    assert full == (await read_schema(structures, LOCAL, record.id))
    assert len(await structures.schema_files(record.id, FileId(-1), 100, LOCAL)) == 10
    assert len(await structures.schema_files(record.id, FileId(-1), 3, LOCAL)) == 3
    assert await structures.schema_files(other.id, FileId(-1), 100, CONFIGS) == []


async def test_what_one_field_tells_apart_is_of_two_schemas(database: Database, world: World, structures):
    writer = StructureWriter()
    specs = {"Deployment": {"replicas": 1, "image": "i", "env": {}}, "Service": {"port": 1, "type": "x", "ip": "y"}}
    files = {
        f"{kind}/{number}.json": json.dumps({
            "kind": kind, "name": "n", "spec": {"optional": number} | spec if number % 2 else spec,
        }).encode()
        for kind, spec in specs.items()
        for number in range(10)
    }  # fmt: skip
    await index_structured(database, world, files, writer)
    assert (await recluster(structures)).schemas == 2
    found, _ = await listed(structures, LOCAL)
    kinds = [(await read_schema(structures, LOCAL, each.id)).definition["properties"]["kind"] for each in found]
    assert sorted(kind["enum"] for kind in kinds) == [["Deployment"], ["Service"]]
    again = await recluster(structures)
    assert (again.created, again.described, again.merged) == (0, 0, 0)


async def test_a_definition_for_a_part_names_nothing_of_the_rest(database: Database, world: World, structures):
    seen = {f"configs/{n}.json": json.dumps({"host": "h", "port": n}).encode() for n in range(9)}
    hidden = {"other/s.json": json.dumps({"host": "hidden", "port": 1, "password": "x"}).encode()}
    await index_structured(database, world, seen | hidden)
    await recluster(structures)
    ((record,), _) = await listed(structures, CONFIGS)
    part = await read_schema(structures, CONFIGS, record.id)
    assert "password" not in json.dumps(part.definition)
    assert "hidden" not in json.dumps(part.definition)
    assert "password" in json.dumps((await read_schema(structures, LOCAL, record.id)).definition)


async def test_merged_schemas_redirect(database: Database, world: World, structures):
    writer = StructureWriter()
    one = {f"a{n}.json": json.dumps({"a": 1, "b": 2, f"x{n % 2}": 1}).encode() for n in range(6)}
    await index_structured(database, world, one, writer)
    await recluster(structures)
    ((kept,), _) = await listed(structures, LOCAL)
    old = uuid.uuid4()
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO schemas (public_id, kind, name) VALUES (%s, 'json', 'old')", (old,))
        await connection.execute(
            "UPDATE shapes SET schema_id = (SELECT id FROM schemas WHERE public_id = %s) WHERE id = (SELECT min(id) FROM shapes)",
            (old,),
        )
    made = await recluster(structures)
    assert (made.schemas, made.merged) == (1, 1)
    ((after,), _) = await listed(structures, LOCAL)
    loser = ({old, kept.id} - {after.id}).pop()
    redirected = await read_schema(structures, LOCAL, loser)
    assert (redirected.id, redirected.redirected_from) == (after.id, loser)


async def test_reclustering_that_ends_halfway_is_taken_up(database: Database, world: World, structures, monkeypatch):
    monkeypatch.setattr("siss.app.structure.recluster.MOST_VALUES", 5)
    names = ("host", "metric", "user")
    files = {
        f"{name}{n}.json": json.dumps({name: 1, f"{name}_b": 2, f"{name}_{n % 2}": 1}).encode()
        for name in names
        for n in range(6)
    }
    await index_structured(database, world, files)
    await recluster(structures)
    kept = {record.id for record in (await listed(structures, LOCAL))[0]}
    assert len(kept) == 3
    async with database.transaction() as connection:
        # One shape of each had a schema of its own before.
        await connection.execute(
            "INSERT INTO schemas (public_id, kind, name) SELECT gen_random_uuid(), 'json', 'old' || schema_id"
            " FROM shapes GROUP BY schema_id"
        )
        await connection.execute(
            "UPDATE shapes h SET schema_id = z.id FROM schemas z WHERE z.name = 'old' || h.schema_id"
            " AND h.id IN (SELECT min(id) FROM shapes GROUP BY schema_id)"
        )
        rows = await (await connection.execute("SELECT public_id FROM schemas WHERE name LIKE 'old%'")).fetchall()
    every = kept | {row[0] for row in rows}
    keep, calls = structures.keep_schemas, itertools.count()

    async def keep_one(drafts, redirects):
        if next(calls):
            raise UnavailableError("gone")
        await keep(drafts, redirects)

    monkeypatch.setattr(structures, "keep_schemas", keep_one)
    with pytest.raises(UnavailableError):
        await recluster(structures)
    monkeypatch.setattr(structures, "keep_schemas", keep)
    assert (await recluster(structures)).merged == 2
    after = {record.id for record in (await listed(structures, LOCAL))[0]}
    assert len(after) == 3
    leads = {(await read_schema(structures, LOCAL, old)).id for old in every - after}
    assert (len(every - after), leads) == (3, after)


async def test_only_schemas_whose_members_changed_are_described_again(database: Database, world: World, structures):
    writer = StructureWriter()
    servers = {f"a/{n}.json": json.dumps({"host": "h", "port": n}).encode() for n in range(10)}
    metrics = {f"b/{n}.json": json.dumps({"metric": "m", "unit": "s"}).encode() for n in range(10)}
    await index_structured(database, world, servers | metrics, writer)
    assert (await recluster(structures)).described == 2
    assert (await recluster(structures)).described == 0
    await index_structured(database, world, {"b/new.json": b'{"metric": "m", "unit": "s"}'}, writer)
    made = await recluster(structures)
    assert (made.schemas, made.described, made.created) == (2, 1, 0)
    # Other values of the same fields, from the same bytes: as new rules for secrets find them.
    rows = dict(await database.rows(b"SELECT shown, content_id FROM files"))
    fewer = structure_of(b'{"host": "none", "port": 70000}', Kind.JSON)
    assert fewer is not None
    async with database.transaction() as connection:
        await writer.write(connection, [(ContentId(rows["/nas/a/3.json"]), fewer)])
    made = await recluster(structures)
    assert (made.described, made.created) == (1, 0)
    await database.execute(b"UPDATE files SET hidden = true WHERE shown = '/nas/a/4.json'")
    assert (await recluster(structures)).described == 1


async def test_drift_tells_what_changed_since(database: Database, world: World, structures):
    writer = StructureWriter()
    before = {f"configs/{n}.json": json.dumps({"host": "h", "port": n, "old": 1}).encode() for n in range(10)}
    await index_structured(database, world, before, writer)
    await recluster(structures)
    ((record,), _) = await listed(structures, LOCAL)
    since = datetime.now(UTC)
    rows = dict(await database.rows(b"SELECT shown, content_id FROM files"))
    changed = [
        (
            ContentId(rows[f"/nas/configs/{n}.json"]),
            structure_of(json.dumps({"host": "h", "port": str(n), "new": 1}).encode(), Kind.JSON),
        )
        for n in range(6)
    ]
    async with database.transaction() as connection:
        await writer.write(connection, [(content_id, each) for content_id, each in changed if each is not None])
    await recluster(structures)
    for principal in (LOCAL, CONFIGS):
        told, cursor = [], None
        for left in (2, 1, 0):
            page = await read_drift(structures, principal, record.id, since, cursor, 1)
            assert (page.drift.members_before, page.drift.members_after, page.total) == (10, 10, 3)
            told += page.drift.changes
            cursor = page.cursor
            assert (cursor is None) == (left == 0)
        assert [(change.path, change.change) for change in told] == [
            ("$.new", "added"),
            ("$.old", "presence"),
            ("$.port", "types"),
        ]
    early = await read_drift(structures, LOCAL, record.id, since - timedelta(days=1))
    assert early.drift.members_before == 0
    again = (await read_drift(structures, LOCAL, record.id, since, None, 1)).cursor
    for principal, other in ((CONFIGS, since), (LOCAL, since - timedelta(days=1))):
        with pytest.raises(InvalidRequestError):
            await read_drift(structures, principal, record.id, other, again, 1)


async def test_many_keys_are_looked_up_one_by_one(database: Database):
    # As an overlap with every row, a value below any of 200 paths took four seconds of 12,000 contents.
    values = {"kinds": ["json"], "glob": None, "scopes": None, "low": "", "high": "", "hidden": False, "after": -1}
    values |= {"limit": 10, "paths0": [1], "keys0": list(range(400))}
    rows = await database.rows(b"EXPLAIN " + prune_statement("candidates", [True]), values, plan=True)
    plan = " ".join(row[0] for row in rows)
    assert "value_keys @>" in plan
    assert "value_keys &&" not in plan


async def test_what_many_have_is_found_without_going_through_all(database: Database):
    # One sort of everything took a second of 100,000 contents, for a page of 64.
    values = {"kinds": ["json"], "glob": None, "scopes": None, "low": "", "high": "", "hidden": False, "after": -1}
    values |= {"limit": 10, "paths0": [1]}
    rows = await database.rows(b"EXPLAIN " + prune_statement("candidates", [False]), values, plan=True)
    assert sum("Limit " in row[0] for row in rows) == 3
