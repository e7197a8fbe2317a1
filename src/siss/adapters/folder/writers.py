"""Who writes uploads, and whether they still live: a lock for each process, on the local disk.

The temporary names of uploads begin with their writer's, so that what a killed process left is known for what it is
at once: the system lets go of a dead process's lock. Its number would not tell, another may have it by now. The
locks are not in the folder of the uploads, which is often on a NAS that knows none.
"""

import contextlib
import fcntl
import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_MARK: Final = "-"


class Writers:
    """The writers of one state folder. ``folder``: for their locks, made when it is needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: str | None = None
        self._lock: int | None = None
        self._making = threading.Lock()

    def new_name(self) -> str:
        """A name for something that this process writes, which nobody had before."""
        with self._making:
            if self._own is None:
                self._own = self._enrol()
        return f"{self._own}{_MARK}{uuid.uuid4().hex}"

    def _enrol(self) -> str:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = uuid.uuid4().hex
        # Held until this process ends, however it ends; not inherited (PEP 446) by what it starts.
        self._lock = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return name

    def close(self) -> None:
        """Let go of what this process wrote, as if it ended."""
        with self._making:
            if self._lock is not None:
                os.close(self._lock)
            self._own = self._lock = None

    @contextlib.contextmanager
    def dead(self) -> Iterator[frozenset[str]]:
        """Writers that ended, to be forgotten once what they left is gone. Those of other folders are not known."""
        found = frozenset(name for name in self._names() if not self._lives(name))
        yield found
        for name in found:
            (self._folder / name).unlink(missing_ok=True)

    def _names(self) -> list[str]:
        try:
            return [entry.name for entry in self._folder.iterdir()]
        except FileNotFoundError:
            return []

    def _lives(self, name: str) -> bool:
        try:
            descriptor = os.open(self._folder / name, os.O_RDWR)
        except FileNotFoundError:
            return True  # somebody else has just forgotten it
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False


def writer_of(name: str) -> str:
    """Who wrote what has this name; empty where the name does not say."""
    return name.partition(_MARK)[0] if _MARK in name else ""
