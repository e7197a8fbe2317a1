"""The cache's face over real files: both tiers, freshness, purge, faults."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from siss.errors import CacheError, CacheRefusedError, ConfigError
from siss.gateway.cache.cache import ResponseCache
from siss.gateway.cache.tiers import CacheOptions
from siss.gateway.model.directives import NO_DIRECTIVES, Directives
from siss.gateway.model.entry import Filter
from siss.gateway.model.lookup import Hit, Miss, Reason, Tier
from siss.gateway.model.policy import CachePolicy, SemanticMode
from siss.gateway.model.request import Endpoint, ModelIdentity, Question, Request
from unit.gateway.cache.asking import Clock, WordEmbedder, answer, ask

EXACT = CachePolicy(ttl=100, stale_while_revalidate=20, stale_if_error=50, tags=("t",))
SEMANTIC = CachePolicy(semantic=SemanticMode.ON, threshold=0.8)
SHADOW = CachePolicy(semantic=SemanticMode.SHADOW, threshold=0.8)
RESTART = "How do I restart the backup service on the second node?"
REWORDED = "How can I restart the backup service on the second node please?"
OTHER = "How do I restart the backup service on the third node?"


@pytest.fixture(autouse=True, params=(384, 768, 1024, 1536))
def _dimension(request, monkeypatch):
    """The whole suite, at each dimension (criterion 2)."""
    monkeypatch.setattr(WordEmbedder, "default_dimension", request.param)


def options(folder: Path | None, **more) -> CacheOptions:
    return CacheOptions(folder=folder, **more)


async def keep(cache: ResponseCache, question: Question, text: str, policy: CachePolicy) -> Reason:
    found = await cache.lookup(question, policy)
    assert isinstance(found, Miss)
    reason = await cache.store(question, answer(text), found.ticket, policy)
    await cache.flush()
    return reason


async def hit(cache: ResponseCache, question: Question, policy: CachePolicy, directives=NO_DIRECTIVES) -> Hit:
    found = await cache.lookup(question, policy, directives)
    assert isinstance(found, Hit), found
    return found


async def miss(cache: ResponseCache, question: Question, policy: CachePolicy, directives=NO_DIRECTIVES) -> Miss:
    found = await cache.lookup(question, policy, directives)
    assert isinstance(found, Miss), found
    return found


async def test_an_exact_hit_from_memory_and_after_a_restart_from_disk(tmp_path):
    async with await ResponseCache.open(options(tmp_path / "new" / "folder")) as cache:
        assert await keep(cache, ask("x"), "yes", EXACT) is Reason.NONE
        found = await hit(cache, ask("x"), EXACT)
        assert (found.tier, found.reply, found.similarity, found.stale) == (Tier.EXACT, answer("yes"), 1.0, False)
    async with await ResponseCache.open(options(tmp_path / "new" / "folder")) as cache:
        assert (await hit(cache, ask("x"), EXACT)).reply == answer("yes")
        stats = await cache.stats()
        assert (stats.entries, stats.memory_entries, stats.owners) == (1, 1, (("red", "stella", 1),))
        assert (stats.prompt_tokens_saved, stats.completion_tokens_saved) == (7, 5)


async def test_without_a_folder_there_is_a_memory_tier():
    async with await ResponseCache.open(options(None), embedder=WordEmbedder()) as cache:
        await keep(cache, ask("x"), "yes", SEMANTIC)
        await hit(cache, ask("x"), SEMANTIC)
        assert (await cache.stats()).semantic_off == "the cache has no folder"
        assert await cache.list_entries(Filter()) == []
        assert await cache.purge(Filter()) == 1
        await miss(cache, ask("x"), SEMANTIC)


async def test_tenants_share_nothing_at_any_tier(tmp_path):
    async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder()) as cache:
        await keep(cache, ask(RESTART), "red's", SEMANTIC)
        for text in (RESTART, REWORDED):
            await miss(cache, ask(text, tenant="blue"), SEMANTIC)
        assert (await hit(cache, ask(REWORDED), SEMANTIC)).tier is Tier.SEMANTIC


async def test_a_fallback_is_kept_under_the_model_that_answered(tmp_path):
    other = ModelIdentity("pegasus", "/models/pegasus.gguf")
    async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder()) as cache:
        found = await miss(cache, ask(RESTART), SEMANTIC)
        await cache.store(ask(RESTART).answered_by(other), answer("from pegasus"), found.ticket, SEMANTIC)
        await cache.flush()
        await miss(cache, ask(RESTART), SEMANTIC)
        await miss(cache, ask(REWORDED), SEMANTIC)
        assert (await hit(cache, ask(RESTART, model=other), SEMANTIC)).tier is Tier.EXACT
        assert (await hit(cache, ask(REWORDED, model=other), SEMANTIC)).tier is Tier.SEMANTIC
        (listed,) = await cache.list_entries(Filter())
        assert listed.model == "pegasus"


async def test_freshness_and_directives(tmp_path):
    clock = Clock()
    async with await ResponseCache.open(options(tmp_path), clock=clock) as cache:
        await keep(cache, ask("x"), "yes", EXACT)
        clock.pass_by(60)
        assert (await hit(cache, ask("x"), EXACT)).age_seconds == 60
        assert (await miss(cache, ask("x"), EXACT, Directives(max_age=50))).reason is Reason.MAX_AGE
        again = await miss(cache, ask("x"), EXACT, Directives(no_cache=True))
        assert (again.reason, again.bypass) == (Reason.NO_CACHE, False)
        never = await miss(cache, ask("x"), EXACT, Directives(no_store=True))
        assert never.bypass
        assert await cache.store(ask("x"), answer("not kept"), never.ticket, EXACT) is Reason.NOT_KEPT
        clock.pass_by(50)
        assert (await hit(cache, ask("x"), EXACT)).stale
        clock.pass_by(25)
        late = await miss(cache, ask("x"), EXACT)
        assert late.stale is not None
        assert late.stale.reply == answer("yes")
        await cache.store(ask("x"), answer("new"), late.ticket, EXACT)
        assert (await hit(cache, ask("x"), EXACT)).reply == answer("new")
        clock.pass_by(1000)
        assert await cache.sweep() == 1
        assert (await cache.stats()).entries == 0


async def test_an_entry_that_is_used_is_not_the_one_to_go(tmp_path):
    clock = Clock()
    async with await ResponseCache.open(options(tmp_path, disk_bytes=4000), clock=clock) as cache:
        long = CachePolicy(ttl=1e6)
        for text in ("used", "unused", "another"):
            await keep(cache, ask(text), "y" * 400, long)
            clock.pass_by(1)
        clock.pass_by(700)
        await hit(cache, ask("used"), long)  # from memory: noted on disk all the same
        await cache.flush()
        await keep(cache, ask("new"), "y" * 400, long)
        await hit(cache, ask("used"), long)
        await miss(cache, ask("unused"), long)


async def test_a_semantic_hit_says_how_near_and_how_old(tmp_path):
    clock = Clock()
    async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder(), clock=clock) as cache:
        await keep(cache, ask(RESTART), "so", SEMANTIC)
        clock.pass_by(30)
        found = await hit(cache, ask(REWORDED), SEMANTIC)
        assert (found.tier, found.age_seconds, found.stale) == (Tier.SEMANTIC, 30, False)
        assert 0.8 <= found.similarity < 1
        refused = await miss(cache, ask(OTHER), SEMANTIC)
        assert refused.reason is Reason.VERIFICATION
        assert (await miss(cache, ask("What is a quorum?"), SEMANTIC)).reason is Reason.BELOW_THRESHOLD
        assert (await miss(cache, ask(REWORDED, seed=5), SEMANTIC)).reason is Reason.ABSENT
        assert (await miss(cache, ask(REWORDED), SEMANTIC, Directives(max_age=10))).reason is Reason.EXPIRED
        stats = await cache.stats()
        assert stats.refusals == {"dates": 1}
        assert stats.lookups["semantic", "hit", ""] == 1


async def test_semantic_answers_survive_a_restart_and_end_with_their_entry(tmp_path):
    clock = Clock()
    for _ in range(2):
        async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder(), clock=clock) as cache:
            if (await cache.stats()).entries == 0:
                await keep(cache, ask(RESTART), "so", SEMANTIC)
            assert (await hit(cache, ask(REWORDED), SEMANTIC)).reply == answer("so")
    async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder(), clock=clock) as cache:
        assert await cache.purge(Filter(tenant="red")) == 1
        assert (await miss(cache, ask(REWORDED), SEMANTIC)).reason is Reason.ABSENT
        await keep(cache, ask(RESTART), "so", SEMANTIC)
        clock.pass_by(SEMANTIC.ttl + 1)
        assert (await miss(cache, ask(REWORDED), SEMANTIC)).reason is Reason.EXPIRED
        assert await cache.sweep() == 1
        assert (await cache.stats()).vectors == 0


async def test_replies_that_answer_only_their_own_question(tmp_path):
    async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder()) as cache:
        found = await miss(cache, ask(RESTART), SEMANTIC)
        await cache.store(ask(RESTART), answer("cut", finish="length"), found.ticket, SEMANTIC)
        await cache.flush()
        assert (await hit(cache, ask(RESTART), SEMANTIC)).tier is Tier.EXACT
        await miss(cache, ask(REWORDED), SEMANTIC)
        assert (await cache.stats()).vectors == 0


async def test_a_purge_leaves_nothing_behind_however_it_races(tmp_path):
    async with await ResponseCache.open(options(tmp_path, memory_bytes=3000)) as cache:
        for number in range(20):
            await keep(cache, ask(f"q{number}"), "yes", EXACT)
        looks = [asyncio.create_task(cache.lookup(ask(f"q{number}"), EXACT)) for number in range(20)]
        await asyncio.sleep(0)
        assert await cache.purge(Filter(tenant="red")) == 20
        await asyncio.gather(*looks)
        for number in range(20):
            await miss(cache, ask(f"q{number}"), EXACT)


@pytest.mark.parametrize("which", [Filter(model="stella"), Filter(route="chat"), Filter(tag="t")])
async def test_purges_by_each_name_reach_memory_too(tmp_path, which):
    async with await ResponseCache.open(options(tmp_path)) as cache:
        await keep(cache, ask("x"), "yes", EXACT)
        assert await cache.purge(which) == 1
        await miss(cache, ask("x"), EXACT)


# Faults: none of them breaks an answer


async def test_an_embedder_that_fails_costs_the_semantic_tier_only(tmp_path):
    embedder = WordEmbedder()
    async with await ResponseCache.open(options(tmp_path), embedder=embedder) as cache:
        await keep(cache, ask(RESTART), "so", SEMANTIC)

        def refuse() -> None:
            raise CacheRefusedError("connection refused")

        embedder.before = refuse
        assert (await miss(cache, ask(REWORDED), SEMANTIC)).reason is Reason.ABSENT
        await keep(cache, ask(OTHER), "third", SEMANTIC)
        assert (await hit(cache, ask(OTHER), SEMANTIC)).reply == answer("third")
        stats = await cache.stats()
        assert (stats.entries, stats.vectors) == (2, 1)
        assert stats.faults["CACHE_REFUSED"] == 3
        assert stats.lookups["semantic", "miss", "error"] == 2


async def test_an_embedder_that_hangs_is_a_miss(tmp_path):
    embedder = WordEmbedder()
    async with await ResponseCache.open(options(tmp_path, embed_timeout=0.05), embedder=embedder) as cache:
        await keep(cache, ask(RESTART), "so", SEMANTIC)
        never = asyncio.Event()
        embedder.embed = lambda _texts: never.wait()
        await miss(cache, ask(REWORDED), SEMANTIC)
        assert (await cache.stats()).faults == {"TimeoutError": 1}


async def test_an_embedder_that_is_not_there_yet_is_asked_again(tmp_path):
    embedder = WordEmbedder()
    refusals = [CacheRefusedError("loading"), ConnectionError("reset")]

    def refuse() -> None:
        if refusals:
            raise refusals.pop()

    embedder.before = refuse
    async with await ResponseCache.open(options(tmp_path), embedder=embedder) as cache:
        await keep(cache, ask(RESTART), "so", SEMANTIC)
        stats = await cache.stats()
        assert "asked again" in stats.semantic_off
        assert stats.lookups["semantic", "miss", "no-embedder"] == 1
        await cache.sweep()
        assert "loading" in (await cache.stats()).semantic_off
        await cache.sweep()
        assert (await cache.stats()).semantic_off == ""
        await keep(cache, ask(OTHER), "third", SEMANTIC)
        assert (await cache.stats()).vectors == 1


async def test_an_embedder_that_contradicts_its_configuration_after_all(tmp_path):
    embedder = WordEmbedder()
    late = [CacheRefusedError("loading")]

    def refuse() -> None:
        if late:
            raise late.pop()

    embedder.before = refuse
    embedder.spoil = lambda vector: vector[:10]
    async with await ResponseCache.open(options(tmp_path), embedder=embedder) as cache:
        await cache.sweep()
        assert "is configured, words gives 10" in (await cache.stats()).semantic_off
        await cache.sweep()
        assert len(embedder.calls) == 2
    with pytest.raises(ConfigError):
        await ResponseCache.open(options(tmp_path), embedder=embedder)


async def test_a_disk_tier_that_cannot_be_opened_is_left_out(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    async with await ResponseCache.open(options(tmp_path / "file" / "cache"), embedder=WordEmbedder()) as cache:
        await keep(cache, ask("x"), "yes", EXACT)
        await hit(cache, ask("x"), EXACT)
        stats = await cache.stats()
        assert stats.problem.startswith("CACHE_MISSING")
        assert stats.semantic_off == "the disk tier cannot be opened"


async def test_a_database_that_does_not_read_back_is_set_aside(tmp_path):
    (tmp_path / "cache.db").write_bytes(b"garbage" * 1000)
    async with await ResponseCache.open(options(tmp_path)) as cache:
        await keep(cache, ask("x"), "yes", EXACT)
        assert (await cache.stats()).faults == {"CACHE_CORRUPT": 1}
    assert len(list(tmp_path.glob("cache.db.corrupt-*"))) == 1


async def test_a_record_that_does_not_add_up_is_a_miss_and_is_replaced(tmp_path):
    async with await ResponseCache.open(options(tmp_path)) as cache:
        await keep(cache, ask("x"), "yes", EXACT)
    with sqlite3.connect(tmp_path / "cache.db") as other:
        other.execute("UPDATE entries SET data = replace(data, 'yes', 'no!')")
    other.close()
    async with await ResponseCache.open(options(tmp_path)) as cache:
        await keep(cache, ask("x"), "yes", EXACT)
        assert (await cache.stats()).faults == {"CACHE_CORRUPT": 1}
        assert (await hit(cache, ask("x"), EXACT)).reply == answer("yes")


async def test_a_vector_that_does_not_add_up_is_passed_over(tmp_path):
    async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder()) as cache:
        await keep(cache, ask(RESTART), "so", SEMANTIC)
        with sqlite3.connect(tmp_path / "cache.db") as other:
            other.execute("UPDATE embedded SET text = ?", (REWORDED,))
        other.close()
        await miss(cache, ask(REWORDED), SEMANTIC)
        assert (await cache.stats()).faults == {"CACHE_CORRUPT": 1}


async def test_a_store_that_fails_all_the_time_breaks_no_answer(tmp_path):
    async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder()) as cache:
        store = cache._tiers.store
        assert store is not None
        real = store.get

        def broken(*_arguments):
            raise RuntimeError("anything")

        store.get, store.may_have = broken, lambda _key: True
        found = await miss(cache, ask(RESTART), SEMANTIC)
        assert found.reason is Reason.ERROR
        assert await cache.store(ask(RESTART), answer("so"), found.ticket, SEMANTIC) is Reason.NOT_KEPT
        store.get, store.put = real, broken
        assert await keep(cache, ask(RESTART), "so", EXACT) is Reason.ERROR
        assert (await cache.stats()).faults == {"RuntimeError": 2}


async def test_a_request_of_an_odd_shape_is_a_miss(tmp_path):
    async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder()) as cache:
        odd = Question("red", Request(Endpoint.CHAT, {"messages": ["x"], "temperature": 0}), "m", "m")
        assert (await miss(cache, odd, SEMANTIC)).reason is Reason.ERROR
        huge = Question("red", Request(Endpoint.CHAT, {"seed": 1 << 80}), "m", "m")
        assert (await miss(cache, huge, SEMANTIC)).reason is Reason.ERROR


# The reranker


class Scores:
    def __init__(self, *scores: float) -> None:
        self.scores = list(scores)

    async def score(self, _question, candidates):
        score = self.scores.pop(0)
        if score == 13:
            raise CacheError("broken")
        return [score] * len(candidates)


async def test_a_reranker_has_the_last_word(tmp_path):
    policy = CachePolicy(semantic=SemanticMode.ON, threshold=0.8, rerank_threshold=0.5)
    scores = Scores(0.4, float("nan"), float("inf"), 13, 0.5)
    async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder(), reranker=scores) as cache:
        await keep(cache, ask(RESTART), "so", policy)
        reasons = [(await miss(cache, ask(REWORDED), policy)).reason for _ in range(4)]
        assert reasons == [Reason.RERANKER, Reason.RERANKER, Reason.RERANKER, Reason.ABSENT]
        assert (await hit(cache, ask(REWORDED), policy)).tier is Tier.SEMANTIC
        stats = await cache.stats()
        assert (stats.dropped_scores, stats.faults, stats.refusals) == (2, {"CACHE": 1}, {"reranker": 3})
        # a route without a threshold for it does not ask it
        assert (await hit(cache, ask(REWORDED), SEMANTIC)).tier is Tier.SEMANTIC


# Shadow mode


async def shadow(cache, text: str, said: str) -> Reason:
    found = await miss(cache, ask(text), SHADOW)
    await cache.store(ask(text), answer(said), found.ticket, SHADOW)
    await cache.flush()
    return found.reason


async def test_shadow_mode_serves_nothing_and_learns(tmp_path):
    async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder()) as cache:
        assert await shadow(cache, RESTART, "Restart the unit.") is Reason.SHADOW
        assert await shadow(cache, REWORDED, "restart  the unit.") is Reason.SHADOW
        assert await shadow(cache, OTHER, "On the third it is another unit.") is Reason.SHADOW
        assert (await hit(cache, ask(RESTART), SHADOW)).tier is Tier.EXACT
        report = await cache.shadow_report("chat")
        assert (report.compared, report.refused) == (2, {"dates": 1})
        assert report.confused == ()
        served = {point.threshold: (point.served, point.false) for point in report.curve}
        assert served[0.7] == (1, 0)
        assert report.suggested is None
        assert (await cache.shadow_report("another")).compared == 0
        stats = await cache.stats()
        assert stats.lookups["semantic", "shadow", ""] == 1
        assert stats.lookups["semantic", "shadow", "verification"] == 1


async def test_shadow_mode_shows_the_pairs_that_it_would_have_confused(tmp_path):
    async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder()) as cache:
        await shadow(cache, RESTART, "Restart the unit.")
        await shadow(cache, REWORDED, "Ask the storage team, they keep a runbook for that node.")
        (pair,) = (await cache.shadow_report()).confused
        assert (pair.asked, pair.kept, pair.agreed, pair.refused) == (REWORDED, RESTART, False, "")
        assert await cache.purge(Filter(tenant="blue")) == 0
        assert (await cache.shadow_report()).compared == 1
        await cache.purge(Filter(tenant="red"))
        assert (await cache.shadow_report()).compared == 0  # the texts of a tenant that is purged are gone


async def test_shadow_mode_asks_the_reranker_as_serving_would(tmp_path):
    policy = CachePolicy(semantic=SemanticMode.SHADOW, threshold=0.8, rerank_threshold=0.5)
    async with await ResponseCache.open(options(tmp_path), embedder=WordEmbedder(), reranker=Scores(0.1)) as cache:
        await keep(cache, ask(RESTART), "so", policy)
        await keep(cache, ask(REWORDED), "so", policy)
        assert (await cache.shadow_report()).refused == {"reranker": 1}


async def test_closing_twice_and_asking_afterwards(tmp_path):
    cache = await ResponseCache.open(options(tmp_path), embedder=WordEmbedder())
    await keep(cache, ask(RESTART), "so", SEMANTIC)
    await cache.close()
    await cache.close()
    await hit(cache, ask(RESTART), SEMANTIC)  # memory is still there
    await miss(cache, ask(OTHER), SEMANTIC)
    assert await cache.sweep() == 0
