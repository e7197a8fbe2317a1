"""The response cache: look a question up, keep its reply, purge, list, count.

Fail-open: whatever goes wrong in here is counted and is a miss; ``lookup`` and ``store`` never raise. One process
has one ``ResponseCache`` on a folder, and uses it from one event loop.
"""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self, TypeVar

from siss.errors import CacheCorruptError, ConfigError, SissError
from siss.gateway.cache import snapshot
from siss.gateway.cache.counts import Counts
from siss.gateway.cache.eligible import take_apart, why_bypassed
from siss.gateway.cache.embed import Embedder
from siss.gateway.cache.freshness import judge_entry, oldest_allowed
from siss.gateway.cache.key import build_key
from siss.gateway.cache.memory import MemoryTier
from siss.gateway.cache.pending import Pending
from siss.gateway.cache.rerank import Reranker
from siss.gateway.cache.semantic import Asked, SemanticTier
from siss.gateway.cache.shadow import ShadowReport, build_report
from siss.gateway.cache.snapshot import SnapshotStore
from siss.gateway.cache.stats import CacheStats
from siss.gateway.cache.storable import why_not_kept
from siss.gateway.cache.store import TOUCH_SECONDS, Embedded, EntryStore, Removed, Written
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
        self._pending = Pending(self.counts)
        self._newest: dict[bytes, Entry] = {}
        self._purges = 0
        self._purging: set[asyncio.Task[int]] = set()
        self._embedder: Embedder | None = None
        self._reranker: Reranker | None = None
        self._snapshots = asyncio.Lock()
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
        cache._embedder, cache._reranker = embedder, reranker
        try:
            await cache._open_semantic()
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
            found = await self._look_up(question, Ticket(key, storable=True), policy, directives)
        except Exception as error:  # noqa: BLE001  fail-open: the host is asked instead
            self.counts.fault(error, "look a question up")
            self.counts.lookup(Tier.EXACT, "miss", Reason.ERROR)
            return Miss(Reason.ERROR, Ticket(os.urandom(32), storable=False))
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
        """Delete entries, from memory too; how many. Raises the cache's errors: a purge must not fail in silence.

        Done to its end even where whoever asked has gone: half a purge would leave its answers in memory.
        """
        task = asyncio.get_running_loop().create_task(self._purge(which))
        self._purging.add(task)
        task.add_done_callback(self._purging.discard)
        return await asyncio.shield(task)

    async def _purge(self, which: Filter) -> int:
        await self._pending.settle_tasks()
        self._purges += 1
        dropped = self._memory.purge(which)
        if self._store is None:
            return dropped
        removed = await asyncio.wrap_future(self._store.purge(which))
        self._purges += 1
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
            refusals=dict(counts.refusals),
            dropped_scores=counts.dropped_scores,
            prompt_tokens_saved=counts.prompt_tokens_saved,
            completion_tokens_saved=counts.completion_tokens_saved,
        )

    async def shadow_report(self, route: str | None = None) -> ShadowReport:
        """What the semantic tier would have served, by threshold, with the pairs that it would have confused."""
        store = self._store
        if store is None:
            return build_report(())
        return await self._in_thread(lambda: build_report(store.fetch("comparisons", {"route": route})))

    async def sweep(self) -> int:
        """Delete what has ended, and ask an embedder again that did not answer; to be called once a minute.

        How many entries went. Never raises.
        """
        if self._store is None:
            return 0
        if self._semantic is None and self._embedder is not None:
            try:
                await self._open_semantic()
            except ConfigError as error:
                self.counts.fault(error, "probe the embedder")
                self._embedder, self._semantic_off = None, f"{error.kind.code}: {error.message}"
        try:
            removed = await asyncio.wrap_future(self._store.sweep())
        except SissError as error:
            self.counts.fault(error, "sweep")
            return 0
        self._forget(removed)
        return len(removed.ids)

    async def flush(self) -> None:
        """Wait until all replies that were given to ``store`` are on disk and findable. Never raises."""
        await self._pending.settle()

    async def save_snapshot(self, target: SnapshotStore) -> bool:
        """Put a consistent copy of the disk tier into a folder or object store; False, and a warning, if not."""
        async with self._snapshots:
            if self._store is None:
                return False
            await self.flush()
            return await snapshot.save(self._store, target, self.counts)

    async def close(self) -> None:
        """Write what waits, and close. May be called twice."""
        await asyncio.gather(*self._purging, return_exceptions=True)
        await self.flush()
        store, self._store = self._store, None
        self._semantic = None
        await asyncio.to_thread(self._threads.shutdown)  # no reader is closed while a thread reads with it
        if store is not None:
            await asyncio.to_thread(store.close)

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

    async def _open_semantic(self) -> None:
        if self._store is None:
            return
        if self._embedder is None:
            self._semantic_off = "no embedder: configure an embedding host, or install the local one"
            return
        try:
            self._semantic = await SemanticTier.open(
                self._store,
                self._embedder,
                self._reranker,
                self.counts,
                self._threads,
                most_loads=self.options.most_loads,
                timeout=self.options.embed_timeout,
            )
        except ConfigError:  # a contradiction: never served over
            raise
        except Exception as error:  # noqa: BLE001  whatever an embedder raises: the exact tier works without it
            self.counts.fault(error, "probe the embedder")
            said = f"{error.kind.code}: {error.message}" if isinstance(error, SissError) else repr(error)
            self._semantic_off = f"the embedder does not answer yet, and is asked again each minute ({said})"
        else:
            self._semantic_off = ""

    async def _look_up(
        self, question: Question, ticket: Ticket, policy: CachePolicy, directives: Directives
    ) -> Lookup:
        if directives.no_cache:
            self.counts.lookup(Tier.EXACT, "miss", Reason.NO_CACHE)
            return Miss(Reason.NO_CACHE, ticket)
        found = judge_entry(await self._exact(ticket.key), self._clock(), ticket, policy, directives)
        if isinstance(found, Hit):
            self.counts.lookup(Tier.EXACT, "stale" if found.stale else "hit")
            return found
        self.counts.lookup(Tier.EXACT, "miss", found.reason)
        asked = self._prepare(question, policy)
        if asked is not None:
            return await self._ask_semantic(asked, found, policy, directives)
        if policy.semantic is not SemanticMode.OFF:
            why = Reason.NO_EMBEDDER if self._semantic is None else Reason.INELIGIBLE
            self.counts.lookup(Tier.SEMANTIC, "miss", why)
        return found

    def _prepare(self, question: Question, policy: CachePolicy, known: Asked | None = None) -> Asked | None:
        """The question as the semantic tier takes it; None where it does not."""
        if self._semantic is None or (template := take_apart(question, policy)) is None:
            return None
        return self._semantic.prepare(question, template, known)

    async def _exact(self, key: bytes) -> Entry | None:
        entry = self._memory.get(key)
        store = self._store
        if store is None:
            return entry
        if entry is None:
            if not store.may_have(key):
                return None
            purges = self._purges
            try:
                found = await self._in_thread(lambda: store.get(key))
            except SissError as error:
                self.counts.fault(error, "read an entry")
                if isinstance(error, CacheCorruptError):
                    self._pending.after(store.delete(key), self._forget)
                return None
            if found is None:
                return None
            if (newer := self._memory.get(key)) is not None:  # kept while the old one was being read
                entry = newer
            else:
                entry = found[1]
                if purges == self._purges:  # or it may be one of those that went meanwhile
                    self._memory.put(entry)
        if (now := self._clock()) - entry.used > TOUCH_SECONDS:
            if self._memory.get(key) is entry:
                self._memory.put(replace(entry, used=now))
            self._pending.after(store.touch(key), lambda _: None)
        return entry

    async def _ask_semantic(self, asked: Asked, exact: Miss, policy: CachePolicy, directives: Directives) -> Lookup:
        semantic = self._semantic
        assert semantic is not None
        missed = replace(exact, ticket=replace(exact.ticket, semantic=asked))
        now = self._clock()
        try:
            answer = await semantic.find(asked, policy, oldest_allowed(now, policy, directives))
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
        if asked is None or asked.question != question:
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
        if asked is None or self._semantic is None or reply.status != 200 or self._pending.tasks >= _MOST_TASKS:
            self._newest.pop(entry.key, None)
            self._write(self._store, entry, None)
        else:
            self._newest[entry.key] = entry
            self._pending.start(self._keep_with_vector(self._store, self._semantic, entry, asked, policy))
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
        if self._newest.get(entry.key) is entry:  # or a newer reply to the question was faster
            del self._newest[entry.key]
            self._write(store, entry, embedded)

    def _write(self, store: EntryStore, entry: Entry, embedded: Embedded | None) -> None:
        """Index and memory follow each write in the order of the writes."""

        def follow(written: Written) -> None:
            if self._semantic is not None:
                self._semantic.index.remove(written.id)  # the entry that was replaced may have had a vector
                if embedded is not None:
                    self._semantic.index.add(embedded.partition, written.id, embedded.code)
            self._forget(written.removed)

        self._pending.after(store.put(entry, embedded), follow)

    def _forget(self, removed: Removed) -> None:
        for key in removed.keys:
            self._memory.drop(key)
        if self._semantic is not None:
            for entry in removed.ids:
                self._semantic.index.remove(entry)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
