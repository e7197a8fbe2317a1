"""Commands without their start: a process that has loaded ``siss`` forks each of them (``forking``).

A start takes a second of a processor, that of a service three, and the tests run hundreds. That ``python -m siss``
starts in the usual way is told by the tests that do not use this.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from forking import MOST_BYTES

_running: socket.socket | None = None
_lock = threading.Lock()


class Command:
    """A command that runs, with what tests use of ``subprocess.Popen``."""

    def __init__(self, arguments: tuple[str, ...], told: socket.socket) -> None:
        self._arguments = ["siss", *arguments]
        self._told = told
        self._text = b""
        self.returncode: int | None = None
        while (line := self._line(None)) is None:
            pass
        self.pid = int(line)

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""
        if self.returncode is None and (line := self._line(0.0)) is not None:
            self.returncode = int(line)
            self._told.close()
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Its exit code; ``subprocess.TimeoutExpired`` after ``timeout`` seconds."""
        until = time.monotonic() + timeout
        while self.poll() is None:
            left = until - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired(self._arguments, timeout)
            select.select([self._told], [], [], left)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        while self.poll() is None:
            select.select([self._told], [], [])

    def _line(self, seconds: float | None) -> bytes | None:
        """The next line that is told; None where it does not come within ``seconds``."""
        if b"\n" not in self._text:
            if not select.select([self._told], [], [], seconds)[0]:
                return None
            got = self._told.recv(64)
            assert got, "the process that forks commands has ended"
            self._text += got
        line, end, rest = self._text.partition(b"\n")
        if not end:
            return None
        self._text = rest
        return line


def start_command(
    *arguments: str, environment: Mapping[str, str], out: IO[Any] | int, err: IO[Any] | int, cwd: Path | None = None
) -> Command:
    """``siss ARGUMENTS``, which writes to ``out`` and ``err``: open files, or descriptors."""
    ours, theirs = socket.socketpair()
    with theirs:
        asked = {"arguments": arguments, "environment": dict(environment), "cwd": str(cwd or Path.cwd())}
        text = json.dumps(asked).encode("utf-8", "surrogateescape")
        assert len(text) < MOST_BYTES
        handed = [each if isinstance(each, int) else each.fileno() for each in (out, err)]
        with _lock:
            socket.send_fds(_begin(), [text], [theirs.fileno(), *handed])
    return Command(arguments, ours)


def run_command(
    *arguments: str, environment: Mapping[str, str], timeout: float, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """``siss ARGUMENTS`` to its end, as ``subprocess.run`` runs it; TimeoutExpired after ``timeout`` seconds."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        command = start_command(*arguments, environment=environment, out=out, err=err, cwd=cwd)
        try:
            code = command.wait(timeout)
        except subprocess.TimeoutExpired:
            command.kill()
            raise
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
            code = f"import sys; sys.path[:] = {sys.path!r}; import forking; forking.serve({theirs.fileno()})"
            process = subprocess.Popen(
                [sys.executable, "-c", code], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        atexit.register(process.wait)
        atexit.register(ours.close)
        _running = ours
    return _running
