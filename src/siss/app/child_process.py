"""Work that nobody waits for, in a process of its own that steps behind all others."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from siss.app.processes.work import end_with_parent
from siss.errors import SissError, UnavailableError
from siss.titles import name_process

T = TypeVar("T")

_DONE, _FAILED = b"+", b"-"


async def run_in_child(name: str, work: Callable[[T], str], argument: T, nice: int) -> str:
    """What ``work`` returns. Its process ends with this one, and with whoever waits for it.

    ``name``: of the process, 15 characters; ``nice``: 0 to 19. Raises ``UnavailableError`` where it fails.
    """
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, name, work, argument, nice), daemon=True)
    said, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(ours.fileno(), said.set)
    try:
        await asyncio.to_thread(process.start)
        theirs.close()
        await said.wait()
        answer = ours.recv_bytes()
    except (EOFError, OSError) as error:
        raise UnavailableError(f"{name} was ended", retry_after=60) from error
    finally:
        loop.remove_reader(ours.fileno())
        ours.close()
        theirs.close()
        if process.pid is not None:
            process.kill()
            await asyncio.to_thread(process.join)
    if answer.startswith(_FAILED):
        raise UnavailableError(answer[1:].decode(), retry_after=60)
    return answer[1:].decode()


def _work(pipe: Connection, name: str, work: Callable[[Any], str], argument: Any, nice: int) -> None:
    name_process(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(nice)
    end_with_parent()
    try:
        answer = _DONE + work(argument).encode()
    except SissError as error:
        answer = _FAILED + error.message.encode()
    pipe.send_bytes(answer)
