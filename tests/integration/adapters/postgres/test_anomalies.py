import json
import random
import uuid
from typing import Any

import pytest

from integration.adapters.postgres.made import World
from integration.adapters.postgres.structured import index_structured, structure_of
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.structure_write import StructureWriter
from siss.adapters.postgres.questions.anomalies import PostgresAnomalies
from siss.adapters.postgres.questions.structure_schemas import PostgresStructures
from siss.app.anomalies import Refreshed, refresh_anomalies
from siss.app.structure.recluster import recluster
from siss.model.anomaly import Anomaly, AnomalyKind, AnomalyStatus, Severity
from siss.model.content import Kind
from siss.model.ids import ContentId
from siss.model.principal import LOCAL, Principal
from siss.ports.anomalies import AnomalyFilter

EVERY = AnomalyFilter()
ADMIN = Principal("admin", LOCAL.role, hidden=True)


def config(number: int, **changes: Any) -> bytes:
    rng = random.Random(number)
    value = {
        "name": f"svc-{number:04}",
        "port": rng.choice((5432, 6432)),
        "mode": rng.choice(("prod", "dev")),
        "timeout": rng.randint(20, 40),
        **changes,
    }
    return json.dumps({key: each for key, each in value.items() if each is not None}).encode()


@pytest.fixture
def anomalies(database: Database) -> PostgresAnomalies:
    return PostgresAnomalies(database)


async def index_family(database: Database, world: World, changes: dict[int, dict[str, Any]], count: int = 40) -> None:
    await index_structured(
        database, world, {f"conf/{n:03}.json": config(n, **changes.get(n, {})) for n in range(count)}
    )


async def replace_file(database: Database, name: str, text: bytes) -> None:
    """Another structure for the content of a file."""
    rows = await database.rows(b"SELECT content_id FROM files WHERE shown = %(shown)s", {"shown": f"/nas/{name}"})
    structure = structure_of(text, Kind.JSON)
    assert structure is not None
    async with database.transaction() as connection:
        await StructureWriter().write(connection, [(ContentId(rows[0][0]), structure)])
        values = {"id": rows[0][0]}
        for statement in (
            b"UPDATE content_structures SET content_id = content_id + 1000000 WHERE content_id = %(id)s",
            # What indexing does: another content for other bytes.
            (
                b"INSERT INTO contents SELECT id + 1000000, sha256(sha256), generation + 1, false, false, size, 0, 0, 0, 0,"
                b" NULL, NULL, 0, 0, mime, kind, extent, NULL, NULL, '{}', NULL, NULL FROM contents WHERE id = %(id)s"
            ),
            b"UPDATE files SET content_id = content_id + 1000000 WHERE content_id = %(id)s",
        ):
            await connection.execute(statement, values)


async def look(database: Database, anomalies: PostgresAnomalies) -> Refreshed:
    structures = PostgresStructures(database)
    await recluster(structures)
    return await refresh_anomalies(anomalies)


async def told(
    anomalies: PostgresAnomalies, where: AnomalyFilter = EVERY, principal: Principal = LOCAL
) -> dict[tuple[str, str, str], Anomaly]:
    found = await anomalies.stored(where, None, 100, principal)
    assert len(found) == await anomalies.count_stored(where, principal)
    return {(one.shown.removeprefix("/nas/conf/"), one.deviation.kind, one.deviation.path): one for one in found}


ODD = {7: {"timeout": 90000}, 11: {"debug": True}, 30: {"port": "n/a"}}
FOUND = {
    ("007.json", AnomalyKind.VALUE_OUTLIER, "$.timeout"),
    ("011.json", AnomalyKind.SCHEMA_OUTLIER, "$.debug"),
    ("030.json", AnomalyKind.TYPE_OUTLIER, "$.port"),
}


async def test_what_is_unusual_is_stored_with_its_file_and_schema(database, world: World, anomalies):
    await index_family(database, world, ODD)
    assert await look(database, anomalies) == Refreshed(schemas=2, anomalies=3)
    found = await told(anomalies)
    assert set(found) == FOUND
    one = found["007.json", AnomalyKind.VALUE_OUTLIER, "$.timeout"]
    assert (one.status, one.deviation.severity, one.deviation.siblings) == (AnomalyStatus.OPEN, Severity.LOW, 39)
    assert one.schema is not None
    assert one.schema_name
    assert await anomalies.one(one.id, LOCAL) == one
    assert [each.deviation.severity for each in await anomalies.stored(EVERY, None, 9, LOCAL)] == [
        Severity.MEDIUM,
        Severity.MEDIUM,
        Severity.LOW,
    ]


async def test_only_schemas_whose_members_changed_are_looked_at(database, world: World, anomalies):
    await index_family(database, world, ODD)
    await look(database, anomalies)
    before = await told(anomalies)
    assert await look(database, anomalies) == Refreshed(0, 0)
    await index_structured(database, world, {"conf/new.json": config(999)})
    assert await look(database, anomalies) == Refreshed(1, 3)
    after = await told(anomalies)
    assert {key: one.id for key, one in after.items()} == {key: one.id for key, one in before.items()}


async def test_what_is_drawn_anew_from_the_same_bytes_is_looked_at(database, world: World, anomalies):
    await index_family(database, world, ODD)
    await look(database, anomalies)
    rows = await database.rows(b"SELECT content_id FROM files WHERE shown = '/nas/conf/007.json'")
    structure = structure_of(config(7), Kind.JSON)
    assert structure is not None
    async with database.transaction() as connection:
        await StructureWriter().write(connection, [(ContentId(rows[0][0]), structure)])
    assert await look(database, anomalies) == Refreshed(1, 2)


async def test_a_mended_file_resolves_its_anomaly_and_a_spoilt_one_opens_it_again(database, world: World, anomalies):
    await index_family(database, world, ODD)
    await look(database, anomalies)
    await replace_file(database, "conf/007.json", config(7))
    await look(database, anomalies)
    one = (await told(anomalies))["007.json", AnomalyKind.VALUE_OUTLIER, "$.timeout"]
    assert (one.status, one.resolved_at is None) == (AnomalyStatus.RESOLVED, False)
    await replace_file(database, "conf/007.json", config(7, timeout=90000))
    await look(database, anomalies)
    again = (await told(anomalies))["007.json", AnomalyKind.VALUE_OUTLIER, "$.timeout"]
    assert (again.id, again.status, again.resolved_at) == (one.id, AnomalyStatus.OPEN, None)


async def test_what_is_found_does_not_depend_on_the_history(database, world: World, anomalies):
    await index_family(database, world, {**ODD, 3: {"mode": 5}, 5: {"name": None}})
    await look(database, anomalies)
    await replace_file(database, "conf/003.json", config(3))
    await replace_file(database, "conf/005.json", config(5))
    await look(database, anomalies)
    kept = {(one.id, one.deviation) for one in (await told(anomalies, AnomalyFilter((AnomalyStatus.OPEN,)))).values()}
    await database.execute(b"DELETE FROM anomalies")
    await database.execute(b"DELETE FROM anomaly_runs")
    await look(database, anomalies)
    assert kept == {(one.id, one.deviation) for one in (await told(anomalies)).values()}
    assert len(kept) == 3


async def test_an_acknowledged_one_stays_so(database, world: World, anomalies):
    await index_family(database, world, ODD)
    await look(database, anomalies)
    one = next(iter((await told(anomalies)).values()))
    await anomalies.set_status(one, AnomalyStatus.ACKNOWLEDGED, LOCAL)
    await index_structured(database, world, {"conf/new.json": config(999)})
    await look(database, anomalies)
    found = await anomalies.one(one.id, LOCAL)
    assert found is not None
    assert found.status is AnomalyStatus.ACKNOWLEDGED


async def test_a_dismissed_kind_is_not_raised_again(database, world: World, anomalies):
    await index_family(database, world, {7: {"debug": True}}, 120)
    await look(database, anomalies)
    one = (await told(anomalies))["007.json", AnomalyKind.SCHEMA_OUTLIER, "$.debug"]
    await anomalies.set_status(one, AnomalyStatus.DISMISSED, LOCAL)
    more = {"conf/x.json": config(998, debug=False), "conf/y.json": config(999, verbose=1)}
    await index_structured(database, world, more)
    await look(database, anomalies)
    found = await told(anomalies)
    assert {key[0]: one.status.value for key, one in found.items()} == {
        "007.json": "dismissed",
        "x.json": "dismissed",
        "y.json": "open",
    }
    dismissed = found["x.json", AnomalyKind.SCHEMA_OUTLIER, "$.debug"]
    await anomalies.set_status(dismissed, AnomalyStatus.OPEN, LOCAL)
    assert {one.status.value for one in (await told(anomalies)).values()} == {"open"}


async def test_filters(database, world: World, anomalies):
    await index_family(database, world, ODD)
    await look(database, anomalies)
    found = await told(anomalies)
    one = found["030.json", AnomalyKind.TYPE_OUTLIER, "$.port"]

    async def files(where: AnomalyFilter, principal: Principal = LOCAL) -> list[str]:
        return sorted(name for name, _, _ in await told(anomalies, where, principal))

    assert await files(AnomalyFilter(severities=(Severity.LOW,))) == ["007.json"]
    assert await files(AnomalyFilter(kinds=(AnomalyKind.SCHEMA_OUTLIER,))) == ["011.json"]
    assert await files(AnomalyFilter(schema=one.schema)) == ["007.json", "011.json", "030.json"]
    assert await files(AnomalyFilter(schema=uuid.uuid4())) == []
    assert await files(AnomalyFilter(file=one.file_id)) == ["030.json"]
    assert await files(AnomalyFilter((AnomalyStatus.RESOLVED,))) == []
    assert await files(EVERY, Principal("x", scopes=("/nas/other",))) == []
    page = await anomalies.stored(EVERY, None, 2, LOCAL)
    rest = await anomalies.stored(EVERY, (2, page[-1].id), 2, LOCAL)
    assert len({each.id for each in (*page, *rest)}) == 3


async def test_secrets_are_credential_exposures(database, world: World, anomalies):
    await index_family(database, world, {}, 5)
    await database.execute(
        b"INSERT INTO secret_findings SELECT content_id, at, at + 9, at, at + 9, at + 1, shown LIKE '%1.json',"
        b" shown LIKE '%2.json', '\\x0102030405060708', 'aws-access-key' FROM files, generate_series(0, 10, 10) AS at"
        b" WHERE shown ~ '00[123].json'"
    )
    await database.execute(b"UPDATE files SET hidden = true WHERE shown LIKE '%1.json'")
    await look(database, anomalies)
    assert [name for name, _, _ in await told(anomalies)] == ["003.json"]
    found = await told(anomalies, EVERY, ADMIN)
    assert {name: one.deviation.severity for (name, _, _), one in found.items()} == {
        "001.json": Severity.CRITICAL,
        "003.json": Severity.HIGH,
    }
    one = found["003.json", AnomalyKind.CREDENTIAL_EXPOSURE, ""]
    assert one.deviation.value == "«secret:aws-access-key:0102030405060708»"
    assert one.deviation.format == "line 1 and 1 more"
    await anomalies.set_status(one, AnomalyStatus.DISMISSED, ADMIN)
    assert {each.status.value for each in (await told(anomalies, EVERY, ADMIN)).values()} == {"dismissed"}
    await database.execute(b"DELETE FROM secret_findings")
    await look(database, anomalies)
    assert await told(anomalies, AnomalyFilter((AnomalyStatus.OPEN,)), ADMIN) == {}


async def test_what_was_said_goes_along_when_schemas_merge(database, world: World, anomalies):
    await index_family(database, world, ODD)
    await look(database, anomalies)
    one = (await told(anomalies))["011.json", AnomalyKind.SCHEMA_OUTLIER, "$.debug"]
    await anomalies.set_status(one, AnomalyStatus.DISMISSED, LOCAL)
    heir = uuid.uuid4()
    await database.execute(
        b"INSERT INTO schemas (public_id, kind, name) VALUES (%(id)s, 'json', 'heir')", {"id": heir}
    )
    await database.execute(
        b"UPDATE shapes SET schema_id = (SELECT id FROM schemas WHERE public_id = %(id)s)", {"id": heir}
    )
    await database.execute(
        b"UPDATE schemas SET merged_into = (SELECT id FROM schemas WHERE public_id = %(id)s)"
        b" WHERE public_id <> %(id)s",
        {"id": heir},
    )
    await refresh_anomalies(anomalies)
    found = await told(anomalies)
    assert set(found) == FOUND
    assert {each.schema for each in found.values()} == {heir}
    assert sorted(each.status.value for each in found.values()) == ["dismissed", "open", "open"]


async def test_a_schema_without_files_has_nothing(database, world: World, anomalies):
    await index_family(database, world, ODD)
    await look(database, anomalies)
    await database.execute(b"UPDATE files SET status = 'missing'")
    await refresh_anomalies(anomalies)
    await database.execute(b"UPDATE files SET status = 'indexed'")
    assert {one.status.value for one in (await told(anomalies)).values()} == {"resolved"}
