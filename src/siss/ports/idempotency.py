"""What was answered to requests that may be sent again (draft-ietf-httpapi-idempotency-key-header)."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was given: HTTP status and body."""

    status: int
    body: bytes


class Idempotency(Protocol):
    """Raises ``DatabaseUnavailableError``. A key belongs to who sent it (``subject``)."""

    async def begin(self, subject: str, key: str, fingerprint: bytes) -> KeptAnswer | None:
        """Claim a key for a request; the answer that it had before, None where it is to be done now.

        ``fingerprint``: what tells requests apart. Raises ``KeyReuseError`` for another request with that key,
        ``ConflictError`` while the same is being worked on. A claim of a process that died ends after a while.
        """
        ...

    async def finish(self, subject: str, key: str, answer: KeptAnswer) -> None:
        """Keep the answer."""
        ...

    async def abandon(self, subject: str, key: str) -> None:
        """Let go of a claim: the request failed, and may be sent again."""
        ...

    async def forget(self, older_than: float) -> int:
        """Delete what was claimed longer ago (seconds)."""
        ...
