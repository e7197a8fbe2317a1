"""Relationships in a sentence."""

from typing import Final

from siss.model.relationship import Direction, RelationshipKind, Tie

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
        case RelationshipKind.SAME_SERVICE if len(tie.shared) > 1:
            host, port = tie.shared[:2]
            more = f" and {len(tie.shared) // 2 - 1} more" if len(tie.shared) > 2 else ""
            return f"Both name {host.name.value}:{port.name.value}{more} (in {host.contents} contents)."
        case _:
            names = ", ".join(one.name.value for one in tie.shared[:_SHOWN])
            more = f" and {len(tie.shared) - _SHOWN} more" if len(tie.shared) > _SHOWN else ""
            rarest = f" (in {tie.shared[0].contents} contents)" if tie.shared else ""
            return f"Both name {names}{more}{rarest}."
