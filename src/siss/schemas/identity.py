"""Which new cluster is which old schema: the largest overlap keeps the id, and merged ids redirect."""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identities:
    """``ids``: of each cluster, in order; ``created``: those that are new; ``redirects``: old ids to their heirs."""

    ids: tuple[uuid.UUID, ...]
    created: frozenset[uuid.UUID]
    redirects: dict[uuid.UUID, uuid.UUID]


def identify(
    clusters: Sequence[Mapping[bytes, int]],
    before: Mapping[bytes, uuid.UUID],
    new_id: Callable[[], uuid.UUID],
) -> Identities:
    """Identities of clusters, given as members (digests of shapes) with their weights.

    ``before``: the schema that each member had. An old id that no cluster keeps leads to the cluster that took most
    of its members; one whose members are all gone leads nowhere. Ties are broken by id and order.
    """
    overlaps: list[tuple[int, str, int]] = []
    for number, members in enumerate(clusters):
        shared: Counter[uuid.UUID] = Counter()
        for member, weight in members.items():
            if (old := before.get(member)) is not None:
                shared[old] += weight
        overlaps += [(-weight, str(old), number) for old, weight in shared.items()]
    overlaps.sort()
    kept: dict[int, uuid.UUID] = {}
    taken: set[uuid.UUID] = set()
    for _, text, number in overlaps:
        old = uuid.UUID(text)
        if number not in kept and old not in taken:
            kept[number] = old
            taken.add(old)
    created = {number: new_id() for number in range(len(clusters)) if number not in kept}
    ids = tuple(kept.get(number) or created[number] for number in range(len(clusters)))
    redirects: dict[uuid.UUID, uuid.UUID] = {}
    for _, text, number in overlaps:
        old = uuid.UUID(text)
        if old not in taken:
            redirects.setdefault(old, ids[number])
    return Identities(ids, frozenset(created.values()), redirects)
