"""The gateway's cache: what its semantic tier serves rightly and falsely, and what 100,000 entries cost.

``--semcache DIR`` adds labelled pairs (``pairs.jsonl``: a, b, label). Vectors of both sets come from the local
embedder; where it is not installed, the curves are not measured. The rules and word lists of verification were
written with those pairs in view, and the made ones with the rules in view: read both as what is reached at best.
"""

import asyncio
import gc
import hashlib
import multiprocessing
import random
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import orjson
import psutil

from bench.load import percentile
from bench.paraphrases import make_pairs
from bench.report import Beside, Budget, Row
from bench.stage import Stage
from siss.gateway.cache.cache import ResponseCache
from siss.gateway.cache.embed import LocalEmbedder, local_embedder_installed
from siss.gateway.cache.fingerprint import Namespace
from siss.gateway.cache.key import build_key
from siss.gateway.cache.shadow import wilson_interval
from siss.gateway.cache.tiers import CacheOptions
from siss.gateway.cache.vectors import Vector, normalise
from siss.gateway.cache.verify import find_doubt
from siss.gateway.model.lookup import Hit, Ticket, Tier
from siss.gateway.model.policy import CachePolicy, SemanticMode
from siss.gateway.model.reply import Reply
from siss.gateway.model.request import Endpoint, Question, check_request

THRESHOLDS = (0.5, 0.54, 0.56, 0.58, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
LOCAL_THRESHOLD = 0.58
"""What the documentation advises for the local embedder."""

ENTRIES = 100_000
DIMENSION = 768
LOOKUPS = 1000
FLUSHED = 200
"""Replies kept at a time: beyond 256 that wait for their vectors, the cache keeps them in the exact tier only."""

MADE = 300
FULL = CachePolicy(semantic=SemanticMode.ON, threshold=0.9)
MOST_FALSE = 1 / 200
LEAST_SERVED = 0.4


@dataclass(frozen=True, slots=True)
class Labelled:
    """Two texts, and whether an answer to one answers the other."""

    left: str
    right: str
    same: bool


async def run(stage: Stage) -> list[Row]:
    """The curves, then the figures of a full cache."""
    rows = [_key_row()]
    if local_embedder_installed():
        embedder = LocalEmbedder()
        made = [Labelled(each.left, each.right, each.same) for each in make_pairs(stage.options.seed, MADE)]
        rows += await _quality(stage, embedder, "made questions", made)
        folder = stage.options.semcache
        if folder is None:
            stage.say("gateway_cache: no folder was given (--semcache DIR), so labelled pairs are not measured")
        else:
            pairs = read_pairs(folder / "pairs.jsonl")
            rows += await _quality(stage, embedder, "labelled pairs", pairs)
            rows += await _one_cache(stage, embedder, pairs)
    else:
        stage.say("gateway_cache: without the local embedder (siss[local-embeddings]) the curves are not measured")
    return [*rows, *await _full_cache(stage, stage.work / "gateway-full")]


def read_pairs(path: Path) -> list[Labelled]:
    """Labelled pairs, one JSON object a line."""
    found = map(orjson.loads, path.read_bytes().splitlines())
    return [Labelled(each["a"], each["b"], bool(each["label"])) for each in found]


async def _quality(stage: Stage, embedder: LocalEmbedder, name: str, pairs: Sequence[Labelled]) -> list[Row]:
    """The curve over the threshold, printed; the advised threshold as rows."""
    left = await embedder.embed([pair.left for pair in pairs])
    right = await embedder.embed([pair.right for pair in pairs])
    cosines = [float(np.dot(one, other)) for one, other in zip(left, right, strict=True)]
    alike = sum(pair.same for pair in pairs)
    stage.say(f"{name}: {len(pairs):,}, {alike:,} the same; vectors: {embedder.namespace.model}")
    rows: list[Row] = []
    for threshold in THRESHOLDS:
        served = [
            pair
            for pair, cosine in zip(pairs, cosines, strict=True)
            if cosine >= threshold and not find_doubt(pair.left, pair.right, cosine, threshold)
        ]
        false = sum(not pair.same for pair in served)
        by_cosine = [pair for pair, cosine in zip(pairs, cosines, strict=True) if cosine >= threshold]
        alone = sum(not pair.same for pair in by_cosine)
        low, high = wilson_interval(false, len(served))
        recall = (len(served) - false) / alike
        stage.say(
            f"  threshold {threshold:.2f}: {len(served):4} served, {false} false ({low:.2%} to {high:.2%}), "
            f"{recall:.1%} of the same; without verification {len(by_cosine):4}, {alone} false"
        )
        stage.recorder.keep(
            "threshold", set=name, threshold=threshold, served=len(served), false=false, low=low, high=high,
            recall=recall, without_verification=len(by_cosine), false_without=alone,
        )  # fmt: skip
        if threshold == LOCAL_THRESHOLD:
            share = false / max(1, len(served))
            beside = [Beside("without verification", alone / max(1, len(by_cosine)), f"{len(by_cosine)} served")]
            count = f"{false} of {len(served)}, 95 %: {low:.2%} to {high:.2%}"
            rows.append(Row(f"{name}: false of served", share, "", count, beside, Budget(MOST_FALSE)))
            rows.append(
                Row(f"{name}: served of the same", recall, "", f"{alike}", (), Budget(LEAST_SERVED, most=False))
            )
    return rows


async def _one_cache(stage: Stage, embedder: LocalEmbedder, pairs: Sequence[Labelled]) -> list[Row]:
    """All left texts kept in one cache, then each right text asked.

    What another pair's text answers has no label: it is printed, and counted apart.
    """
    policy = CachePolicy(semantic=SemanticMode.ON, threshold=LOCAL_THRESHOLD)
    served = false = others = 0
    options = CacheOptions(folder=stage.work / "gateway-one")
    async with await ResponseCache.open(options, embedder=embedder) as cache:
        for number, pair in enumerate(pairs):
            await _keep(cache, pair.left, number, policy)
            if number % FLUSHED == FLUSHED - 1:
                await cache.flush()
        await cache.flush()
        kept_as = {answer(number): pair for number, pair in enumerate(pairs)}
        for pair in pairs:
            found = await cache.lookup(question(pair.right), policy)
            if not isinstance(found, Hit) or found.tier is not Tier.SEMANTIC:
                continue
            kept = kept_as[found.reply].left
            if kept == pair.left:
                served += 1
                false += not pair.same
            else:
                others += 1
                stage.say(f"  another pair's: {pair.right}\n      answered as: {kept}")
                stage.recorder.keep("another pair's", asked=pair.right, kept=kept, similarity=found.similarity)
    low, high = wilson_interval(false, served)
    count = f"{false} of {served}, 95 %: {low:.2%} to {high:.2%}"
    return [
        Row("all pairs in one cache: false of served", false / max(1, served), "", count, (), Budget(MOST_FALSE)),
        Row("all pairs in one cache: answered by another pair's, no label", others, ""),
    ]


async def _full_cache(stage: Stage, folder: Path) -> list[Row]:
    """100,000 entries in one partition: the most that one lookup can have to search."""
    options = CacheOptions(folder=folder, disk_bytes=4 << 30)
    embedder = MadeEmbedder(DIMENSION)
    stage.say(f"gateway_cache: filling {ENTRIES:,} entries, {DIMENSION} dimensions")
    async with await ResponseCache.open(options, embedder=embedder) as cache:
        for number in range(ENTRIES):
            await _keep(cache, asked(number), number, FULL)
            if number % FLUSHED == FLUSHED - 1:
                await cache.flush()
    disk = await asyncio.to_thread(_size_of, folder)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:  # so that its memory is its own
        full = await asyncio.get_running_loop().run_in_executor(fresh, _measure_full, folder, stage.options.seed)
    stage.recorder.keep("full", **asdict(full))
    count = f"{LOOKUPS}, CPU"
    return [
        Row("100k entries: semantic hit, p50", _share(full.hits, 50), "ms", count, _waited(full.hits, 50)),
        Row("100k entries: semantic hit, p95", _share(full.hits, 95), "ms", "", _waited(full.hits, 95), Budget(10)),
        Row("100k entries: refused, p95", _share(full.traps, 95), "ms", count, _waited(full.traps, 95), Budget(10)),
        Row("100k entries: exact hit from disk, p95", _share(full.exact, 95), "ms", count, _waited(full.exact, 95)),
        Row("100k entries: start", full.start, "s", f"CPU {full.start_cpu:.2f} s", (), Budget(2)),
        Row("100k entries: memory", full.memory / 1e6, "MB", f"codes {full.codes / 1e6:.1f} MB"),
        Row("100k entries: disk", disk / 1e6, "MB", f"{DIMENSION} dimensions"),
    ]


@dataclass(frozen=True, slots=True)
class Full:
    """``hits``, ``traps``, ``exact``: (processor, wall) seconds of each; ``memory``: bytes more than before."""

    hits: list[tuple[float, float]]
    traps: list[tuple[float, float]]
    exact: list[tuple[float, float]]
    start: float
    start_cpu: float
    memory: int
    codes: int


def _measure_full(folder: Path, seed: int) -> Full:
    return asyncio.run(_open_and_ask(folder, seed))


async def _open_and_ask(folder: Path, seed: int) -> Full:
    find_doubt("a", "b", 1.0, 0.5)
    embedder = MadeEmbedder(DIMENSION)
    process = psutil.Process()
    gc.collect()
    before, began = process.memory_info().rss, (time.perf_counter(), time.process_time())
    async with await ResponseCache.open(CacheOptions(folder=folder, disk_bytes=4 << 30), embedder=embedder) as cache:
        start, start_cpu = time.perf_counter() - began[0], time.process_time() - began[1]
        chance = random.Random(seed)
        numbers = [chance.randrange(ENTRIES) for _ in range(LOOKUPS)]
        hits = await _time_lookups(cache, [(reworded(number), number) for number in numbers])
        traps = await _time_lookups(cache, [(trap(number), None) for number in numbers])
        exact = await _time_lookups(cache, [(asked(number), number) for number in numbers])
        gc.collect()
        memory = process.memory_info().rss - before
        return Full(hits, traps, exact, start, start_cpu, memory, (await cache.stats()).index_bytes)


def _share(times: Sequence[tuple[float, float]], percent: int) -> float:
    """A percentile of the processor's time, in ms: the machine may be busy with other work."""
    return percentile([cpu for cpu, _ in times], percent) * 1e3


def _waited(times: Sequence[tuple[float, float]], percent: int) -> list[Beside]:
    return [Beside("wall clock", percentile([wall for _, wall in times], percent) * 1e3)]


def _size_of(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.iterdir())


async def _time_lookups(
    cache: ResponseCache, asked_for: Sequence[tuple[str, int | None]]
) -> list[tuple[float, float]]:
    """(processor, wall) seconds of each. The number: whose answer must come; None: none may."""
    times: list[tuple[float, float]] = []
    for text, number in asked_for:
        wall, cpu = time.perf_counter(), time.process_time()
        found = await cache.lookup(question(text), FULL)
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
        said = found.reply if isinstance(found, Hit) else None
        assert said == (None if number is None else answer(number)), text
    return times


async def _keep(cache: ResponseCache, text: str, number: int, policy: CachePolicy) -> None:
    asked_for = question(text)
    await cache.store(asked_for, answer(number), Ticket(build_key(asked_for), storable=True), policy)


def _key_row() -> Row:
    """Criterion 14."""
    asked_for = question("word " * 3277)
    times = []
    for _ in range(2000):
        began = time.perf_counter()
        build_key(asked_for)
        times.append(time.perf_counter() - began)
    return Row("key of a 16 KiB request, p50", statistics.median(times) * 1e6, "µs", "2000", (), Budget(50))


def question(text: str) -> Question:
    """A chat that both tiers take."""
    body = {"model": "m", "temperature": 0, "messages": [{"role": "user", "content": text}]}
    return Question("bench", check_request(Endpoint.CHAT, body), "fingerprint", "m", "chat")


def answer(number: int) -> Reply:
    """A whole reply of about 600 bytes."""
    message = {"role": "assistant", "content": f"Answer {number}. " + "It is in the manual. " * 20}
    return Reply.of(
        {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 20, "completion_tokens": 100, "total_tokens": 120},
        }
    )


def asked(number: int) -> str:
    """One of as many questions as there are numbers."""
    return f"How do I restore the mailbox of customer {number} from the archive?"


def reworded(number: int) -> str:
    """The same in other words."""
    return f"Please tell me how to restore the mailbox of customer {number} from the archive."


def trap(number: int) -> str:
    """Another question, about the same number."""
    return f"How do I restore the mailbox of customer {number} to the archive?"


class MadeEmbedder:
    """Vectors that go by the number in a text, the wording moves them a little: for speed, not for quality."""

    def __init__(self, dimension: int) -> None:
        self._namespace = Namespace("made", dimension)

    @property
    def namespace(self) -> Namespace:
        """What the vectors depend on."""
        return self._namespace

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One a text."""
        await asyncio.sleep(0)
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> Vector:
        number = next((int(word) for word in text.split() if word.isdigit()), -1)
        base = np.random.default_rng(number + 1).standard_normal(self._namespace.dimension)
        wording = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
        noise = np.random.default_rng(wording).standard_normal(self._namespace.dimension)
        return normalise(base + 0.1 * noise, self._namespace.dimension)
