"""Fields whose value has a type that hardly any sibling's has."""

from collections import defaultdict
from typing import Final

from siss.anomalies.family import EMPTY, Census, Family, Found, allowed, sort_of, sorts_of
from siss.anomalies.text import shorten
from siss.model.anomaly import AnomalyKind, Deviation, Severity

RARE_TYPE: Final = 0.02
RARE_BLANK: Final = 0.005
"""The same for a text that is empty: many fields are left out so, now and then."""


def find_types(family: Family) -> Found:
    """Types that are rare. What only looks like a number among texts, in a format of texts, is none."""
    found: dict[int, list[Deviation]] = defaultdict(list)
    for path, column in family.columns.items():
        sorts = {number: sorts_of(column, number, spelt=family.spelt) for number in column.masks}
        if len(set(sorts.values())) == 1:
            continue
        census = Census(family, sorts, RARE_TYPE)
        common = census.common()
        texts = any(name == "string" for name, _ in common)
        if not common:
            continue
        for number, names in census.find_rare().items():
            if family.spelt and set(names) == {"null"} and len(common) > 1:
                continue
            siblings = census.siblings(number)
            for name in names:
                blank = name == EMPTY or (family.spelt and name == "null")
                if (family.spelt and texts and not blank) or (
                    blank and texts and census.alike(number, name) > allowed(siblings, RARE_BLANK)
                ):
                    continue
                values = [each for each in column.values.get(number, ()) if sort_of(each, spelt=family.spelt) == name]
                found[number].append(
                    Deviation(
                        AnomalyKind.TYPE_OUTLIER,
                        path,
                        name,
                        Severity.MEDIUM,
                        siblings,
                        census.alike(number, name),
                        value=shorten(values[0]) if values and not blank else None,
                        usual=tuple(common[:3]),
                        format=EMPTY if blank else "",
                    )
                )
    yield from family.unless_open(found)
