"""The tree of a JSONPath query: segments of selectors, and the conditions of filters (RFC 9535, section 2)."""

from dataclasses import dataclass
from enum import Enum

Literal = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """The member of an object that has this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """An element of an array; counted from its end where negative."""

    index: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Elements of an array from ``start`` up to and without ``stop``, as Python slices it; none for a step of 0."""

    start: int | None
    stop: int | None
    step: int


@dataclass(frozen=True, slots=True)
class Wildcard:
    """All members or elements."""


@dataclass(frozen=True, slots=True)
class Filter:
    """The members or elements for which a condition holds."""

    condition: "Condition"


Selector = Name | Index | Slice | Wildcard | Filter


@dataclass(frozen=True, slots=True)
class Segment:
    """What its selectors choose, one after the other; ``descendant``: from a node and from all below it."""

    selectors: tuple[Selector, ...]
    descendant: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Segments applied one after the other; ``relative``: from the node that a filter looks at, not from the root."""

    segments: tuple[Segment, ...]
    relative: bool = False

    @property
    def singular(self) -> bool:
        """Whether it gives one node at most, whatever the document."""
        return all(
            not segment.descendant and len(segment.selectors) == 1 and isinstance(segment.selectors[0], Name | Index)
            for segment in self.segments
        )


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal."""

    value: Literal


class FunctionType(Enum):
    """What a function takes or gives (section 2.4.1): a value or nothing, a truth, or nodes."""

    VALUE = "value"
    LOGICAL = "logical"
    NODES = "nodes"


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments, which have the types that it takes."""

    name: str
    arguments: "tuple[Operand, ...]"


Operand = Constant | Query | Call


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values compared."""

    left: Operand
    operator: str
    right: Operand


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether a query gives a node at all."""

    query: Query


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    """Whether all hold."""

    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """Whether one holds."""

    conditions: "tuple[Condition, ...]"


Condition = Comparison | Exists | Not | And | Or | Call
