"""What a reading process is given."""

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

    ``line_seconds``: how long a line without an end waits for it, ``tail_seconds`` of the settings.
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

    ``path``: absolute, original bytes. ``stat``: as discovery saw it. ``known_sha256``: of the bytes that are
    indexed; the same bytes are not parsed again unless ``forced``. ``tail``: where reading a log goes on.
    ``trace``: the span that it is read for, as in a ``traceparent``; empty where nobody collects.
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
        """The folder that it is in."""
        return self.path.rpartition(b"/")[0] or b"/"

    @property
    def name(self) -> str:
        """The file's own name."""
        return os.fsdecode(self.path.rpartition(b"/")[2])


def make_batches(files: Sequence[PendingFile]) -> list[list[ReadTask]]:
    """Tasks in batches that take workers about equally long; a large file goes alone."""
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
