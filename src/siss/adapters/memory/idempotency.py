"""Answers to requests that may be sent again, in the process, for tests."""

import time

from siss.errors import ConflictError, KeyReuseError
from siss.ports.idempotency import KeptAnswer


class MemoryIdempotency:
    """Implements ``siss.ports.idempotency.Idempotency``."""

    def __init__(self, lease: float = 60.0) -> None:
        self._lease = lease
        self._claims: dict[tuple[str, str], tuple[bytes, float, KeptAnswer | None]] = {}

    async def begin(self, subject: str, key: str, fingerprint: bytes) -> KeptAnswer | None:
        """Claim a key for a request; the answer that it had before."""
        claim = self._claims.get((subject, key))
        if claim is not None and claim[0] != fingerprint:
            raise KeyReuseError("This Idempotency-Key was sent with another request: take a new one.")
        if claim is not None and claim[2] is not None:
            return claim[2]
        if claim is not None and time.monotonic() - claim[1] <= self._lease:
            raise ConflictError("The request with this Idempotency-Key is being worked on.", retry_after=1)
        self._claims[subject, key] = fingerprint, time.monotonic(), None
        return None

    async def finish(self, subject: str, key: str, answer: KeptAnswer) -> None:
        """Keep the answer."""
        fingerprint, at, _ = self._claims[subject, key]
        self._claims[subject, key] = fingerprint, at, answer

    async def abandon(self, subject: str, key: str) -> None:
        """Let go of a claim."""
        if (claim := self._claims.get((subject, key))) is not None and claim[2] is None:
            del self._claims[subject, key]

    async def forget(self, older_than: float) -> int:
        """Delete what was claimed longer ago."""
        old = [key for key, claim in self._claims.items() if time.monotonic() - claim[1] > older_than]
        for key in old:
            del self._claims[key]
        return len(old)
