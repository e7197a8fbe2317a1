"""One worker's place in a pool: its process is begun, given batches, watched, ended and replaced from a thread."""

import contextlib
import itertools
import queue
import signal
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.sharedctypes import SynchronizedArray
from typing import Any, Generic

import msgspec
import psutil

from siss.app.processes.background import Background
from siss.app.processes.wire import (
    PART,
    RESULT,
    Done,
    Event,
    Handler,
    Limits,
    LossKind,
    Lost,
    Part,
    Partial,
    Reply,
    Result,
    Task,
    Wire,
)
from siss.app.processes.work import work
from siss.logs import get_logger

IDLE_SECONDS = 20.0
"""A worker without work ends after this long and gives its memory back."""

RESTART_SECONDS = 1.0
"""How long to wait before another process is tried where none could be started."""

JOIN_SECONDS = 10.0
"""How long a worker may take to end. One that a dead mount holds cannot even be killed; it is left behind."""

_log = get_logger(__name__)


class Shared(Generic[Task, Part, Result]):
    """What a pool and its slots have in common; the arguments are those of ``ProcessPool``."""

    def __init__(
        self,
        context: ForkServerContext,
        entry: Callable[[Any], Handler[Task, Part, Result]],
        config: Any,
        wire: Wire[Task, Part, Result],
        limits: Limits,
        sink: Callable[[Sequence[Event[Task, Part, Result]]], None],
        outstanding: int,
        deadline: Callable[[Task], float] | None,
    ) -> None:
        self.context = context
        self.entry = entry
        self.config = config
        self.wire = wire
        self.limits = limits
        self.sink = sink
        self.outstanding = outstanding
        self.deadline = deadline
        self.batches: queue.PriorityQueue[tuple[int, int, list[Task] | None]] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self.stopping = threading.Event()
        self.encode = msgspec.msgpack.Encoder().encode

    def put(self, rank: int, batch: list[Task] | None) -> None:
        """Queue a batch behind those of its rank and of lower ones; None tells one worker to end."""
        self.batches.put((rank, next(self._numbers), batch))


class Slot(Generic[Task, Part, Result]):
    """One place for a worker: its ``thread`` here, its process there."""

    def __init__(self, shared: Shared[Task, Part, Result], index: int) -> None:
        self._shared = shared
        self.thread = threading.Thread(target=self._run, name=f"siss-worker-{index}", daemon=True)
        self._process: Any = None
        self._watch: psutil.Process | None = None
        self._pipe: Connection | None = None
        self._beats: SynchronizedArray[int] = shared.context.Array("Q", 2, lock=False)
        self._outstanding: dict[int, Task] = {}
        self._batch_ends: list[int] = []
        self._again: list[Task] = []
        self._number = 0
        self._seen = (0, 0)
        self._seen_at = 0.0
        self._idle_since = 0.0
        self._failed_starts = 0
        self._suspect: Task | None = None
        self._background = Background() if shared.limits.nice else None
        wire = shared.wire
        self._decode_replies = msgspec.msgpack.Decoder(list[Reply]).decode
        self._decode_part = msgspec.msgpack.Decoder(wire.part).decode
        self._decode_result = msgspec.msgpack.Decoder(wire.result).decode

    @property
    def pid(self) -> int | None:
        """Of the worker that lives now; None where there is none."""
        process = self._process
        return process.pid if process is not None else None

    def _run(self) -> None:
        stopping = self._shared.stopping
        while not stopping.is_set():
            try:
                self._give()
                if self._outstanding:
                    self._receive()
                elif self._process is not None and time.monotonic() - self._idle_since > IDLE_SECONDS:
                    self._end()
            except Exception:  # noqa: BLE001 - whatever it was, the work of a thread that ends would never be done
                # No process could be started, or one answered nonsense: its work is given to another.
                if not stopping.is_set():
                    _log.exception("a reading process failed and is replaced")
                self._take_back()
                stopping.wait(RESTART_SECONDS)
        self._end(kill=True)

    def _give(self) -> None:
        """Hand over batches until enough are outstanding; wait for one where there is nothing else to do."""
        while len(self._batch_ends) < self._shared.outstanding:
            batch: list[Task] | None
            if self._again:
                batch, self._again = self._again, []
            else:
                try:
                    if self._outstanding:
                        *_, batch = self._shared.batches.get_nowait()
                    else:
                        *_, batch = self._shared.batches.get(timeout=0.5)
                except queue.Empty:
                    return
            if batch is None:
                return
            self._send(batch)

    def _send(self, batch: list[Task]) -> None:
        numbered: list[tuple[int, Task]] = []
        for task in batch:
            self._number += 1
            numbered.append((self._number, task))
        if not self._outstanding:
            self._seen_at = time.monotonic()
        self._outstanding.update(numbered)
        self._batch_ends.append(self._number)
        if self._process is None:
            self._begin()
        with contextlib.suppress(OSError):  # a dead worker is noticed when its answer is read
            assert self._pipe is not None
            self._pipe.send_bytes(self._shared.encode(numbered))

    def _begin(self) -> None:
        ours, theirs = self._shared.context.Pipe()
        shared = self._shared
        self._beats[0] = self._beats[1] = 0
        process = self._shared.context.Process(
            target=work,
            args=(theirs, shared.entry, shared.config, shared.wire, shared.limits, self._beats),
            daemon=True,
        )
        process.start()
        theirs.close()
        self._process, self._pipe = process, ours
        if self._background is not None and process.pid is not None:
            self._background.begin(process.pid)
        with contextlib.suppress(psutil.Error):
            self._watch = psutil.Process(process.pid)
        self._seen_at = time.monotonic()

    def _receive(self) -> None:
        assert self._pipe is not None
        try:
            if not self._pipe.poll(0.25):
                self._check()
                self._look_at_share()
                return
            data = self._pipe.recv_bytes()
        except (EOFError, OSError):
            self._bury(LossKind.CRASH, "")
            return
        self._failed_starts = 0
        found = (self._event(reply) for reply in self._decode_replies(data))
        events = [event for event in found if event is not None]
        while self._batch_ends and not any(number <= self._batch_ends[0] for number in self._outstanding):
            self._batch_ends.pop(0)
        self._shared.sink(events)
        self._seen_at = self._idle_since = time.monotonic()
        self._check_memory()
        if self._background is not None and any(isinstance(event, Done) for event in events):
            self._background.step_aside()

    def _event(self, reply: Reply) -> Event[Task, Part, Result] | None:
        """What a reply says; None for one about a task that is lost already."""
        task = self._outstanding.get(reply.number)
        if task is None:
            return None
        try:
            if reply.kind == PART:
                return Partial(task, self._decode_part(reply.body))
            if reply.kind == RESULT:
                event: Event[Task, Part, Result] = Done(task, self._decode_result(reply.body))
            else:
                event = Lost(task, LossKind.MEMORY, "the reading process ran out of memory")
        except msgspec.MsgspecError as error:
            event = Lost(task, LossKind.CRASH, f"the reading process gave an answer that cannot be read: {error}")
        del self._outstanding[reply.number]
        return event

    def _look_at_share(self) -> None:
        """A worker that starves comes forward, or what it has to do is given to one that may."""
        background = self._background if self._process is not None else None
        if background is not None and background.starves() and not background.come_forward():
            self._take_back()

    def _check(self) -> None:
        """Whether the worker still moves and stays in its bounds."""
        beats = (self._beats[0], self._beats[1])
        now = time.monotonic()
        if beats != self._seen:
            self._seen, self._seen_at = beats, now
        elif now - self._seen_at > self._shared.limits.timeout:
            self._bury(LossKind.TIMEOUT, f"no progress for {self._shared.limits.timeout:g} s")
            return
        deadline, task = self._shared.deadline, self._outstanding.get(beats[0])
        if deadline is not None and task is not None and now > deadline(task):
            self._bury(LossKind.DEADLINE, "nobody waits for it any longer")
            return
        self._check_memory()

    def _check_memory(self) -> None:
        if self._watch is None:
            return
        try:
            used = self._watch.memory_info().rss
        except psutil.Error:
            return
        if used > self._shared.limits.memory:
            self._bury(LossKind.MEMORY, f"the reading process grew to {used >> 20} MiB")

    def _bury(self, kind: LossKind, detail: str) -> None:
        """End a worker that failed: report its task, give the others to the next one."""
        number = self._beats[0]
        process = self._process
        self._end(kill=True)
        culprit = self._outstanding.pop(number, None)
        if culprit is not None and kind is LossKind.CRASH and culprit is not self._suspect:
            # Somebody else may have killed the worker (an operator, the kernel short of memory): try once more.
            self._suspect = culprit
            self._outstanding = {number: culprit, **self._outstanding}
            culprit = None
            self._failed_starts = 0
        if not detail and process is not None:
            code = process.exitcode or 0
            detail = f"ended by signal {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        if culprit is None:
            self._failed_starts += 1
            if self._failed_starts >= 3 and self._outstanding:
                culprit = self._outstanding.pop(next(iter(self._outstanding)))
        self._take_back()
        _log.warning("a reading process was ended", reason=kind.value, detail=detail)
        if culprit is not None:
            self._shared.sink([Lost(culprit, kind, detail)])

    def _take_back(self) -> None:
        """End the worker; what it had been given is given to the next one."""
        self._end(kill=True)
        self._again = [*self._outstanding.values(), *self._again]
        self._outstanding.clear()
        self._batch_ends.clear()

    def _end(self, *, kill: bool = False) -> None:
        process, self._process, self._watch = self._process, None, None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if process is None:
            return
        if kill:
            process.kill()
        process.join(JOIN_SECONDS)
