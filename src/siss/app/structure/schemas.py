"""Schemas for whoever asks: definition, members and drift over the files that they may see."""

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Final

from siss.app.structure.recluster import count_of, describe, gather_values
from siss.errors import NotFoundError
from siss.model.content import Kind
from siss.model.principal import Principal
from siss.model.schema import Drift, SchemaProfile, SchemaRecord
from siss.ports.structure import Structures
from siss.schemas.drift import compare_profiles
from siss.schemas.name import name_schema
from siss.schemas.profile import profile_members
from siss.schemas.tree import overlay

_MOST_VALUES: Final = 2000


async def read_schema(structures: Structures, principal: Principal, public_id: uuid.UUID) -> SchemaRecord:
    """One schema. For a principal who sees only a part, it is described by that part's members alone.

    Raises ``NotFoundError``.
    """
    found = await structures.schema(public_id, principal)
    if found is None:
        raise NotFoundError(f"There is no schema {public_id}.", schema=str(public_id))
    if principal.scopes is None:
        return found
    members = await structures.members(found.id, principal)
    values, _ = gather_values(
        await structures.member_values(found.id, _MOST_VALUES, principal), [each.shape for each in members]
    )
    if found.files > _MOST_VALUES:
        for seen in values.values():
            seen.complete = False
    shapes = [count_of(each) for each in members]
    name = name_schema(overlay(shapes), found.kind)
    return replace(found, definition=describe(found.kind, shapes, values), name=name)


async def read_drift(structures: Structures, principal: Principal, public_id: uuid.UUID, since: datetime) -> Drift:
    """What changed in the members since a date, field by field. Raises ``NotFoundError``."""
    found = await structures.schema(public_id, principal)
    if found is None:
        raise NotFoundError(f"There is no schema {public_id}.", schema=str(public_id))
    before = await _profile_at(structures, principal, found, since)
    return compare_profiles(before, await _profile_at(structures, principal, found, None), since)


async def list_schemas(
    structures: Structures, principal: Principal, kind: Kind | None, offset: int, limit: int
) -> tuple[list[SchemaRecord], int]:
    """A page of schemas, those with most files first, and how many there are.

    The name of a schema names fields: for a principal who sees only a part, those of that part.
    """
    found, total = await structures.schemas(kind, offset, limit, principal)
    if principal.scopes is None:
        return found, total
    named: list[SchemaRecord] = []
    for record in found:
        members = await structures.members(record.id, principal)
        named.append(replace(record, name=name_schema(overlay([count_of(each) for each in members]), record.kind)))
    return named, total


async def _profile_at(
    structures: Structures, principal: Principal, schema: SchemaRecord, at: datetime | None
) -> SchemaProfile:
    members = await structures.members(schema.id, principal, at)
    return profile_members(schema.kind, [count_of(each) for each in members], {})
