"""What shared things weigh.

A thing that n contents have weighs 1 / log2 n, the weight of a common neighbour of degree n (Adamic and Adar, Friends
and neighbors on the Web, 2003, section 3): two files that alone name a host belong together, two of a hundred hardly.
Several things add up as independent evidence does (noisy or).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import log2, prod
from typing import Final

from siss.model.entity import Confidence, EntityType
from siss.model.ids import ContentId
from siss.model.relationship import RelationshipKind, SharedThing, Tie
from siss.ports.relationships import CommonName

_SURE: Final = {Confidence.LOW: 0.5, Confidence.MEDIUM: 0.8, Confidence.HIGH: 1.0}
_MOST: Final = 0.9
"""What one thing alone can be worth."""

_KINDS: Final = {
    EntityType.HOSTNAME: RelationshipKind.SAME_HOST,
    EntityType.IP_ADDRESS: RelationshipKind.SAME_HOST,
    EntityType.CREDENTIAL_REF: RelationshipKind.SHARED_CREDENTIALS,
}
_LEAST_SHARED: Final = 2
"""Things that files share before that alone makes a relationship."""


def rarity(contents: int) -> float:
    """The weight of a thing that so many contents have, 0 to 1."""
    return 1 / log2(max(2, contents))


def combine(weights: Iterable[float]) -> float:
    """How sure several things make it, 0 to 1."""
    return 1 - prod(1 - _MOST * weight for weight in weights)


def tie_names(names: Sequence[CommonName]) -> list[Tie]:
    """Relationships by names that contents share: hosts, services by URL, credentials, and any two things."""
    weights: dict[tuple[ContentId, RelationshipKind], list[tuple[float, SharedThing]]] = defaultdict(list)
    for common in names:
        shared = SharedThing(common.name, len(common.others) + 1)
        rare = rarity(shared.contents)
        for other, sure in common.others.items():
            weight = rare * min(_SURE[common.confidence], _SURE[sure])
            for kind in _kinds_of(common):
                weights[other, kind].append((weight, shared))
    return [
        Tie(
            kind,
            other,
            combine(weight for weight, _ in found),
            shared=tuple(shared for _, shared in sorted(found, key=lambda pair: (-pair[0], pair[1].name.value))),
        )
        for (other, kind), found in weights.items()
        if kind is not RelationshipKind.SHARED_ENTITIES or len(found) >= _LEAST_SHARED
    ]


def _kinds_of(common: CommonName) -> tuple[RelationshipKind, ...]:
    if common.name.type is EntityType.URL and "://" in common.name.value:
        return RelationshipKind.SAME_SERVICE, RelationshipKind.SHARED_ENTITIES
    kind = _KINDS.get(common.name.type)
    return (RelationshipKind.SHARED_ENTITIES,) if kind is None else (kind, RelationshipKind.SHARED_ENTITIES)
