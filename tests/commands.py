"""Commands without their start: a process that has loaded ``siss`` forks one for each that is run to its end.

A start takes a second of a processor, and the tests run a hundred commands. What a command does, its output and its
exit code are those of ``python -m siss``; that this starts is told by the services that tests begin in the usual way.
"""

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MOST_BYTES = 1 << 20
_running: socket.socket | None = None
_lock = threading.Lock()


def run_command(
    *arguments: str, environment: Mapping[str, str], timeout: float, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """``siss ARGUMENTS`` to its end, as ``subprocess.run`` runs it; TimeoutExpired after ``timeout`` seconds."""
    ours, theirs = socket.socketpair()
    with ours, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with theirs:
            asked = {"arguments": arguments, "environment": dict(environment), "cwd": str(cwd or Path.cwd())}
            handed = [theirs.fileno(), out.fileno(), err.fileno()]
            with _lock:
                socket.send_fds(_begin(), [json.dumps(asked).encode("utf-8", "surrogateescape")], handed)
        ours.settimeout(timeout)
        pid, code = 0, None
        try:
            with ours.makefile("r") as said:
                pid, code = int(said.readline()), int(said.readline())
        except TimeoutError as error:
            if pid:
                os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(["siss", *arguments], timeout) from error
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
        return subprocess.CompletedProcess(["siss", *arguments], code, *texts)


def _begin() -> socket.socket:
    """The way to the process that forks, which ends with this one."""
    global _running  # noqa: PLW0603 - one for all tests of this process
    if _running is None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            code = f"import sys; sys.path[:] = {sys.path!r}; import commands; commands.serve({theirs.fileno()})"
            process = subprocess.Popen(
                [sys.executable, "-c", code], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        atexit.register(process.wait)
        atexit.register(ours.close)
        _running = ours
    return _running


def serve(number: int) -> None:
    """Fork what is asked for, until whoever asks has gone."""
    import siss.bootstrap
    import siss.cli.backend
    import siss.cli.main
    import siss.gateway.check
    import siss.gateway.server  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a keeper ended
    with socket.socket(fileno=number) as asking:
        while True:
            text, handed, _, _ = socket.recv_fds(asking, _MOST_BYTES, 3)
            if not text:
                return
            if os.fork() == 0:
                asking.close()
                _keep(json.loads(text.decode("utf-8", "surrogateescape")), *handed)
            for each in handed:
                os.close(each)


def _keep(asked: dict[str, Any], tell: int, out: int, err: int) -> None:
    """Run one command in a process of its own, and say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if (pid := os.fork()) == 0:
        os.close(tell)
        _become(asked, out, err)
    os.write(tell, b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    os.write(tell, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(asked: dict[str, Any], out: int, err: int) -> None:
    code: object = 1
    try:
        for given, place in ((out, 1), (err, 2)):
            os.dup2(given, place)
            os.close(given)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = ["siss", *asked["arguments"]]
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
