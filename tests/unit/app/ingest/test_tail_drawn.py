"""What is drawn from a log that grows is what is drawn from it whole: secrets, entities, fields."""

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from siss.model.entity import Name, Place, unpack_places
from siss.model.ingest import Outcome
from siss.model.secret import SecretFinding
from siss.model.shape import Structure
from unit.app.ingest.reading import Read, put
from unit.app.ingest.test_tail import LIMITS, NOW, Index, line
from unit.extract.secrets.made import Maker


class DrawnIndex(Index):
    """What the catalog would hold of one log besides its text."""

    def __init__(self) -> None:
        super().__init__()
        self.findings: list[SecretFinding] = []
        self.places: dict[Name, list[Place]] = {}
        self.structure: Structure | None = None

    def visit(self, path: Path, age: float, limits=LIMITS) -> Read:
        found = super().visit(path, age, limits)
        if found.outcome.outcome not in {Outcome.INDEXED, Outcome.APPENDED}:
            return found
        if found.outcome.outcome is Outcome.INDEXED:
            self.findings, self.places = [], {}
        if found.outcome.outcome is Outcome.INDEXED or found.outcome.structure is not None:
            self.structure = found.outcome.structure
        for segment in found.segments:
            if not segment.chunks:
                continue
            first = segment.chunks[0]
            self.findings = [finding for finding in self.findings if finding.start < first.start]
            self.findings += segment.findings
            self.places = {
                name: kept
                for name, places in self.places.items()
                if (kept := [place for place in places if place.seq < first.seq])
            }
            for said in (said for part in segment.mentions.values() for said in part):
                self.places.setdefault(said.name, []).extend(unpack_places(said.places))
        return found


def make(name: str) -> bytes:
    """A log in which secrets of one and of many lines stand between other lines."""
    maker, chance = Maker(5), random.Random(6)
    match name:
        case "app.jsonl":
            made = [
                b'{"host": "db-%02d.example.com", "password": "%s", "n%d": {"ip": "10.0.0.%d"}}\n'
                % (n % 9, maker.password().encode(), n % 3, n % 250)
                for n in range(90)
            ]
        case "app.csv":
            made = [b"time,host,token\n"]
            made += [b"%d,db-%02d.example.com,%s\n" % (n, n % 9, maker.with_crc("ghp_").encode()) for n in range(90)]
        case _:
            made = [line(n) for n in range(60)]
            for leak in (
                maker.pem(),
                f"password:\n  {maker.password()}\n",
                f"token={maker.with_crc('ghp_')}\n",
                maker.pem(),
                f"db_password = {maker.password()} # gitleaks:allow\n",
            ):
                made.insert(chance.randrange(8, len(made)), leak.encode())
    return b"".join(made)


DATA = {name: make(name) for name in ("app.log", "app.jsonl", "app.csv")}


@given(
    st.sampled_from(sorted(DATA)),
    st.integers(0, 4000),
    st.lists(st.integers(1, 1500), max_size=8),
    st.integers(0, 3),
)
@settings(max_examples=examples(30))
def test_appends_draw_what_reading_at_once_draws(name: str, start: int, appends: list[int], cut: int) -> None:
    data = DATA[name][: len(DATA[name]) - cut]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data[:start])
        index = DrawnIndex()
        index.visit(path, NOW)
        end = start
        for size in appends:
            with path.open("ab") as file:
                file.write(data[end : end + size])
            end = min(end + size, len(data))
            index.visit(path, NOW)
        with path.open("ab") as file:
            file.write(data[end:])
        index.visit(path, NOW)
        index.come_to_rest(path)
        whole = DrawnIndex()
        whole.visit(put(Path(folder) / f"whole-{name}", data), 100_000.0)
    assert index.text == whole.text
    assert len(whole.findings) > 2
    assert index.findings == whole.findings
    assert index.places == whole.places
    assert index.structure == whole.structure
    mine, theirs = index.found.outcome.facts, whole.found.outcome.facts
    assert mine.hidden == theirs.hidden
    assert [gap for gap in mine.gaps if gap.lost] == [gap for gap in theirs.gaps if gap.lost]


def test_a_key_that_is_written_line_by_line_is_never_seen(tmp_path: Path) -> None:
    maker = Maker(9)
    index, path = DrawnIndex(), put(tmp_path / "app.log", b"".join(map(line, range(40))))
    index.visit(path, NOW)
    for part in maker.pem().splitlines(keepends=True):
        with path.open("a") as file:
            file.write(part)
        index.visit(path, NOW)
        text = index.text.decode()
        assert [value for value in maker.values if len(value) > 40 and value in text] == []
    assert index.found.outcome.facts.hidden
