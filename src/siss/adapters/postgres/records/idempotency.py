"""Answers to requests that may be sent again, in PostgreSQL."""

from typing import Final

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.statements import load_statements
from siss.errors import ConflictError, KeyReuseError
from siss.ports.idempotency import KeptAnswer

SQL: Final = load_statements("idempotency")
LEASE_SECONDS: Final = 60.0
"""How long a claim holds that nobody finishes."""


class PostgresIdempotency:
    """Implements ``siss.ports.idempotency.Idempotency``."""

    def __init__(self, database: Database, lease: float = LEASE_SECONDS) -> None:
        self._database = database
        self._lease = lease

    async def begin(self, subject: str, key: str, fingerprint: bytes) -> KeptAnswer | None:
        """Claim a key for a request; the answer that it had before."""
        owned = {"subject": subject, "key": key}
        values = {**owned, "fingerprint": fingerprint, "lease": self._lease}
        while await self._database.row(SQL["claim"], values) is None:
            row = await self._database.row(SQL["look"], owned)
            if row is None:
                continue  # it was let go of in between
            if row[0] != fingerprint:
                raise KeyReuseError("This Idempotency-Key was sent with another request: take a new one.")
            if row[2] is None:
                raise ConflictError("The request with this Idempotency-Key is being worked on.", retry_after=1)
            return KeptAnswer(row[1], row[2])
        return None

    async def finish(self, subject: str, key: str, answer: KeptAnswer) -> None:
        """Keep the answer."""
        values = {"subject": subject, "key": key, "status": answer.status, "answer": answer.body}
        await self._database.execute(SQL["finish"], values)

    async def abandon(self, subject: str, key: str) -> None:
        """Let go of a claim."""
        await self._database.execute(SQL["abandon"], {"subject": subject, "key": key})

    async def forget(self, older_than: float) -> int:
        """Delete what was claimed longer ago."""
        return await self._database.execute(SQL["forget"], {"seconds": older_than})
