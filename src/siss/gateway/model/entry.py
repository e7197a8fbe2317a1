"""What the cache keeps, and how it is asked about by people."""

from dataclasses import dataclass

from siss.gateway.model.reply import Reply


@dataclass(frozen=True, slots=True)
class Entry:
    """A kept reply. Times: seconds since 1970, UTC. ``keep_until``: of no use afterwards, not even stale.

    ``model``: the name of the model that answered. ``used``: last use, to about ten minutes.
    """

    key: bytes
    tenant: str
    model: str
    route: str
    created: float
    keep_until: float
    reply: Reply
    tags: tuple[str, ...] = ()
    used: float = 0.0


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are meant: all that are given must be equal."""

    tenant: str | None = None
    model: str | None = None
    route: str | None = None
    tag: str | None = None

    def names(self, entry: Entry) -> bool:
        """Whether an entry is meant."""
        return (
            self.tenant in {None, entry.tenant}
            and self.model in {None, entry.model}
            and self.route in {None, entry.route}
            and (self.tag is None or self.tag in entry.tags)
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry in a list: everything but what was said. ``size``: bytes; ``semantic``: found by meaning too."""

    id: int
    key: str
    tenant: str
    model: str
    route: str
    created: float
    keep_until: float
    used: float
    size: int
    status: int
    tags: tuple[str, ...]
    semantic: bool
