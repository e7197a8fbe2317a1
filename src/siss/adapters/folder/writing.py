"""A file that is being written, piece by piece, on threads that may hang."""

import hashlib
import os
import threading
from collections.abc import Callable


class FileWriting:
    """A file that is being written.

    The lock: a write that hangs must not have its descriptor closed under it. What was closed stays so: a call that
    nobody waits for any more may come to its turn later.
    """

    def __init__(self) -> None:
        self._descriptor: int | None = None
        self._closed = False
        self._lock = threading.Lock()
        self.digest = hashlib.sha256()
        self.size = 0

    def open(self, create: Callable[[], int]) -> None:
        """Begin, unless it was given up before."""
        with self._lock:
            if not self._closed:
                self._descriptor = create()

    def write(self, data: bytes) -> None:
        """Write, whole."""
        with self._lock:
            if self._descriptor is None:
                return  # given up
            self.digest.update(data)
            self.size += len(data)
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]

    def finish(self, data: bytes) -> None:
        """Write the last, and see that all of it is on disk."""
        self.write(data)
        with self._lock:
            if self._descriptor is not None:
                os.fsync(self._descriptor)
        self.close()

    def close(self) -> None:
        """Let go of the file; again does nothing."""
        with self._lock:
            self._closed = True
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is not None:
                os.close(descriptor)
