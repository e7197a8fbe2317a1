"""Processes that may die: a pool whose workers are watched, killed and replaced, one known task at a time.

A worker that hangs, crashes or eats memory costs the task it was on, which is reported as ``Lost``; everything
else that it had been given is done by its successor. Workers say which task they are on, and that they still
move, through shared memory, so small results can travel in batches and the culprit is known all the same.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic

from siss.app.processes.slot import Shared, Slot
from siss.app.processes.wire import Event, Handler, Limits, Part, Result, Task, Wire

BATCH_BYTES = 32 * 1024
"""A batch of tasks must fit a socket's buffer several times, or two full pipes could wait for each other."""

OUTSTANDING = 3
"""Batches a worker has been given at once, so that it never waits for the next."""

STOP, WANTED, WAITING = range(3)
"""What is taken from the queue first."""


class ProcessPool(Generic[Task, Part, Result]):
    """Workers of one kind. ``sink`` is called from the workers' threads and may block, to slow them down.

    ``outstanding``: batches that a worker is given at once. Tasks and results that are larger than a pipe's buffer
    want 1, or both ends could wait for each other to read. ``deadline``: of a task, by ``time.monotonic()``; one that
    runs longer is ended, and its worker with it.
    """

    def __init__(
        self,
        entry: Callable[[Any], Handler[Task, Part, Result]],
        config: Any,
        wire: Wire[Task, Part, Result],
        size: int,
        limits: Limits,
        sink: Callable[[Sequence[Event[Task, Part, Result]]], None],
        *,
        preload: Iterable[str] = (),
        outstanding: int = OUTSTANDING,
        deadline: Callable[[Task], float] | None = None,
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([entry.__module__, *preload])
        self._shared = Shared(context, entry, config, wire, limits, sink, outstanding, deadline)
        self._slots = [Slot(self._shared, index) for index in range(size)]

    def start(self) -> None:
        """Begin to take work; processes start with the first of it."""
        for slot in self._slots:
            slot.thread.start()

    def submit(self, tasks: Sequence[Task], *, wanted: bool = False) -> None:
        """Queue tasks as one batch (or more, where it would be too large for the pipe); ``wanted``: before others."""
        rank = WANTED if wanted else WAITING
        batch: list[Task] = []
        size = 0
        for task in tasks:
            length = len(self._shared.encode(task))
            if batch and size + length > BATCH_BYTES:
                self._shared.put(rank, batch)
                batch, size = [], 0
            batch.append(task)
            size += length
        if batch:
            self._shared.put(rank, batch)

    def processes(self) -> list[int]:
        """Ids of the worker processes that live now."""
        return [pid for slot in self._slots if (pid := slot.pid) is not None]

    def stop(self) -> None:
        """End all workers now; what they had been given is not reported."""
        self._shared.stopping.set()
        for _ in self._slots:
            self._shared.put(STOP, None)
        for slot in self._slots:
            if slot.thread.is_alive():
                slot.thread.join()
