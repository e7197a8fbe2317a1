"""What each step of reading one file needs: its task, the limits, the extractors, and the open file."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from siss.app.ingest.reading.assemble import Assembler
from siss.app.ingest.reading.extraction import Extractors
from siss.app.ingest.reading.source import Source
from siss.app.ingest.reading.task import ReadLimits, ReadTask
from siss.chunk.cut import OF_TEXT, Beginning
from siss.detect.sniff import Detected
from siss.model.content import Segment, TailState
from siss.model.text import Ledger
from siss.parse.select import select_parser


@dataclass(frozen=True, slots=True)
class ReadContext:
    """Of one file, for as long as it is read.

    ``emit`` takes segments of large files before the end; ``beat`` is called as work moves on.
    """

    task: ReadTask
    limits: ReadLimits
    extractors: Extractors
    source: Source
    emit: Callable[[Segment], None]
    beat: Callable[[], None]

    @property
    def age_seconds(self) -> float:
        """How long ago the file was written to. One from the future is as old as it is ahead: clocks differ."""
        return abs(time.time_ns() - self.source.stat.mtime_ns) / 1e9

    def begin_text(
        self,
        detected: Detected,
        ledger: Ledger,
        emit: Callable[[Segment], None] | None,
        *,
        grows: bool,
        after: TailState | None = None,
        text_before: bytes = b"",
    ) -> Assembler:
        """An assembler for the text, from its start or from where reading goes on ``after`` a tail.

        ``emit``, ``grows``: of ``Assembler``; ``text_before``: the original text right before the place of the tail.
        """
        begin = OF_TEXT if after is None else Beginning(after.restart_seq, after.restart_line, after.restart_text)
        kind, dialect = detected.kind, detected.dialect
        modified_us = self.source.stat.mtime_ns // 1000
        parser = select_parser(kind, dialect, ledger, max_depth=self.limits.max_depth, mtime_us=modified_us)
        extraction = self.extractors.begin(kind, dialect, self.task.name, line=begin.line, context=text_before)
        return Assembler(kind, self.limits.chunk_bytes, parser, extraction, ledger, emit, begin=begin, grows=grows)
