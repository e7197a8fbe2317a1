"""The tiers of the response cache: which of them are open, and how an entry gets into them and out again.

Memory lies over the disk tier, and the index of vectors over what the disk tier has: an entry that leaves the disk
leaves both. One event loop uses them.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from siss.errors import CacheCorruptError, ConfigError, SissError
from siss.gateway.cache import snapshot
from siss.gateway.cache.counts import Counts
from siss.gateway.cache.embed import Embedder
from siss.gateway.cache.memory import MemoryTier
from siss.gateway.cache.pending import Pending
from siss.gateway.cache.rerank import Reranker
from siss.gateway.cache.semantic import SemanticTier
from siss.gateway.cache.store import TOUCH_SECONDS, Embedded, EntryStore, Removed, Written
from siss.gateway.model.entry import Entry, Filter
from siss.logs import get_logger

T = TypeVar("T")

FILE: Final = "cache.db"
_THREADS: Final = 4

_log: Final = get_logger("siss.gateway.cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheOptions:
    """``folder``: where the database lies; None: memory only, without a semantic tier. Sizes are bytes.

    ``most_loads``: how many reads of stored vectors run at once (criterion 7). ``embed_timeout``: seconds to wait for
    a vector or a reranker before it is a miss.
    """

    folder: Path | None
    memory_bytes: int = 64 << 20
    disk_bytes: int = 1 << 30
    most_loads: int = 4
    embed_timeout: float = 2.0


class Tiers:
    """``memory`` is always there; ``store`` (the disk tier) and ``semantic`` are None while they are not open.

    ``problem``: why there is no disk tier, ``semantic_off``: why there is no semantic tier; else empty.
    """

    def __init__(
        self,
        options: CacheOptions,
        counts: Counts,
        clock: Callable[[], float] = time.time,
        *,
        embedder: Embedder | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self.memory = MemoryTier(options.memory_bytes, clock)
        self.store: EntryStore | None = None
        self.semantic: SemanticTier | None = None
        self.problem = ""
        self.semantic_off = ""
        self.pending = Pending(counts)
        self._options = options
        self._counts = counts
        self._clock = clock
        self._embedder = embedder
        self._reranker = reranker
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="siss-cache")
        self._purges = 0

    async def open_disk(self) -> None:
        """Open the disk tier. Never raises. A database that does not read back is set aside for a new one."""
        folder = self._options.folder
        if folder is None:
            self.semantic_off = "the cache has no folder"
            return
        path = folder / FILE
        try:
            try:
                self.store = await self.in_thread(lambda: self._make_store(path))
            except CacheCorruptError as error:
                aside = snapshot.move_aside(path)
                _log.warning("cache set aside: it does not read back", error=error.message, aside=str(aside))
                self._counts.fault(error, "open the cache")
                self.store = await self.in_thread(lambda: self._make_store(path))
        except SissError as error:
            self._counts.fault(error, "open the cache")
            self.problem = f"{error.kind.code}: {error.message}"
            self.semantic_off = "the disk tier cannot be opened"

    async def open_semantic(self) -> None:
        """Open the semantic tier over the disk tier, where there is an embedder and it answers.

        Raises ``ConfigError`` where the embedder contradicts its configuration (criterion 18).
        """
        if self.store is None:
            return
        if self._embedder is None:
            self.semantic_off = "no embedder: configure an embedding host, or install the local one"
            return
        try:
            self.semantic = await SemanticTier.open(
                self.store,
                self._embedder,
                self._reranker,
                self._counts,
                self._threads,
                most_loads=self._options.most_loads,
                timeout=self._options.embed_timeout,
            )
        except ConfigError:  # a contradiction: never served over
            raise
        except Exception as error:  # noqa: BLE001  whatever an embedder raises: the exact tier works without it
            self._counts.fault(error, "probe the embedder")
            said = f"{error.kind.code}: {error.message}" if isinstance(error, SissError) else repr(error)
            self.semantic_off = f"the embedder does not answer yet, and is asked again each minute ({said})"
        else:
            self.semantic_off = ""

    async def ask_embedder_again(self) -> None:
        """Open the semantic tier if it is not open because its embedder did not answer. Never raises."""
        if self.semantic is not None or self._embedder is None:
            return
        try:
            await self.open_semantic()
        except ConfigError as error:
            self._counts.fault(error, "probe the embedder")
            self._embedder, self.semantic_off = None, f"{error.kind.code}: {error.message}"

    async def get(self, key: bytes) -> Entry | None:
        """The entry of a key, from memory or else from disk; its use is noted. Never raises."""
        entry = self.memory.get(key)
        store = self.store
        if store is None:
            return entry
        if entry is None:
            if not store.may_have(key):
                return None
            purges = self._purges
            try:
                found = await self.in_thread(lambda: store.get(key))
            except SissError as error:
                self._counts.fault(error, "read an entry")
                if isinstance(error, CacheCorruptError):
                    self.pending.after(store.delete(key), self._forget)
                return None
            if found is None:
                return None
            if (newer := self.memory.get(key)) is not None:  # kept while the old one was being read
                entry = newer
            else:
                entry = found[1]
                if purges == self._purges:  # or it may be one of those that went meanwhile
                    self.memory.put(entry)
        if (now := self._clock()) - entry.used > TOUCH_SECONDS:
            if self.memory.get(key) is entry:
                self.memory.put(replace(entry, used=now))
            self.pending.after(store.touch(key), lambda _: None)
        return entry

    def write(self, entry: Entry, embedded: Embedded | None) -> None:
        """Begin to put an entry on disk, with its vector if it has one.

        The vectors' index and memory follow each write in the order of the writes.
        """
        store = self.store
        if store is None:
            return

        def follow(written: Written) -> None:
            if self.semantic is not None:
                self.semantic.index.remove(written.id)  # the entry that was replaced may have had a vector
                if embedded is not None:
                    self.semantic.index.add(embedded.partition, written.id, embedded.code)
            self._forget(written.removed)

        self.pending.after(store.put(entry, embedded), follow)

    def _forget(self, removed: Removed) -> None:
        for key in removed.keys:
            self.memory.drop(key)
        if self.semantic is not None:
            for entry in removed.ids:
                self.semantic.index.remove(entry)

    async def purge(self, which: Filter) -> int:
        """Delete entries from all tiers; how many. Raises the cache's errors."""
        await self.pending.settle_tasks()
        self._purges += 1
        dropped = self.memory.purge(which)
        if self.store is None:
            return dropped
        removed = await asyncio.wrap_future(self.store.purge(which))
        self._purges += 1
        self._forget(removed)
        return len(removed.ids)

    async def sweep(self) -> int:
        """Delete what has ended; how many entries. Never raises."""
        if self.store is None:
            return 0
        try:
            removed = await asyncio.wrap_future(self.store.sweep())
        except SissError as error:
            self._counts.fault(error, "sweep")
            return 0
        self._forget(removed)
        return len(removed.ids)

    async def close(self) -> None:
        """Write what waits, and close. May be called twice."""
        await self.pending.settle()
        store, self.store = self.store, None
        self.semantic = None
        await asyncio.to_thread(self._threads.shutdown)  # no reader is closed while a thread reads with it
        if store is not None:
            await asyncio.to_thread(store.close)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Read from disk in a thread of the cache's own."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _make_store(self, path: Path) -> EntryStore:
        snapshot.make_folder(path.parent)
        return EntryStore(path, max_bytes=self._options.disk_bytes, clock=self._clock)
