"""The memory tier: the replies that were asked for last, under a byte cap, each with its own end."""

import time
from collections.abc import Callable

from cachetools import TLRUCache

from siss.gateway.model.entry import Entry, Filter

_OVERHEAD = 700
"""Bytes of the objects around a reply's data, as measured with tracemalloc."""


class MemoryTier:
    """Entries by key. For one thread. ``clock``: seconds since 1970, as the entries' times."""

    def __init__(self, max_bytes: int, clock: Callable[[], float] = time.time) -> None:
        self._entries: TLRUCache[bytes, Entry] = TLRUCache(
            maxsize=max_bytes,
            ttu=lambda _key, entry, _now: entry.keep_until,
            timer=clock,
            getsizeof=lambda entry: len(entry.reply.data) + _OVERHEAD,
        )

    def get(self, key: bytes) -> Entry | None:
        """The entry of a key, where it has not ended."""
        return self._entries.get(key)

    def put(self, entry: Entry) -> None:
        """Keep an entry in place of the one before, which goes even where this one has ended or is too large."""
        self.drop(entry.key)
        try:
            self._entries[entry.key] = entry
        except ValueError:  # cachetools: larger than the whole tier
            return

    def drop(self, key: bytes) -> None:
        """Forget the entry of a key."""
        self._entries.pop(key, None)

    def purge(self, which: Filter) -> int:
        """Forget the entries that a filter names; how many."""
        keys = [key for key, entry in self._entries.items() if which.names(entry)]
        for key in keys:
            self.drop(key)
        return len(keys)

    @property
    def totals(self) -> tuple[int, int]:
        """Entries, and the bytes that they take."""
        return len(self._entries), int(self._entries.currsize)
