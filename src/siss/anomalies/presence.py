"""Fields that a member has and its siblings lack, or lacks and its siblings have.

That a field is rare says little in a family whose files all bring something of their own. So the siblings pass the
same tests, on all fields: where more than a share of them have a rare field in one object, that object is open to
new fields, and none is reported. This corrects for the number of fields and for their dependence at once (the idea of
Westfall and Young, 1993: what counts is how unusual the most unusual field of each sibling is). In an object most of
whose fields are seldom there, nothing is unusual either.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from siss.anomalies.family import Family, Found, allowed, may_lack
from siss.model.anomaly import AnomalyKind, Deviation, Severity
from siss.model.field import OPEN, PARTIAL, parent_of, split_path, type_names

RARE_FIELD: Final = 0.02
"""A rare field is in so many of the siblings at most; a missing one is missing in as many. (Section 3.6.4 says 5 %,
which half of all fields that are really in 5 % would pass.)"""
RARE_NAMED: Final = 0.05
"""The same for fields whose names speak of credentials."""
CLOSED_ALL: Final = 0.12
"""The share of siblings with a rare or missing field over all objects together, at most."""
_SELDOM: Final = 0.5
_UNCOMMON: Final = 0.10
_MOST_UNCOMMON: Final = 0.2

_PART: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CREDENTIAL: Final = re.compile(r"passw(or)?d|pwd|secret|credentials?|token|(api|access|private|secret)?key")


def names_credential(path: str) -> bool:
    """Whether the last step of a path has a part like password, secret, key or token."""
    steps = split_path(path)
    return bool(steps) and any(_CREDENTIAL.fullmatch(part.lower()) for part in _PART.findall(steps[-1]))


@dataclass(frozen=True, slots=True)
class _Object:
    """A path with the fields below it. ``total``: files that have it; ``holders``: of these, those with a field."""

    path: str
    total: int
    holders: dict[str, int]

    @property
    def is_loose(self) -> bool:
        """Whether most fields are seldom there."""
        rare = allowed(self.total, RARE_FIELD) + 1
        often = sum(count >= _SELDOM * self.total for count in self.holders.values())
        return sum(rare < count < _SELDOM * self.total for count in self.holders.values()) > often

    @property
    def has_tail(self) -> bool:
        """Whether fields get rarer and rarer, so that the rarest are only the end of it."""
        rare, uncommon = allowed(self.total, RARE_FIELD) + 1, self.total * _UNCOMMON
        middle = sum(rare < count <= uncommon for count in self.holders.values())
        return middle > max(2, _MOST_UNCOMMON * sum(count > uncommon for count in self.holders.values()))


def find_extra(family: Family) -> Found:
    """Fields that hardly any sibling with the same object has."""
    found: dict[str, dict[int, list[Deviation]]] = defaultdict(lambda: defaultdict(list))
    named: dict[str, dict[int, list[Deviation]]] = defaultdict(lambda: defaultdict(list))
    objects = _objects(family)
    for above in objects.values():
        if above.is_loose or above.has_tail:
            continue
        for path, holders in above.holders.items():
            credential = names_credential(path)
            share = RARE_NAMED if credential else RARE_FIELD
            if holders - family.heaviest > allowed(above.total, share):
                continue
            column = family.columns[path]
            for number in column.masks:
                own = family.members[number].files
                siblings, alike = above.total - own, holders - own
                if siblings < family.least(above.total) or alike > allowed(siblings, share):
                    continue
                (named if credential else found)[above.path][number].append(
                    Deviation(
                        AnomalyKind.SCHEMA_OUTLIER,
                        path,
                        "",
                        Severity.HIGH if credential else Severity.MEDIUM,
                        siblings,
                        alike,
                        value=" or ".join(type_names(column.masks[number])),
                    )
                )
    yield from _keep_closed(family, objects, found)
    yield from _keep_closed(family, objects, named)


def find_missing(family: Family) -> Found:
    """Fields that nearly every sibling with the same object has, in all of its places."""
    found: dict[str, dict[int, list[Deviation]]] = defaultdict(lambda: defaultdict(list))
    objects = _objects(family)
    for above in objects.values():
        if above.is_loose:
            continue
        for path in above.holders:
            most = allowed(above.total, RARE_FIELD) + family.heaviest
            column = family.columns[path]
            if above.total - above.holders[path] > most:
                continue
            whole = {number for number, mask in column.masks.items() if not mask & PARTIAL}
            lacking = above.total - family.weigh(whole)
            if lacking > most:
                continue
            masks = family.columns[above.path].masks
            for number in sorted(masks.keys() - whole):
                own = family.members[number].files
                siblings, alike = above.total - own, lacking - own
                if masks[number] & OPEN or siblings < family.least(above.total):
                    continue
                if alike <= allowed(siblings, RARE_FIELD):
                    value = "missing in some places" if number in column.masks else None
                    found[above.path][number].append(
                        Deviation(AnomalyKind.MISSING_FIELDS, path, "", Severity.MEDIUM, siblings, alike, value=value)
                    )
    yield from _keep_closed(family, objects, found)


def _objects(family: Family) -> dict[str, _Object]:
    """Every path with named fields below it."""
    found: dict[str, _Object] = {}
    for path, column in family.columns.items():
        above = parent_of(path)
        if above in family.columns and not may_lack(path):
            if above not in found:
                found[above] = _Object(above, family.weigh(family.columns[above].masks), {})
            found[above].holders[path] = family.weigh(column.masks)
    return found


def _keep_closed(
    family: Family,
    objects: Mapping[str, _Object],
    found: Mapping[str, Mapping[int, Sequence[Deviation]]],
) -> Found:
    """What was found in objects in which not too many members have something to be found."""
    closed = [
        members for path, members in found.items() if family.is_closed(family.weigh(members), objects[path].total)
    ]
    unusual = {number for members in closed for number in members}
    if family.is_closed(family.weigh(unusual), family.files, CLOSED_ALL):
        for members in closed:
            for number, deviations in members.items():
                for deviation in deviations:
                    yield number, deviation
