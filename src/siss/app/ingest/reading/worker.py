"""What runs in a reading process: one file at a time, from bytes to segments."""

import gc
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from siss.app.ingest.reading.extraction import ExtractionConfig, Extractors
from siss.app.ingest.reading.read import read_file
from siss.app.ingest.reading.task import ReadLimits, ReadTask
from siss.app.processes.wire import Handler, Wire
from siss.model.content import Segment
from siss.model.ingest import FileOutcome
from siss.traces.remote import noted
from siss.traces.span import span

READ_WIRE: Wire[ReadTask, Segment, FileOutcome] = Wire(ReadTask, Segment, FileOutcome)


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """What a reading process is started with."""

    limits: ReadLimits
    extraction: ExtractionConfig


class FileReader(Handler[ReadTask, Segment, FileOutcome]):
    """Reads files within the limits that the settings give."""

    def __init__(self, config: ReaderConfig) -> None:
        self._limits = config.limits
        self._extractors = Extractors(config.extraction)

    def __call__(self, task: ReadTask, emit: Callable[[Segment], None], beat: Callable[[], None]) -> FileOutcome:
        """Read one file."""
        if task.trace:
            return self._read_noted(task, emit, beat)
        began = time.perf_counter()
        outcome = read_file(task, self._limits, self._extractors, emit, beat)
        return replace(outcome, seconds=time.perf_counter() - began)

    def _read_noted(self, task: ReadTask, emit: Callable[[Segment], None], beat: Callable[[], None]) -> FileOutcome:
        """The same, where somebody wants to know what took how long."""
        with noted() as notes:
            with span("file.read") as seen:
                outcome = self(replace(task, trace=""), emit, beat)
                seen.set("process.pid", os.getpid())
                seen.set("siss.bytes", task.stat.size)
                seen.set("siss.outcome", outcome.outcome.value)
                if outcome.facts is not None:
                    seen.set("siss.kind", outcome.facts.kind.value)
            return replace(outcome, spans=notes.spans())


def make_reader(config: ReaderConfig) -> FileReader:
    """Called once in each reading process."""
    # Stages make no cycles; collecting now and then between files is enough, and several percent faster.
    gc.set_threshold(50_000, 20, 100)
    return FileReader(config)
