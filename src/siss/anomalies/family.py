"""The members of one schema, seen field by field, each against all others."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from siss.model.content import Kind
from siss.model.field import (
    ANY_ELEMENT,
    ANY_MEMBER,
    ARRAY,
    BOOLEAN,
    INCOMPLETE,
    INTEGER,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    TYPES,
    Scalar,
    parent_of,
    split_path,
    value_key,
)
from siss.model.shape import Shape

LEAST_SIBLINGS: Final = 10
"""Section 3.6.4: a schema has a baseline with more than 10 files."""
LEAST_OF_SOME: Final = 30
"""The same for a field that fewer than half of the files have: what is seldom used is seldom used in one way."""

CLOSED: Final = 0.05
"""Where more of the siblings are unusual in one way, being so is usual. With fewer than 19 files that is one: it may
as well be the first of many, unless all files are regular otherwise."""

SPELT: Final = frozenset({Kind.XML, Kind.DELIMITED, Kind.KEYVALUE})
"""Formats that know only text: that one spells a number may be chance."""

_SECRET: Final = "«secret:"  # noqa: S105 - what redaction leaves
_SORTS: Final = (
    (INTEGER | NUMBER, "number"),
    (STRING, "string"),
    (BOOLEAN, "boolean"),
    (NULL, "null"),
    (ARRAY, "array"),
    (OBJECT, "object"),
)


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


class Family:
    """The members, turned. A file is one witness; copies of one content do not speak for each other."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members: Final = members
        self.files: Final = sum(member.files for member in members)
        self.kind: Final = members[0].shape.kind if members else Kind.JSON
        self.columns: Final[dict[str, Column]] = {}
        for number, member in enumerate(members):
            self._add(number, member)

    def _add(self, number: int, member: Member) -> None:
        for position, (path, mask) in enumerate(zip(member.shape.paths, member.shape.types, strict=True)):
            column = self.columns.get(path)
            if column is None:
                column = self.columns[path] = Column(path)
            column.masks[number] = mask
            values = member.values.get(position, ())
            plain = tuple(value for value in values if not (isinstance(value, str) and _SECRET in value))
            if plain:
                column.values[number] = plain
            if len(plain) < len(values):
                column.secret.add(number)
            if value_key(path, INCOMPLETE) in member.value_keys:
                column.cut.add(number)

    def weigh(self, numbers: Iterable[int]) -> int:
        """How many files some members stand for."""
        return sum(self.members[number].files for number in numbers)

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
        """Whether so few members are unusual that they can be called so. (Laplace: the rule of succession.)."""
        return unusual <= share * (total + 1) or (unusual == 1 and self.regular)

    @property
    def spelt(self) -> bool:
        """Whether values are only texts."""
        return self.kind in SPELT


def sorts_of(column: Column, number: int, *, spelt: bool) -> frozenset[str]:
    """The types of a member's field, an integer being a number; in a format of texts an empty one is ``null``."""
    mask = column.masks[number] & TYPES
    if spelt and mask & STRING and number not in column.cut and number not in column.secret:
        texts = column.values.get(number, ())
        if any(map(is_blank, texts)) and not any(map(is_word, texts)):
            mask = mask & ~STRING | NULL
    return frozenset(name for bits, name in _SORTS if mask & bits)


def is_blank(value: Scalar) -> bool:
    """Whether a text is empty or white space."""
    return isinstance(value, str) and not value.strip()


def is_word(value: Scalar) -> bool:
    """Whether a text spells neither a number nor a truth value."""
    if not isinstance(value, str) or is_blank(value):
        return False
    try:
        float(value)
    except ValueError:
        return value.lower() not in {"true", "false"}
    return False


def may_lack(path: str) -> bool:
    """Whether that nothing stands there says nothing: elements and members of maps are counted, not named."""
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
        self.counts: Final[Counter[str]] = Counter()
        for number, found in self.keys.items():
            for key in found:
                self.counts[key] += family.members[number].files

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
        most = allowed(self.total, self._share)
        heaviest = max((member.files for member in self._family.members), default=1)
        suspects = {key for key, count in self.counts.items() if count - heaviest <= most}
        if not suspects:
            return {}
        found: dict[int, list[str]] = defaultdict(list)
        for number, keys in self.keys.items():
            for key in sorted(keys & suspects):
                if self.is_rare(number, key):
                    found[number].append(key)
        return dict(found)

    def common(self) -> list[tuple[str, int]]:
        """Keys that are not rare whoever has them, the commonest first."""
        most = allowed(self.total, self._share) + 1
        return sorted(
            ((key, count) for key, count in self.counts.items() if count > most), key=lambda pair: (-pair[1], pair[0])
        )


def allowed(siblings: int, share: float) -> int:
    """How many of some siblings may be like a member that is called unusual."""
    return int(siblings * share)
