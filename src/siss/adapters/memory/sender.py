"""Sending to nobody, for tests."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from siss.errors import ForbiddenError, InvalidRequestError, UnavailableError


class MemorySender:
    """Implements ``siss.ports.sender.Sender``. ``sent``: what was sent; ``answers``: statuses to give, 0: none.

    ``refused``: hosts that may not be sent to; ``silent``: hosts that never answer.
    """

    def __init__(self, refused: Collection[str] = (), silent: Collection[str] = ()) -> None:
        self.sent: list[tuple[str, bytes, dict[str, str]]] = []
        self.answers: list[int] = []
        self._refused = refused
        self._silent = silent

    async def check(self, url: str) -> None:
        """Whether it is a URL of a host that may be sent to."""
        self._host(url)

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Remember it."""
        host = self._host(url)
        self.sent.append((url, body, dict(headers)))
        status = 0 if host in self._silent else self.answers.pop(0) if self.answers else 200
        if not status:
            raise UnavailableError("no answer: nobody is there")
        return status

    def _host(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidRequestError("The URL begins with https:// or http:// and a host.", field="url")
        if parts.hostname in self._refused:
            raise ForbiddenError(f"{parts.hostname} may not be sent to.", field="url")
        return parts.hostname
