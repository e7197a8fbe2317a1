"""Ranked lists that later pages are read from, in the cache, where each is kept for ten minutes."""

import hashlib
from typing import Final

from siss.errors import CorruptError
from siss.ports.cache import Cache
from siss.search.frozen import FrozenList, pack, unpack

FROZEN_SECONDS: Final = 600.0


class FrozenLists:
    """The lists of one question. ``fingerprint``: of the question, as cursors carry it."""

    def __init__(self, cache: Cache, fingerprint: bytes) -> None:
        self._cache = cache
        self._fingerprint = fingerprint

    async def find(self, key: bytes) -> FrozenList | None:
        """The list that a key names; None where it is no longer kept, or is of another question."""
        if (packed := await self._cache.get(f"search:{key.hex()}")) is None:
            return None
        try:
            found = unpack(packed)
        except CorruptError:
            return None
        return found if found.fingerprint == self._fingerprint else None

    async def find_behind(self, cursor: str) -> FrozenList | None:
        """The list that was kept behind a first page's cursor."""
        key = await self._cache.get(_pointer(cursor))
        return None if key is None else await self.find(key)

    async def keep(self, frozen: FrozenList, cursor: str) -> None:
        """Keep a list, which the cursor of its first page then leads to."""
        await self._cache.put(f"search:{frozen.key.hex()}", pack(frozen), FROZEN_SECONDS)
        await self._cache.put(_pointer(cursor), frozen.key, FROZEN_SECONDS)


def _pointer(cursor: str) -> str:
    return f"search:{hashlib.blake2b(cursor.encode(), digest_size=16).hexdigest()}"
