"""Schemas made anew from all shapes: periodic, and the same whatever the order in which files came.

All shapes are grouped each time. Described is only a group whose members are not those of last time.
"""

import asyncio
import hashlib
import uuid
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from siss.app.read_ahead import read_ahead
from siss.model.content import Kind
from siss.model.ids import new_public_id
from siss.model.schema import SchemaProfile
from siss.model.shape import Shape
from siss.ports.structure import MemberValues, SchemaDraft, SchemaKeeper, ShapeMembers
from siss.schemas.cluster import ShapeCount, cluster_shapes
from siss.schemas.definition import define
from siss.schemas.discriminate import possible_discriminators, single_texts, tell_apart
from siss.schemas.element_tree import describe_elements
from siss.schemas.identity import identify
from siss.schemas.name import name_schema
from siss.schemas.profile import FieldValues, profile_members, take_values
from siss.schemas.tree import SchemaNode, overlay

MOST_VALUES: Final = 5000
"""Members of one schema whose values are looked at. With more, nothing is concluded from values."""
_SAMPLES: Final = 3
"""Members of one shape whose texts are looked at to tell families apart."""
EDITION: Final = b"2"
"""Of what a description says. Another one here, and all are made anew."""


@dataclass(frozen=True, slots=True)
class Reclustered:
    """What came of it. ``described``: schemas that were described, the others being what they were."""

    shapes: int
    schemas: int
    described: int
    created: int
    merged: int


async def recluster(keeper: SchemaKeeper) -> Reclustered:
    """Group all shapes, describe each group, and keep what schemas there are in step.

    Run after files changed; ``siss.ports.structure.SchemaKeeper`` says what is written. Schemas are put in place some
    at a time, each with its shapes and what leads to it, so that memory does not grow with their number; if this ends
    halfway, the next run finds the same groups and goes on.
    """
    members = await keeper.every_shape()
    counts = [count_of(each) for each in members]
    clusters = await _tell_apart(keeper, counts, await asyncio.to_thread(cluster_shapes, counts))
    before = {each.shape.digest: each.schema for each in members if each.schema is not None}
    weights = [{counts[at].key: counts[at].count for at in cluster} for cluster in clusters]
    found = identify(weights, before, new_public_id)
    groups = [
        _Group(public_id, [members[at] for at in cluster])
        for public_id, cluster in zip(found.ids, clusters, strict=True)
    ]
    known = await keeper.described()
    changed = [group for group in groups if not group.stands or known.get(group.id) != group.made_of]
    async with read_ahead(_values_of(keeper, changed)) as every:
        async for batch, values in every:
            drafts = await asyncio.to_thread(_draft_all, batch, values)
            ids = {draft.id for draft in drafts}
            # An heir has shapes that it did not have, so it is among those that changed.
            led = {old: heir for old, heir in found.redirects.items() if heir in ids}
            await keeper.keep_schemas(drafts, led)
    await keeper.note_shapes()
    return Reclustered(len(counts), len(clusters), len(changed), len(found.created), len(found.redirects))


async def _tell_apart(
    keeper: SchemaKeeper, counts: Sequence[ShapeCount], clusters: list[list[int]]
) -> list[list[int]]:
    """Clusters in which a field tells families apart, as these."""
    possible = await asyncio.to_thread(lambda: [possible_discriminators(counts, each) for each in clusters])
    digests = [counts[at].key for cluster, paths in zip(clusters, possible, strict=True) if paths for at in cluster]
    if not digests:
        return clusters
    samples = await keeper.shape_samples(digests, _SAMPLES)
    paths_of = {shape.key: shape.paths for shape in counts}
    texts = single_texts((each.digest, paths_of[each.digest], each.values) for each in samples)
    return await asyncio.to_thread(tell_apart, counts, clusters, possible, texts)


@dataclass(frozen=True, slots=True)
class _Group:
    """The shapes that are one schema, in the order of their digests."""

    id: uuid.UUID
    shapes: Sequence[ShapeMembers]

    @property
    def files(self) -> int:
        return sum(each.files for each in self.shapes)

    @property
    def stands(self) -> bool:
        """Whether its shapes have this schema already."""
        return all(each.schema == self.id for each in self.shapes)

    @property
    def made_of(self) -> bytes:
        """Names the files, and what was drawn from them."""
        digest = hashlib.blake2b(EDITION, digest_size=16)
        for each in self.shapes:
            digest.update(each.shape.digest + each.witness.to_bytes(8, "big", signed=True))
        return digest.digest()


def _batches(groups: Iterable[_Group]) -> Iterator[list[_Group]]:
    """Groups whose values are asked for together: most are small, and a question costs as much as some values."""
    batch: list[_Group] = []
    files = 0
    for group in groups:
        if batch and files + group.files > MOST_VALUES:
            yield batch
            batch, files = [], 0
        batch.append(group)
        files += group.files
    if batch:
        yield batch


def count_of(members: ShapeMembers) -> ShapeCount:
    """A shape as clustering takes it."""
    shape = members.shape
    return ShapeCount(shape.digest, shape.kind, shape.paths, shape.types, members.files, members.folders)


async def _values_of(
    keeper: SchemaKeeper, groups: Iterable[_Group]
) -> AsyncGenerator[tuple[list[_Group], list[MemberValues]]]:
    for batch in _batches(groups):
        digests = [each.shape.digest for group in batch for each in group.shapes]
        yield batch, await keeper.shape_values(digests, MOST_VALUES + 1)


def _draft_all(groups: Sequence[_Group], found: Sequence[MemberValues]) -> list[SchemaDraft]:
    group_of = {each.shape.digest: number for number, group in enumerate(groups) for each in group.shapes}
    members: list[list[MemberValues]] = [[] for _ in groups]
    for member in found[:MOST_VALUES]:
        members[group_of[member.digest]].append(member)
    whole = len(found) <= MOST_VALUES
    return [_draft(group, own, whole=whole) for group, own in zip(groups, members, strict=True)]


def _draft(group: _Group, members: Sequence[MemberValues], *, whole: bool) -> SchemaDraft:
    """``whole``: these are the values of all members."""
    values, sizes = gather_values(members, [each.shape for each in group.shapes])
    if not whole:
        for seen in values.values():
            seen.complete = False
    shapes = [count_of(each) for each in group.shapes]
    kind = shapes[0].kind
    top = overlay(shapes)
    profile = profile_members(kind, shapes, values, sizes)
    return SchemaDraft(
        group.id,
        kind,
        name_schema(top, kind),
        profile.members,
        tuple(shape.key for shape in shapes),
        describe(kind, top, values),
        _plain(profile),
        group.made_of,
    )


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


def describe(kind: Kind, top: SchemaNode, values: Mapping[str, FieldValues]) -> dict[str, Any]:
    """The definition of shapes laid over each other: a JSON Schema, or an element tree for XML."""
    if kind is Kind.XML:
        return {"elements": describe_elements(top)}
    return define(top, kind, name_schema(top, kind), values)


def _plain(profile: SchemaProfile) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(profile)
    return plain
