"""Who asks. Every use case takes a Principal, from the first day."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a principal may do, each role including the ones below it."""

    ADMIN = "admin"
    EDITOR = "editor"
    READER = "reader"


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: who (for the audit log), what they may do, and which paths they may see.

    ``scopes`` are shown absolute path prefixes (``/nas/configs``); None means everything, an empty tuple nothing.
    ``raw`` is the right to read bytes from the NAS instead of the local, redacted text. ``hidden``: files in which a
    critical secret stands are seen, too; asked for by an admin in so many words (``siss.app.rights.show_hidden``).
    """

    subject: str
    role: Role = Role.READER
    scopes: tuple[str, ...] | None = None
    raw: bool = False
    hidden: bool = False

    def may_see(self, path: str) -> bool:
        """Whether the shown absolute path lies in one of the scopes."""
        return self.scopes is None or any(
            path == scope or path.startswith(scope.rstrip("/") + "/") for scope in self.scopes
        )


LOCAL = Principal("local", Role.ADMIN, None, raw=True)
"""The person at this machine: commands and loopback requests, until there are keys."""
