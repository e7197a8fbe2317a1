"""All methods of section 3.6.4 that need no model, over one schema."""

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from siss.anomalies.family import LEAST_SIBLINGS, Family, Member
from siss.anomalies.formats import find_damage, find_formats
from siss.anomalies.presence import find_extra, find_missing
from siss.anomalies.text import clean, show_path
from siss.anomalies.types import find_types
from siss.anomalies.values import find_numbers, find_rare
from siss.model.anomaly import AnomalyKind, Deviation, Severity
from siss.model.field import parent_of

MOST_OF_MEMBER: Final = 50
"""Deviations of one file that are kept."""
MOST_APART: Final = 8
"""Fields of one object that are told one by one where a file has more, or lacks more, than its siblings."""
_NAMED: Final = 5
_GATHERED: Final = frozenset({AnomalyKind.SCHEMA_OUTLIER, AnomalyKind.MISSING_FIELDS})

_METHODS: Final = (find_types, find_extra, find_missing, find_damage, find_formats, find_numbers, find_rare)
"""In this order. Of one field only what the first of them finds is told; of what lies below it, only what speaks of
credentials."""


def find_deviations(members: Sequence[Member]) -> dict[int, list[Deviation]]:
    """What is unusual about each member (by its position), a function of what the members are now."""
    family = Family(members)
    if family.files <= LEAST_SIBLINGS:
        return {}
    found: dict[int, list[Deviation]] = defaultdict(list)
    for method in _METHODS:
        told = {number: {deviation.path for deviation in deviations} for number, deviations in found.items()}
        for number, deviation in method(family):
            if deviation.severity is Severity.HIGH or not _is_told(deviation.path, told.get(number, set())):
                found[number].append(deviation)
    return {
        number: [_readable(each) for each in _gather(deviations)[:MOST_OF_MEMBER]]
        for number, deviations in sorted(found.items())
    }


def _gather(deviations: Sequence[Deviation]) -> list[Deviation]:
    """The same, with one for many fields of one object: a file with 150 fields of its own is one thing to look at.

    What speaks of credentials is told by itself. The token is made from the fields: other fields are another anomaly.
    """
    groups: dict[tuple[AnomalyKind, str], list[Deviation]] = defaultdict(list)
    others: list[Deviation] = []
    for each in deviations:
        if each.kind in _GATHERED and each.severity is Severity.MEDIUM:
            groups[each.kind, parent_of(each.path)].append(each)
        else:
            others.append(each)
    gathered: list[Deviation] = []
    for (_, above), fields in groups.items():
        gathered += [_join(above, sorted(fields, key=_path_of))] if len(fields) > MOST_APART else fields
    return gathered + others


def _path_of(deviation: Deviation) -> str:
    return deviation.path


def _join(above: str, fields: Sequence[Deviation]) -> Deviation:
    paths = [each.path for each in fields]
    digest = zlib.crc32("\0".join(paths).encode("utf-8", "surrogatepass"))
    named = ", ".join(show_path(path) for path in paths[:_NAMED])
    return replace(
        max(fields, key=lambda each: each.alike),
        path=above,
        token=f"{len(paths)} fields {digest:08x}",
        value=f"{named} and {len(paths) - _NAMED:,} more",
        format=f"{len(paths):,} fields",
    )


def _readable(found: Deviation) -> Deviation:
    """The same in texts that are stored and sent anywhere: without NUL and halves of pairs."""
    return replace(
        found,
        path=clean(found.path),
        token=clean(found.token),
        value=None if found.value is None else clean(found.value),
        usual=tuple((clean(key), count) for key, count in found.usual),
        format=clean(found.format),
    )


def _is_told(path: str, told: set[str]) -> bool:
    """Whether a deviation at a path or above it was found by another method; the root is empty or ``$``."""
    return bool(path) and any(
        other == path or (len(other) > 1 and path.startswith(other) and path[len(other)] in "./[") for other in told
    )
