"""A worker's side: it does one task after the other until the pipe closes."""

import contextlib
import gc
import math
import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.sharedctypes import SynchronizedArray
from typing import Any

import msgspec

from siss.app.processes.wire import MEMORY, PART, RESULT, Handler, Limits, Reply, Wire
from siss.priority import step_behind
from siss.titles import name_process

FLUSH_BYTES = 256 * 1024
"""Results travel when this much is ready, when one of them has waited (``Limits.hold``), and when a batch is done."""


def end_with_parent() -> None:
    """End this process when its parent does: one that was killed cannot end a worker that runs away."""
    if (parent := multiprocessing.parent_process()) is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), name="siss-parent", daemon=True).start()


def _end_with(parent: int) -> None:
    wait([parent])
    os._exit(1)


def work(
    pipe: Connection,
    entry: Callable[[Any], Handler[Any, Any, Any]],
    config: Any,
    wire: Wire[Any, Any, Any],
    limits: Limits,
    beats: "SynchronizedArray[int]",
) -> None:
    """The worker's side: until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    name_process(f"siss-{entry.__name__.removeprefix('make_')}")
    step_behind(limits.nice, os.getpid())
    # The parent looks at resident memory a few times a second; this stops what grows faster than that.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory * 2 + (2 << 30),) * 2)
    end_with_parent()
    handle = entry(config)
    gc.freeze()
    encode = msgspec.msgpack.Encoder().encode
    decode = msgspec.msgpack.Decoder(list[tuple[int, wire.task]]).decode  # type: ignore[name-defined]
    replies = _Replies(pipe, encode, limits.hold)

    def beat() -> None:
        beats[1] += 1

    try:
        while True:
            for number, task in decode(pipe.recv_bytes()):
                beats[0] = number

                def emit(part: Any, number: int = number) -> None:
                    replies.add(number, PART, encode(part))
                    beat()
                    replies.send()

                try:
                    body = encode(handle(task, emit, beat))
                except MemoryError:
                    replies.add(number, MEMORY, encode(None))
                    replies.send()
                    return
                replies.add(number, RESULT, body)
                replies.send_if_due()
            replies.send_before_waiting()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


class _Replies:
    """Replies on their way to the parent, several in one message.

    ``hold``: seconds that a reply may wait for others.
    """

    def __init__(self, pipe: Connection, encode: Callable[[Any], bytes], hold: float) -> None:
        self._pipe = pipe
        self._encode = encode
        self._hold = hold
        self._ready: list[Reply] = []
        self._size = 0
        self._sent_at = -math.inf

    def add(self, number: int, kind: int, body: bytes) -> None:
        """Keep a reply to the task of that number."""
        self._ready.append(Reply(number, kind, msgspec.Raw(body)))
        self._size += len(body)

    def send_if_due(self) -> None:
        """Send what there is where it is much, or waited long enough."""
        if self._size > FLUSH_BYTES or time.monotonic() - self._sent_at > self._hold:
            self.send()

    def send(self) -> None:
        """Send what there is."""
        if self._ready:
            self._pipe.send_bytes(self._encode(self._ready))
            self._ready.clear()
            self._size = 0
            self._sent_at = time.monotonic()

    def send_before_waiting(self) -> None:
        """Send what there is; the first reply of the next tasks goes at once, too."""
        self.send()
        self._sent_at = -math.inf
