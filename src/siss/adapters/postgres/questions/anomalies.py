"""Anomalies in PostgreSQL."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from siss.adapters.postgres.database import Connection, Database, fetch
from siss.adapters.postgres.ingest.structure_write import unpack_values
from siss.adapters.postgres.questions.structure import read_shapes
from siss.adapters.postgres.scopes import scope_values
from siss.adapters.postgres.statements import load_statements
from siss.model.anomaly import RANKS, Anomaly, AnomalyKind, AnomalyStatus, Deviation
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal, Role
from siss.ports.anomalies import (
    Accepted,
    AnomalyFilter,
    ExposedSecret,
    FileName,
    Known,
    MemberContent,
    SchemaId,
    SchemaMembers,
)

SQL: Final = load_statements("anomalies")
_SECRETS: Final = 0
"""The row of ``anomaly_runs`` that is no schema's."""
_MEMBERS: Final = Principal("siss", Role.ADMIN)
"""Who sees what has a structure: a hidden file has none."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Deviation).decode

Row = tuple[Any, ...]


class PostgresAnomalies:
    """Implements ``siss.ports.anomalies.Anomalies`` and ``AnomalyStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def stored(
        self, where: AnomalyFilter, after: tuple[int, uuid.UUID] | None, limit: int, principal: Principal
    ) -> list[Anomaly]:
        """Stored anomalies of visible files, by severity and id."""
        rank, last = after or (None, None)
        values = {**_filter_values(where, principal), "rank": rank, "after": last, "limit": limit}
        return [_anomaly(row) for row in await self._database.rows(SQL["list_anomalies"], values, plan=True)]

    async def count_stored(self, where: AnomalyFilter, principal: Principal) -> int:
        """How many there are."""
        row = await self._database.row(SQL["count_anomalies"], _filter_values(where, principal), plan=True)
        return row[0] if row else 0

    async def one(self, public_id: uuid.UUID, principal: Principal) -> Anomaly | None:
        """One stored anomaly of a visible file."""
        row = await self._database.row(SQL["anomaly"], {"id": public_id, **scope_values(principal)}, plan=True)
        return None if row is None else _anomaly(row)

    async def known(self, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Known]:
        """What is remembered of some."""
        rows = await self._database.rows(SQL["known_anomalies"], {"ids": list(ids)})
        return {row[0]: Known(AnomalyStatus(row[1]), *row[2:]) for row in rows}

    async def schemas(self, principal: Principal, only: uuid.UUID | None = None) -> list[SchemaMembers]:
        """Schemas of which the principal sees files."""
        values = {**scope_values(principal), "only": only}
        rows = await self._database.rows(SQL["schema_members"], values, plan=True)
        return [
            SchemaMembers(schema, public_id, name, whole, digest, files)
            for schema, public_id, name, files, whole, digest in rows
        ]

    async def members(
        self, schema: SchemaId, after: ContentId, limit: int, principal: Principal
    ) -> list[MemberContent]:
        """The visible members of a schema, by content."""
        values = {"schema": schema, "after": after, "limit": limit, **scope_values(principal)}
        rows = await self._database.rows(SQL["members"], values, plan=True)
        shapes = await read_shapes(self._database, {row[1] for row in rows})
        ids = [file_id for row in rows for file_id in row[4]]
        names = {
            row[0]: FileName(FileId(row[0]), row[1], row[2])
            for row in await self._database.rows(SQL["file_names"], {"ids": ids})
        }
        found: list[MemberContent] = []
        for content_id, shape_id, keys, packed, files, size in rows:
            present = tuple(names[file_id] for file_id in files if file_id in names)
            if present and shape_id in shapes:
                found.append(
                    MemberContent(content_id, shapes[shape_id], unpack_values(packed), frozenset(keys), size, present)
                )
        return found

    async def baseline(self, schema: SchemaId | None) -> list[Accepted]:
        """What was dismissed there."""
        rows = await self._database.rows(SQL["baseline"], {"schema": schema})
        return [
            Accepted(AnomalyKind(kind), path, token, None if scopes is None else tuple(scopes))
            for kind, path, token, scopes in rows
        ]

    async def set_status(self, anomaly: Anomaly, status: AnomalyStatus, principal: Principal) -> None:
        """Write down what somebody said of one, and what follows for those like it."""
        scopes = scope_values(principal)
        async with self._database.transaction() as connection:
            if anomaly.created_at is None:  # found within a scope only
                rows = await fetch(connection, SQL["schema_members"], {**scopes, "only": anomaly.schema}, plan=True)
                schema = rows[0][0] if rows else None
                await _put(connection, schema, [anomaly], found=False)
            dismissed = AnomalyStatus.DISMISSED
            if status is dismissed and anomaly.status is not dismissed:
                await connection.execute(SQL["add_to_baseline"], {"id": anomaly.id, "scopes": scopes["scopes"]})
                values = {"id": anomaly.id, "status": status, "from": ["open", "acknowledged"], **scopes}
                await connection.execute(SQL["set_alike"], values)
            elif status is not dismissed and anomaly.status is dismissed:
                await connection.execute(SQL["drop_from_baseline"], {"id": anomaly.id, "scopes": scopes["scopes"]})
                values = {"id": anomaly.id, "status": AnomalyStatus.OPEN, "from": ["dismissed"], **scopes}
                await connection.execute(SQL["set_alike"], values)
            await connection.execute(SQL["set_status"], {"id": anomaly.id, "status": status})

    async def changed(self) -> list[SchemaMembers]:
        """Schemas whose members are not those that were last looked at."""
        await self._database.execute(SQL["follow_merged"])
        seen = dict(await self._database.rows(SQL["looked_at"]))
        present = await self.schemas(_MEMBERS)
        secrets = await self._database.row(SQL["secret_members"])
        assert secrets is not None
        gone = set(seen) - {each.id for each in present} - {_SECRETS}
        return [
            *(SchemaMembers(SchemaId(schema), None, None, True, b"", 0) for schema in sorted(gone)),
            *(each for each in present if seen.get(each.id) != each.digest),
            *([] if seen.get(_SECRETS) == secrets[0] else [SchemaMembers(None, None, None, True, *secrets)]),
        ]

    async def secrets(self) -> list[ExposedSecret]:
        """The secrets of all files but the accepted ones."""
        return [
            ExposedSecret(
                FileName(FileId(file_id), public_id, shown), rule, fingerprint.hex(), critical, line, places
            )
            for file_id, public_id, shown, rule, fingerprint, critical, line, places in await self._database.rows(
                SQL["secrets"]
            )
        ]

    async def put(self, schema: SchemaMembers, found: Sequence[Anomaly]) -> None:
        """What was found in a schema now."""
        async with self._database.transaction() as connection:
            await _put(connection, schema.id, found, found=True)

    async def settle(self, schemas: Sequence[SchemaMembers], found: Sequence[uuid.UUID]) -> None:
        """Resolve what is not found in schemas any more, and note with which members they were looked at."""
        runs = {_SECRETS if schema.id is None else schema.id: schema.digest for schema in schemas}
        present = {run: digest for run, digest in runs.items() if digest}
        async with self._database.transaction() as connection:
            values = {"schemas": list(runs), "secrets": _SECRETS in runs, "ids": list(found)}
            await connection.execute(SQL["resolve_others"], values)
            await connection.execute(SQL["note_runs"], {"schemas": list(present), "members": list(present.values())})
            await connection.execute(SQL["forget_runs"], {"schemas": list(runs.keys() - present.keys())})


async def _put(connection: Connection, schema: SchemaId | None, anomalies: Iterable[Anomaly], *, found: bool) -> None:
    unique = list({anomaly.id: anomaly for anomaly in anomalies}.values())
    if not unique:
        return
    deviations = [anomaly.deviation for anomaly in unique]
    values = {
        "schema": schema,
        "found": found,
        "ids": [anomaly.id for anomaly in unique],
        "files": [anomaly.file_id for anomaly in unique],
        "ranks": [RANKS[deviation.severity] for deviation in deviations],
        "kinds": [deviation.kind.value for deviation in deviations],
        "statuses": [anomaly.status.value for anomaly in unique],
        "paths": [deviation.path for deviation in deviations],
        "tokens": [deviation.token for deviation in deviations],
        "deviations": [_pack(deviation) for deviation in deviations],
    }
    await connection.execute(SQL["put_anomalies"], values)


def _filter_values(where: AnomalyFilter, principal: Principal) -> dict[str, Any]:
    return {
        **scope_values(principal),
        "statuses": None if where.statuses is None else [status.value for status in where.statuses],
        "kinds": None if where.kinds is None else [kind.value for kind in where.kinds],
        "ranks": None if where.severities is None else [RANKS[severity] for severity in where.severities],
        "schema": where.schema,
        "file": where.file,
    }


def _anomaly(row: Row) -> Anomaly:
    public_id, file_id, file, shown, schema, name, packed, status, created_at, updated_at, resolved_at = row
    return Anomaly(
        public_id,
        FileId(file_id),
        file,
        shown,
        schema,
        name,
        _unpack(packed),
        AnomalyStatus(status),
        created_at,
        updated_at,
        resolved_at,
    )
