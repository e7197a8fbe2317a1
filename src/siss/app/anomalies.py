"""Anomalies: found when members have changed, shown to whoever may see the files, judged by people.

What is stored was found among all files. Whoever sees only a part of a schema's files gets what is unusual among
those, worked out when they ask (and kept for a while under a digest of these files): a sibling that they must not
know of is in no number and no sentence.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from siss.anomalies.detect import find_deviations
from siss.anomalies.family import LEAST_SIBLINGS, Member
from siss.anomalies.identity import identify_anomaly
from siss.app.cursors import name_list, read_cursor, write_cursor
from siss.app.files import find_file
from siss.app.read_ahead import read_ahead
from siss.app.rights import require_role, with_coverage
from siss.app.services import Services
from siss.app.structure.schemas import name_within
from siss.errors import ConflictError, InvalidRequestError, NotFoundError
from siss.model.anomaly import RANKS, Anomaly, AnomalyKind, AnomalyStatus, Deviation, Severity
from siss.model.file import FileRecord
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal, Role
from siss.ports.anomalies import (
    Accepted,
    Anomalies,
    AnomalyFilter,
    AnomalyStore,
    ExposedSecret,
    FileName,
    MemberContent,
    SchemaMembers,
)

MOST_MEMBERS: Final = 10_000
"""Contents of one schema that are compared with each other. Of more, so many at a time are a family."""
MAX_PAGE: Final = 1000
_KEPT_SECONDS: Final = 600.0
_ALL: Final = Principal("siss", Role.ADMIN)

_PACK = msgspec.msgpack.Encoder().encode
_UNPACK = msgspec.msgpack.Decoder(tuple[str, list[tuple[FileId, uuid.UUID, str, Deviation]]]).decode


@dataclass(frozen=True, slots=True)
class AnomalyList:
    """A page of anomalies, the worst first, and how many there are. ``cursor`` names the next page."""

    anomalies: tuple[Anomaly, ...]
    total: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What looking again came to: schemas that were looked at, anomalies that are there in them."""

    schemas: int
    anomalies: int


async def refresh_anomalies(store: AnomalyStore) -> Refreshed:
    """Look at the schemas whose members have changed since they were last looked at, and at the secrets.

    What is found depends on the members as they are now, and on what people dismissed.
    """
    changed = await store.changed()
    ids: list[uuid.UUID] = []
    async with read_ahead(_families_of(store, changed)) as every:
        async for schema, family in every:
            if schema.id is None:
                named = [(secret.file, describe_secret(secret)) for secret in await store.secrets()]
            else:
                named = await asyncio.to_thread(_deviations, family)
            if named:
                found = _to_anomalies(schema, named, await store.baseline(schema.id))
                await store.put(schema, found)
                ids += [one.id for one in found]
    # After all were put: a file that moved to another schema takes what was said of it along.
    if changed:
        await store.settle(changed, ids)
    return Refreshed(len(changed), len(ids))


async def _families_of(
    store: AnomalyStore, schemas: Iterable[SchemaMembers]
) -> AsyncGenerator[tuple[SchemaMembers, list[MemberContent]]]:
    for schema in schemas:
        if schema.id is None:
            yield schema, []
        async for family in _families(store, schema, _ALL):
            yield schema, family


async def list_anomalies(
    services: Services, principal: Principal, where: AnomalyFilter, cursor: str | None, size: int
) -> AnomalyList:
    """A page of the anomalies that a filter leaves. An admin is told of those of hidden files, too.

    Raises ``InvalidRequestError`` for a cursor of another list.
    """
    principal = with_coverage(principal)
    size = max(1, min(size, MAX_PAGE))
    name = name_list("anomalies", where, principal.scopes)
    after = read_cursor(cursor, name, tuple[int, uuid.UUID])
    if principal.scopes is None:
        found = await services.anomalies.stored(where, after, size + 1, principal)
        total = await services.anomalies.count_stored(where, principal)
    else:
        every = sorted(await _within_scopes(services, principal, where), key=_place)
        total = len(every)
        found = [one for one in every if after is None or _place(one) > after][: size + 1]
    last = _place(found[size - 1]) if len(found) > size else None
    return AnomalyList(tuple(found[:size]), total, write_cursor(last, name))


async def list_file_anomalies(
    services: Services,
    principal: Principal,
    public_id: uuid.UUID,
    where: AnomalyFilter,
    cursor: str | None,
    size: int,
) -> tuple[FileRecord, AnomalyList]:
    """The anomalies of one file. Raises ``NotFoundError``."""
    file = await find_file(services, with_coverage(principal), public_id)
    return file, await list_anomalies(services, principal, replace(where, file=file.id), cursor, size)


async def contents_with(services: Services, principal: Principal, severity: Severity, limit: int) -> list[ContentId]:
    """Contents of files with an anomaly of a severity that is neither dismissed nor resolved, at most so many."""
    where = AnomalyFilter(statuses=(AnomalyStatus.OPEN, AnomalyStatus.ACKNOWLEDGED), severities=(severity,))
    files: dict[FileId, None] = {}
    cursor: str | None = None
    while True:
        page = await list_anomalies(services, principal, where, cursor, MAX_PAGE)
        files |= dict.fromkeys(one.file_id for one in page.anomalies)
        cursor = page.cursor
        if cursor is None or len(files) >= limit:
            break
    records = await services.catalog.files([(file_id, None) for file_id in files], principal)
    found = {record.content_id: None for record, _ in records.values() if record.content_id is not None}
    return list(found)[:limit]


async def find_anomaly(services: Services, principal: Principal, public_id: uuid.UUID) -> Anomaly:
    """One anomaly. Raises ``NotFoundError``."""
    principal = with_coverage(principal)
    found = await services.anomalies.one(public_id, principal)
    if principal.scopes is not None and (found is None or found.schema is not None):
        every = await _within_scopes(services, principal, AnomalyFilter())
        found = next((one for one in every if one.id == public_id), None)
    if found is None:
        raise NotFoundError(f"There is no anomaly {public_id}, or not any more.", id=str(public_id))
    return found


async def judge_anomaly(
    services: Services, principal: Principal, public_id: uuid.UUID, status: AnomalyStatus
) -> Anomaly:
    """Acknowledge, dismiss or reopen an anomaly.

    Dismissed, its kind is not raised again for that field and value in the schema (a credential: in any file).
    Raises ``NotFoundError``, ``ForbiddenError``, ``ConflictError`` for one that is resolved.
    """
    require_role(principal, Role.EDITOR, "Judging anomalies")
    if status is AnomalyStatus.RESOLVED:
        raise InvalidRequestError(
            "status: an anomaly is resolved when its file is mended; it can be acknowledged or dismissed.",
            field="status",
        )
    found = await find_anomaly(services, principal, public_id)
    if found.status is AnomalyStatus.RESOLVED:
        raise ConflictError(f"The anomaly {public_id} is resolved: its file was mended.", id=str(public_id))
    await services.anomalies.set_status(found, status, principal)
    return replace(found, status=status)


def describe_secret(secret: ExposedSecret) -> Deviation:
    """A secret as an anomaly: never its value, only what stands in its place."""
    more = f" and {secret.places - 1} more" if secret.places > 1 else ""
    return Deviation(
        AnomalyKind.CREDENTIAL_EXPOSURE,
        "",
        f"{secret.rule}:{secret.fingerprint}",
        Severity.CRITICAL if secret.critical else Severity.HIGH,
        value=f"«secret:{secret.rule}:{secret.fingerprint}»",
        format=f"line {secret.line}{more}",
    )


async def _within_scopes(services: Services, principal: Principal, where: AnomalyFilter) -> list[Anomaly]:
    """What is unusual among the files that a principal sees, under a filter."""
    port = services.anomalies
    schemas = await port.schemas(principal, where.schema)
    partial = {schema.public_id for schema in schemas if not schema.whole}
    stored: list[Anomaly] = []
    after: tuple[int, uuid.UUID] | None = None
    while page := await port.stored(where, after, MAX_PAGE, principal):
        stored += [one for one in page if one.schema not in partial]
        after = _place(page[-1])
    found: list[Anomaly] = []
    for schema in schemas:
        if not schema.whole:
            found += await _live(services, schema, principal)
    known = await port.known([one.id for one in found])
    live = [
        replace(
            one,
            status=one.status if one.status is AnomalyStatus.DISMISSED else _status_of(known[one.id].status),
            created_at=known[one.id].created_at,
            updated_at=known[one.id].updated_at,
        )
        if one.id in known
        else one
        for one in found
    ]
    return stored + [one for one in live if _passes(one, where)]


async def _live(services: Services, schema: SchemaMembers, principal: Principal) -> list[Anomaly]:
    assert schema.id is not None
    assert schema.public_id is not None
    key = f"anomalies:{schema.id}:{schema.digest.hex()}"
    kept = await services.cache.get(key)
    if kept is None:
        named = await _find(services.anomalies, schema, principal)
        # The name of the schema names fields, too.
        name = await name_within(services.structures, principal, schema.public_id) if named else ""
        packed = _PACK((name, [(file.id, file.public_id, file.shown, deviation) for file, deviation in named]))
        await services.cache.put(key, packed, _KEPT_SECONDS)
    else:
        name, found = _UNPACK(kept)
        named = [(FileName(file_id, public_id, shown), deviation) for file_id, public_id, shown, deviation in found]
    return _to_anomalies(replace(schema, name=name), named, await services.anomalies.baseline(schema.id))


async def _find(
    anomalies: Anomalies, schema: SchemaMembers, principal: Principal
) -> list[tuple[FileName, Deviation]]:
    """What is unusual about the visible files of a schema."""
    named: list[tuple[FileName, Deviation]] = []
    async for family in _families(anomalies, schema, principal):
        named += await asyncio.to_thread(_deviations, family)
    return named


async def _families(
    anomalies: Anomalies, schema: SchemaMembers, principal: Principal
) -> AsyncGenerator[list[MemberContent]]:
    """The visible contents of a schema that are compared with each other; none where they are too few."""
    if schema.id is None or schema.files <= LEAST_SIBLINGS:
        return
    held: list[MemberContent] = []
    after = ContentId(-1)
    while batch := await anomalies.members(schema.id, after, MOST_MEMBERS, principal):
        after = batch[-1].id
        if held and len(batch) >= MOST_MEMBERS // 2:  # the last few are compared with those before
            yield held
            held = []
        held += batch
    yield held


def _deviations(members: Sequence[MemberContent]) -> list[tuple[FileName, Deviation]]:
    """What is unusual, for each file of each member."""
    found = find_deviations(
        [Member(each.shape, each.values, each.value_keys, each.size, len(each.files)) for each in members]
    )
    return [
        (file, deviation)
        for at, deviations in found.items()
        for file in members[at].files
        for deviation in deviations
    ]


def _to_anomalies(
    schema: SchemaMembers, named: Iterable[tuple[FileName, Deviation]], baseline: Sequence[Accepted]
) -> list[Anomaly]:
    return [
        Anomaly(
            identify_anomaly(file.public_id, deviation),
            file.id,
            file.public_id,
            file.shown,
            schema.public_id,
            schema.name,
            deviation,
            AnomalyStatus.DISMISSED if _is_accepted(file, deviation, baseline) else AnomalyStatus.OPEN,
        )
        for file, deviation in named
    ]


def _is_accepted(file: FileName, found: Deviation, baseline: Sequence[Accepted]) -> bool:
    return any(
        (each.kind, each.path, each.token) == (found.kind, found.path, found.token)
        and Principal("", scopes=each.scopes).may_see(file.shown)
        for each in baseline
    )


def _status_of(status: AnomalyStatus) -> AnomalyStatus:
    """What is found is not resolved, whatever is found among all files."""
    return AnomalyStatus.OPEN if status is AnomalyStatus.RESOLVED else status


def _passes(one: Anomaly, where: AnomalyFilter) -> bool:
    return (
        (where.statuses is None or one.status in where.statuses)
        and (where.kinds is None or one.deviation.kind in where.kinds)
        and (where.severities is None or one.deviation.severity in where.severities)
        and (where.file is None or one.file_id == where.file)
    )


def _place(one: Anomaly) -> tuple[int, uuid.UUID]:
    return RANKS[one.deviation.severity], one.id
