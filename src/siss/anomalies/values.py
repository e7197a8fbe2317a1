"""Values that siblings hardly have: far from their numbers, or rare where there are few."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from siss.anomalies.family import LEAST_SIBLINGS, Census, Column, Family, Found, allowed
from siss.anomalies.formats import RARE_FORMAT, base_unit, quantity_of
from siss.anomalies.meanings import DAY, day_of, domain_of
from siss.anomalies.numbers import Others, tail_probability
from siss.anomalies.text import EXACT, shorten, show_number, show_quantity
from siss.model.anomaly import AnomalyKind, Deviation, Severity
from siss.model.field import Scalar

ALARMS: Final = 0.0025
"""How many false alarms a file may raise, on average, by all its numbers and its size. One in 200 files is promised
for all methods together. Bonferroni's bound limits this number, however the fields depend on each other; a bound on
the share of false ones among the findings (Benjamini and Hochberg) promises nothing to a clean family."""
RARE_VALUE: Final = 0.01
TAILED: Final = 6
"""A rare value is unusual if the next commoner ones are so many times commoner; otherwise it is the end of a tail."""
ENDED: Final = 3
"""So many times commoner they must also be than all rare ones together."""
MOST_COMMON: Final = 24
"""Values of a field that has a choice of some."""
MOST_NUMBERS: Final = 8
VALUES_CLOSED: Final = 0.08
"""The share of siblings that may have a rare value, over all fields: beyond it, none of them is unusual."""
SPREAD: Final = 3.0
"""Section 3.6.4: a file is unusually large or small at so many times the median."""
_UNKNOWN: Final = 0.2
_NEARLY_ALL: Final = 0.9
_LEAST_NUMBERS: Final = 20
"""From fewer numbers no tail can be told."""


def find_rare(family: Family) -> Found:
    """Values, units of quantities and domains that are rare where the others have few to choose from."""
    found: dict[int, list[Deviation]] = defaultdict(list)
    for path, column in family.columns.items():
        if len(column.values) <= LEAST_SIBLINGS or len(column.cut) > _UNKNOWN * len(column.masks):
            continue
        told: set[int] = set()
        for read in (_unit, _domain) if _is_open(family, column) else (_spell, _unit, _domain):
            spelled = _keys(column, read)
            if family.weigh(spelled) <= LEAST_SIBLINGS:
                continue
            if read is _domain and len(spelled) < _NEARLY_ALL * len(column.values):
                continue
            census = Census(family, spelled, RARE_VALUE)
            rare = {number: keys for number, keys in _rare_keys(family, census, column).items() if number not in told}
            told |= rare.keys()
            for number, keys in rare.items():
                for key in keys:
                    found[number].append(_rare(path, column, number, key, census, read))
    yield from family.unless_open(found, VALUES_CLOSED)


def _is_open(family: Family, column: Column) -> bool:
    """Whether counting alone shows that no value is rare, or that too many members have a rare one."""
    counts = family.count(column.values)
    kinds = column.kinds()
    # Counted as they are spelled, all but fractions, and truth values among numbers.
    if float in kinds or kinds >= {bool, int} or (int in kinds and _has_long(counts)):
        return False
    total = family.weigh(column.values)
    most = allowed(total - 1, RARE_VALUE) + 1
    rare = {value for value, count in counts.items() if count <= most}
    unusual = {number for number, values in column.values.items() if not rare.isdisjoint(values)} if rare else set()
    if unusual and not family.is_closed(len(unusual - family.more.keys()), total):
        return True
    # Copies of one content do not speak for each other.
    for number, more in family.more.items():
        own = more + 1
        if any(counts[value] - own <= allowed(total - own, RARE_VALUE) for value in column.values.get(number, ())):
            unusual.add(number)
    return not unusual


def _has_long(values: Iterable[Scalar]) -> bool:
    return any(isinstance(value, int) and abs(value) >= EXACT for value in values)


def _spell(value: Scalar) -> str | None:
    return f'"{value}"' if isinstance(value, str) else shorten(value)


def _unit(value: Scalar) -> str | None:
    quantity = quantity_of(value) if isinstance(value, str) else None
    return quantity[1] if quantity else None


def _domain(value: Scalar) -> str | None:
    return domain_of(value) if isinstance(value, str) else None


def _keys(column: Column, read: Callable[[Scalar], str | None]) -> dict[int, list[str]]:
    found = {
        number: [key for value in values if (key := read(value)) is not None]
        for number, values in column.values.items()
    }
    return {number: keys for number, keys in found.items() if keys}


def _are_numbers(column: Column, *, spelt: bool) -> bool:
    numbers = sum(any(_number(value, spelt=spelt) is not None for value in each) for each in column.values.values())
    return 2 * numbers > len(column.values)


def _rare_keys(family: Family, census: Census, column: Column) -> dict[int, list[str]]:
    found = census.find_rare()
    if not found or not family.is_closed(family.weigh(found), census.total):
        return {}
    common = census.common()
    numbers = _are_numbers(column, spelt=family.spelt)
    if not common or len(common) > (MOST_NUMBERS if numbers else MOST_COMMON):
        return {}
    if numbers and len(common) > 1 and _are_close([key for key, _ in common]):
        return {}
    least = common[-1][1]
    if least < ENDED * family.weigh(found):
        return {}
    return {
        number: kept
        for number, keys in found.items()
        if (kept := [key for key in keys if least >= TAILED * (census.alike(number, key) + 1)])
    }


def _are_close(keys: list[str]) -> bool:
    """Whether numbers are counts or measures, of which any next one may come, rather than a choice."""
    try:
        numbers = sorted(float(key.strip('"')) for key in keys)
    except ValueError:
        return False
    return any(high - low <= 1 for low, high in pairwise(numbers))


def _rare(
    path: str, column: Column, number: int, key: str, census: Census, read: Callable[[Scalar], str | None]
) -> Deviation:
    value = next(value for value in column.values[number] if read(value) == key)
    return Deviation(
        AnomalyKind.RARE_VALUE,
        path,
        key,
        Severity.LOW,
        census.siblings(number),
        census.alike(number, key),
        value=shorten(value),
        usual=tuple(census.common()[:4]),
        format=_WHAT.get(read, ""),
    )


_WHAT: Final[dict[Callable[[Scalar], str | None], str]] = {_unit: "unit", _domain: "domain"}
"""What of a value is rare, if it is not the value itself."""


def find_numbers(family: Family) -> Found:
    """Numbers and sizes that are too far from the others'."""
    columns = {
        path: numbers for path, column in family.columns.items() if (numbers := _numbers(family, column)).found
    }
    tests: Counter[int] = Counter()
    for numbers in columns.values():
        tests.update(numbers.found.keys())
    sizes = _Numbers({number: (float(member.size),) for number, member in enumerate(family.members)})
    for path, numbers in columns.items():
        yield from _find_far(family, path, numbers, tests)
    for number, found in _find_far(family, "", sizes, tests):
        profile = found.numbers
        if profile is None or not 1 / SPREAD <= family.members[number].size / max(1.0, profile.median) <= SPREAD:
            yield number, found


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbers of each member that has any. ``unit``: theirs; ``spelled``: how a member writes one of its own."""

    found: Mapping[int, tuple[float, ...]]
    unit: str = ""
    spelled: Mapping[tuple[int, float], str] = field(default_factory=dict)

    def tail(self, others: Sequence[float], each: float) -> float:
        """How likely one more number is as far out. Days are counted from the others' middle: they have no zero."""
        if self.unit != DAY:
            return tail_probability(others, each)
        middle = others[len(others) // 2]
        return tail_probability([other - middle for other in others], each - middle)

    def show(self, number: int, each: float) -> str:
        """A member's number for people: as they find it in the file, and in the unit of the others."""
        plain = show_quantity(each, self.unit) if self.unit else show_number(each)
        spelled = self.spelled.get((number, each), plain)
        return plain if quantity_of(spelled) == quantity_of(plain) else f"{shorten(spelled)} ({plain})"


def _numbers(family: Family, column: Column) -> _Numbers:
    """Plain numbers, or quantities in one unit, or days."""
    if not family.spelt and column.kinds().isdisjoint({int, float}):
        return _days(column) or _quantities(column)
    found: dict[int, tuple[float, ...]] = {}
    for number, values in column.values.items():
        if plain := [each for value in values if (each := _number(value, spelt=family.spelt)) is not None]:
            found[number] = tuple(plain)
    if len(found) >= _NEARLY_ALL * len(column.values):
        return _Numbers(found)
    return _days(column) or _quantities(column)


def _days(column: Column) -> _Numbers | None:
    """The days that each member's dates are of, where nearly all have dates."""
    found: dict[int, tuple[float, ...]] = {}
    for count, (number, values) in enumerate(column.values.items()):
        days = [day for value in values if isinstance(value, str) and (day := day_of(value)) is not None]
        if days:
            found[number] = tuple(days)
        elif count + 1 - len(found) > (1 - _NEARLY_ALL) * len(column.values) + 1:
            return None
    return _Numbers(found, DAY) if len(found) >= _NEARLY_ALL * len(column.values) else None


def _quantities(column: Column) -> _Numbers:
    """The quantities of each member that has any, in one unit, where nearly all have."""
    quantities: dict[int, dict[str, tuple[float, str]]] = {}
    lacking = 0
    for number, values in column.values.items():
        if read := {value: each for value in values if isinstance(value, str) and (each := quantity_of(value))}:
            quantities[number] = read
        elif (lacking := lacking + 1) > (1 - _NEARLY_ALL) * len(column.values) + 1:
            return _Numbers({})
    if len(quantities) < _NEARLY_ALL * len(column.values):
        return _Numbers({})
    unit, factors = base_unit(frozenset(unit for read in quantities.values() for _, unit in read.values()))
    found: dict[int, tuple[float, ...]] = {}
    spelled: dict[tuple[int, float], str] = {}
    for number, read in quantities.items():
        found[number] = tuple(amount * factors[own] for amount, own in read.values())
        spelled.update(((number, amount), text) for amount, text in zip(found[number], read, strict=True))
    return _Numbers(found, unit, spelled)


def _number(value: Scalar, *, spelt: bool) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str) and (not spelt or value[:1].isalpha() or value[-1:].isalpha()):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1e150 else None


def _find_far(family: Family, path: str, every_number: _Numbers, tests: Mapping[int, int]) -> Found:
    numbers = every_number.found
    if len(numbers) <= LEAST_SIBLINGS:
        return
    every = Others.of([each for found in numbers.values() for each in found])
    ordered = every.numbers
    total = family.weigh(numbers)
    reach = max(LEAST_SIBLINGS, len(ordered) // 20)
    low, high = ordered[min(reach, len(ordered) - 1)], ordered[-min(reach, len(ordered)) - 1]
    positive = sum(number > 0 and number == int(number) for number in ordered)
    for number, own in numbers.items():
        if low <= own[0] <= high and len(own) == 1:
            continue
        most_beyond = allowed(len(ordered) - len(own), RARE_FORMAT) + len(own)
        far = [
            each for each in {min(own), max(own)} if (each < low or each > high) and every.beyond(each) <= most_beyond
        ]
        if not far:
            continue
        others = every.without(own)
        siblings = total - family.members[number].files
        if siblings < family.least(total) or len(others.numbers) < _LEAST_NUMBERS:
            continue
        most = ALARMS / (2 * (tests[number] + 1))
        for each in sorted(far):
            # What costs nothing is asked first: nearly all numbers end there, and the last question looks at all.
            beyond = others.beyond(each)
            if beyond > allowed(len(others.numbers), RARE_FORMAT):
                continue
            below_zero = each < 0 and positive >= (1 - RARE_VALUE) * len(ordered) - len(own)
            if below_zero or (every_number.tail(others.numbers, each) <= most and others.is_far(each)):
                yield (
                    number,
                    Deviation(
                        AnomalyKind.VALUE_OUTLIER if path else AnomalyKind.SIZE_ANOMALY,
                        path,
                        show_number(each),
                        Severity.LOW,
                        siblings,
                        beyond,
                        value=every_number.show(number, each),
                        numbers=others.describe(),
                        format=every_number.unit,
                    ),
                )
