"""Secrets: MB a second on one core, line recall on files that leak, alarms in text that does not.

Two sets of files with their secrets marked: ``seen`` was looked at while the rules were written, ``unseen`` was made
afterwards. ``--secrets DIR`` adds strings labelled true or false (``labelled.jsonl``); detectors' own test strings of
repeated letters count as missed.
``--clean DIR`` counts what would hide files there, rule by rule; the raw rows name the places, for a person to judge
(docs/secrets.md has the judgement of large ones).
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import orjson

from bench.report import Budget, Row
from bench.stage import Stage
from siss.extract.redact import Redactor
from siss.extract.secrets.fingerprint import Fingerprinter
from siss.extract.secrets.scan import Scanner
from siss.model.secret import SecretFinding, SecretSeverity
from siss.model.text import Window

LARGEST = 4_000_000
"""Bytes of a file that ``--clean`` looks at."""
TEXTS = Path(__file__).parent.parent / "texts"


@dataclass(frozen=True, slots=True)
class Leak:
    """One file; ``lines``: numbers of those that hold a secret, from 1."""

    name: str
    data: bytes
    lines: frozenset[int]


async def run(stage: Stage) -> list[Row]:
    """Speed and alarms on the mixed corpus, recall on leaks."""
    scanner = Scanner()
    rows = _measure_corpus(stage, scanner)
    for name in ("seen", "unseen"):
        rows.append(_score_leaks(stage, scanner, name))
    if stage.options.clean is not None:
        rows += _count_critical(stage, scanner, stage.options.clean)
    folder = stage.options.secrets
    if folder is None:
        stage.say("secrets: no folder was given (--secrets DIR), so labelled strings are not measured")
        return rows
    return [*rows, *_score_labelled(scanner, folder / "labelled.jsonl")]


def _measure_corpus(stage: Stage, scanner: Scanner) -> list[Row]:
    """The corpus is made of text without secrets, so each finding is one too many."""
    texts = [made.text for made in stage.corpus().files() if not made.duplicate]
    pieces = [text.encode() if isinstance(text, str) else text for text in texts]
    size = sum(map(len, pieces))
    redact(scanner, b"warm")
    began = time.process_time()
    found = [redact(scanner, piece) for piece in pieces]
    seconds = time.process_time() - began
    alarms = [finding for findings in found for finding in findings]
    hidden = sum(any(each.severity is SecretSeverity.CRITICAL for each in findings) for findings in found)
    stage.recorder.keep("alarms", rules=[finding.rule for finding in alarms])
    count = f"{size / 1e6:.1f} MB, {len(pieces):,} files"
    return [
        Row("redaction", size / 1e6 / seconds, "MB/s a core", count, (), Budget(30, most=False)),
        Row("findings in clean text", len(alarms) / (size / 1e6), "a MB", f"{len(alarms):,}", (), Budget(1)),
        Row("clean files hidden", 1000 * hidden / len(pieces), "in 1,000", f"{hidden:,}", (), Budget(1)),
    ]


def redact(scanner: Scanner, data: bytes) -> list[SecretFinding]:
    """The findings of one small file."""
    redactor = Redactor(scanner, Fingerprinter(bytes(32)))
    redactor.take(Window(0, data, 0, final=True))
    return redactor.findings


def read_leaks(file: Path) -> Iterator[Leak]:
    """Files after ``=== name`` lines, secrets between double brackets."""
    for part in file.read_text("utf-8").split("=== ")[1:]:
        name, _, text = part.partition("\n")
        lines = frozenset(number for number, line in enumerate(text.split("\n"), 1) if "⟦" in line)
        yield Leak(name, text.replace("⟦", "").replace("⟧", "").encode(), lines)


def _score_leaks(stage: Stage, scanner: Scanner, name: str) -> Row:
    found = wanted = 0
    missed: list[str] = []
    for leak in read_leaks(TEXTS / f"secrets-{name}.txt"):
        lines = {finding.line for finding in redact(scanner, leak.data)}
        found += len(lines & leak.lines)
        wanted += len(leak.lines)
        missed += [f"{leak.name}:{line}" for line in sorted(leak.lines - lines)]
    stage.recorder.keep(f"leaks {name}", missed=missed)
    return Row(f"line recall, leaks {name}", found / wanted, "", f"{found} of {wanted}", (), Budget(0.83, most=False))


def _score_labelled(scanner: Scanner, file: Path) -> list[Row]:
    counts = {True: [0, 0], False: [0, 0]}
    for line in file.read_bytes().splitlines():
        row = orjson.loads(line)
        counts[row["label"]][bool(redact(scanner, row["text"].encode()))] += 1
    return [
        Row(f"labelled {label}, found", found / (found + missed), "", f"{found} of {found + missed}")
        for label, (missed, found) in counts.items()
    ]


def _count_critical(stage: Stage, scanner: Scanner, folder: Path) -> list[Row]:
    """What hides files below a folder of text: distinct secrets of each rule."""
    seen: set[bytes] = set()
    secrets: dict[str, set[str]] = defaultdict(set)
    places: list[str] = []
    size = 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or not 0 < path.stat().st_size < LARGEST:
            continue
        data = path.read_bytes()
        digest = blake2b(data, digest_size=16).digest()
        if digest in seen or b"\0" in data:
            continue
        seen.add(digest)
        size += len(data)
        for finding in redact(scanner, data):
            if finding.severity is SecretSeverity.CRITICAL:
                secrets[finding.rule].add(finding.fingerprint)
                places.append(f"{finding.rule} {path.relative_to(folder)}:{finding.line}")
    stage.recorder.keep("critical", places=places, files=len(seen), bytes=size)
    files = len({place.rpartition(":")[0].partition(" ")[2] for place in places})
    count = f"{len(seen):,} files, {size / 1e6:,.0f} MB"
    return [
        Row("files that a critical secret hides", files, "files", count),
        *(Row(f"critical, {rule}", len(found), "distinct") for rule, found in sorted(secrets.items())),
    ]
