"""Search over HTTP with the published mix, facets and ten hits with snippets: one client, open loop, saturation."""

import time
from collections import defaultdict
from collections.abc import Sequence

from bench.load import Answer, closed_loop, open_loop, percentile
from bench.peers import limits
from bench.processes import BenchError
from bench.queries import PLAIN, Question
from bench.report import Beside, Budget, Row
from bench.stage import Built, Stage

RATE = 300.0
CLIENTS = 16


async def run(stage: Stage) -> list[Row]:
    """Latency and requests a second, beside bare Tantivy on the plain questions, Recoll and ``rg``."""
    built = stage.built()
    questions = stage.mix(built.corpus)
    paths = [question.path() for question in questions]
    seconds = stage.options.seconds
    async with built.product.serving(built.corpus.root) as server:
        await closed_loop(server.address, paths, clients=4, requests=min(400, len(paths)))  # both workers are warm
        own = time.process_time()
        alone, took = await closed_loop(server.address, paths, requests=len(paths), seconds=seconds * 2)
        client = (time.process_time() - own) / took
        opened = await open_loop(server.address, paths, rate=RATE, seconds=seconds, seed=stage.options.seed)
        full, full_seconds = await closed_loop(server.address, paths, clients=CLIENTS, seconds=seconds)
    for name, answers in (("one client", alone), ("open loop", opened), ("saturation", full)):
        keep_answers(stage, name, questions, answers)
        refuse_errors(name, questions, answers)
    rows = [
        *latency_rows("one client", alone, 6, 12, f"{len(alone):,}, client's CPU {client:.0%}"),
        *latency_rows(f"open loop, {RATE:.0f}/s", opened, 8, 20, f"{len(opened):,}"),
        Row(
            "saturation",
            len(full) / full_seconds,
            "requests/s",
            f"{CLIENTS} clients, {len(full):,}",
            (),
            Budget(450, most=False),
        ),
        *latency_rows("at saturation", full, None, None, ""),
        *_by_sort(questions, alone),
    ]
    return rows + _peers(stage, built, questions, alone)


def latency_rows(name: str, answers: Sequence[Answer], p50: float | None, p95: float | None, count: str) -> list[Row]:
    """Median and 95th percentile, with what was found in all."""
    times = [answer.ms for answer in answers]
    found = f"{sum(answer.total > 0 for answer in answers):,} with hits, {sum(a.relaxed for a in answers):,} relaxed"
    return [
        Row(f"{name}: p50", percentile(times, 50), "ms", count, (), Budget(p50) if p50 else None),
        Row(f"{name}: p95", percentile(times, 95), "ms", found, (), Budget(p95) if p95 else None),
    ]


def keep_answers(stage: Stage, name: str, questions: Sequence[Question], answers: Sequence[Answer]) -> None:
    """Every time and total, by sort of question."""
    grouped: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        grouped[questions[answer.number].sort].append(answer)
    for sort, mine in sorted(grouped.items()):
        stage.recorder.keep(
            "answers",
            load=name,
            sort=sort,
            ms=[a.ms for a in mine],
            totals=[a.total for a in mine],
            relaxed=sum(a.relaxed for a in mine),
        )


def refuse_errors(name: str, questions: Sequence[Question], answers: Sequence[Answer]) -> None:
    """A fast error is not a fast answer: more than one in a hundred ends the workload."""
    wrong = [answer for answer in answers if answer.status != 200]
    if not answers or len(wrong) > len(answers) // 100:
        asked = "; ".join(f"{answer.status} for {questions[answer.number].text}" for answer in wrong[:5])
        raise BenchError(f"{name}: {len(wrong):,} of {len(answers):,} answers were errors: {asked}")


def _by_sort(questions: Sequence[Question], answers: Sequence[Answer]) -> list[Row]:
    grouped: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        grouped[questions[answer.number].sort].append(answer)
    rows: list[Row] = []
    for sort, mine in sorted(grouped.items()):
        relaxed = sum(answer.relaxed for answer in mine)
        count = f"{sum(a.total > 0 for a in mine):,} of {len(mine):,}" + (f", {relaxed:,} relaxed" if relaxed else "")
        rows.append(Row(f"  {sort}: p95", percentile([answer.ms for answer in mine], 95), "ms", count))
    return rows


def _peers(stage: Stage, built: Built, questions: Sequence[Question], answers: Sequence[Answer]) -> list[Row]:
    if not stage.options.peers:
        return []
    plain = [answer for answer in answers if questions[answer.number].sort in PLAIN]
    asked = [questions[answer.number].words for answer in plain]
    times = [answer.ms for answer in plain]
    bare = stage.bare_index(built.corpus)
    alone = [bare.count(words) for words in asked]
    found = f"{sum(count > 0 for count, _ in alone):,} with hits"
    p50 = [Beside("bare tantivy, ids only", percentile([ms for _, ms in alone], 50), found)]
    p95 = [Beside("bare tantivy, ids only", percentile([ms for _, ms in alone], 95), found)]
    if peer := stage.recoll_index(built.corpus):
        theirs = [peer.count(words) for words in asked[:60]]
        found = f"{sum(count > 0 for count, _ in theirs)} of {len(theirs)} with hits"
        p50.append(Beside("Recoll, command", percentile([ms for _, ms in theirs], 50), found))
        p95.append(Beside("Recoll, command", percentile([ms for _, ms in theirs], 95), found))
    rows = [
        Row("plain words: p50", percentile(times, 50), "ms", f"{len(plain):,}", p50),
        Row(
            "plain words: p95",
            percentile(times, 95),
            "ms",
            f"{sum(answer.total > 0 for answer in plain):,} with hits",
            p95,
        ),
    ]
    return rows + _grepped(stage, built, questions, answers)


def _grepped(stage: Stage, built: Built, questions: Sequence[Question], answers: Sequence[Answer]) -> list[Row]:
    # the totals side by side show what an index finds beyond (stems) or misses
    rows: list[Row] = []
    for sort in ("rare word", "medium word", "common word"):
        answer = next((answer for answer in answers if questions[answer.number].sort == sort), None)
        if answer is None:
            continue
        word = questions[answer.number].words[0]
        timed = limits.grep_word(built.corpus.root, word)
        stage.recorder.keep(
            "grep", word=word, sort=sort, seconds=timed.seconds, files=timed.lines, total=answer.total, ms=answer.ms
        )
        beside = [Beside(f"{timed.name}, reads all files", timed.seconds * 1000, f"{timed.lines:,} files")]
        rows.append(Row(f"{sort}, one question", answer.ms, "ms", f"{answer.total:,} files", beside))
    return rows
