"""Looking for malware in what somebody uploads, before it stands among the files."""

from pathlib import Path
from typing import Protocol


class Scanner(Protocol):
    """Raises ``ScannerUnavailableError`` where it does not answer: what was not looked at is not taken."""

    async def scan(self, file: Path) -> str | None:
        """The name of what was found in a file; None: nothing was.

        Raises ``TooLargeError`` for a file that the scanner does not take whole.
        """
        ...

    async def ping(self) -> float:
        """Seconds that a trivial request takes."""
        ...
