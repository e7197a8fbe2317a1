"""A JSON Schema 2020-12 that accepts every member, and refuses what the members give evidence against.

Everything follows from the shapes, so no member can be refused by it: types are all that were seen, a field is
required where every object of every member has it. Two things are conclusions from many members, and true of all of
them too: that an object holds no other fields, and that a field has no other values. They are drawn only where a new
one is improbable by what was seen once (the missing mass of Good and Turing, 1953).
"""

from collections.abc import Mapping
from typing import Any, Final

from siss.model.content import Kind
from siss.model.field import (
    ANY_ELEMENT,
    ANY_MEMBER,
    ARRAY,
    INTEGER,
    NUMBER,
    OBJECT,
    SCALARS,
    STRING,
    TYPES,
    Scalar,
    is_cut,
    type_names,
    value_of_text,
)
from siss.schemas.profile import FieldValues
from siss.schemas.tree import SchemaNode

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
NUL: Final = "\0"
"""What a name or a text may hold and the database cannot: a definition leaves such names and texts out.

So it does names of which only the beginning is known.
"""
FEWEST_MEMBERS: Final = 8
MISSING_MASS: Final = 0.06
"""The chance that the next member shows something new, above which nothing is closed."""
_MOST_NAMED: Final = 24

_ABOUT: Final = {
    Kind.JSONL: "Each line is such a value.",
    Kind.DELIMITED: "The records, each with its fields by column; texts that spell numbers are numbers.",
    Kind.KEYVALUE: "The entries by key; texts that spell numbers are numbers.",
}


def define(top: SchemaNode, kind: Kind, title: str, values: Mapping[str, FieldValues]) -> dict[str, Any]:
    """The schema of a cluster. ``values``: what its fields hold, by path (``take_values``)."""
    found: dict[str, Any] = {"$schema": DIALECT, "title": title}
    if kind in _ABOUT:
        found["description"] = _ABOUT[kind]
    if kind in {Kind.DELIMITED, Kind.KEYVALUE}:
        values = {path: _spelled(seen) for path, seen in values.items()}
    return found | _describe(top, values)


def _spelled(seen: FieldValues) -> FieldValues:
    """Values of a format that knows only text, as what they spell."""
    found = FieldValues(complete=seen.complete)
    for value, count in seen.counts.items():
        plain = value_of_text(value) if isinstance(value, str) else value
        if not isinstance(plain, bool):
            found.counts[plain] += count
    return found


def _describe(node: SchemaNode, values: Mapping[str, FieldValues]) -> dict[str, Any]:
    names = type_names(node.types & TYPES)
    found: dict[str, Any] = {"type": names[0] if len(names) == 1 else names} if names else {}
    if node.types & OBJECT:
        found |= _describe_object(node, values)
    if node.types & ARRAY and not node.open and (item := node.children.get(ANY_ELEMENT)) is not None:
        found["items"] = _describe(item, values)
    if node.types & SCALARS:
        found |= _describe_values(node, values)
    return found


def _describe_object(node: SchemaNode, values: Mapping[str, FieldValues]) -> dict[str, Any]:
    members = [member for member in node.members() if _can_be_said(name_of_step(member.step))]
    if node.open:
        # What was not recorded may be of other types.
        return {"properties": {name_of_step(member.step): True for member in members}} if members else {}
    if (star := node.children.get(ANY_MEMBER)) is not None:
        return {"additionalProperties": _describe(star, values)}
    found: dict[str, Any] = {}
    if members:
        found["properties"] = {name_of_step(member.step): _describe(member, values) for member in members}
    required = [name_of_step(member.step) for member in members if member.always >= node.objects]
    if required:
        found["required"] = required
    once = sum(1 for member in members if member.present == 1)
    whole = len(members) == len(node.members())
    if whole and node.objects >= FEWEST_MEMBERS and once <= MISSING_MASS * node.objects:
        found["additionalProperties"] = False
    return found


def _can_be_said(name: str) -> bool:
    return NUL not in name and not is_cut(name)


def _describe_values(node: SchemaNode, values: Mapping[str, FieldValues]) -> dict[str, Any]:
    """What is true of all values, where all are known."""
    if node.types & TYPES & ~(STRING | INTEGER | NUMBER):
        return {}
    seen = [values.get(path) for path in node.paths]
    counts: dict[Scalar, int] = {}
    for each in seen:
        if each is None or not each.complete:
            return {}
        for value, count in each.counts.items():
            counts[value] = counts.get(value, 0) + count
    if node.present < FEWEST_MEMBERS or not counts:
        return {}
    once = sum(1 for count in counts.values() if count == 1)
    sayable = not any(isinstance(value, str) and NUL in value for value in counts)
    if sayable and len(counts) <= _MOST_NAMED and once <= MISSING_MASS * node.present:
        return {"enum": sorted(counts, key=lambda value: (isinstance(value, str), value))}
    texts = [value for value in counts if isinstance(value, str)]
    numbers = [value for value in counts if isinstance(value, int | float)]
    found: dict[str, Any] = {"minLength": 1} if texts and all(texts) else {}
    if numbers and min(numbers) >= 0:
        found["minimum"] = 0
    return found


def name_of_step(step: str) -> str:
    """The member's name that a step leads to."""
    if step.startswith("['"):
        return _unescape(step[2:-2])
    return step[1:]


def _unescape(text: str) -> str:
    found: list[str] = []
    at = 0
    while at < len(text):
        if text[at] != "\\":
            found.append(text[at])
            at += 1
        elif text[at + 1] == "u":
            found.append(chr(int(text[at + 2 : at + 6], 16)))
            at += 6
        else:
            found.append(text[at + 1])
            at += 2
    return "".join(found)
