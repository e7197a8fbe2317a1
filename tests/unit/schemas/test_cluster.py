import json
import random
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.model.content import Kind
from siss.model.field import ARRAY, OBJECT, STRING
from siss.schemas.cluster import (
    SETTLED_FILES,
    ShapeCount,
    _Cluster,
    _Group,
    _Nearest,
    cluster_shapes,
    find_maps,
    weigh,
)
from unit.schemas.members import counted, structure_of, structures


def families(chance: random.Random, members: int = 30) -> list[tuple[str, Any]]:
    """Documents of three programs, each with optional parts."""
    found: list[tuple[str, Any]] = []
    for number in range(members):
        server = {"host": f"h{number}", "port": number, "tls": {"cert": "x", "key": "y"}}
        package = {"name": "n", "version": "1", "scripts": {"build": "x"}, "private": True}
        metric = {"metric": "cpu", "unit": "s", "points": [{"at": 1, "value": 2.5}], "labels": {"dc": "a"}}
        for family, document in (("server", server), ("package", package), ("metric", metric)):
            optional = chance.choice(list(document)) if chance.random() < 0.5 else ""
            kept = {name: value for name, value in document.items() if name != optional}
            found.append((family, kept | ({f"extra{number % 4}": 1} if chance.random() < 0.3 else {})))
    return found


def labels(documents: list[tuple[str, Any]]) -> dict[bytes, int]:
    shapes = counted(structures(value for _, value in documents))
    return {shapes[at].key: number for number, cluster in enumerate(cluster_shapes(shapes)) for at in cluster}


def test_families_are_found_apart():
    documents = families(random.Random(1))
    found = labels(documents)
    by_family: dict[str, set[int]] = {}
    for (family, _), member in zip(documents, structures(value for _, value in documents), strict=True):
        by_family.setdefault(family, set()).add(found[member.shape.digest])
    assert all(len(numbers) == 1 for numbers in by_family.values())
    assert len(set.union(*by_family.values())) == 3


def test_the_order_of_arrival_makes_no_difference():
    documents = families(random.Random(2))
    wanted = labels(documents)
    for seed in range(20):
        random.Random(seed).shuffle(documents)
        assert labels(documents) == wanted


def test_kinds_are_never_mixed():
    lines = structure_of('{"a": 1, "b": 2}', Kind.JSONL)
    document = structure_of('{"a": 1, "b": 2}')
    assert len(cluster_shapes(counted([lines, document]))) == 2


def test_a_folder_of_alike_files_holds_the_sparse_ones_too():
    full = [{"name": "x", "version": "1", f"part{number}": True} for number in range(8)]
    sparse = [{"sideEffects": False}]
    shapes = counted(structures(full + sparse), folders=("7",))
    assert len(cluster_shapes(shapes)) == 1
    assert len(cluster_shapes(counted(structures(full + sparse)))) == 2


def test_a_folder_of_unlike_files_says_nothing():
    documents = [{f"{letter}{number}": 1 for number in range(4)} for letter in "abcdefgh"]
    assert len(cluster_shapes(counted(structures(documents), folders=("7",)))) == len(documents)


def test_maps_are_seen_over_all_documents():
    documents = [{"name": "x", "dependencies": {f"lib{n}": "1", f"lib{n + 1}": "2"}} for n in range(30)]
    shapes = counted(structures(documents))
    assert find_maps(shapes) == {".dependencies"}
    assert len(cluster_shapes(shapes)) == 1


def schemas_of(*texts: str, kind: Kind, folder: str = "") -> list[int]:
    """The number of each text's schema."""
    members = [structure_of(text, kind) for text in texts]
    shapes = counted(members, folders=(folder,) if folder else ())
    found = {shapes[at].key: number for number, cluster in enumerate(cluster_shapes(shapes)) for at in cluster}
    return [found[member.shape.digest] for member in members]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("date,rate", "date,visits", False),
        ("id,name,email", "id,name,price,stock", False),
        ("id,name,price", "id,name,email", False),
        ("time,device,humidity", "time,device,humidity,battery", True),
        ("id,name,price,stock", "id,name,price,sold", True),
        ("id,name,price,stock,ean", "id,name,price,stock,sold", True),
        ("a,b,c,d,e,f,g,h", "a,b,c,d,e", True),
    ],
)
def test_tables_are_told_apart_by_their_columns(one: str, other: str, same: bool):
    shapes = []
    for head in (one, other):
        paths = ("$", "$[*]", *(f"$[*].{name}" for name in sorted(head.split(","))))
        types = (ARRAY, OBJECT, *[STRING] * (len(paths) - 2))
        shapes.append(ShapeCount(head.encode(), Kind.DELIMITED, paths, types, 3, ("7",)))
    assert len(cluster_shapes(shapes)) == (1 if same else 2)


def test_events_of_one_folder_are_told_apart_though_each_has_a_time():
    lines = [
        json.dumps({"ts": "x", **dict.fromkeys(names.split(), "y")})
        for part in range(5)
        for names in (f"method path status ms m{part}", f"actor action target t{part}")
    ]
    first, second = schemas_of(*lines, kind=Kind.JSONL, folder="7")[:2]
    assert first != second


def test_what_several_files_have_in_the_same_way_is_a_program_of_its_own():
    climate = [{"device": f"{n}", "ts": "x", "temperature": n, "humidity": n} for n in range(5)]
    battery = [{"device": f"{n}", "ts": "x", "voltage": n, "level": n, "charging": True} for n in range(5)]
    assert len(cluster_shapes(counted(structures(climate + battery)))) == 2
    older = [{"device": f"{n}", "ts": "x", "temperature": n} for n in range(5)]
    assert len(cluster_shapes(counted(structures(climate + older)))) == 1


def test_xml_is_told_apart_below_its_root():
    appenders = ["<c><appender/><root/></c>", "<c><property/><appender/><root/></c>"] * 5
    additions = ["<c><settings><add/></settings><web/></c>", "<c><settings><add/></settings></c>"] * 5
    settings = ["<settings><servers/></settings>", "<settings><mirrors/></settings>", "<settings/>"]
    found = schemas_of(*appenders, *additions, *settings, kind=Kind.XML)
    assert len(set(found[:10])) == len(set(found[10:20])) == len(set(found[20:])) == 1
    assert len(set(found)) == 3


def test_a_value_without_members_is_a_document_too():
    shapes = counted([structure_of("1"), structure_of('"x"'), structure_of("[]"), structure_of("[[1]]")])
    assert sorted(at for cluster in cluster_shapes(shapes) for at in cluster) == list(range(len(shapes)))
    assert cluster_shapes(list[ShapeCount]()) == []


_GROUPS = st.lists(
    st.builds(
        lambda names, weight: _Group(frozenset(names), weigh(frozenset(names)), Kind.JSON, weight=weight),
        st.sets(st.sampled_from(["a", "b", "c", "a.x", "a.y", "b.x", "@here", "@there"]), min_size=1),
        st.integers(1, 2 * SETTLED_FILES),
    ),
    min_size=1,
    max_size=12,
)


@given(_GROUPS, st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_the_nearest_cluster_is_that_of_the_highest_mean_of_coverage_and_recall(
    groups: list[_Group], homes: list[int]
):
    clusters = [_Cluster() for _ in range(4)]
    nearest = _Nearest(len(clusters))
    for number, (group, home) in enumerate(zip(groups, homes, strict=False)):
        clusters[home].add(number, group)
        clusters[home].settle(group.features)
        nearest.learn(home, group.features, clusters[home].core)
    for group in groups:
        settled = group.weight >= SETTLED_FILES
        fits = [_fit(group, cluster, settled=settled) for cluster in clusters]
        found = nearest.best(group)
        if found is None:
            assert max(fits) <= group.threshold + 1e-9
        else:
            assert fits[found] == pytest.approx(max(fits))
            assert fits[found] > group.threshold - 1e-9


def _fit(group: _Group, cluster: _Cluster, *, settled: bool) -> float:
    """By the words of the module: as far as the cluster knows the paths, and as far as those have its core."""

    def counted(weights: Mapping[str, float], among: Iterable[str]) -> float:
        return sum(weights[name] for name in among if not (settled and name.startswith("@")))

    own, core = group.features, weigh(cluster.core)
    if not (total := counted(group.weights, own)):
        return 0.0
    coverage = counted(group.weights, own & cluster.counts.keys()) / total
    whole = counted(core, core)
    return (coverage + counted(core, own & core.keys()) / whole) / 2 if whole else coverage
