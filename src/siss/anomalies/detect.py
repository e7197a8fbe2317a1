"""All methods of section 3.6.4 that need no model, over one schema."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from siss.anomalies.family import LEAST_SIBLINGS, Family, Member
from siss.anomalies.formats import find_formats
from siss.anomalies.presence import find_extra, find_missing
from siss.anomalies.text import clean
from siss.anomalies.types import find_types
from siss.anomalies.values import find_numbers, find_rare
from siss.model.anomaly import Deviation, Severity

MOST_OF_MEMBER: Final = 50
"""Deviations of one file that are kept."""

_METHODS: Final = (find_types, find_extra, find_missing, find_formats, find_numbers, find_rare)
"""In this order: of one field, the first thing to be found is told, and of what is below it what speaks of
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
        number: [_readable(each) for each in deviations[:MOST_OF_MEMBER]]
        for number, deviations in sorted(found.items())
    }


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
