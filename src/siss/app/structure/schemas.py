"""Schemas for whoever asks: definition, members and drift over the files that they may see."""

import hashlib
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from siss.app.cursors import cut_page, name_list, read_cursor, write_cursor
from siss.app.files import find_file
from siss.app.services import Services
from siss.app.structure.recluster import count_of, describe, gather_values
from siss.errors import NotFoundError
from siss.model.content import Kind
from siss.model.file import FileRecord
from siss.model.ids import FileId
from siss.model.principal import Principal
from siss.model.schema import Drift, FieldChange, SchemaProfile, SchemaRecord
from siss.model.shape import STRUCTURED
from siss.ports.structure import Structures
from siss.schemas.drift import compare_profiles
from siss.schemas.name import name_schema
from siss.schemas.profile import profile_members
from siss.schemas.tree import overlay

MAX_PAGE: Final = 1000
_MOST_VALUES: Final = 2000
_NAME_SECONDS: Final = 60.0
_LONGEST_PLACE: Final = 500
"""Characters of a field's path in a cursor; what is longer is told apart by a hash."""


@dataclass(frozen=True, slots=True)
class SchemaList:
    """A page of schemas, and how many there are. ``cursor`` names the next page, None on the last one."""

    schemas: tuple[SchemaRecord, ...]
    total: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class SchemaFiles:
    """A page of the files that have a schema. ``id``: of the schema, after redirects."""

    id: uuid.UUID
    files: tuple[FileRecord, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class SchemaDrift:
    """A page of what changed in a schema. ``id``: as above; ``total``: changes on all pages."""

    id: uuid.UUID
    drift: Drift
    total: int
    cursor: str | None


async def list_schemas(
    structures: Structures, principal: Principal, kind: Kind | None, cursor: str | None, size: int
) -> SchemaList:
    """A page of schemas, those with most files first. Raises ``InvalidRequestError`` for a cursor of another list.

    The name of a schema names fields: for a principal who sees only a part, those of that part.
    """
    size = max(1, min(size, MAX_PAGE))
    list_name = name_list("schemas", kind, principal.scopes)
    after = read_cursor(cursor, list_name, tuple[int, uuid.UUID])
    found, total = await structures.schemas(kind, after, size + 1, principal)
    more, found = len(found) > size, found[:size]
    if principal.scopes is not None:
        found = [
            replace(record, name=await name_within(structures, principal, record.id) or record.name)
            for record in found
        ]
    last = (found[-1].files, str(found[-1].id)) if more else None
    return SchemaList(tuple(found), total, write_cursor(last, list_name))


async def read_schema(structures: Structures, principal: Principal, public_id: uuid.UUID) -> SchemaRecord:
    """One schema. For a principal who sees only a part, it is described by that part's members alone.

    Raises ``NotFoundError``.
    """
    found = await _find(structures, principal, public_id)
    if principal.scopes is None:
        return found
    members = await structures.members(found.id, principal)
    values, _ = gather_values(
        await structures.member_values(found.id, _MOST_VALUES, principal), [each.shape for each in members]
    )
    if found.files > _MOST_VALUES:
        for seen in values.values():
            seen.complete = False
    top = overlay([count_of(each) for each in members])
    return replace(found, definition=describe(found.kind, top, values), name=name_schema(top, found.kind))


async def read_file_schema(services: Services, principal: Principal, file_id: uuid.UUID) -> SchemaRecord:
    """The schema that a file is a member of. Raises ``NotFoundError``, also for a file that has none."""
    file = await find_file(services, principal, file_id)
    schema = None if file.content_id is None else await services.structures.schema_of(file.content_id)
    if schema is None:
        structured = file.kind in {kind.value for kind in STRUCTURED}
        why = (
            "Files are grouped when indexing is idle: ask again in a while."
            if structured
            else "Only JSON, JSON Lines, XML, delimited and key=value files have one."
        )
        raise NotFoundError(f"{file.shown} has no schema. {why}", file=str(file_id))
    return await read_schema(services.structures, principal, schema)


async def list_schema_files(
    services: Services, principal: Principal, public_id: uuid.UUID, cursor: str | None, size: int
) -> SchemaFiles:
    """A page of the files that have a schema, the ones that were found first first. Raises ``NotFoundError``."""
    found = await _find(services.structures, principal, public_id)
    size = max(1, min(size, MAX_PAGE))
    list_name = name_list("schema files", found.id.bytes)
    after = read_cursor(cursor, list_name, int)
    ids = await services.structures.schema_files(found.id, FileId(after or 0), size + 1, principal)
    page = ids[:size]
    records = await services.catalog.files([(file_id, None) for file_id in page], principal)
    files = tuple(records[file_id, None][0] for file_id in page if (file_id, None) in records)
    return SchemaFiles(found.id, files, write_cursor(page[-1] if len(ids) > size else None, list_name))


async def read_drift(
    structures: Structures,
    principal: Principal,
    public_id: uuid.UUID,
    since: datetime,
    cursor: str | None = None,
    size: int = MAX_PAGE,
) -> SchemaDrift:
    """A page of what changed in the members since a time (UTC where it names no zone), in order of the fields.

    Raises ``NotFoundError``.
    """
    found = await _find(structures, principal, public_id)
    since = since if since.tzinfo is not None else since.replace(tzinfo=UTC)
    list_name = name_list("drift", found.id.bytes, since, principal.scopes)
    after = read_cursor(cursor, list_name, tuple[str, str, str])
    before = await _profile_at(structures, principal, found, since)
    whole = compare_profiles(before, await _profile_at(structures, principal, found, None), since)
    changes, last = cut_page(sorted(whole.changes, key=_place_of), _place_of, after, max(1, min(size, MAX_PAGE)))
    drift = replace(whole, changes=tuple(changes))
    return SchemaDrift(found.id, drift, len(whole.changes), write_cursor(last, list_name))


def _place_of(change: FieldChange) -> tuple[str, str, str]:
    path = change.path
    hashed = hashlib.sha256(path.encode()).hexdigest() if len(path) > _LONGEST_PLACE else ""
    return path[:_LONGEST_PLACE], hashed, change.change


async def _find(structures: Structures, principal: Principal, public_id: uuid.UUID) -> SchemaRecord:
    found = await structures.schema(public_id, principal)
    if found is None:
        raise NotFoundError(f"There is no schema {public_id}.", schema=str(public_id))
    return found


async def name_within(structures: Structures, principal: Principal, public_id: uuid.UUID) -> str:
    """The name of a schema, made of the fields that its visible members have; empty where none is visible."""
    members = await structures.members(public_id, principal)
    return name_schema(overlay([count_of(each) for each in members]), members[0].shape.kind) if members else ""


async def read_name(services: Services, principal: Principal, public_id: uuid.UUID, stored: str) -> str:
    """The same, as it was at most a minute ago. ``stored``: what all members give, for whoever may see them all."""
    if principal.scopes is None:
        return stored
    key = f"schema name:{name_list(public_id, principal.scopes, principal.hidden).hex()}"
    if (kept := await services.cache.get(key)) is not None:
        return kept.decode()
    name = await name_within(services.structures, principal, public_id)
    await services.cache.put(key, name.encode(), _NAME_SECONDS)
    return name


async def _profile_at(
    structures: Structures, principal: Principal, schema: SchemaRecord, at: datetime | None
) -> SchemaProfile:
    members = await structures.members(schema.id, principal, at)
    return profile_members(schema.kind, [count_of(each) for each in members], {})
