"""Anomalies: F1 on deviations planted in families of 200 files, false alarms in clean ones, and time a member.

The families are drawn at random (``bench.families``), every other one noisy, and grouped by the product's own
clustering. Rules were tuned with seeds below 1,000; the figures are of seeds above.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.families import Made, make_families
from bench.report import Budget, Row
from bench.stage import Stage
from siss.anomalies.detect import find_deviations
from siss.anomalies.explain import explain
from siss.anomalies.family import Member
from siss.extract.redact import Redactor
from siss.extract.secrets.fingerprint import Fingerprinter
from siss.extract.secrets.scan import Scanner
from siss.extract.structure.select import select_fields
from siss.model.content import Kind
from siss.model.shape import Structure
from siss.model.text import Window
from siss.schemas.cluster import ShapeCount, cluster_shapes

JUDGED: int = 1000
"""Added to the run's seed."""
FAMILIES = 32
ALARMS_OF = 200


@dataclass(slots=True)
class Score:
    """``found`` and ``missed``: planted deviations; ``false``: files with findings where nothing was planted."""

    files: int = 0
    found: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def f1(self) -> float:
        found = self.found.total()
        return 2 * found / (2 * found + len(self.missed) + len(self.false))


async def run(stage: Stage) -> list[Row]:
    """Planted and clean families."""
    seed = JUDGED + stage.options.seed
    scanner = Scanner()
    planted = score_families(make_families(seed, FAMILIES), scanner)
    clean = score_families(make_families(seed + JUDGED, FAMILIES, planted=0.0), scanner)
    stage.recorder.keep("planted", missed=planted.missed, false=planted.false, found=dict(planted.found))
    stage.recorder.keep("clean", false=clean.false)
    count = f"{planted.found.total()} found, {len(planted.missed)} missed, {len(planted.false)} false"
    rate = len(clean.false) * ALARMS_OF / clean.files
    return [
        Row("F1, planted in families of 200", planted.f1, "", count, (), Budget(0.95, most=False)),
        Row("false alarms", rate, "in 200", f"{len(clean.false)} in {clean.files:,} clean files", (), Budget(1)),
        Row("analysis", 1e3 * clean.seconds / clean.files, "ms a file", f"{clean.seconds:.1f} s, one core"),
    ]


def score_families(families: Sequence[Sequence[Made]], scanner: Scanner) -> Score:
    """Redact, draw the structures, cluster, look for anomalies, and compare with what was planted."""
    score = Score()
    files = [made for family in families for made in family]
    read = [read_made(made, scanner) for made in files]
    credentials = {number for number, (_, secrets) in enumerate(read) if secrets}
    findings: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for group in group_by_schema([(files[number], structure) for number, (structure, _) in enumerate(read)]):
        members = []
        for number in group:
            structure, _ = read[number]
            assert structure is not None
            members.append(
                Member(structure.shape, structure.values, frozenset(structure.value_keys), len(files[number].text))
            )
        began = time.process_time()
        deviations = find_deviations(members)
        score.seconds += time.process_time() - began
        for at, found in deviations.items():
            findings[group[at]] += [(each.path, explain(each)) for each in found]
    for number, made in enumerate(files):
        score.files += 1
        _judge(score, made, findings[number], credential=number in credentials)
    return score


def _judge(score: Score, made: Made, found: Sequence[tuple[str, str]], *, credential: bool) -> None:
    hit = credential if made.planted == "credential" else any(_meets(path, made) for path, _ in found)
    others = [text for path, text in found if not _meets(path, made)]
    if credential and made.planted != "credential":
        others.append("credential")
    if made.planted and hit:
        score.found[made.planted] += 1
    elif made.planted:
        score.missed.append(f"{made.name} {made.planted} {'.'.join(made.at)}")
    if others:
        score.false.append(f"{made.name} {made.planted}: {others[0]}")


def _meets(path: str, made: Made) -> bool:
    """Whether a finding is at the planted place or below it, or about the file where its size was planted."""
    if not path:
        return made.planted == "size"
    at = made.at
    steps = path.replace("/", ".").replace("[*]", "").split(".")
    return any(tuple(steps[start : start + len(at)]) == at for start in range(len(steps))) and bool(at)


def read_made(made: Made, scanner: Scanner) -> tuple[Structure | None, int]:
    """The structure of a file's redacted text, and the number of its secrets."""
    redactor = Redactor(scanner, Fingerprinter(bytes(32)))
    kind = Kind(made.syntax)
    reader = select_fields(kind, None, max_depth=32)
    assert reader is not None
    if (window := redactor.take(Window(0, made.text, 0, final=True))) is not None:
        reader.feed(window)
    return reader.close(), len(redactor.findings)


def group_by_schema(files: Sequence[tuple[Made, Structure | None]]) -> list[list[int]]:
    """Positions of files by schema, as reclustering makes them."""
    holders: dict[bytes, list[int]] = defaultdict(list)
    for number, (_, structure) in enumerate(files):
        if structure is not None:
            holders[structure.shape.digest].append(number)
    counts = []
    for digest, numbers in holders.items():
        structure = files[numbers[0]][1]
        assert structure is not None
        folders = sorted({files[number][0].name.partition("/")[0] for number in numbers})
        shape = structure.shape
        counts.append(
            ShapeCount(
                digest, shape.kind, shape.paths, shape.types, len(numbers), tuple(folders) if len(folders) < 3 else ()
            )
        )
    return [[number for at in cluster for number in holders[counts[at].key]] for cluster in cluster_shapes(counts)]
