"""Finding what was indexed under older rules or other limits, and having it indexed again."""

from collections.abc import Callable, Sequence
from typing import Protocol

from siss.model.ids import ContentId


class Renewal(Protocol):
    """What an upgrade, or a changed setting, asks of the catalog.

    A content is *outdated* when ``ContentFacts.extraction``, the fingerprint of the rules by which its secrets,
    entities and fields were found, is not the one of now. ``redact_paths`` and ``purge_outdated`` work in several
    transactions, and can be interrupted and called again; each other method is one. Raises
    ``DatabaseUnavailableError`` and ``DiskFullError``.
    """

    async def note_limits(self, limits: str, largest: int) -> int:
        """Store the limits that files are read with from now on; returns how many files become pending.

        ``limits``: all of them as one text, which is compared with the stored one. If it differs, these files become
        pending: those that a limit cut short (``LIMITS``), and those of more than ``largest`` bytes that are not
        line-structured.
        """
        ...

    async def redact_paths(self, version: int, redact_path: Callable[[str], str]) -> int:
        """Replace each shown path, of files and in events, by what ``redact_path`` makes of it.

        Returns how many files are shown under another path now. Done once for each ``version`` of the rules; paths
        that are recorded later are redacted already.
        """
        ...

    async def is_engine_redacted(self, version: int) -> bool:
        """Whether the last ``version`` of the rules that was noted for the engine is this one."""
        ...

    async def note_new_engine(self, version: int) -> None:
        """Where nothing is indexed yet, note that the engine has no words that only other rules let into it."""
        ...

    async def note_engine_redacted(self, version: int) -> None:
        """Note that the engine has no words any more that only other rules let into it."""
        ...

    async def count_outdated(self, extraction: int) -> int:
        """How many contents with text are outdated; ``extraction``: the fingerprint of the rules of now."""
        ...

    async def outdated_contents(self, extraction: int, after: ContentId, limit: int) -> list[ContentId]:
        """The outdated contents whose ids are greater than ``after``, in the order of their ids."""
        ...

    async def requeue_contents(self, contents: Sequence[ContentId]) -> int:
        """Make one readable file of each content pending, to be parsed though unchanged; returns how many files.

        One is enough: the content is replaced for all files that have it.
        """
        ...

    async def purge_outdated(self, extraction: int) -> int:
        """Delete outdated contents of which every file is missing or deleted; returns how many.

        A missing file is read again when it returns.
        """
        ...
