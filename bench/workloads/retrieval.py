"""Quality of ranking, nDCG@10 and recall@100, on a folder in BEIR's layout (corpus, queries, qrels/test.tsv)."""

import csv
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import orjson

from bench.metrics import ndcg, recall
from bench.peers import bare, recoll
from bench.processes import BenchError
from bench.product import Product, hits_of
from bench.report import Beside, Budget, Row
from bench.stage import Stage, remove_folder

DEPTH = 100
_WORD = re.compile(r"[^\W_]+")
# Lucene's English stop words, which any BM25 reference leaves out; the product is asked the whole sentence
_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "but",
        "by",
        "for",
        "if",
        "in",
        "into",
        "is",
        "it",
        "no",
        "not",
        "of",
        "on",
        "or",
        "such",
        "that",
        "the",
        "their",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "was",
        "will",
        "with",
    ]
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A test collection. ``documents``: text by id; ``questions``: (id, text); ``relevant``: grades by question."""

    documents: dict[str, str]
    questions: list[tuple[str, str]]
    relevant: dict[str, dict[str, int]]


async def run(stage: Stage) -> list[Row]:
    """One file a document, each question over HTTP as its words; beside stemmed BM25 in bare Tantivy, and Recoll."""
    folder = stage.options.retrieval
    if folder is None:
        stage.say("retrieval: no folder was given (--retrieval DIR), nothing measured")
        return []
    judged = read_beir(folder)
    root = stage.work / "retrieval"
    names = _write(judged, root)
    product = Product(stage.work / "state-retrieval")
    indexed = product.index(root)
    rankings: dict[str, list[str]] = {}
    relaxed = 0
    async with product.serving(root) as server:
        for key, text in judged.questions:
            answer = await server.get(f"/api/v1/search?q={quote(as_words(text))}&size={DEPTH}")
            relaxed += bool(answer.get("relaxed"))
            rankings[key] = [names[Path(path).name] for path in hits_of(answer)]
    stage.recorder.keep(
        "rankings", documents=len(judged.documents), rankings={key: found[:10] for key, found in rankings.items()}
    )
    beside = [("bare tantivy, BM25, en_stem", _bare(stage, judged))]
    if stage.options.peers and recoll.is_installed():
        beside.append(("Recoll, any word", _recoll(stage, judged, root, names)))
    remove_folder(product.state)
    remove_folder(root)
    count = f"{len(judged.questions)} questions, {indexed.files:,} files"
    return [
        _row("nDCG@10", judged, rankings, beside, count, Budget(0.385, most=False)),
        _row("recall@100", judged, rankings, beside, f"{relaxed} relaxed", None),
    ]


def read_beir(folder: Path) -> Judged:
    """The collection in ``folder``; questions without judgements are left out. Raises ``BenchError``."""
    try:
        documents = {}
        for line in (folder / "corpus.jsonl").read_bytes().splitlines():
            entry = orjson.loads(line)
            documents[str(entry["_id"])] = f"{entry.get('title') or ''}\n\n{entry['text']}\n"
        relevant: dict[str, dict[str, int]] = {}
        with (folder / "qrels" / "test.tsv").open(newline="") as judgements:
            for question, document, grade in list(csv.reader(judgements, delimiter="\t"))[1:]:
                relevant.setdefault(question, {})[document] = int(grade)
        asked = [orjson.loads(line) for line in (folder / "queries.jsonl").read_bytes().splitlines()]
    except (OSError, KeyError, ValueError) as error:
        raise BenchError(f"{folder.name} is not in BEIR's layout: {error}") from error
    questions = [(str(entry["_id"]), str(entry["text"])) for entry in asked if str(entry["_id"]) in relevant]
    return Judged(documents, questions, relevant)


def as_words(text: str) -> str:
    """A question as a person types it into a search box: its words, none of them read as an operator."""
    return " ".join(word.lower() for word in _WORD.findall(text))


def _write(judged: Judged, root: Path) -> dict[str, str]:
    # names say nothing, so that a number in a question does not find a file's name
    root.mkdir()
    names: dict[str, str] = {}
    for number, (key, text) in enumerate(judged.documents.items()):
        name = "".join(chr(ord("a") + int(digit)) for digit in f"{number:06}") + "zq.txt"
        (root / name).write_text(text, "utf-8")
        names[name] = key
    return names


def _bare(stage: Stage, judged: Judged) -> dict[str, list[str]]:
    index = bare.build(stage.work / "bare-retrieval", judged.documents.items(), tokenizer="en_stem", chunked=False)
    found = {
        key: index.ranking([word for word in as_words(text).split() if word not in _STOP], DEPTH)
        for key, text in judged.questions
    }
    remove_folder(stage.work / "bare-retrieval")
    return found


def _recoll(stage: Stage, judged: Judged, root: Path, names: dict[str, str]) -> dict[str, list[str]]:
    index = recoll.build(root, stage.work / "recoll-retrieval")
    found = {
        key: [names[Path(path).name] for path in index.ranking(as_words(text), DEPTH) if Path(path).name in names]
        for key, text in judged.questions
    }
    remove_folder(index.config)
    return found


def _row(
    measure: str,
    judged: Judged,
    rankings: dict[str, list[str]],
    beside: Sequence[tuple[str, dict[str, list[str]]]],
    count: str,
    budget: Budget | None,
) -> Row:
    score = ndcg if measure.startswith("nDCG") else recall

    def mean(found: dict[str, list[str]]) -> float:
        return statistics.fmean(score(found[key], judged.relevant[key]) for key, _ in judged.questions)

    return Row(measure, mean(rankings), "", count, [Beside(name, mean(found)) for name, found in beside], budget)
