"""Server-sent events, as lines come (HTML standard, section 9.2.6): what both clients make of a stream."""

from dataclasses import dataclass
from json import loads
from typing import Any


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event: its name, its number, what it says.

    One without a name happened to nothing: a stream says how far it has come.
    """

    name: str
    number: str
    body: dict[str, Any]


class EventLines:
    """Takes lines, gives events. What is asked for after the number of the last one misses nothing."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}

    def take(self, line: str) -> StreamEvent | None:
        """The event that a line ends; a blank line does, unless nothing was said."""
        if line:
            name, _, value = line.partition(": ")
            self._fields[name] = value  # a comment has no name, and nobody asks for it
            return None
        fields, self._fields = self._fields, {}
        if "data" in fields:
            return StreamEvent(fields.get("event", ""), fields.get("id", ""), loads(fields["data"]))
        return StreamEvent("", fields["id"], {}) if "id" in fields else None
