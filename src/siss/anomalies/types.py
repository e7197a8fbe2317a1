"""Fields whose value has a type that hardly any sibling's has."""

from collections import defaultdict
from typing import Final

from siss.anomalies.family import Census, Family, Found, sorts_of
from siss.anomalies.text import shorten
from siss.model.anomaly import AnomalyKind, Deviation, Severity

RARE_TYPE: Final = 0.02


def find_types(family: Family) -> Found:
    """Types that are rare. What only looks like a number among texts, in a format of texts, is none."""
    found: dict[int, list[Deviation]] = defaultdict(list)
    for path, column in family.columns.items():
        sorts = {number: sorts_of(column, number, spelt=family.spelt) for number in column.masks}
        if len(set(sorts.values())) == 1:
            continue
        census = Census(family, sorts, RARE_TYPE)
        common = census.common()
        if not common or (family.spelt and any(name == "string" for name, _ in common)):
            continue
        for number, names in census.find_rare().items():
            if family.spelt and set(names) == {"null"} and len(common) > 1:
                continue
            values = column.values.get(number, ())
            for name in names:
                found[number].append(
                    Deviation(
                        AnomalyKind.TYPE_OUTLIER,
                        path,
                        name,
                        Severity.MEDIUM,
                        census.siblings(number),
                        census.alike(number, name),
                        value=shorten(values[0]) if len(values) == 1 else None,
                        usual=tuple(common[:3]),
                    )
                )
    yield from family.unless_open(found)
