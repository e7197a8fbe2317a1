"""The cache in an unlogged table: shared by the processes of one state folder, emptied by a crash."""

import hashlib
import time
from typing import Final

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.statements import load_statements
from siss.errors import SissError
from siss.logs import get_logger

SQL: Final = load_statements("cache")
_SWEEP_SECONDS: Final = 60.0

_logger = get_logger(__name__)


class PostgresCache:
    """Implements ``siss.ports.cache.Cache``. Values that are too old are deleted while others are put."""

    def __init__(self, database: Database, *, sweep_seconds: float = _SWEEP_SECONDS) -> None:
        self._database = database
        self._sweep_seconds = sweep_seconds
        self._swept_at = time.monotonic()

    async def get(self, key: str) -> bytes | None:
        """The value, None where there is none, it is too old, or the database does not answer."""
        try:
            row = await self._database.row(SQL["get"], {"key": _hash(key)})
        except SissError as error:
            _logger.warning("the cache cannot be read", error=error.message)
            return None
        return None if row is None else bytes(row[0])

    async def put(self, key: str, value: bytes, ttl_seconds: float) -> None:
        """Set a value for a time."""
        try:
            await self._database.execute(SQL["put"], {"key": _hash(key), "value": value, "ttl": ttl_seconds})
            if time.monotonic() - self._swept_at >= self._sweep_seconds:
                self._swept_at = time.monotonic()
                await self._database.execute(SQL["sweep"])
        except SissError as error:
            _logger.warning("the cache cannot be written", error=error.message)

    async def delete(self, key: str) -> None:
        """Forget a value."""
        try:
            await self._database.execute(SQL["delete"], {"key": _hash(key)})
        except SissError as error:
            _logger.warning("the cache cannot be written", error=error.message)


def _hash(key: str) -> bytes:
    # Keys may hold whole queries: any length, any character.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
