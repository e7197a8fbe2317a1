"""Schemas made anew from all shapes: periodic, and the same whatever the order in which files came."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from siss.model.content import Kind
from siss.model.ids import new_public_id
from siss.model.schema import SchemaProfile
from siss.model.shape import Shape
from siss.ports.structure import MemberValues, SchemaDraft, SchemaKeeper, ShapeMembers
from siss.schemas.cluster import ShapeCount, cluster_shapes
from siss.schemas.definition import define
from siss.schemas.element_tree import describe_elements
from siss.schemas.identity import identify
from siss.schemas.name import name_schema
from siss.schemas.profile import FieldValues, profile_members, take_values
from siss.schemas.tree import SchemaNode, overlay

MOST_VALUES: Final = 5000
"""Members of one schema whose values are looked at. With more, nothing is concluded from values."""


@dataclass(frozen=True, slots=True)
class Reclustered:
    """What came of it."""

    shapes: int
    schemas: int
    created: int
    merged: int


async def recluster(keeper: SchemaKeeper) -> Reclustered:
    """Group all shapes, describe each group, and keep what schemas there are in step.

    Run after files changed; ``siss.ports.structure.SchemaKeeper`` says what is written.
    """
    members = await keeper.every_shape()
    counts = [count_of(each) for each in members]
    clusters = await asyncio.to_thread(cluster_shapes, counts)
    before = {each.shape.digest: each.schema for each in members if each.schema is not None}
    weights = [{counts[at].key: counts[at].count for at in cluster} for cluster in clusters]
    found = identify(weights, before, new_public_id)
    drafts: list[SchemaDraft] = []
    for public_id, cluster in zip(found.ids, clusters, strict=True):
        values, sizes = await _values_of(keeper, [members[at].shape for at in cluster])
        shapes = [counts[at] for at in cluster]
        drafts.append(await asyncio.to_thread(_draft, public_id, shapes, values, sizes))
    await keeper.keep_schemas(drafts, found.redirects)
    await keeper.note_shapes()
    return Reclustered(len(counts), len(clusters), len(found.created), len(found.redirects))


def count_of(members: ShapeMembers) -> ShapeCount:
    """A shape as clustering takes it."""
    shape = members.shape
    return ShapeCount(shape.digest, shape.kind, shape.paths, shape.types, members.files, members.folders)


async def _values_of(keeper: SchemaKeeper, shapes: Sequence[Shape]) -> tuple[dict[str, FieldValues], list[float]]:
    found = await keeper.shape_values([shape.digest for shape in shapes], MOST_VALUES + 1)
    values, sizes = gather_values(found[:MOST_VALUES], shapes)
    if len(found) > MOST_VALUES:
        for seen in values.values():
            seen.complete = False
    return values, sizes


def gather_values(
    members: Sequence[MemberValues], shapes: Sequence[Shape]
) -> tuple[dict[str, FieldValues], list[float]]:
    """Values by path, and the members' sizes."""
    by_digest = {shape.digest: shape for shape in shapes}
    values: dict[str, FieldValues] = defaultdict(FieldValues)
    for member in members:
        if (shape := by_digest.get(member.digest)) is not None:
            take_values(values, shape, member.values, member.value_keys)
    return values, [float(member.size) for member in members]


def _draft(
    public_id: Any, shapes: Sequence[ShapeCount], values: Mapping[str, FieldValues], sizes: Sequence[float]
) -> SchemaDraft:
    kind = shapes[0].kind
    top = overlay(shapes)
    profile = profile_members(kind, shapes, values, sizes)
    return SchemaDraft(
        public_id,
        kind,
        name_schema(top, kind),
        profile.members,
        tuple(shape.key for shape in shapes),
        describe(kind, top, values),
        _plain(profile),
    )


def describe(kind: Kind, top: SchemaNode, values: Mapping[str, FieldValues]) -> dict[str, Any]:
    """The definition of shapes laid over each other: a JSON Schema, or an element tree for XML."""
    if kind is Kind.XML:
        return {"elements": describe_elements(top)}
    return define(top, kind, name_schema(top, kind), values)


def _plain(profile: SchemaProfile) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(profile)
    return plain
