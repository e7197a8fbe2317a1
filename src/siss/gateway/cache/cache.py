"""The response cache: look a question up, keep its reply, purge, list, count.

Fail-open: whatever goes wrong in here is counted and is a miss; ``lookup`` and ``store`` never raise. One process
has one ``ResponseCache`` on a folder, and uses it from one event loop.
"""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Self, TypeVar

from siss.gateway.cache import snapshot
from siss.gateway.cache.counts import Counts
from siss.gateway.cache.eligible import take_apart, why_bypassed
from siss.gateway.cache.embed import Embedder
from siss.gateway.cache.freshness import judge_entry, oldest_allowed
from siss.gateway.cache.key import build_key
from siss.gateway.cache.rerank import Reranker
from siss.gateway.cache.semantic import Asked, SemanticTier
from siss.gateway.cache.shadow import ShadowReport, build_report
from siss.gateway.cache.snapshot import SnapshotStore
from siss.gateway.cache.stats import CacheStats
from siss.gateway.cache.storable import why_not_kept
from siss.gateway.cache.tiers import FILE, CacheOptions, Tiers
from siss.gateway.model.directives import NO_DIRECTIVES, Directives
from siss.gateway.model.entry import Entry, Filter, Listed
from siss.gateway.model.lookup import Hit, Lookup, Miss, Reason, Ticket, Tier
from siss.gateway.model.policy import CachePolicy, SemanticMode
from siss.gateway.model.reply import Reply
from siss.gateway.model.request import Question
from siss.logs import get_logger

T = TypeVar("T")

_log: Final = get_logger("siss.gateway.cache")
_MOST_TASKS: Final = 256
"""Replies whose vectors are still being made; more are kept in the exact tier only."""


class ResponseCache:
    """Use as ``async with await ResponseCache.open(options, ...) as cache``, or ``open`` and ``close``."""

    def __init__(
        self,
        options: CacheOptions,
        clock: Callable[[], float] = time.time,
        *,
        embedder: Embedder | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self.options: Final = options
        self.counts: Final = Counts()
        self._clock = clock
        self._tiers = Tiers(options, self.counts, clock, embedder=embedder, reranker=reranker)
        self._newest: dict[bytes, Entry] = {}
        """Of entries whose vectors are being made, the last one of each key."""
        self._purging: set[asyncio.Task[int]] = set()
        self._snapshots = asyncio.Lock()

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
        cache = cls(options, clock, embedder=embedder, reranker=reranker)
        if snapshots is not None and options.folder is not None:
            await snapshot.hydrate(options.folder / FILE, snapshots, cache.counts)
        await cache._tiers.open_disk()
        try:
            await cache._tiers.open_semantic()
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
        task = asyncio.get_running_loop().create_task(self._tiers.purge(which))
        self._purging.add(task)
        task.add_done_callback(self._purging.discard)
        return await asyncio.shield(task)

    async def list_entries(self, which: Filter, *, before: int | None = None, limit: int = 100) -> list[Listed]:
        """Entries on disk, newest first; ``before`` is the last id of the page before. Raises the cache's errors."""
        store = self._tiers.store
        return [] if store is None else await self._tiers.in_thread(lambda: store.list_entries(which, before, limit))

    async def stats(self) -> CacheStats:
        """What there is and what was done."""
        store = self._tiers.store
        entries, size = (0, 0) if store is None else store.totals
        memory_entries, memory_bytes = self._tiers.memory.totals
        vectors, partitions, index_bytes = (
            (0, 0, 0) if self._tiers.semantic is None else self._tiers.semantic.index.totals
        )
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
            embedder="" if self._tiers.semantic is None else self._tiers.semantic.namespace.model,
            semantic_off=self._tiers.semantic_off,
            problem=self._tiers.problem,
            owners=() if store is None else tuple(await self._tiers.in_thread(store.owners)),
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
        store = self._tiers.store
        if store is None:
            return build_report(())
        return await self._tiers.in_thread(lambda: build_report(store.fetch("comparisons", {"route": route})))

    async def sweep(self) -> int:
        """Delete what has ended, and ask an embedder again that did not answer; to be called once a minute.

        How many entries went. Never raises.
        """
        await self._tiers.ask_embedder_again()
        return await self._tiers.sweep()

    async def flush(self) -> None:
        """Wait until all replies that were given to ``store`` are on disk and findable. Never raises."""
        await self._tiers.pending.settle()

    async def save_snapshot(self, target: SnapshotStore) -> bool:
        """Put a consistent copy of the disk tier into a folder or object store; False, and a warning, if not."""
        async with self._snapshots:
            if self._tiers.store is None:
                return False
            await self.flush()
            return await snapshot.save(self._tiers.store, target, self.counts)

    async def close(self) -> None:
        """Write what waits, and close. May be called twice."""
        await asyncio.gather(*self._purging, return_exceptions=True)
        await self._tiers.close()

    async def _look_up(
        self, question: Question, ticket: Ticket, policy: CachePolicy, directives: Directives
    ) -> Lookup:
        if directives.no_cache:
            self.counts.lookup(Tier.EXACT, "miss", Reason.NO_CACHE)
            return Miss(Reason.NO_CACHE, ticket)
        found = judge_entry(await self._tiers.get(ticket.key), self._clock(), ticket, policy, directives)
        if isinstance(found, Hit):
            self.counts.lookup(Tier.EXACT, "stale" if found.stale else "hit")
            return found
        self.counts.lookup(Tier.EXACT, "miss", found.reason)
        asked = self._prepare(question, policy)
        if asked is not None:
            return await self._ask_semantic(asked, found, policy, directives)
        if policy.semantic is not SemanticMode.OFF:
            why = Reason.NO_EMBEDDER if self._tiers.semantic is None else Reason.INELIGIBLE
            self.counts.lookup(Tier.SEMANTIC, "miss", why)
        return found

    def _prepare(self, question: Question, policy: CachePolicy, known: Asked | None = None) -> Asked | None:
        """The question as the semantic tier takes it; None where it does not."""
        if self._tiers.semantic is None or (template := take_apart(question, policy)) is None:
            return None
        return self._tiers.semantic.prepare(question, template, known)

    async def _ask_semantic(self, asked: Asked, exact: Miss, policy: CachePolicy, directives: Directives) -> Lookup:
        semantic = self._tiers.semantic
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
        self._tiers.memory.put(entry)
        semantic = self._tiers.semantic
        if asked is None or semantic is None or reply.status != 200 or self._tiers.pending.tasks >= _MOST_TASKS:
            self._newest.pop(entry.key, None)
            self._tiers.write(entry, None)
        else:
            self._newest[entry.key] = entry
            self._tiers.pending.start(self._keep_with_vector(semantic, entry, asked, policy))
        return Reason.NONE

    async def _keep_with_vector(
        self, semantic: SemanticTier, entry: Entry, asked: Asked, policy: CachePolicy
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
            self._tiers.write(entry, embedded)
