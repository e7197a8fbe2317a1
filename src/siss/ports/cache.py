"""The cache port: values that may vanish at any time and that live no longer than they should."""

from typing import Protocol


class Cache(Protocol):
    """Fail-open: a cache that is broken behaves like an empty one, and says so in the log."""

    async def get(self, key: str) -> bytes | None:
        """The value, or None where there is none or it is too old."""
        ...

    async def put(self, key: str, value: bytes, ttl_seconds: float) -> None:
        """Set a value for a time."""
        ...

    async def delete(self, key: str) -> None:
        """Forget a value."""
        ...
