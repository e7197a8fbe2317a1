"""Sending to addresses that users name."""

from collections.abc import Mapping
from typing import Protocol


class Sender(Protocol):
    """Never connects to an address that the service's network keeps for itself, unless the settings allow it."""

    async def check(self, url: str) -> None:
        """Raise ``InvalidRequestError`` for what is no URL, ``ForbiddenError`` for one that may not be sent to."""
        ...

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """POST a body; the HTTP status of the answer. Redirects are not followed.

        Raises as ``check``, and ``UnavailableError`` where nothing answers in time.
        """
        ...
