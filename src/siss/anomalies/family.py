"""The members of one schema, seen field by field, each against all others."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
from typing import Final, TypeVar

from siss.model.anomaly import Deviation
from siss.model.content import Kind
from siss.model.field import (
    ANY_ELEMENT,
    ANY_MEMBER,
    ARRAY,
    BOOLEAN,
    INTEGER,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    TYPES,
    Scalar,
    incomplete_paths,
    number_of,
    parent_of,
    split_path,
    type_of_text,
)
from siss.model.shape import Shape

LEAST_SIBLINGS: Final = 10
"""Section 3.6.4: a schema has a baseline with more than 10 files."""
LEAST_OF_SOME: Final = 30
"""The same for a field that fewer than half of the files have: what is seldom used is seldom used in one way."""

CLOSED: Final = 0.05
"""The most that may be unusual in one way, as a share of the files: beyond it, being so is usual. With fewer than 19
files one is beyond it: it may be the first of many, unless all files are regular otherwise."""

SPELT: Final = frozenset({Kind.XML, Kind.DELIMITED, Kind.KEYVALUE})
"""Formats that know only text: that one spells a number may be chance."""

EMPTY: Final = "empty"
"""Stands for the type of a text without any characters."""

_SECRET: Final = "«secret:"  # noqa: S105 - what redaction leaves
_SORTS: Final = (
    (INTEGER | NUMBER, "number"),
    (STRING, "string"),
    (BOOLEAN, "boolean"),
    (NULL, "null"),
    (ARRAY, "array"),
    (OBJECT, "object"),
)


Key = TypeVar("Key")
Found = Iterator[tuple[int, Deviation]]
"""Members by their numbers, with what is unusual about them."""


@dataclass(frozen=True, slots=True)
class Member:
    """One content of a schema. ``files``: how many have it; ``size``: bytes; the others as in ``Structure``."""

    shape: Shape
    values: Mapping[int, Sequence[Scalar]]
    value_keys: frozenset[int]
    size: int
    files: int = 1


@dataclass(slots=True)
class Column:
    """One path over the members that have it, by their numbers.

    ``values``: distinct ones without redacted secrets; ``cut``: members of which not all values are known.
    """

    path: str
    masks: dict[int, int] = field(default_factory=dict)
    values: dict[int, tuple[Scalar, ...]] = field(default_factory=dict)
    cut: set[int] = field(default_factory=set)
    secret: set[int] = field(default_factory=set)

    def kinds(self) -> set[type]:
        """The Python types of the values."""
        return set(map(type, chain.from_iterable(self.values.values())))


class Family:
    """The members, turned. A file is one witness; copies of one content do not speak for each other."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members: Final = members
        self.files: Final = sum(member.files for member in members)
        self.kind: Final = members[0].shape.kind if members else Kind.JSON
        self.heaviest: Final = max((member.files for member in members), default=1)
        self.more: Final = {number: member.files - 1 for number, member in enumerate(members) if member.files > 1}
        """How many files beyond the first one some members have: most have one."""
        self.columns: Final[dict[str, Column]] = {}
        shapes: dict[bytes, list[Column]] = {}
        for number, member in enumerate(members):
            columns = shapes.get(member.shape.digest)
            if columns is None:
                columns = shapes[member.shape.digest] = [self._column(path) for path in member.shape.paths]
            self._add(number, member, columns)

    def _column(self, path: str) -> Column:
        if (column := self.columns.get(path)) is None:
            column = self.columns[path] = Column(path)
        return column

    def _add(self, number: int, member: Member, columns: Sequence[Column]) -> None:
        for column, mask in zip(columns, member.shape.types, strict=True):
            column.masks[number] = mask
        for position, values in member.values.items():
            column, plain = columns[position], tuple(values)
            for value in plain:
                if isinstance(value, str) and _SECRET in value:
                    plain = tuple(each for each in plain if not (isinstance(each, str) and _SECRET in each))
                    column.secret.add(number)
                    break
            if plain:
                column.values[number] = plain
        for path in incomplete_paths(member.shape.paths, member.value_keys):
            self.columns[path].cut.add(number)

    def weigh(self, numbers: Collection[int]) -> int:
        """How many files some members stand for."""
        return len(numbers) + sum(more for number, more in self.more.items() if number in numbers)

    def count(self, keys: Mapping[int, Iterable[Key]]) -> Counter[Key]:
        """How many files have each key, by the keys that members have, each once."""
        counts = Counter(chain.from_iterable(keys.values()))
        for number, more in self.more.items():
            for key in keys.get(number, ()):
                counts[key] += more
        return counts

    def least(self, total: int) -> int:
        """How many siblings a field must have that so many files have."""
        return LEAST_SIBLINGS if 2 * total >= self.files else LEAST_OF_SOME

    @cached_property
    def regular(self) -> bool:
        """Whether every field is in all objects that could have it, or in all but one, or in one."""
        return all(
            held <= 1 or above - held <= 1
            for path, column in self.columns.items()
            if not may_lack(path) and (parent := self.columns.get(parent_of(path))) is not None
            for held, above in ((self.weigh(column.masks), self.weigh(parent.masks)),)
        )

    def is_closed(self, unusual: int, total: int, share: float = CLOSED) -> bool:
        """Whether so few members are unusual that they can be called so (Laplace's rule of succession)."""
        return unusual <= share * (total + 1) or (unusual == 1 and self.regular)

    def unless_open(self, found: Mapping[int, Sequence[Deviation]], share: float = CLOSED) -> Found:
        """What was found, unless it was found in more than a share of the members."""
        if self.is_closed(self.weigh(found), self.files, share):
            for number, deviations in found.items():
                for deviation in deviations:
                    yield number, deviation

    @property
    def spelt(self) -> bool:
        """Whether values are only texts."""
        return self.kind in SPELT


def sorts_of(column: Column, number: int, *, spelt: bool) -> frozenset[str]:
    """The types of a member's field, an integer being a number; of a text that is empty ``EMPTY``.

    In a format of texts that is ``null``.
    """
    mask = column.masks[number] & TYPES
    if mask & STRING and number not in column.cut and number not in column.secret:
        texts = column.values.get(number, ())
        if spelt and any(map(is_blank, texts)) and not any(map(is_word, texts)):
            mask = mask & ~STRING | NULL
        elif not spelt and all(not isinstance(text, str) or is_blank(text) for text in texts):
            return _name_sorts(mask & ~STRING) | {EMPTY}
    return _name_sorts(mask)


def sort_of(value: Scalar, *, spelt: bool) -> str:
    """The type of one value, named as ``sorts_of`` does."""
    if is_blank(value):
        return "null" if spelt else EMPTY
    if isinstance(value, bool) or value is None:
        return "null" if value is None else "boolean"
    if isinstance(value, str):
        return next(iter(_name_sorts(type_of_text(value))), "string") if spelt else "string"
    return "number"


@lru_cache
def _name_sorts(mask: int) -> frozenset[str]:
    return frozenset(name for bits, name in _SORTS if mask & bits)


def is_blank(value: Scalar) -> bool:
    """Whether a text is empty or white space."""
    return isinstance(value, str) and not value.strip()


def is_word(value: Scalar) -> bool:
    """Whether a text spells neither a number nor a truth value."""
    if not isinstance(value, str) or is_blank(value):
        return False
    return number_of(value) is None and value.lower() not in {"true", "false"}


def may_lack(path: str) -> bool:
    """Whether an absence says nothing there: elements and members of maps are counted, not named."""
    steps = split_path(path)
    return not steps or steps[-1] in {ANY_ELEMENT, ANY_MEMBER}


class Census:
    """Which keys (types, values, formats) a column has in which members; and what is rare among the others.

    A key is rare for a member if at most ``share`` of its siblings have it, too.
    """

    def __init__(self, family: Family, keys: Mapping[int, Iterable[str]], share: float) -> None:
        self._family = family
        self._share = share
        self.keys: Final = {number: frozenset(found) for number, found in keys.items()}
        self.total: Final = family.weigh(self.keys)
        self.counts: Final = family.count(self.keys)

    def siblings(self, number: int) -> int:
        """How many other files have the column."""
        return self.total - (self._family.members[number].files if number in self.keys else 0)

    def alike(self, number: int, key: str) -> int:
        """How many other files have a key."""
        own = self._family.members[number].files if key in self.keys.get(number, ()) else 0
        return self.counts[key] - own

    def is_rare(self, number: int, key: str) -> bool:
        """Whether hardly any sibling has it."""
        siblings = self.siblings(number)
        return siblings >= self._family.least(self.total) and self.alike(number, key) <= allowed(
            siblings, self._share
        )

    def find_rare(self) -> dict[int, list[str]]:
        """The rare keys of each member that has any."""
        least, most = self._family.least(self.total), allowed(self.total - 1, self._share)
        rare = {key for key, count in self.counts.items() if count - 1 <= most and self.total > least}
        found = {
            number: sorted(keys & rare)
            for number, keys in self.keys.items()
            if number not in self._family.more and not keys.isdisjoint(rare)
        }
        for number in self._family.more.keys() & self.keys.keys():
            if own := [key for key in sorted(self.keys[number]) if self.is_rare(number, key)]:
                found[number] = own
        return found

    def common(self) -> list[tuple[str, int]]:
        """Keys that are not rare whoever has them, the commonest first."""
        most = allowed(self.total, self._share) + 1
        return sorted(
            ((key, count) for key, count in self.counts.items() if count > most), key=lambda pair: (-pair[1], pair[0])
        )


def allowed(siblings: int, share: float) -> int:
    """How many of some siblings may be like a member that is called unusual."""
    return int(siblings * share)
