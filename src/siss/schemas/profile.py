"""Members in numbers: how many have a field, of what types, with what values."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import Final

from siss.model.content import Kind
from siss.model.field import OBJECT, PARTIAL, Scalar, incomplete_paths, number_of, parent_of, type_names
from siss.model.schema import FieldProfile, NumberProfile, SchemaProfile
from siss.model.shape import Shape
from siss.schemas.cluster import ShapeCount

SHOWN_VALUES: Final = 20
_MOST_VALUES: Final = 64
"""Distinct values of one field over all members that are counted."""
_LARGEST: Final = 1e150
"""The square of what is larger is no number: it is in no distribution."""


@dataclass(slots=True)
class FieldValues:
    """The values of one field over all members. ``complete``: none is missing and none was cut."""

    counts: Counter[Scalar] = field(default_factory=Counter)
    numbers: list[float] = field(default_factory=list)
    complete: bool = True

    def add(self, values: Sequence[Scalar], *, more: bool) -> None:
        """Take one member's distinct values."""
        self.complete = self.complete and not more
        counts = self.counts
        for value in values:
            if isinstance(value, str):
                self.complete = self.complete and "…" not in value
                # Asking whether a word is a number costs more than all else here.
                number = None if value[:1].isalpha() or value[-1:].isalpha() else number_of(value)
            elif isinstance(value, bool):  # True and 1 are equal: only texts and numbers are counted
                continue
            else:
                number = number_of(value)
                if isinstance(value, float) and not math.isfinite(value):
                    self.complete = False
                    continue
            if value in counts:
                counts[value] += 1
            elif len(counts) < _MOST_VALUES:
                counts[value] = 1
            else:
                self.complete = False
            if number is not None and abs(number) < _LARGEST:
                self.numbers.append(number)


def take_values(
    into: dict[str, FieldValues], shape: Shape, values: Mapping[int, Sequence[Scalar]], keys: frozenset[int]
) -> None:
    """Add the values of one member."""
    cut = incomplete_paths(shape.paths, keys)
    for number, kept in values.items():
        path = shape.paths[number]
        if (seen := into.get(path)) is None:
            seen = into[path] = FieldValues()
        seen.add(kept, more=path in cut)
    for path in cut:
        into.setdefault(path, FieldValues()).complete = False


def profile_members(
    kind: Kind, shapes: Sequence[ShapeCount], values: Mapping[str, FieldValues], sizes: Sequence[float] = ()
) -> SchemaProfile:
    """What the members with these shapes have. ``sizes``: bytes of each member."""
    total = sum(shape.count for shape in shapes)
    present: Counter[str] = Counter()
    types: dict[str, Counter[str]] = defaultdict(Counter)
    required: Counter[str] = Counter()
    parents: Counter[str] = Counter()
    # Most members have most fields with the same types: each of these is looked at once.
    masks: Counter[tuple[str, int]] = Counter()
    for shape in shapes:
        for field_mask in zip(shape.paths, shape.types, strict=True):
            masks[field_mask] += shape.count
    for (path, mask), count in masks.items():
        present[path] += count
        required[path] += 0 if mask & PARTIAL else count
        parents[path] += count if mask & OBJECT else 0
        for name in type_names(mask):
            types[path][name] += count
    fields: list[FieldProfile] = []
    for path in sorted(present):
        seen = values.get(path)
        fields.append(
            FieldProfile(
                path,
                present[path],
                present[path] / total if total else 0.0,
                dict(sorted(types[path].items())),
                required[path] >= parents[parent_of(path)] > 0,
                _commonest(seen),
                seen is not None and seen.complete,
                describe_numbers(seen.numbers) if seen is not None else None,
            )
        )
    return SchemaProfile(kind, total, tuple(fields), describe_numbers(sizes))


def _commonest(seen: FieldValues | None) -> tuple[tuple[Scalar, int], ...]:
    if seen is None:
        return ()
    return tuple(sorted(seen.counts.items(), key=lambda pair: (-pair[1], str(pair[0])))[:SHOWN_VALUES])


def describe_numbers(numbers: Sequence[float]) -> NumberProfile | None:
    """The distribution of some numbers; None for none."""
    if not numbers:
        return None
    mean, middle = fmean(numbers), median(numbers)
    squares = math.fsum((number - mean) ** 2 for number in numbers)
    return NumberProfile(
        len(numbers),
        min(numbers),
        max(numbers),
        mean,
        math.sqrt(squares / (len(numbers) - 1)) if len(numbers) > 1 else 0.0,
        middle,
        median(abs(number - middle) for number in numbers),
    )
