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
    ready: list[Reply] = []
    size = 0
    flushed_at = -math.inf

    def flush() -> None:
        nonlocal size, flushed_at
        if ready:
            pipe.send_bytes(encode(ready))
            ready.clear()
            size = 0
            flushed_at = time.monotonic()

    def beat() -> None:
        beats[1] += 1

    try:
        while True:
            for number, task in decode(pipe.recv_bytes()):
                beats[0] = number

                def emit(part: Any, number: int = number) -> None:
                    ready.append(Reply(number, PART, msgspec.Raw(encode(part))))
                    beat()
                    flush()

                try:
                    body = encode(handle(task, emit, beat))
                except MemoryError:
                    ready.append(Reply(number, MEMORY, msgspec.Raw(encode(None))))
                    flush()
                    return
                ready.append(Reply(number, RESULT, msgspec.Raw(body)))
                size += len(body)
                if size > FLUSH_BYTES or time.monotonic() - flushed_at > limits.hold:
                    flush()
            flush()
            flushed_at = -math.inf
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
