"""Reading files made in code."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from siss.app.ingest.reading.extraction import ExtractionConfig, Extractors
from siss.app.ingest.reading.read import read_file
from siss.app.ingest.reading.task import ReadLimits, ReadTask
from siss.model.content import Chunk, Segment, TailState
from siss.model.coverage import Reason
from siss.model.file import FileStat
from siss.model.ids import FileId
from siss.model.ingest import FileOutcome
from text_blocks import read_block

OLD = 100_000.0

EXTRACTORS = Extractors(ExtractionConfig(b"one key of a database, 32 bytes."))


@dataclass
class Read:
    """An outcome with all segments that came, and what they say together."""

    outcome: FileOutcome
    emitted: list[Segment] = field(default_factory=list)

    @property
    def segments(self) -> list[Segment]:
        return [*self.emitted, *([self.outcome.segment] if self.outcome.segment else [])]

    @property
    def chunks(self) -> list[Chunk]:
        return [chunk for segment in self.segments for chunk in segment.chunks]

    @property
    def text(self) -> bytes:
        return b"".join(read_block(block).text for segment in self.segments for block in segment.blocks)

    @property
    def words(self) -> str:
        return "".join(terms.body for segment in self.segments for terms in segment.terms)

    @property
    def reasons(self) -> list[Reason]:
        facts = self.outcome.facts
        return [gap.reason for gap in [*(facts.gaps if facts else ()), *self.outcome.gaps]]


def put(path: Path, data: bytes, age: float = OLD) -> Path:
    """Write a file that was last changed so many seconds ago."""
    path.write_bytes(data)
    set_age(path, age)
    return path


def set_age(path: Path, age: float) -> None:
    then = time.time() - age
    os.utime(path, (then, then))


def read(path: Path, limits: ReadLimits | None = None, *, tail: TailState | None = None, **task: Any) -> Read:
    stat = FileStat.of(path.lstat()) if path.exists() else FileStat(0, 0, 0, 0)
    emitted: list[Segment] = []
    given = ReadTask(FileId(1), os.fsencode(path), stat, tail=tail, **task)
    outcome = read_file(given, limits or ReadLimits(), EXTRACTORS, emitted.append, lambda: None)
    return Read(outcome, emitted)
