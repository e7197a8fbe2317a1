"""Where uploads are written. A name that is there stands for a file that is whole and on disk."""

from collections.abc import AsyncIterable, Collection
from pathlib import Path
from typing import Protocol

from siss.model.upload import Existing, Placed, Staged


class Uploads(Protocol):
    """Raises ``NasUnavailableError`` where the upload root does not answer, ``DiskFullError`` where it is full.

    Paths are relative to the upload root, parts of them were checked by ``siss.app.upload_names``. Nothing is ever
    written outside of the root, whatever links stand in it.
    """

    @property
    def root(self) -> bytes:
        """The absolute path of the upload root, links resolved."""
        ...

    async def receive(self, parts: AsyncIterable[bytes]) -> Staged:
        """Write bytes under a temporary name, to disk. Nothing is left where this raises."""
        ...

    def file_of(self, staged: Staged) -> Path:
        """Where a staged file lies, for who must look at it before it gets its name."""
        ...

    async def place(self, staged: Staged, path: str, existing: Existing) -> Placed:
        """Give a staged file its name, at once and durably; folders are made.

        Doing it again changes nothing. Equal bytes that have the name already are left as they are.
        Raises ``ConflictError`` for a name that is taken (``FAIL``), ``ForbiddenError`` for a path through a link,
        ``NotFoundError`` where what was staged is gone.
        """
        ...

    async def settle(self, placed: Placed) -> None:
        """What was placed stays: let go of what it replaced."""
        ...

    async def take_back(self, staged: Staged, placed: Placed) -> None:
        """Undo ``place``: what was staged is staged again, and what it replaced has its name.

        Nothing happens where somebody else wrote the file since, and where it was there before.
        """
        ...

    async def discard(self, staged: Staged) -> None:
        """Delete what was staged; nothing happens where it is gone."""
        ...

    async def sweep(self, older_than: float, keep: Collection[str]) -> int:
        """Delete what processes left that died, and all that was staged longer ago (seconds), but not these names.

        How many. What another state folder's processes stage in the same root goes by its age alone.
        """
        ...
