"""Schemas of real families against the families: purity, completeness, members, negatives, orders of arrival."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any

import jsonschema_rs

from bench.processes import BenchError
from bench.report import Budget, Row
from bench.stage import Stage
from siss.app.structure.recluster import describe
from siss.extract.structure.select import select_fields
from siss.model.content import Kind
from siss.model.json_text import decode_json
from siss.model.shape import Structure
from siss.model.text import Window
from siss.schemas.cluster import ShapeCount, cluster_shapes
from siss.schemas.discriminate import possible_discriminators, single_texts, tell_apart
from siss.schemas.profile import FieldValues, take_values
from siss.schemas.tree import overlay

ORDERS = 20


@dataclass(frozen=True, slots=True)
class Member:
    """A file that is known to be of a family."""

    family: str
    value: Any
    structure: Structure


def judge_families(stage: Stage) -> list[Row]:
    """Group all instances of all families, and judge the groups."""
    folder = stage.options.schemas
    assert folder is not None
    members, negatives = read_families(folder)
    if not members:
        raise BenchError(f"{folder.name} holds no FAMILY/instances")
    began = time.process_time()
    groups = group(members)
    took = time.process_time() - began
    schemas = [define_group([members[at] for at in each]) for each in groups]
    grouped = zip(groups, schemas, strict=True)
    refused = [
        members[at].family for each, schema in grouped for at in each if not schema.is_valid(members[at].value)
    ]
    home = {
        family: max(range(len(groups)), key=lambda at: sum(members[each].family == family for each in groups[at]))
        for family in {member.family for member in members}
    }
    passed = Counter(family for family, value in negatives if schemas[home[family]].is_valid(value))
    agreement = min(adjusted_rand(labels(groups, len(members)), shuffled(members, seed)) for seed in range(ORDERS))
    homes = Counter(members[at].family for each in groups for at in each)
    stage.recorder.keep("families", sizes=homes, groups=len(groups), refused=Counter(refused), passed=passed)
    count = f"{len(members)} files, {len(groups)} schemas, {len(home)} families"
    rejected = len(negatives) - passed.total()
    return [
        Row("schemas: purity", purity(groups, members), "", count, (), Budget(0.99, most=False)),
        Row("schemas: completeness", completeness(groups, members), "", "", (), Budget(0.95, most=False)),
        Row("schemas: members refused", len(refused), "files", "", (), Budget(0)),
        Row("schemas: negatives rejected", rejected / max(1, len(negatives)), "", f"{rejected} of {len(negatives)}"),
        Row("schemas: least agreement of orders", agreement, "", f"{ORDERS} orders", (), Budget(0.98, most=False)),
        Row("schemas: grouping, processor time", took, "s"),
    ]


def read_families(folder: Path) -> tuple[list[Member], list[tuple[str, Any]]]:
    """Members that are JSON documents, and values that are not of their family."""
    members: list[Member] = []
    for path in sorted(folder.glob("*/instances/*")):
        text = path.read_bytes()
        decoded, reader = decode_json(text), select_fields(Kind.JSON, None, max_depth=32)
        assert reader is not None
        reader.feed(Window(0, text, 0, final=True))
        structure = reader.close()
        if decoded is not None and structure is not None:
            members.append(Member(path.parent.parent.name, decoded.value, structure))
    negatives = [
        (path.parent.parent.name, decoded.value)
        for path in sorted(folder.glob("*/negative/*"))
        if (decoded := decode_json(path.read_bytes())) is not None
    ]
    return members, negatives


def group(members: Sequence[Member]) -> list[list[int]]:
    """Positions of the members by schema. A family's files lie in one folder, as they do where they come from."""
    at: dict[bytes, list[int]] = defaultdict(list)
    for position, member in enumerate(members):
        at[member.structure.shape.digest].append(position)
    shapes = [_count(members, positions) for positions in at.values()]
    clusters = cluster_shapes(shapes)
    texts = single_texts(
        (each.structure.shape.digest, each.structure.shape.paths, each.structure.values) for each in members
    )
    families = tell_apart(shapes, clusters, [possible_discriminators(shapes, each) for each in clusters], texts)
    return [[position for shape in each for position in at[shapes[shape].key]] for each in families]


def _count(members: Sequence[Member], positions: Sequence[int]) -> ShapeCount:
    shape = members[positions[0]].structure.shape
    folders = sorted({members[position].family for position in positions})
    return ShapeCount(
        shape.digest, shape.kind, shape.paths, shape.types, len(positions), tuple(folders) if len(folders) < 3 else ()
    )


def define_group(members: Sequence[Member]) -> Any:
    """The validator of a group's JSON Schema."""
    values: dict[str, FieldValues] = defaultdict(FieldValues)
    at: dict[bytes, list[int]] = defaultdict(list)
    for position, member in enumerate(members):
        structure = member.structure
        take_values(values, structure.shape, structure.values, frozenset(structure.value_keys))
        at[structure.shape.digest].append(position)
    shapes = [_count(members, positions) for positions in at.values()]
    return jsonschema_rs.validator_for(describe(Kind.JSON, overlay(shapes), values))


def shuffled(members: Sequence[Member], seed: int) -> list[int]:
    """The label of each member where they came in another order."""
    order = list(range(len(members)))
    random.Random(seed).shuffle(order)
    found = labels(group([members[at] for at in order]), len(members))
    back = [0] * len(order)
    for place, at in enumerate(order):
        back[at] = found[place]
    return back


def labels(groups: Sequence[Sequence[int]], count: int) -> list[int]:
    """The number of each member's group."""
    found = [0] * count
    for number, each in enumerate(groups):
        for at in each:
            found[at] = number
    return found


def purity(groups: Sequence[Sequence[int]], members: Sequence[Member]) -> float:
    """The share of members that are of their group's commonest family."""
    commonest = (Counter(members[at].family for at in each).most_common(1)[0][1] for each in groups)
    return sum(commonest) / len(members)


def completeness(groups: Sequence[Sequence[int]], members: Sequence[Member]) -> float:
    """The share of members that are in the group which has most of their family."""
    most: dict[str, int] = defaultdict(int)
    for each in groups:
        for family, count in Counter(members[at].family for at in each).items():
            most[family] = max(most[family], count)
    return sum(most.values()) / len(members)


def adjusted_rand(one: Sequence[int], other: Sequence[int]) -> float:
    """Agreement of two groupings beyond chance (Hubert and Arabie, 1985): 1 where they are the same."""
    both, left, right = Counter(zip(one, other, strict=True)), Counter(one), Counter(other)

    def pairs(counts: Mapping[Any, int]) -> int:
        return sum(comb(count, 2) for count in counts.values())

    expected = pairs(left) * pairs(right) / comb(len(one), 2)
    highest = (pairs(left) + pairs(right)) / 2
    return 1.0 if highest == expected else (pairs(both) - expected) / (highest - expected)
