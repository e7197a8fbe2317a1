"""A file's bytes, read once: hashed and counted as they pass, and never more than there were when it was opened."""

import errno
import hashlib
import io
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Self

from siss.discover.throttle import TokenBucket
from siss.model.coverage import Gap, Reason
from siss.model.file import FileStat
from siss.model.text import Ledger

READ_BYTES: Final = 1 << 18
_AWAY_NAMES: Final = (
    "EIO ESTALE ETIMEDOUT ENOTCONN EHOSTDOWN EHOSTUNREACH ENETDOWN ENETUNREACH EREMOTEIO ENODEV ENOLINK"
)
AWAY: Final = frozenset(getattr(errno, name) for name in _AWAY_NAMES.split() if hasattr(errno, name))
"""Error numbers of a mount that is away. They may pass, so the file is tried again."""


class SpecialFileError(OSError):
    """The path is no longer a regular file."""


class Source:
    """One open file. ``stat``: when it was opened; its size bounds what is read.

    ``throttle`` limits bytes a second; ``beat`` is called for each block. Opening and reading raise ``OSError``, and
    ``SpecialFileError`` where the path is no regular file any more.
    """

    def __init__(self, path: bytes, throttle: TokenBucket, beat: Callable[[], None]) -> None:
        # A pipe that took the file's place must not hang us.
        self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOCTTY", 0))
        self._throttle = throttle
        self._beat = beat
        self._hash = hashlib.sha256()
        self.read_bytes = 0
        try:
            found = os.fstat(self._file)
            if not stat.S_ISREG(found.st_mode):
                raise SpecialFileError(errno.EINVAL, "not a regular file")
        except BaseException:
            os.close(self._file)
            raise
        self.stat = FileStat.of(found)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._file)

    def blocks(self) -> Iterator[bytes]:
        """Blocks of the file in order, each once: a later call continues where the last one stopped."""
        while self.read_bytes < self.stat.size:
            block = self._read(min(READ_BYTES, self.stat.size - self.read_bytes), self.read_bytes)
            if not block:
                return
            self._hash.update(block)
            self.read_bytes += len(block)
            yield block

    def has_untold_bytes(self) -> bool:
        """Whether it has bytes though its size is 0: some file systems know no sizes (/proc, remote documents)."""
        return not self.stat.size and bool(self._read(1, 0)) and not self.now().size

    def drain(self) -> None:
        """Read what is left, for the hash."""
        for _ in self.blocks():
            pass

    def sha256(self) -> bytes:
        """The hash of what was read so far."""
        return self._hash.digest()

    def piece(self, start: int, end: int) -> bytes:
        """Bytes between two offsets, without touching the stream; fewer where the file is shorter."""
        parts: list[bytes] = []
        while start < end and (block := self._read(min(READ_BYTES, end - start), start)):
            parts.append(block)
            start += len(block)
        return b"".join(parts)

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """The same in blocks."""
        while start < end and (block := self._read(min(READ_BYTES, end - start), start)):
            start += len(block)
            yield block

    def reader(self) -> io.BufferedReader:
        """A seekable reader of the file, with a position of its own."""
        return os.fdopen(os.dup(self._file), "rb")

    def now(self) -> FileStat:
        """The file's stat as it is now."""
        return FileStat.of(os.fstat(self._file))

    def _read(self, count: int, at: int) -> bytes:
        wait = self._throttle.take(count)
        while wait > 0:
            # A worker that waits its turn is alive, and says so.
            time.sleep(min(wait, 1.0))
            wait -= 1.0
            self._beat()
        self._beat()
        return os.pread(self._file, count, at)


class Counted:
    """Passes blocks on; ``count``: the bytes that passed so far."""

    def __init__(self, blocks: Iterable[bytes], beat: Callable[[], None]) -> None:
        self._blocks = blocks
        self._beat = beat
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            self.count += len(block)
            self._beat()
            yield block


def at_most(blocks: Iterable[bytes], size: int, ledger: Ledger) -> Iterator[bytes]:
    """A decompressed stream, cut after ``size`` bytes at the end of a line; the cut is noted on the ledger."""
    given = 0
    for block in blocks:
        if given + len(block) > size:
            kept = block[: size - given]
            kept = kept[: kept.rfind(b"\n") + 1] or kept
            yield kept
            detail = f"more than {size:,} bytes when decompressed"
            ledger.note(Gap(Reason.OVERSIZED, given + len(kept), detail=detail))
            return
        given += len(block)
        yield block
