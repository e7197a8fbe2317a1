"""What a reading process is given: files in batches, and the limits of reading."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from siss.model.content import TailState
from siss.model.file import FileStat, PendingFile
from siss.model.ids import FileId

BATCH_FILES = 32
"""Files in one batch to a worker."""

BATCH_BYTES = 2 << 20
"""Bytes of files in one batch to a worker: a batch takes about a tenth of a second."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What reading may use, from the settings of the same names. Sizes: bytes.

    ``line_seconds`` (``tail_seconds`` of the settings): how long an unfinished last line is left out, in the hope of
    its end; ``rest_seconds``: a log that was still for so long is hashed whole; ``bytes_per_second``: 0 for any.
    """

    whole_size: int = 10 << 20
    max_file_size: int = 100 << 20
    max_decompressed_size: int = 1 << 30
    max_decompressed_ratio: int = 1000
    max_depth: int = 32
    max_members: int = 10_000
    chunk_bytes: int = 4096
    line_seconds: float = 2.0
    rest_seconds: float = 60.0
    bytes_per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class ReadTask:
    """One file to read.

    ``path``: absolute, original bytes. ``stat``: as the scan saw it. ``known_sha256``: of the bytes that are indexed;
    the same bytes are not parsed again unless ``forced``. ``tail``: where reading a log goes on. ``trace``: the
    parent span, as in a ``traceparent`` header; empty where nobody collects spans.
    """

    file_id: FileId
    path: bytes
    stat: FileStat
    known_sha256: bytes | None = None
    forced: bool = False
    tail: TailState | None = None
    trace: str = ""

    @property
    def folder(self) -> bytes:
        """The folder of the file, absolute."""
        return self.path.rpartition(b"/")[0] or b"/"

    @property
    def name(self) -> str:
        """The file's own name."""
        return os.fsdecode(self.path.rpartition(b"/")[2])


def make_batches(files: Sequence[PendingFile]) -> list[list[ReadTask]]:
    """Batches of tasks, in the order given, that take a worker about equally long; a large file goes alone."""
    batches: list[list[ReadTask]] = []
    size = BATCH_BYTES
    for file in files:
        if not batches or len(batches[-1]) >= BATCH_FILES or size + file.stat.size > BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(
            ReadTask(
                file_id=file.id,
                path=file.path,
                stat=file.stat,
                known_sha256=file.content_sha256,
                forced=file.forced,
                tail=file.tail,
            )
        )
        size += file.stat.size
    return batches
