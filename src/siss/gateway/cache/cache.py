"""The response cache: look a question up, keep its reply, purge, list, count.

Fail-open: whatever goes wrong in here is counted and is a miss; ``lookup`` and ``store`` never raise. One process
has one ``ResponseCache`` on a folder, and uses it from one event loop.
"""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from siss.errors import CacheCorruptError, SissError
from siss.gateway.cache import snapshot
from siss.gateway.cache.counts import Counts
from siss.gateway.cache.eligible import take_apart, why_bypassed
from siss.gateway.cache.embed import Embedder
from siss.gateway.cache.key import build_key
from siss.gateway.cache.memory import MemoryTier
from siss.gateway.cache.rerank import Reranker
from siss.gateway.cache.semantic import Asked, SemanticTier
from siss.gateway.cache.shadow import ShadowReport, build_report
from siss.gateway.cache.snapshot import SnapshotStore
from siss.gateway.cache.storable import why_not_kept
from siss.gateway.cache.store import TOUCH_SECONDS, EntryStore, Removed
from siss.gateway.model.directives import NO_DIRECTIVES, Directives
from siss.gateway.model.entry import Entry, Filter, Listed
from siss.gateway.model.lookup import Hit, Lookup, Miss, Reason, Ticket, Tier
from siss.gateway.model.policy import CachePolicy, SemanticMode
from siss.gateway.model.reply import Reply
from siss.gateway.model.request import Question
from siss.logs import get_logger

T = TypeVar("T")

_log: Final = get_logger("siss.gateway.cache")
_FILE: Final = "cache.db"
_THREADS: Final = 4
_MOST_TASKS: Final = 256
"""Replies whose vectors are still being made; more are kept in the exact tier only."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStats:
    """The cache as it is now. ``problem``: why there is no disk tier; ``semantic_off``: why no semantic tier."""

    entries: int
    bytes: int
    max_bytes: int
    memory_entries: int
    memory_bytes: int
    vectors: int
    partitions: int
    index_bytes: int
    embedder: str
    semantic_off: str
    problem: str
    owners: tuple[tuple[str, str, int], ...]
    lookups: dict[tuple[str, str, str], int]
    stores: dict[str, int]
    faults: dict[str, int]
    prompt_tokens_saved: int
    completion_tokens_saved: int


class ResponseCache:
    """Use as ``async with await ResponseCache.open(options, ...) as cache``, or ``open`` and ``close``."""

    def __init__(self, options: CacheOptions, clock: Callable[[], float] = time.time) -> None:
        self.options: Final = options
        self.counts: Final = Counts()
        self._clock = clock
        self._memory = MemoryTier(options.memory_bytes, clock)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="siss-cache")
        self._store: EntryStore | None = None
        self._semantic: SemanticTier | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writes: set[Future[Any]] = set()
        self._problem = ""
        self._semantic_off = ""

    @classmethod
    async def open(
        cls,
        options: CacheOptions,
        *,
        embedder: Embedder | None = None,
        reranker: Reranker | None = None,
        snapshots: SnapshotStore | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """A cache that is ready. A disk tier that cannot be opened is left out, and ``stats`` says why.

        ``snapshots``: where a folder without a database takes one from.

        Raises ``ConfigError`` where the embedder contradicts its configuration (criterion 18).
        """
        cache = cls(options, clock)
        if snapshots is not None and options.folder is not None:
            await snapshot.hydrate(options.folder / _FILE, snapshots, cache.counts)
        await cache._open_store()
        try:
            await cache._open_semantic(embedder, reranker)
        except BaseException:
            await cache.close()
            raise
        return cache

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def lookup(self, question: Question, policy: CachePolicy, directives: Directives = NO_DIRECTIVES) -> Lookup:
        """A hit, or a miss with its reason; either way with the ticket to ``store`` with. Never raises."""
        try:
            key = build_key(question)
            if reason := why_bypassed(question, policy, directives):
                self.counts.lookup(Tier.EXACT, "bypass", reason)
                return Miss(reason, Ticket(key, storable=False))
        except (TypeError, ValueError) as error:
            self.counts.fault(error, "build a key")
            return Miss(Reason.ERROR, Ticket(os.urandom(32), storable=False))
        ticket = Ticket(key, storable=True)
        if directives.no_cache:
            self.counts.lookup(Tier.EXACT, "miss", Reason.NO_CACHE)
            return Miss(Reason.NO_CACHE, ticket)
        found = self._judge(await self._exact(key), ticket, policy, directives)
        self.counts.lookup(
            Tier.EXACT,
            "miss" if isinstance(found, Miss) else "stale" if found.stale else "hit",
            found.reason if isinstance(found, Miss) else Reason.NONE,
        )
        if isinstance(found, Miss) and (asked := self._prepare(question, policy)) is not None:
            found = await self._ask_semantic(asked, found, policy, directives)
        if isinstance(found, Hit):
            self.counts.prompt_tokens_saved += found.reply.prompt_tokens
            self.counts.completion_tokens_saved += found.reply.completion_tokens
        return found

    async def store(self, question: Question, reply: Reply, ticket: Ticket, policy: CachePolicy) -> Reason:
        """Keep a whole reply; why it is not kept, or ``Reason.NONE``. Returns before it is on disk. Never raises.

        ``question``: as it was looked up, or ``answered_by`` the model that really answered.
        """
        try:
            reason = self._keep(question, reply, ticket, policy)
        except Exception as error:  # noqa: BLE001  fail-open: no reply is lost over its cache
            self.counts.fault(error, "keep a reply")
            reason = Reason.ERROR
        self.counts.stores[reason.value] += 1
        return reason

    async def purge(self, which: Filter) -> int:
        """Delete entries, from memory too; how many. Raises the cache's errors: a purge must not fail in silence."""
        await self._settle_tasks()
        dropped = self._memory.purge(which)
        if self._store is None:
            return dropped
        removed = await asyncio.wrap_future(self._store.purge(which))
        self._forget(removed)
        return len(removed.ids)

    async def list_entries(self, which: Filter, *, before: int | None = None, limit: int = 100) -> list[Listed]:
        """Entries on disk, newest first; ``before`` is the last id of the page before. Raises the cache's errors."""
        store = self._store
        return [] if store is None else await self._in_thread(lambda: store.list_entries(which, before, limit))

    async def stats(self) -> CacheStats:
        """What there is and what was done."""
        store = self._store
        entries, size = (0, 0) if store is None else store.totals
        memory_entries, memory_bytes = self._memory.totals
        vectors, partitions, index_bytes = (0, 0, 0) if self._semantic is None else self._semantic.index.totals
        counts = self.counts
        return CacheStats(
            entries=entries,
            bytes=size,
            max_bytes=self.options.disk_bytes,
            memory_entries=memory_entries,
            memory_bytes=memory_bytes,
            vectors=vectors,
            partitions=partitions,
            index_bytes=index_bytes,
            embedder="" if self._semantic is None else self._semantic.namespace.model,
            semantic_off=self._semantic_off,
            problem=self._problem,
            owners=() if store is None else tuple(await self._in_thread(store.owners)),
            lookups=dict(counts.lookups),
            stores=dict(counts.stores),
            faults=dict(counts.faults),
            prompt_tokens_saved=counts.prompt_tokens_saved,
            completion_tokens_saved=counts.completion_tokens_saved,
        )

    async def shadow_report(self, route: str | None = None) -> ShadowReport:
        """What the semantic tier would have served, by threshold, with the pairs that it would have confused."""
        store = self._store
        rows = [] if store is None else await self._in_thread(lambda: store.fetch("comparisons", {"route": route}))
        return build_report(rows)

    async def sweep(self) -> int:
        """Delete what has ended; to be called now and then (once a minute). How many went. Never raises."""
        if self._store is None:
            return 0
        try:
            removed = await asyncio.wrap_future(self._store.sweep())
        except SissError as error:
            self.counts.fault(error, "sweep")
            return 0
        self._forget(removed)
        return len(removed.ids)

    async def flush(self) -> None:
        """Wait until all replies that were given to ``store`` are on disk and findable. Never raises."""
        await self._settle_tasks()
        waiting = [asyncio.wrap_future(write) for write in self._writes]
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0)  # what the writes told the loop to do comes first

    async def save_snapshot(self, target: SnapshotStore) -> bool:
        """Put a consistent copy of the disk tier into a folder or object store; False, and a warning, if not."""
        if self._store is None:
            return False
        await self.flush()
        return await snapshot.save(self._store, target, self.counts)

    async def close(self) -> None:
        """Write what waits, and close. May be called twice."""
        await self.flush()
        store, self._store = self._store, None
        self._semantic = None
        if store is not None:
            await asyncio.to_thread(store.close)
        self._threads.shutdown(wait=False)

    async def _open_store(self) -> None:
        folder = self.options.folder
        if folder is None:
            self._semantic_off = "the cache has no folder"
            return
        path = folder / _FILE
        try:
            try:
                self._store = await self._in_thread(lambda: self._make_store(path))
            except CacheCorruptError as error:
                aside = snapshot.move_aside(path)
                _log.warning("cache set aside: it does not read back", error=error.message, aside=str(aside))
                self.counts.fault(error, "open the cache")
                self._store = await self._in_thread(lambda: self._make_store(path))
        except SissError as error:
            self.counts.fault(error, "open the cache")
            self._problem = f"{error.kind.code}: {error.message}"
            self._semantic_off = "the disk tier cannot be opened"

    def _make_store(self, path: Path) -> EntryStore:
        snapshot.make_folder(path.parent)
        return EntryStore(path, max_bytes=self.options.disk_bytes, clock=self._clock)

    async def _open_semantic(self, embedder: Embedder | None, reranker: Reranker | None) -> None:
        if self._store is None:
            return
        if embedder is None:
            self._semantic_off = "no embedder: configure an embedding host, or install the local one"
            return
        try:
            self._semantic = await SemanticTier.open(
                self._store,
                embedder,
                reranker,
                self.counts,
                self._threads,
                most_loads=self.options.most_loads,
                timeout=self.options.embed_timeout,
            )
        except SissError as error:
            if error.kind.exit_code == 2:  # a contradiction in the configuration: never served over
                raise
            self.counts.fault(error, "probe the embedder")
            self._semantic_off = f"{error.kind.code}: {error.message}"

    def _prepare(self, question: Question, policy: CachePolicy, known: Asked | None = None) -> Asked | None:
        """The question as the semantic tier takes it; None where it does not."""
        if self._semantic is None or (template := take_apart(question, policy)) is None:
            return None
        return self._semantic.prepare(question, template, known)

    async def _exact(self, key: bytes) -> Entry | None:
        entry = self._memory.get(key)
        store = self._store
        if entry is None and store is not None:
            try:
                found = await self._in_thread(lambda: store.get(key))
            except SissError as error:
                self.counts.fault(error, "read an entry")
                if isinstance(error, CacheCorruptError):
                    self._after(store.delete(key), self._forget)
                return None
            if found is not None:
                entry = found[1]
                self._memory.put(entry)
                if self._clock() - entry.used > TOUCH_SECONDS:
                    self._after(store.touch(key), lambda _: None)
        return entry

    def _judge(self, entry: Entry | None, ticket: Ticket, policy: CachePolicy, directives: Directives) -> Lookup:
        """What an entry is worth now: fresh, stale but served, kept for a failure of the host, or nothing."""
        if entry is None:
            return Miss(Reason.ABSENT, ticket)
        age = max(0.0, self._clock() - entry.created)
        if directives.max_age is not None and age > directives.max_age:
            return Miss(Reason.MAX_AGE, ticket)
        ttl = policy.ttl if entry.reply.status == 200 else policy.negative_ttl
        if age <= ttl:
            return Hit(Tier.EXACT, entry.reply, age, ticket)
        if entry.reply.status != 200:
            return Miss(Reason.EXPIRED, ticket)
        stale = Hit(Tier.EXACT, entry.reply, age, ticket, stale=True)
        if age <= ttl + policy.stale_while_revalidate:
            return stale
        return Miss(Reason.EXPIRED, ticket, stale if age <= ttl + policy.stale_if_error else None)

    async def _ask_semantic(self, asked: Asked, exact: Miss, policy: CachePolicy, directives: Directives) -> Lookup:
        semantic = self._semantic
        assert semantic is not None
        missed = replace(exact, ticket=replace(exact.ticket, semantic=asked))
        now = self._clock()
        most_age = policy.ttl if directives.max_age is None else min(policy.ttl, directives.max_age)
        try:
            answer = await semantic.find(asked, policy, now - most_age)
        except Exception as error:  # noqa: BLE001  fail-open: the host is asked instead
            self.counts.fault(error, "look up by meaning")
            self.counts.lookup(Tier.SEMANTIC, "miss", Reason.ERROR)
            return missed
        if policy.semantic is SemanticMode.SHADOW:
            self.counts.lookup(Tier.SEMANTIC, "shadow", answer.reason)
            return Miss(Reason.SHADOW, missed.ticket, missed.stale)
        self.counts.lookup(Tier.SEMANTIC, "miss" if answer.entry is None else "hit", answer.reason)
        if answer.entry is None:
            return Miss(answer.reason, missed.ticket, missed.stale)
        return Hit(
            Tier.SEMANTIC,
            answer.entry.reply,
            max(0.0, now - answer.entry.created),
            missed.ticket,
            similarity=answer.similarity,
        )

    def _keep(self, question: Question, reply: Reply, ticket: Ticket, policy: CachePolicy) -> Reason:
        if not ticket.storable:
            return Reason.NOT_KEPT
        if reason := why_not_kept(question, reply, policy):
            return reason
        asked: Asked | None = ticket.semantic
        if asked is None or asked.question is not question:
            asked = self._prepare(question, policy, asked)
        now = self._clock()
        entry = Entry(
            key=build_key(question),  # not the ticket's: another model may have answered
            tenant=question.tenant,
            model=question.model_name,
            route=question.route,
            created=now,
            keep_until=now + (policy.keeps_for if reply.status == 200 else policy.negative_ttl),
            reply=reply,
            tags=(*policy.tags, *question.tags),
            used=now,
        )
        self._memory.put(entry)
        if self._store is None:
            return Reason.NONE
        if asked is None or self._semantic is None or reply.status != 200 or len(self._tasks) >= _MOST_TASKS:
            self._after(self._store.put(entry), lambda written: self._forget(written.removed))
        else:
            self._in_background(self._keep_with_vector(self._store, self._semantic, entry, asked, policy))
        return Reason.NONE

    async def _keep_with_vector(
        self, store: EntryStore, semantic: SemanticTier, entry: Entry, asked: Asked, policy: CachePolicy
    ) -> None:
        embedded = None
        try:
            embedded = await semantic.embed_for_store(asked, entry.reply)
            if policy.semantic is SemanticMode.SHADOW:
                await semantic.compare(asked, entry, policy)
        except Exception as error:  # noqa: BLE001  fail-open: the exact tier keeps the reply all the same
            self.counts.fault(error, "embed a question")
        try:
            written = await asyncio.wrap_future(store.put(entry, embedded))
        except SissError as error:
            self.counts.fault(error, "write an entry")
            return
        self._forget(written.removed)
        if embedded is not None and written.id not in written.removed.ids:
            semantic.index.add(embedded.partition, written.id, embedded.code)

    def _forget(self, removed: Removed) -> None:
        for key in removed.keys:
            self._memory.drop(key)
        if self._semantic is not None:
            for entry in removed.ids:
                self._semantic.index.remove(entry)

    def _after(self, write: "Future[T]", then: Callable[[T], None]) -> None:
        """Do something in the loop when a write is done; a write that failed is counted."""
        loop = asyncio.get_running_loop()
        self._writes.add(write)

        def finish() -> None:
            self._writes.discard(write)
            if (error := write.exception()) is not None:
                self.counts.fault(error, "write")
            else:
                then(write.result())

        def tell(_: "Future[T]") -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(finish)

        write.add_done_callback(tell)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle_tasks(self) -> None:
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
