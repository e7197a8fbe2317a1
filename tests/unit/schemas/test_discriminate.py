"""Families that the text of one field tells apart, and those that none does."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from siss.model.shape import Structure
from siss.schemas.cluster import cluster_shapes
from siss.schemas.discriminate import possible_discriminators, single_texts, tell_apart
from unit.schemas.members import counted, structures

CHANCE = random.Random()
CONTAINER = {"name": "n", "image": "i", "ports": [{"containerPort": 80}], "env": [{"name": "A", "value": "b"}]}
POD = {"containers": [CONTAINER], "volumes": [{"name": "v"}], "serviceAccountName": "s"}
SPECS: dict[str, Any] = {
    "Deployment": {"replicas": 2, "selector": {"matchLabels": {"app": "n"}}, "template": {"spec": POD}},
    "StatefulSet": {
        "replicas": 2,
        "serviceName": "n",
        "selector": {"matchLabels": {"app": "n"}},
        "template": {"spec": POD},
    },
    "Service": {
        "selector": {"app": "n"},
        "ports": [{"port": 80, "targetPort": 80}],
        "type": "NodePort",
        "clusterIP": "x",
    },
}


@pytest.fixture(autouse=True)
def _same_chance_in_each_test() -> None:
    CHANCE.seed(4)


def some(value: dict[str, Any], keep: float = 0.7) -> dict[str, Any]:
    """A few of its members, as documents that people write have them."""
    return {name: each for name, each in value.items() if CHANCE.random() < keep}


def manifest(kind: str) -> dict[str, Any]:
    """What Kubernetes takes, with some parts left out."""
    spec = SPECS[kind]
    metadata = {"name": "n", **some({"namespace": "a", "uid": "u", "resourceVersion": "1"}, 0.4)}
    found = {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": some(spec, 0.85)}
    if "template" in found["spec"]:
        found["spec"]["template"] = {"spec": POD | {"containers": [some(CONTAINER)]}}
    return found


def event(kind: str) -> dict[str, Any]:
    """What a webhook is sent."""
    bodies = {
        "customer.created": {"email": "e", "name": "n", "address": {"city": "c", "zip": "z"}, "phone": "p"},
        "invoice.paid": {"amount": 1, "currency": "e", "lines": [{"sku": "s", "qty": 1}], "due": "d"},
        "charge.failed": {"charge": "c", "code": "f", "card": {"brand": "b", "last4": "4"}, "risk": 1},
    }
    return {"id": "x", "created": 1, "type": kind, "live": True, "data": some(bodies[kind], 0.8)}


def settings(way: str) -> dict[str, Any]:
    """Settings of one program, to which a value adds a part."""
    parts = {"ldap": {"url": "u", "base": "b"}, "oidc": {"issuer": "u", "client": "c"}}
    common = {
        "name": "n",
        "port": 1,
        "log": {"level": "l", "file": "f"},
        "db": {"host": "h", "user": "u"},
        "auth": way,
    }
    return common | ({way: parts[way]} if way in parts else {}) | some({"cache": {"ttl": 1, "size": 2}}, 0.5)


def sparse(way: str) -> dict[str, Any]:
    """Three of thirty settings, whatever a value says."""
    return {"mode": way, "common": {"x": 1}} | {f"opt{n}": {"v": 1} for n in CHANCE.sample(range(30), 3)}


def families(documents: Sequence[dict[str, Any]]) -> list[int]:
    """The number of each document's schema."""
    members = structures(documents)
    return [labels(members)[member.shape.digest] for member in members]


def labels(members: Sequence[Structure]) -> dict[bytes, int]:
    shapes = counted(members)
    clusters = cluster_shapes(shapes)
    texts = single_texts((each.shape.digest, each.shape.paths, each.values) for each in members)
    found = tell_apart(shapes, clusters, [possible_discriminators(shapes, each) for each in clusters], texts)
    assert sorted(at for family in found for at in family) == list(range(len(shapes)))
    return {shapes[at].key: number for number, family in enumerate(found) for at in family}


@pytest.mark.parametrize(
    ("made", "texts", "wanted"),
    [
        (manifest, ["Deployment"] * 30 + ["Service"] * 30, 2),
        (manifest, ["Deployment"] * 90 + ["Service"] * 8, 2),
        (manifest, ["Deployment"] * 30 + ["StatefulSet"] * 30, 1),
        (event, ["customer.created", "invoice.paid", "charge.failed"] * 20, 3),
    ],
)
def test_a_field_tells_families_apart_by_all_the_others(made: Any, texts: list[str], wanted: int):
    found = families([made(text) for text in texts])
    assert len(set(found)) == wanted
    of_text = {text: {number for number, each in zip(found, texts, strict=True) if each == text} for text in texts}
    assert all(len(numbers) == 1 for numbers in of_text.values())


@pytest.mark.parametrize(
    ("made", "texts"),
    [
        (settings, ["none", "ldap", "oidc"] * 25),
        (sparse, ["a", "b", "c"] * 30),
        (sparse, ["a", "b"] * 10),
    ],
)
def test_what_has_no_other_fields_by_a_text_stays_as_it_is(made: Any, texts: list[str]):
    members = structures([made(text) for text in texts])
    shapes = counted(members)
    clusters = cluster_shapes(shapes)
    assert set(labels(members).values()) == set(range(len(clusters)))
    assert any(possible_discriminators(shapes, each) for each in clusters) == (made is sparse)


def test_the_order_of_arrival_makes_no_difference_to_families():
    members = structures([manifest(kind) for kind in ("Deployment", "Service") * 20])
    wanted = labels(members)
    for seed in range(5):
        random.Random(seed).shuffle(members)
        assert labels(members) == wanted


def test_few_members_with_another_text_are_where_they_fit():
    documents = [manifest(kind) for kind in ["Deployment"] * 30 + ["Service"] * 30]
    documents += [manifest("Deployment") | {"kind": "DaemonSet"}, manifest("Service") | {"kind": "Route"}]
    found = families(documents)
    assert (found[-2], found[-1]) == (found[0], found[30])


def test_a_shape_whose_members_have_several_texts_has_none():
    one, two, other = structures([{"kind": "a", "x": "y"}, {"kind": "b", "x": "y"}, {"kind": "a", "z": 1}])
    found = single_texts((each.shape.digest, each.shape.paths, each.values) for each in (one, two, other))
    assert found == {one.shape.digest: {"$.x": "y"}, other.shape.digest: {"$.kind": "a"}}
