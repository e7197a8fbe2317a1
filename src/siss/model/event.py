"""What happened to files, for whoever wants to be told."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """``INDEXED``: it can be found now; ``CHANGED``: otherwise than before; ``REMOVED``: no more."""

    INDEXED = "indexed"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one file.

    ``seq``: its number, rising; ``what`` changed: ``content``, ``path`` or ``labels``; ``former``: the path before.
    ``outbox_id``: the engine knows of it when all its rows up to this one are settled.
    """

    seq: int
    at: datetime
    kind: EventKind
    what: str
    file_id: int
    public_id: uuid.UUID
    shown: str
    former: str | None
    tags: tuple[str, ...]
    outbox_id: int


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events. None: any; ``folder``: shown absolute path, files at any depth below it."""

    kinds: tuple[EventKind, ...] | None = None
    folder: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in order. ``reached``: up to this number nothing else was there; to go on after."""

    events: tuple[Event, ...]
    reached: int
