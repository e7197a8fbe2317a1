"""The one thread that writes to the cache's database.

Writes wait in a bounded queue and are committed in groups, so a slow disk delays nobody who reads or answers: a
reply is kept a moment later, or not at all when too much waits.
"""

import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from siss.errors import CacheError
from siss.gateway.cache.database import open_writer, translate

T = TypeVar("T")

MOST_WAITING_BYTES: Final = 64 << 20
_GROUP: Final = 256
_COMPANY_SECONDS: Final = 0.005
"""A write waits so long for others: one commit for all of them, and none while the answer itself goes out."""


class _Write(Generic[T]):
    """Work to do inside a transaction, and where its result goes."""

    def __init__(self, work: Callable[[sqlite3.Connection], T], size: int) -> None:
        self.work = work
        self.size = size
        self.future: Future[T] = Future()
        self.result: T

    def run(self, connection: sqlite3.Connection) -> None:
        self.result = self.work(connection)

    def settle(self) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_result(self.result)

    def fail(self, error: BaseException) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


class Writer:
    """Runs writes in order. Opening raises what ``open_writer`` raises.

    ``undone``: called with the connection when writes were rolled back, so that what was counted is counted anew.
    """

    def __init__(
        self,
        path: Path,
        undone: Callable[[sqlite3.Connection], None] = lambda _: None,
        *,
        most_waiting: int = MOST_WAITING_BYTES,
    ) -> None:
        self._path = path
        self._undone = undone
        self._most_waiting = most_waiting
        self._connection = open_writer(path)
        self._waiting: deque[_Write[Any]] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="siss-cache-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[sqlite3.Connection], T], size: int = 0) -> Future[T]:
        """Have ``work`` done in the next transaction. ``size``: bytes that it holds on to meanwhile.

        The future fails with one of the cache's errors, at once where too much waits already.
        """
        write = _Write(work, size)
        with self._changed:
            if self._closing or (self._waiting and self._waiting_bytes + size > self._most_waiting):
                why = "the cache is closed" if self._closing else "too much waits to be written"
                write.fail(CacheError(f"{self._path}: {why}", path=str(self._path)))
            else:
                self._waiting.append(write)
                self._waiting_bytes += size
                if len(self._waiting) in {1, _GROUP}:
                    self._changed.notify()
        return write.future

    def close(self) -> None:
        """Write what waits, then close."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def _run(self) -> None:
        while group := self._next_group():
            self._commit(group)

    def _next_group(self) -> list[_Write[Any]]:
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            if not self._closing and len(self._waiting) < _GROUP:
                self._changed.wait(_COMPANY_SECONDS)
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), _GROUP))]
            self._waiting_bytes -= sum(write.size for write in group)
            return group

    def _commit(self, group: list[_Write[Any]]) -> None:
        connection = self._connection
        done: list[_Write[Any]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for write in group:
                connection.execute("SAVEPOINT one")
                try:
                    write.run(connection)
                except Exception as error:  # noqa: BLE001  one bad write costs itself, not its group
                    try:
                        connection.execute("ROLLBACK TO one")  # fails where a full disk has undone everything
                        self._undone(connection)
                    finally:
                        write.fail(translate(error, self._path) if isinstance(error, sqlite3.Error) else error)
                else:
                    done.append(write)
                connection.execute("RELEASE one")
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001  whatever it is: without this thread nothing is ever written again
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            with contextlib.suppress(Exception):
                self._undone(connection)
            told = translate(error, self._path)
            for write in group:
                if not write.future.done():
                    write.fail(told)
        else:
            for write in done:
                write.settle()
