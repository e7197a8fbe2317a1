"""The semantic tier: an answer to a question that means the same, or none.

Candidates come from binary codes, are rescored with the stored vectors, and must then pass the verification of
their text. Vectors only propose: no similarity, however high, serves what verification refuses.
"""

import asyncio
import math
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np
from blake3 import blake3

from siss.errors import CacheCorruptError, VectorError
from siss.gateway.cache.counts import Counts
from siss.gateway.cache.eligible import Template
from siss.gateway.cache.embed import Embedder, probe
from siss.gateway.cache.fingerprint import Namespace, build_fingerprint, build_partition
from siss.gateway.cache.rerank import Reranker
from siss.gateway.cache.shadow import THRESHOLDS, Comparison, agree, comparison_rows
from siss.gateway.cache.storable import may_answer_others, text_of
from siss.gateway.cache.store import Embedded, EntryStore
from siss.gateway.cache.vectors import (
    Vector,
    VectorIndex,
    decode_vector,
    encode_code,
    encode_vector,
    normalise,
)
from siss.gateway.cache.verify import find_doubt, highest_threshold
from siss.gateway.model.entry import Entry
from siss.gateway.model.lookup import Reason
from siss.gateway.model.policy import CachePolicy, SemanticMode
from siss.gateway.model.reply import Reply
from siss.gateway.model.request import Question
from siss.logs import get_logger

_log: Final = get_logger("siss.gateway.cache")

SAME_MODEL: Final = 0.995
"""Least cosine between the probe's vector now and at the last start: batching and hardware move it by less."""

SHADOW_FLOOR: Final = 0.5
"""Candidates below are of no use for learning a threshold."""

RERANKER: Final = "reranker"
"""Stands beside the rules of verification where the reranker refused."""

_LOAD: Final = 8
_LARGE: Final = 20_000
"""Partitions above are searched in a thread, so that the loop is not held up for milliseconds."""

_LONG: Final = 600
"""Characters of two questions above which they are verified in a thread, for the same reason."""


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A kept question, in the total order in which candidates are tried: most similar first, then oldest."""

    distance: float = field(repr=False)
    entry: int
    text: str = field(compare=False)

    @property
    def similarity(self) -> float:
        """Cosine, -1..1."""
        return -self.distance


@dataclass(slots=True, eq=False)
class Asked:
    """A question on its way through the tier. ``vector``: made once, whoever needs it first.

    ``would``, ``refused``: in shadow mode the best candidate, and the rule that refused it.
    """

    question: Question
    template: Template
    partition: bytes
    vector: Vector | None = None
    would: Candidate | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """``entry``: what may be served; None with the reason."""

    reason: Reason
    entry: Entry | None = None
    similarity: float = 0.0


class SemanticTier:
    """One namespace's vectors over an ``EntryStore``. ``open`` probes the embedder and loads the codes."""

    def __init__(
        self,
        store: EntryStore,
        embedder: Embedder,
        namespace: Namespace,
        reranker: Reranker | None,
        counts: Counts,
        threads: Executor,
        *,
        most_loads: int,
        timeout: float,
    ) -> None:
        self.namespace: Final = namespace
        self.index: Final = VectorIndex(namespace.dimension)
        self._digest: Final = namespace.digest
        self._store = store
        self._embedder = embedder
        self._reranker = reranker
        self._counts = counts
        self._threads = threads
        self._loads = asyncio.Semaphore(most_loads)
        self._timeout = timeout

    @classmethod
    async def open(
        cls,
        store: EntryStore,
        embedder: Embedder,
        reranker: Reranker | None,
        counts: Counts,
        threads: Executor,
        *,
        most_loads: int,
        timeout: float,  # noqa: ASYNC109
    ) -> Self:
        """The tier, with the codes of the embedder's namespace in memory.

        Raises ``ConfigError`` where the embedder has another dimension than configured, and the cache's errors where
        it does not answer.
        """
        async with asyncio.timeout(timeout):
            namespace, vector = await probe(embedder)
        namespace = await _settle_revision(store, namespace, vector, threads)
        tier = cls(store, embedder, namespace, reranker, counts, threads, most_loads=most_loads, timeout=timeout)
        rows = await asyncio.get_running_loop().run_in_executor(threads, store.load_codes, namespace.digest)
        if skipped := tier.index.load(rows):
            _log.warning("stored codes of another length passed over", count=skipped)
        return tier

    def prepare(self, question: Question, template: Template, known: Asked | None = None) -> Asked:
        """The question with its partition. ``known``: the same text as asked before, whose vector is kept."""
        partition = build_partition(self.namespace, build_fingerprint(question, template))
        return Asked(question, template, partition, None if known is None else known.vector)

    async def find(self, asked: Asked, policy: CachePolicy, not_before: float) -> Answer:
        """The best entry that may be served, and is not older than ``not_before`` (seconds since 1970).

        In shadow mode none is ever served; what would have been is noted in ``asked``. Raises the cache's errors and
        ``TimeoutError``.
        """
        size = self.index.size_of(asked.partition)
        if not size:
            return Answer(Reason.ABSENT)  # the vector is made when the reply is kept
        vector = await self._vector_of(asked)
        count = math.ceil(policy.candidates * policy.oversampling)
        ids = await self._nearest(asked.partition, encode_code(vector), count, size)
        candidates = (await self._rescore(vector, ids))[: policy.candidates]
        if policy.semantic is SemanticMode.SHADOW:
            return await self._note(asked, candidates, policy)
        reason = Reason.BELOW_THRESHOLD
        for candidate in candidates:
            if candidate.similarity < policy.threshold:
                break
            if refused := await self._refuse(asked.template.text, candidate, policy, policy.threshold):
                reason = _reason_for(refused)
                continue
            entry = await self._entry(candidate.entry)
            if entry is None or entry.created < not_before or entry.tenant != asked.question.tenant:
                reason = Reason.EXPIRED
                continue
            if not may_answer_others(entry.reply):  # another reply was kept since its vector was read
                reason = Reason.ABSENT
                continue
            return Answer(Reason.NONE, entry, min(1.0, candidate.similarity))
        return Answer(reason)

    async def embed_for_store(self, asked: Asked, reply: Reply) -> Embedded | None:
        """What makes a kept reply findable by meaning; None for one that should answer only its own question."""
        if not may_answer_others(reply):
            return None
        vector = await self._vector_of(asked)
        return Embedded(
            self._digest,
            asked.partition,
            encode_code(vector),
            encode_vector(vector, self.namespace.dimension),
            asked.template.text,
        )

    async def compare(self, asked: Asked, entry: Entry, policy: CachePolicy) -> None:
        """Shadow mode: compare the host's answer with the one that would have been served, and keep the result."""
        if asked.would is None or not may_answer_others(entry.reply):
            return
        kept = await self._entry(asked.would.entry)
        if kept is None or kept.created < entry.created - policy.ttl:
            return
        answer, would = text_of(entry.reply), text_of(kept.reply)
        comparison = Comparison(
            route=asked.question.route,
            at=entry.created,
            similarity=asked.would.similarity,
            refused=asked.refused,
            agreed=await asyncio.get_running_loop().run_in_executor(self._threads, agree, answer, would),
            asked=asked.template.text,
            kept=asked.would.text,
            answer=answer,
            would=would,
        )
        await asyncio.wrap_future(self._store.execute(*comparison_rows(entry.tenant, entry.model, comparison)))

    async def _note(self, asked: Asked, candidates: list[Candidate], policy: CachePolicy) -> Answer:
        """Note the candidate that would be served up to the highest threshold: the report is about all of them."""
        text = asked.template.text
        near = [
            (highest_threshold(text, candidate.text, candidate.similarity), candidate)
            for candidate in candidates
            if candidate.similarity >= SHADOW_FLOOR
        ]
        reached = -1.0
        for highest, candidate in sorted(near, key=lambda each: (-each[0], each[1])):
            refused = await self._refuse(text, candidate, policy, THRESHOLDS[0])
            if asked.would is None or not refused:
                asked.would, asked.refused, reached = candidate, refused, highest
            if not refused:
                break
        return Answer(Reason.BELOW_THRESHOLD if reached < policy.threshold else _reason_for(asked.refused))

    async def _refuse(self, text: str, candidate: Candidate, policy: CachePolicy, threshold: float) -> str:
        """What keeps a candidate from being served: a rule of verification, or the reranker; empty for nothing."""
        if doubt := await self._doubt(text, candidate, threshold):
            self._counts.refusals[doubt] += 1
            return doubt
        if self._reranker is None or policy.rerank_threshold is None:
            return ""
        async with asyncio.timeout(self._timeout):
            (score,) = await self._reranker.score(text, [candidate.text])
        if not math.isfinite(score):
            self._counts.dropped_scores += 1
        elif score >= policy.rerank_threshold:
            return ""
        self._counts.refusals[RERANKER] += 1
        return RERANKER

    async def _doubt(self, text: str, candidate: Candidate, threshold: float) -> str:
        given = (text, candidate.text, candidate.similarity, threshold)
        if len(text) + len(candidate.text) <= _LONG:
            return find_doubt(*given)
        return await asyncio.get_running_loop().run_in_executor(self._threads, find_doubt, *given)

    async def _vector_of(self, asked: Asked) -> Vector:
        if asked.vector is None:
            async with asyncio.timeout(self._timeout):
                (vector,) = await self._embedder.embed([asked.template.text])
            asked.vector = normalise(vector, self.namespace.dimension)
        return asked.vector

    async def _nearest(self, partition: bytes, code: bytes, count: int, size: int) -> list[int]:
        if size <= _LARGE:
            return self.index.nearest(partition, code, count)
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self.index.nearest, partition, code, count
        )

    async def _rescore(self, vector: Vector, ids: list[int]) -> list[Candidate]:
        parts = [ids[start : start + _LOAD] for start in range(0, len(ids), _LOAD)]
        loaded = await asyncio.gather(*(self._load(part) for part in parts))
        for torn in (each for _, ids_torn in loaded for each in ids_torn):
            self._counts.fault(CacheCorruptError(f"the vector of entry {torn} does not add up"), "read a vector")
            self.index.remove(torn)
        candidates: list[Candidate] = []
        for entry, data, text in (row for rows, _ in loaded for row in rows):
            try:
                with np.errstate(all="ignore"):  # what is not finite is counted below
                    similarity = float(np.dot(vector, decode_vector(data, self.namespace.dimension)))
            except VectorError as error:
                self._counts.fault(error, "read a stored vector")
                continue
            if math.isfinite(similarity):
                candidates.append(Candidate(-similarity, entry, text))
            else:
                self._counts.dropped_scores += 1
        return sorted(candidates)

    async def _load(self, ids: list[int]) -> tuple[list[tuple[int, bytes, str]], list[int]]:
        async with self._loads:  # any number of candidates, at most so many reads at once (criterion 7)
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._store.load_embedded, ids)

    async def _entry(self, entry_id: int) -> Entry | None:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._store.get_by_id, entry_id)


def _reason_for(refused: str) -> Reason:
    if not refused:
        return Reason.NONE
    return Reason.RERANKER if refused == RERANKER else Reason.VERIFICATION


async def _settle_revision(store: EntryStore, namespace: Namespace, vector: Vector, threads: Executor) -> Namespace:
    """The namespace in use: a new revision where the model behind its names has changed since the last start."""
    rows = await asyncio.get_running_loop().run_in_executor(threads, store.fetch, "namespace", (namespace.digest,))
    data = encode_vector(vector, namespace.dimension)
    revision = ""
    if rows:
        known, dimension, stored = rows[0]
        if float(np.dot(vector, normalise(decode_vector(stored, dimension), dimension))) >= SAME_MODEL:
            return replace(namespace, revision=known)
        revision = blake3(data).hexdigest(8)
        _log.warning(
            "the embedding model changed: a new namespace is begun", model=namespace.model, revision=revision
        )
    await asyncio.wrap_future(
        store.execute(("put_namespace", (namespace.digest, revision, namespace.dimension, data)))
    )
    return replace(namespace, revision=revision)
