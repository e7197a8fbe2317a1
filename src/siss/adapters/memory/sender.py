"""Sending to nobody, for tests."""

from collections.abc import Mapping

from siss.errors import UnavailableError


class MemorySender:
    """Implements ``siss.ports.sender.Sender``. ``sent``: what was sent; ``answers``: statuses to give, 0: none."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, dict[str, str]]] = []
        self.answers: list[int] = []

    async def check(self, url: str) -> None:
        """Everything is allowed."""

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Remember it."""
        self.sent.append((url, body, dict(headers)))
        status = self.answers.pop(0) if self.answers else 200
        if not status:
            raise UnavailableError("no answer: nobody is there")
        return status
