"""Relationships in a sentence."""

from collections.abc import Sequence
from typing import Final

from siss.model.entity import EntityType
from siss.model.relationship import Direction, RelationshipKind, SharedThing, Tie

_SHOWN: Final = 3


def describe_tie(tie: Tie) -> str:
    """Why two files belong together, for people; "it" is the other file."""
    match tie.kind:
        case RelationshipKind.SAME_SCHEMA:
            return f"Both have the schema {tie.schema}."
        case RelationshipKind.VERSION_CHAIN:
            until = "" if tie.at is None else f" until {tie.at:%Y-%m-%d %H:%M} UTC"
            if tie.direction is Direction.OUT:
                return f"It has the bytes that this file had{until}."
            return f"This file has the bytes that it had{until}."
        case RelationshipKind.REFERENCES_FILE:
            return f"This file names it: {tie.path}." if tie.direction is Direction.OUT else f"It names {tie.path}."
        case RelationshipKind.SAME_SERVICE if tie.shared[0].name.type is not EntityType.URL:
            hosts, ports = tie.shared[::2], tie.shared[1::2]
            return _describe_names(
                [f"{host.name.value}:{port.name.value}" for host, port in zip(hosts, ports, strict=True)], hosts[0]
            )
        case _:
            return _describe_names([one.name.value for one in tie.shared], tie.shared[0])


def _describe_names(names: Sequence[str], rarest: SharedThing) -> str:
    """What both files name, and how rare the first of it is, which is the rarest."""
    named = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    others = max(rarest.contents - 2, 0)
    if len(names) > 1:
        who = {0: "no other file names", 1: "one other names"}.get(others, f"{others} others name")
        return f"Both name {named}; {who} {names[0]}."
    return (
        f"Both name {named}, as "
        + {0: "no other file does", 1: "one other does"}.get(others, f"{others} others do")
        + "."
    )
