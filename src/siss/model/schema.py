"""Schemas: what files of one kind have in common, with numbers."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from siss.model.content import Kind
from siss.model.field import Scalar


@dataclass(frozen=True, slots=True)
class NumberProfile:
    """How the numbers of a field are distributed.

    ``deviation``: standard deviation of the sample, 0 for one value; ``mad``: median absolute deviation from the
    median.
    """

    count: int
    minimum: float
    maximum: float
    mean: float
    deviation: float
    median: float
    mad: float


@dataclass(frozen=True, slots=True)
class FieldProfile:
    """One field over the members. ``members``: how many have it; ``share``: of all; ``types``: members by type.

    ``required``: every object that could hold it does. ``values``: the commonest with their numbers of members;
    ``complete``: these are all values of all members.
    """

    path: str
    members: int
    share: float
    types: dict[str, int]
    required: bool
    values: tuple[tuple[Scalar, int], ...] = ()
    complete: bool = False
    numbers: NumberProfile | None = None


@dataclass(frozen=True, slots=True)
class SchemaProfile:
    """What the members have, field by field, in order of the paths. ``sizes``: of the members' bytes."""

    kind: Kind
    members: int
    fields: tuple[FieldProfile, ...]
    sizes: NumberProfile | None = None


@dataclass(frozen=True, slots=True)
class SchemaRecord:
    """A schema as answers show it.

    ``files``: how many files that the asking principal may see have it. ``definition``: a JSON Schema 2020-12 that
    accepts every member (JSON Lines: every line; delimited: the array of rows), or an element tree for XML.
    ``redirected_from``: the id that was asked for, where that schema was merged into this one.
    """

    id: uuid.UUID
    name: str
    kind: Kind
    mime: str
    files: int
    shapes: int
    created_at: datetime
    updated_at: datetime
    definition: dict[str, Any] = field(default_factory=dict)
    redirected_from: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """How one field differs between two times.

    ``change``: ``added``, ``removed``, ``types``, ``presence`` or ``required``; ``before`` and ``after``: what it was
    and is (types, where their shares moved with these; or the share of members), None where there was nothing.
    ``text``: a sentence for people.
    """

    path: str
    change: str
    before: Any
    after: Any
    text: str


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed in a schema's members between two times."""

    since: datetime
    members_before: int
    members_after: int
    changes: tuple[FieldChange, ...]
