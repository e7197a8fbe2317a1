"""What runs in a reading process: one file at a time, from bytes to segments."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from siss.app.ingest.extraction import ExtractionConfig, Extractors
from siss.app.ingest.read import ReadLimits, ReadTask, read_file
from siss.app.processes.wire import Handler, Wire
from siss.model.content import Segment
from siss.model.ingest import FileOutcome

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
        began = time.perf_counter()
        outcome = read_file(task, self._limits, self._extractors, emit, beat)
        return replace(outcome, seconds=time.perf_counter() - began)


def make_reader(config: ReaderConfig) -> FileReader:
    """Called once in each reading process."""
    # Stages make no cycles; collecting now and then between files is enough, and several percent faster.
    gc.set_threshold(50_000, 20, 100)
    return FileReader(config)
