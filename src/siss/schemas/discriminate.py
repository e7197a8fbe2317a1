"""Families that one field tells apart: ``kind`` of what Kubernetes takes, ``type`` or ``event`` of a webhook.

Their documents look the same near the root, where clusters are made, and differ below. A field at the root is a
discriminator of a cluster if nearly all members have it, with few texts; if members with one text have other fields
than those with another (further down, too); and if a member's fields nearly always tell which text it has. The last
one keeps settings together that hold a few of many fields, whatever their values; the second, those in which a value
only adds a part (``auth: ldap``).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from siss.model.content import Kind
from siss.model.field import STRING, TYPES, Scalar, split_path
from siss.schemas.cluster import CORE_SHARE, ShapeCount, find_maps, in_order, near

SHARE: Final = 0.9
"""The share of members that must have the field, with one of the texts that count."""
FEWEST_FILES: Final = 5
"""A text that fewer files have does not count."""
MOST_TEXTS: Final = 32
ALIKE: Final = 0.5
"""Texts whose members share more of their fields than this are of one family."""
AGREEING: Final = 0.95
"""The share of members that must be most like others with the same text."""
_LEVELS: Final = 4

Fields = frozenset[str]
Texts = Mapping[bytes, Mapping[str, str]]
"""By shape, the text of each field in which its members have but one."""


def single_texts(members: Iterable[tuple[bytes, Sequence[str], Mapping[int, Sequence[Scalar]]]]) -> Texts:
    """The texts of fields that have but one in all members of a shape.

    ``members``: of each the digest and the paths of its shape, and its values by path.
    """
    found: dict[bytes, dict[str, str]] = {}
    several: set[tuple[bytes, str]] = set()
    for digest, paths, values in members:
        texts = found.setdefault(digest, {})
        for number, seen in values.items():
            text = seen[0] if len(seen) == 1 else None
            if not isinstance(text, str) or texts.setdefault(paths[number], text) != text:
                several.add((digest, paths[number]))
    return {
        digest: {path: text for path, text in texts.items() if (digest, path) not in several}
        for digest, texts in found.items()
    }


def possible_discriminators(shapes: Sequence[ShapeCount], cluster: Sequence[int]) -> list[str]:
    """Fields that may tell the members of a cluster apart; none where its members are alike anyway."""
    weight = sum(shapes[at].count for at in cluster)
    if len(cluster) < 2 or shapes[cluster[0]].kind is not Kind.JSON or weight < 2 * FEWEST_FILES:
        return []
    having: Counter[str] = Counter()
    for at in cluster:
        for path, mask in zip(shapes[at].paths, shapes[at].types, strict=True):
            if mask & TYPES == STRING and len(split_path(path)) == 1:
                having[path] += shapes[at].count
    found = sorted(path for path, count in having.items() if count >= SHARE * weight)
    if not found:
        return []
    fields = _fields_of(shapes, cluster)
    core = _core(_counted(shapes, fields, cluster), weight)
    unlike = sum(shapes[at].count for at in cluster if _likeness(fields[at], core) < ALIKE)
    return found if unlike >= FEWEST_FILES else []


def tell_apart(
    shapes: Sequence[ShapeCount], clusters: Sequence[list[int]], possible: Sequence[Sequence[str]], texts: Texts
) -> list[list[int]]:
    """Clusters with those in which a field tells families apart as these. ``possible``: such fields of each."""
    families = [
        _split(shapes, cluster, texts, paths) if paths else [cluster]
        for cluster, paths in zip(clusters, possible, strict=True)
    ]
    return in_order(shapes, (family for found in families for family in found))


def _split(
    shapes: Sequence[ShapeCount], cluster: Sequence[int], texts: Texts, paths: Iterable[str]
) -> list[list[int]]:
    """The families of a cluster, in no order; the cluster itself where no field tells any apart.

    What has a text that hardly another has goes to where it fits best.
    """
    fields = _fields_of(shapes, cluster)
    best: tuple[float, int, list[list[int]]] = 0.0, 1, [list(cluster)]
    for path in paths:
        families = _families_by(
            shapes, cluster, fields, {at: texts.get(shapes[at].key, {}).get(path) for at in cluster}
        )
        if len(families) > 1 and (agreement := _agreement(shapes, fields, families)) >= AGREEING:
            best = max(best, (agreement, len(families), families), key=lambda each: each[:2])
    families = best[2]
    if len(families) > 1:
        cores = [_core(_counted(shapes, fields, family), _weight(shapes, family)) for family in families]
        placed = {at for family in families for at in family}
        for at in cluster:
            if at not in placed:
                likeness = [_likeness(fields[at], core) for core in cores]
                families[likeness.index(max(likeness))].append(at)
    return families


def _families_by(
    shapes: Sequence[ShapeCount],
    cluster: Sequence[int],
    fields: Mapping[int, Fields],
    text_of: Mapping[int, str | None],
) -> list[list[int]]:
    """By text, those together whose fields are alike; the largest first; none where they tell nothing."""
    by_text: dict[str, list[int]] = defaultdict(list)
    for at in cluster:
        if (text := text_of[at]) is not None:
            by_text[text].append(at)
    if not 2 <= len(by_text) <= MOST_TEXTS:
        return []
    telling = {text: found for text, found in sorted(by_text.items()) if _weight(shapes, found) >= FEWEST_FILES}
    if sum(_weight(shapes, found) for found in telling.values()) < SHARE * _weight(shapes, cluster):
        return []
    cores = {text: _core(_counted(shapes, fields, found), _weight(shapes, found)) for text, found in telling.items()}
    families: list[set[str]] = []
    for text in telling:
        alike = [each for each in families if any(_likeness(cores[text], cores[one]) >= ALIKE for one in each)]
        families = [each for each in families if each not in alike] + [{text}.union(*alike)]
    grouped = [[at for text in sorted(family) for at in telling[text]] for family in families]
    return sorted(grouped, key=lambda found: (-_weight(shapes, found), min(shapes[at].key for at in found)))


def _agreement(
    shapes: Sequence[ShapeCount], fields: Mapping[int, Fields], families: Sequence[Sequence[int]]
) -> float:
    """The share of members that are most like the others of their own family, each left out of it once."""
    counts = [_counted(shapes, fields, family) for family in families]
    weights = [_weight(shapes, family) for family in families]
    cores = [_core(count, weight) for count, weight in zip(counts, weights, strict=True)]
    agreeing = 0
    for number, family in enumerate(families):
        for at in family:
            others = counts[number] - Counter(fields[at])
            own = _likeness(fields[at], _core(others, weights[number] - 1))
            if all(own > _likeness(fields[at], core) for other, core in enumerate(cores) if other != number):
                agreeing += shapes[at].count
    return agreeing / sum(weights)


def _fields_of(shapes: Sequence[ShapeCount], cluster: Iterable[int]) -> dict[int, Fields]:
    members = list(cluster)
    maps = find_maps(shapes[at] for at in members)
    return {at: frozenset(near(path, maps, _LEVELS) for path in shapes[at].paths) - {""} for at in members}


def _counted(shapes: Sequence[ShapeCount], fields: Mapping[int, Fields], members: Iterable[int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for at in members:
        for name in fields[at]:
            counts[name] += shapes[at].count
    return counts


def _core(counts: Mapping[str, int], weight: int) -> Fields:
    return frozenset(name for name, count in counts.items() if count >= CORE_SHARE * weight)


def _likeness(left: Fields, right: Fields) -> float:
    """How much of both they share (Jaccard)."""
    return len(left & right) / max(1, len(left | right))


def _weight(shapes: Sequence[ShapeCount], members: Iterable[int]) -> int:
    return sum(shapes[at].count for at in members)
