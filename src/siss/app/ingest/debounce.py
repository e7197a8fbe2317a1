"""Debouncing: a file that is being written is not read before it has been still for a while."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from siss.discover.settle import settle_wait
from siss.model.file import FileStat, PendingFile
from siss.model.ids import FileId, RootId


@dataclass(frozen=True, slots=True)
class _Restless:
    """A file that was changing when it was last seen. Times: nanoseconds since the epoch."""

    stat: FileStat
    same_since_ns: int
    first_ns: int


class Debouncer:
    """Says when a pending file may be read: once it is still, or has been waited for long enough.

    ``settle_of``: seconds without a change after which a file of a root counts as still. A log that can be read on
    from where reading stopped is read every ``tail_seconds`` instead. A file that never is still is read after
    ``LONGEST`` settle times all the same; the ledger says that it was being written.
    """

    LONGEST = 20

    def __init__(self, settle_of: Callable[[RootId], float], tail_seconds: float) -> None:
        self._settle_of = settle_of
        self._tail_seconds = tail_seconds
        self._unsettled: dict[FileId, _Restless] = {}
        self._tailed: dict[FileId, float] = {}
        self._next = 0.0

    def ready(self, files: Sequence[PendingFile]) -> list[PendingFile]:
        """The files that may be read now, of those given."""
        now = time.monotonic()
        ready: list[PendingFile] = []
        for file in files:
            wait = self._wait_for_tail(file, now) if file.tail is not None else self._wait_for_rest(file)
            if wait > 0:
                self._next = min(self._next or now + wait, now + wait)
            else:
                ready.append(file)
        return ready

    def _wait_for_tail(self, file: PendingFile, now: float) -> float:
        wait = self._tailed.get(file.id, 0.0) + self._tail_seconds - now
        if wait <= 0:
            if len(self._tailed) > 10_000:
                self._tailed = {key: at for key, at in self._tailed.items() if now - at < self._tail_seconds}
            self._tailed[file.id] = now
        return wait

    def _wait_for_rest(self, file: PendingFile) -> float:
        settle = self._settle_of(file.root_id)
        now_ns = time.time_ns()
        seen = self._unsettled.get(file.id)
        same_since = seen.same_since_ns if seen is not None and seen.stat == file.stat else None
        wait = settle_wait(file.stat, now_ns, settle, same_since_ns=same_since)
        if wait > 0:
            first = seen.first_ns if seen is not None else now_ns
            wait = min(wait, self.LONGEST * settle - (now_ns - first) / 1e9)
        if wait > 0:
            self._unsettled[file.id] = _Restless(file.stat, now_ns if same_since is None else same_since, first)
        else:
            self._unsettled.pop(file.id, None)
        return wait

    def next_seconds(self, most: float) -> float:
        """Seconds until the next file may be ready, at most ``most``."""
        due, self._next = self._next, 0.0
        return min(max(due - time.monotonic(), 0.01), most) if due else most
