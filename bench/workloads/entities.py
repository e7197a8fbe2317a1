"""Extraction of entities: MB a second on one core, and F1 against lines that were marked by hand and by templates.

Four sets of lines. ``seen`` was looked at while the extractor was written, ``unseen`` was written afterwards (its
first figure, before anything was mended for it, was 0.93), and so was ``systems``, of a hundred systems (0.94; marks
that were wrong by ``docs/entities.md`` were mended after that). The fourth comes with ``--entities DIR``: messages of
public log collections whose entities are the slots of their templates; its two halves are told apart, of which one
was for tuning.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from bench.processes import BenchError
from bench.report import Budget, Row
from bench.stage import Stage
from siss.extract.entities.scan import Scanner

TEXTS = Path(__file__).parent.parent / "texts"
CHUNK = 4096
_MARK = re.compile(r"(\[\[|\{\{)(\w+)\|(.*?)(?:\]\]|\}\})")
_SLOTS = {"ip": "ip_address"}

Span = tuple[str, int, int]


@dataclass(slots=True)
class Score:
    """Counts of one set. ``missed`` and ``extra``: what went wrong, for the raw rows."""

    found: int = 0
    missed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    @property
    def f1(self) -> float:
        return 2 * self.found / (2 * self.found + len(self.missed) + len(self.extra))


async def run(stage: Stage) -> list[Row]:
    """Speed on the mixed corpus, cold (every text is new) and warm; then quality."""
    rows = _measure_speed(stage)
    scanner = Scanner()
    for name in ("seen", "unseen", "systems"):
        score = _score_marked(scanner, (TEXTS / f"entities-{name}.txt").read_text("utf-8").splitlines())
        rows.append(_row(stage, f"F1, lines {name}", score, None))
    folder = stage.options.entities
    if folder is None:
        stage.say("entities: no folder was given (--entities DIR), so F1 on public logs is not measured")
        return rows
    slots = _read_slots(folder)
    for name, half in (("first", slots[0::2]), ("second", slots[1::2])):
        rows.append(_row(stage, f"F1, log slots, {name} half", _score_slots(scanner, half), Budget(0.97, most=False)))
    return rows


def _measure_speed(stage: Stage) -> list[Row]:
    texts = [made.text for made in stage.corpus().files() if not made.duplicate]
    files = [
        [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)] for data in (_encoded(text) for text in texts)
    ]
    size = sum(len(piece) for pieces in files for piece in pieces)
    rows = []
    scanner = Scanner()
    for name in ("cold", "warm"):
        began = time.process_time()
        mentions = sum(len(told) for pieces in files for told in scanner.scan(pieces))
        seconds = time.process_time() - began
        count = f"{mentions:,} mentions in {size / 1e6:.1f} MB"
        rows.append(
            Row(f"extraction, {name}", size / 1e6 / seconds, "MB/s a core", count, (), Budget(12, most=False))
        )
    return rows


def _encoded(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _score_marked(scanner: Scanner, lines: Iterable[str]) -> Score:
    score = Score()
    for line in lines:
        text, wanted, allowed = read_marks(line)
        found = [(one.name.type.value, one.start, one.end) for one in scanner.mentions(text)]
        inside = [span for span in wanted if span[0] in {"url", "filepath"}]
        for span in wanted:
            if any(_overlap(span, other) for other in found):
                score.found += 1
            else:
                score.missed.append(_shown(text, span))
        for span in found:
            held = any(other[1] <= span[1] and span[2] <= other[2] for other in inside)
            if not held and not any(_overlap(span, other) for other in (*wanted, *allowed)):
                score.extra.append(_shown(text, span))
    return score


def read_marks(line: str) -> tuple[bytes, list[Span], list[Span]]:
    """The text of a marked line, what must be found in it, and what may be."""
    text = ""
    wanted: list[Span] = []
    allowed: list[Span] = []
    at = 0
    for mark in _MARK.finditer(line):
        text += line[at : mark.start()]
        start = len(text.encode())
        text += mark[3]
        (wanted if mark[1] == "[[" else allowed).append((mark[2], start, len(text.encode())))
        at = mark.end()
    return (text + line[at:]).encode(), wanted, allowed


def _overlap(one: Span, other: Span) -> bool:
    return one[0] == other[0] and one[1] < other[2] and other[1] < one[2]


def _shown(text: bytes, span: Span) -> str:
    return f"{span[0]}: {text[span[1] : span[2]].decode('utf-8', 'replace')}"


def _read_slots(folder: Path) -> list[dict[str, object]]:
    try:
        return [orjson.loads(line) for line in (folder / "log_slots.jsonl").read_bytes().splitlines()]
    except (OSError, ValueError) as error:
        raise BenchError(f"{folder.name} holds no log_slots.jsonl: {error}") from error


def _score_slots(scanner: Scanner, rows: Iterable[dict[str, object]]) -> Score:
    """Values of the types that slots have, each once a line."""
    score = Score()
    for row in rows:
        text = str(row["text"]).encode()
        wanted, allowed = (_values(row[key]) for key in ("entities", "optional"))
        types = {"ip_address", "port", "filepath"}
        found = {
            (one.name.type.value, text[one.start : one.end].decode())
            for one in scanner.mentions(text)
            if one.name.type.value in types
        } - allowed
        score.found += len(wanted & found)
        score.missed.extend(map(str, wanted - found))
        score.extra.extend(map(str, found - wanted))
    return score


def _values(entities: object) -> set[tuple[str, str]]:
    assert isinstance(entities, list)
    return {(_SLOTS.get(one["type"], one["type"]), one["value"]) for one in entities}


def _row(stage: Stage, measure: str, score: Score, budget: Budget | None) -> Row:
    stage.recorder.keep(measure, found=score.found, missed=score.missed[:50], extra=score.extra[:50])
    count = f"{score.found:,} found, {len(score.missed)} missed, {len(score.extra)} too many"
    return Row(measure, score.f1, "", count, (), budget)
