"""Which shapes are of one schema.

Documents of one program share a core of paths near the root, and differ in what is optional. So a shape belongs to a
cluster as far as the cluster knows its paths (coverage) and as far as it has those that nearly all members have
(recall of the core): the mean of both, over the first two levels. Exact sets of paths, MinHash and merging by
inferred schemas were tried and make tens to hundreds of times as many groups.

Settings that hold one or two of a hundred possible fields share nothing with each other but the folder that somebody
keeps them in. So a folder counts like some fields that its files have in common, if these files are alike anyhow. It
does not for tables and lines of events, which have all their fields: those of one folder share a time and an id.

The name of an XML document's root element counts like a folder.

The more a program's files are alike, the less may be missing: a table has its columns, and fields that several files
have in exactly the same way are no sparse choice. They must fit better, and neither folder nor root says anything.

The result is a function of the set of shapes and their numbers, not of the order in which they came.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from siss.model.content import Kind
from siss.model.field import ANY_ELEMENT, ANY_MEMBER, OBJECT, SCALARS, TYPES, parent_of, split_path

THRESHOLD: Final = 0.4
"""Below this mean of coverage and recall a shape founds a cluster of its own."""
SETTLED: Final = 0.5
"""The same for what so many files as ``SETTLED_FILES`` have in the same way."""
SETTLED_FILES: Final = 5
COLUMNS: Final = 0.7
"""The same for tables: of three columns none may be another, of four one."""
LEVELS: Final = 2
CORE_SHARE: Final = 0.6
"""A core path is in this share of the members. (At 0.8 a family whose members each lack one of three has no core.)"""
SECOND: Final = 0.25
"""How much the paths below one of the first level count together, beside that one."""
FOLDER_WEIGHT: Final = 2.5
FOLDER_ALIKE: Final = 0.3
"""The files of a folder are alike if, on average, this share of the other shapes in it has a shape's commonest path.
(Folders of one family: 0.36 and more; twenty unrelated files: 0.1 to 0.25.)"""
_FOLDER_SHAPES: Final = 5
_ROUNDS: Final = 3
_PLACE: Final = "@"
"""Begins the features that say where a file is: in a folder, or below a root element."""
_SPARSE: Final = frozenset({Kind.JSON, Kind.XML, Kind.KEYVALUE})
"""Where a file may hold a few of many fields."""

_Numbers = NDArray[np.intp]
_Weights = NDArray[np.float64]

_MAP_NAMES: Final = 16
"""A map, over the whole corpus, has at least so many names, and is known by few of them in any one document."""
_MAP_SPREAD: Final = 3.0


@dataclass(frozen=True, slots=True)
class ShapeCount:
    """A shape with how many members have it. ``folders``: where most of them are, if that is one or two.

    ``key``: its digest, or whatever orders shapes the same everywhere.
    """

    key: bytes
    kind: Kind
    paths: tuple[str, ...]
    types: tuple[int, ...]
    count: int = 1
    folders: tuple[str, ...] = ()


@dataclass(slots=True)
class _Group:
    """Shapes that look the same near the root."""

    features: frozenset[str]
    weights: Mapping[str, float]
    kind: Kind
    shapes: list[int] = field(default_factory=list)
    weight: int = 0

    @property
    def threshold(self) -> float:
        """The fit that it must exceed to join a cluster."""
        if self.kind is Kind.DELIMITED:
            return COLUMNS
        return SETTLED if self.weight >= SETTLED_FILES else THRESHOLD


class _Cluster:
    __slots__ = ("core", "counts", "groups", "weight")

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.counts: Counter[str] = Counter()
        self.core: frozenset[str] = frozenset()
        self.weight = 0

    def add(self, number: int, group: _Group) -> None:
        self.groups.append(number)
        self.weight += group.weight
        for feature in group.features:
            self.counts[feature] += group.weight

    def settle(self, added: Iterable[str] | None = None) -> None:
        """Work out the core anew. ``added``: the features of members that came since; None: look at all."""
        most = CORE_SHARE * self.weight
        # A feature outside of the core that no new member has stays outside: the bar has only risen.
        candidates: Iterable[str] = self.counts if added is None else self.core.union(added)
        self.core = frozenset(feature for feature in candidates if self.counts[feature] >= most)


class _Nearest:
    """Says which cluster some features fit best.

    It knows of each feature which clusters have seen it, and which have it in their core. So a question costs as many
    steps as clusters share a feature, counted for each feature. They are added up in arrays, by feature and then by
    cluster: in the order in which one would add them one by one.

    ``most``: how many clusters there may be.
    """

    def __init__(self, most: int) -> None:
        self._knowing: dict[str, dict[int, float]] = defaultdict(dict)
        """By feature: the clusters that know it, with its weight in their core, 0 where it is not in that."""
        self._columns: dict[str, tuple[_Numbers, _Weights]] = {}
        """The same as arrays, of features that were asked for since they changed."""
        self._cores: dict[int, frozenset[str]] = {}
        """By cluster."""
        self._totals = np.zeros((most, 2))
        """By cluster: the weight of its core, with places and without."""

    def learn(self, number: int, features: Iterable[str], core: frozenset[str]) -> None:
        """A cluster knows more features, and has this core (all of which it knows) now."""
        for feature in features:
            if number not in (knowing := self._knowing[feature]):
                knowing[number] = 0.0
                self._columns.pop(feature, None)
        if core == (before := self._cores.get(number, frozenset())):
            return
        weights = weigh(core)
        for feature in before | core:
            self._knowing[feature][number] = weights.get(feature, 0.0)
            self._columns.pop(feature, None)
        total = sum(weights.values())
        places = sum(weight for feature, weight in weights.items() if feature.startswith(_PLACE))
        self._cores[number], self._totals[number] = core, (total, total - places)

    def best(self, group: _Group) -> int | None:
        """The cluster with the highest mean of coverage and recall, from 0 to 1, if that is above its threshold.

        Of equal ones the first.
        """
        settled = group.weight >= SETTLED_FILES
        weights = {name: each for name, each in group.weights.items() if not (settled and name.startswith(_PLACE))}
        known = [(weight, self._column(name)) for name, weight in weights.items() if name in self._knowing]
        if not known:
            return None
        numbers = np.concatenate([clusters for _, (clusters, _) in known])
        knowers = [len(clusters) for _, (clusters, _) in known]
        covered = np.bincount(numbers, np.repeat([weight for weight, _ in known], knowers))
        recalled = np.bincount(numbers, np.concatenate([cores for _, (_, cores) in known]))
        coverage = covered / sum(weights.values())
        totals = self._totals[: len(covered), 1 if settled else 0]
        # Where there is no core to recall, coverage says it all.
        recall = np.divide(recalled, totals, out=coverage.copy(), where=totals != 0)
        fits = (coverage + recall) / 2
        best = int(fits.argmax())
        return best if fits[best] > group.threshold else None

    def _column(self, feature: str) -> tuple[_Numbers, _Weights]:
        """The clusters that know a feature, and its weights in their cores."""
        found = self._columns.get(feature)
        if found is None:
            knowing = self._knowing[feature]
            found = np.fromiter(knowing, np.intp, len(knowing)), np.fromiter(knowing.values(), float, len(knowing))
            self._columns[feature] = found
        return found


def cluster_shapes(shapes: Sequence[ShapeCount]) -> list[list[int]]:
    """Clusters, as positions in ``shapes``: the largest first, and each in the order of the keys."""
    by_kind: dict[Kind, list[int]] = defaultdict(list)
    for position, shape in enumerate(shapes):
        by_kind[shape.kind].append(position)
    return in_order(shapes, (each for positions in by_kind.values() for each in _cluster_kind(shapes, positions)))


def in_order(shapes: Sequence[ShapeCount], clusters: Iterable[Iterable[int]]) -> list[list[int]]:
    """Clusters with the largest first, and each in the order of the keys."""
    found = [sorted(cluster, key=lambda position: shapes[position].key) for cluster in clusters]
    found.sort(key=lambda cluster: (-sum(shapes[at].count for at in cluster), shapes[cluster[0]].key))
    return found


def _cluster_kind(shapes: Sequence[ShapeCount], positions: list[int]) -> list[list[int]]:
    maps = find_maps(shapes[position] for position in positions)
    same: dict[
        frozenset[str], frozenset[str]
    ] = {}  # most shapes look like others near the root: one set serves them all
    found = (features_of(shapes[position], maps) for position in positions)
    features = {position: same.setdefault(each, each) for position, each in zip(positions, found, strict=True)}
    alike = _alike_folders(shapes, features) if shapes[positions[0]].kind in _SPARSE else frozenset()
    groups: dict[frozenset[str], _Group] = {}
    for position in positions:
        wanted = features[position] | {_PLACE + name for name in shapes[position].folders if name in alike}
        if shapes[position].kind is Kind.XML:
            wanted |= {_PLACE + shapes[position].paths[0]}
        group = groups.get(wanted) or groups.setdefault(wanted, _Group(wanted, weigh(wanted), shapes[position].kind))
        group.shapes.append(position)
        group.weight += shapes[position].count
    # The fullest and commonest first: they know what the sparse and the rare may be.
    ordered = sorted(groups.values(), key=lambda each: (-len(each.features), -each.weight, sorted(each.features)))
    clusters = _lead(ordered)
    for _ in range(_ROUNDS):
        before, clusters = clusters, _assign_again(ordered, clusters)
        if [each.groups for each in before] == [each.groups for each in clusters]:
            break
    return [[at for number in cluster.groups for at in ordered[number].shapes] for cluster in clusters]


def _alike_folders(shapes: Sequence[ShapeCount], features: Mapping[int, frozenset[str]]) -> frozenset[str]:
    """Folders whose shapes have something in common: the mean share of others that have one's commonest path."""
    tops: dict[str, list[set[str]]] = defaultdict(list)
    for position, found in features.items():
        for name in shapes[position].folders:
            tops[name].append({_top(feature) for feature in found})
    alike: set[str] = set()
    for name, sets in tops.items():
        if len(sets) < _FOLDER_SHAPES:
            continue
        frequency = Counter(top for each in sets for top in each)
        shared = sum(max(frequency[top] for top in each) - 1 for each in sets)
        if shared >= FOLDER_ALIKE * len(sets) * (len(sets) - 1):
            alike.add(name)
    return frozenset(alike)


def _lead(groups: Sequence[_Group]) -> list[_Cluster]:
    clusters: list[_Cluster] = []
    nearest = _Nearest(len(groups))
    for number, group in enumerate(groups):
        best = nearest.best(group)
        if best is None:
            best = len(clusters)
            clusters.append(_Cluster())
        clusters[best].add(number, group)
        clusters[best].settle(group.features)
        nearest.learn(best, group.features, clusters[best].core)
    return clusters


def _assign_again(groups: Sequence[_Group], before: Sequence[_Cluster]) -> list[_Cluster]:
    """Each group to the cluster that it fits best now; clusters that lose all are gone."""
    nearest = _Nearest(len(before))
    for number, cluster in enumerate(before):
        nearest.learn(number, cluster.counts, cluster.core)
    after = [_Cluster() for _ in before]
    for number, group in enumerate(groups):
        best = nearest.best(group)
        if best is None:
            best = len(after)
            after.append(_Cluster())
        after[best].add(number, group)
    for cluster in after:
        cluster.settle()
    return [cluster for cluster in after if cluster.groups]


def features_of(shape: ShapeCount, maps: frozenset[str]) -> frozenset[str]:
    """The paths near the root, without array steps; what lies in a map is one path. Without any, the root's types."""
    found = frozenset(text for path in shape.paths if (text := near(path, maps)))
    return found or frozenset(str(mask & TYPES) for mask in shape.types)


@lru_cache(maxsize=1 << 16)
def near(path: str, maps: frozenset[str], most: int = LEVELS) -> str:
    """The beginning of a path, ``most`` levels below the root; empty at that, which in XML has a name."""
    text, levels = "", -1 if path.startswith("/") else 0
    for step in split_path(path):
        if step == ANY_ELEMENT:
            continue
        levels += 1
        text += ANY_MEMBER if text in maps else step
        if levels == most:
            break
    return text if levels > 0 else ""


def weigh(features: frozenset[str]) -> Mapping[str, float]:
    """How much each path counts: one below the root for 1, those below it for ``SECOND`` together."""
    below = Counter(_top(feature) for feature in features)
    return {
        feature: FOLDER_WEIGHT
        if feature.startswith(_PLACE)
        else 1.0
        if (top := _top(feature)) == feature
        else SECOND / max(1, below[top] - 1)
        for feature in sorted(features)
    }


@lru_cache(maxsize=1 << 16)
def _top(feature: str) -> str:
    steps = split_path(feature)
    if feature.startswith("/"):
        return "".join(steps[:2])
    return steps[0] if steps else feature


def find_maps(shapes: Iterable[ShapeCount]) -> frozenset[str]:
    """Objects below the root that are maps, seen over all documents: many names, few of them in any one."""
    # Of a family all have the same paths: each is looked at once, and counted.
    fields: Counter[tuple[str, int]] = Counter()
    for shape in shapes:
        if shape.kind is not Kind.XML:
            fields.update(zip(shape.paths, shape.types, strict=True))
    names: dict[str, set[str]] = defaultdict(set)
    kinds: dict[str, int] = defaultdict(int)
    seen: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for (path, mask), count in fields.items():
        if mask & OBJECT:
            seen[_bare(path)] += count
        steps = split_path(path)
        if len(steps) > 1 and steps[-1] != ANY_ELEMENT and (parent := _bare(parent_of(path))):
            names[parent].add(steps[-1])
            held[parent] += count
            kinds[parent] |= mask & TYPES
    return frozenset(
        path
        for path, found in names.items()
        if len(found) >= _MAP_NAMES
        and len(found) * seen[path] >= _MAP_SPREAD * held[path]
        and (not kinds[path] & SCALARS or not kinds[path] & ~SCALARS)
    )


def _bare(path: str) -> str:
    return "".join(step for step in split_path(path) if step != ANY_ELEMENT)
