"""A process that has loaded ``siss`` and forks commands: ``serve`` runs in it, ``commands`` asks it.

What a command does, its output and its exit code are those of ``python -m siss``. The processes that Python starts
below a command, of which the first loads the product once more (``siss.api.template``), are forked from it as well.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from multiprocessing import forkserver, resource_tracker, util
from pathlib import Path
from typing import Any, NoReturn

MOST_BYTES = 1 << 20
"""Of one request."""

_LOADED = (
    "siss.api.accept",
    "siss.api.warm_routes",
    "siss.api.worker",
    "siss.app.ingest.reading.worker",
    "siss.bootstrap",
    "siss.cli.backend",
    "siss.cli.main",
    "siss.gateway.check",
    "siss.gateway.server",
    "snowballstemmer",
    "uvicorn",
    "uvloop",
)
"""What commands and the processes below them would load: more of it costs no test its truth, less of it time."""

_PYTHONS_OWN = tuple(f"from multiprocessing.{name} import main" for name in ("forkserver", "resource_tracker"))


def serve(number: int) -> None:
    """Fork what is asked for, until whoever asks has gone."""
    for name in _LOADED:
        importlib.import_module(name)
    gc.freeze()  # what is never looked at stays shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a keeper ended
    with socket.socket(fileno=number) as asking:
        while True:
            text, handed, _, _ = socket.recv_fds(asking, MOST_BYTES, 3)
            if not text:
                return
            if os.fork() == 0:
                asking.close()
                _keep(json.loads(text.decode("utf-8", "surrogateescape")), *handed)
            for each in handed:
                os.close(each)


def _keep(asked: dict[str, Any], tell: int, out: int, err: int) -> NoReturn:
    """Run one command in a process of its own, and say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if (pid := os.fork()) == 0:
        os.close(tell)
        _become(asked, out, err)
    for each in (out, err):
        os.close(each)
    with contextlib.suppress(BrokenPipeError):
        os.write(tell, b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(BrokenPipeError):
        os.write(tell, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(asked: dict[str, Any], out: int, err: int) -> NoReturn:
    code: object = 1
    try:
        for given, place in ((out, 1), (err, 2)):
            os.dup2(given, place)
            os.close(given)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = ["siss", *asked["arguments"]]
        util.spawnv_passfds = _forking(util.spawnv_passfds)  # type: ignore[attr-defined]
        from siss.__main__ import main

        main()
        code = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - as the interpreter tells what nobody caught
        traceback.print_exc()
    finally:
        if isinstance(code, str):
            sys.stderr.write(f"{code}\n")
            code = 1
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(code if isinstance(code, int) else 0)


def _forking(start: Callable[[str, Sequence[Any], Sequence[int]], int]) -> Callable[..., int]:
    """``start``, by which ``multiprocessing`` starts an interpreter; its own helpers are forked where one thread runs.

    With more threads than that, a fork could hold a lock that another thread had taken: then they are started.
    """

    def begin(path: str, arguments: Sequence[Any], handed: Sequence[int]) -> int:
        code = str(arguments[-1])
        if not code.startswith(_PYTHONS_OWN) or not _is_alone():
            return start(path, arguments, handed)
        if (pid := os.fork()) == 0:
            _be_interpreter(code, handed)
        return pid

    return begin


def _is_alone() -> bool:
    """Whether one thread runs here. Where the system does not say: no."""
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False


def _be_interpreter(code: str, handed: Sequence[int]) -> NoReturn:
    """Run ``code`` as an interpreter does that has just started, with these descriptors and no others."""
    ended = 1
    try:
        for each in [int(place.name) for place in Path("/proc/self/fd").iterdir()]:
            if each > 2 and each not in handed:
                with contextlib.suppress(OSError):  # that of the list itself
                    os.close(each)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # Both are in the middle of starting this process, with their locks taken, and know what is their parent's.
        for helper in (forkserver._forkserver, resource_tracker._resource_tracker):  # type: ignore[attr-defined]
            type(helper).__init__(helper)
        exec(code, {"__name__": "__main__"})
        ended = 0
    except SystemExit as asked:
        ended = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        os._exit(ended)
