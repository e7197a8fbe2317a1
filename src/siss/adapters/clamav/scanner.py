"""Files are streamed to clamd (``INSTREAM``), which need not see the folder they lie in, nor run on this machine."""

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from siss.errors import ConfigError, ScannerUnavailableError, TooLargeError

DEFAULT_PORT: Final = 3310
_PIECE: Final = 1 << 16
_FOUND: Final = " FOUND"
_TOO_LARGE: Final = "size limit exceeded"
_LONGEST_ANSWER: Final = 1 << 16
PLACES: Final = 8
"""Files that one process has scanned at once; clamd itself looks at ten (``MaxThreads``)."""


class ClamavScanner:
    """Implements ``siss.ports.scanner.Scanner``. On threads of its own: a clamd that hangs holds up nothing else.

    ``url``: ``clamd://HOST:PORT``, or ``unix:PATH`` of its socket; ``timeout``: seconds without progress.
    Raises ``ConfigError`` for another URL.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._timeout = timeout
        self._path, self._host, self._port = _read_url(url)
        self._where = url
        self._places = asyncio.Semaphore(PLACES)

    async def scan(self, file: Path) -> str | None:
        """What clamd finds in a file."""
        said = await self._in_place(lambda: self._ask(b"zINSTREAM\0", file))
        if said.endswith(_FOUND):
            return said.removeprefix("stream: ").removesuffix(_FOUND)
        if said.endswith(" OK"):
            return None
        if _TOO_LARGE in said:
            raise TooLargeError("The file is larger than the malware scanner takes (StreamMaxLength in clamd.conf).")
        raise ScannerUnavailableError(f"clamd at {self._where} could not scan: {said or 'it hung up'}.")

    async def ping(self) -> float:
        """Seconds until clamd answers."""
        began = time.perf_counter()
        said = await _in_thread(lambda: self._ask(b"zPING\0"))
        if said != "PONG":
            raise ScannerUnavailableError(f"{self._where} is not clamd: it said {said[:80]!r}.")
        return time.perf_counter() - began

    async def _in_place(self, ask: Callable[[], str]) -> str:
        try:
            async with asyncio.timeout(self._timeout):
                await self._places.acquire()
        except TimeoutError as error:
            raise ScannerUnavailableError(f"clamd at {self._where} is busy with {PLACES} other files.") from error
        # Whoever waited may be gone before clamd has answered: until then the place is taken.
        asking = asyncio.ensure_future(_in_thread(ask))
        asking.add_done_callback(self._give_back)
        return await asyncio.shield(asking)

    def _give_back(self, asked: "asyncio.Future[str]") -> None:
        self._places.release()
        if not asked.cancelled():
            asked.exception()  # nobody may be left to hear of it

    def _ask(self, command: bytes, file: Path | None = None) -> str:
        """A blocking socket, because it can still be read when clamd hangs up in the middle of what is sent."""
        try:
            with self._connect() as connection:
                connection.sendall(command)
                if file is not None:
                    # It does so, with an answer, at a file that is too large for it.
                    with contextlib.suppress(ConnectionError):
                        _send(file, connection)
                return _hear(connection)
        except TimeoutError as error:
            raise ScannerUnavailableError(f"clamd at {self._where} did not answer in time.") from error
        except ConnectionError as error:
            raise ScannerUnavailableError(f"clamd at {self._where} does not answer: {error.strerror}.") from error

    def _connect(self) -> socket.socket:
        try:
            if not self._path:
                return socket.create_connection((self._host, self._port), self._timeout)
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(self._timeout)
            try:
                connection.connect(self._path)
            except BaseException:
                connection.close()
                raise
            return connection
        except TimeoutError:
            raise
        except OSError as error:
            told = error.strerror or error
            raise ScannerUnavailableError(f"clamd at {self._where} does not answer: {told}.") from error


async def _in_thread(ask: Callable[[], str]) -> str:
    """What a blocking call comes to, on a thread that the end of the process does not wait for."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def settle(said: str | None, error: BaseException | None) -> None:
        if answer.done():
            return  # nobody waits any more
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(said or "")

    def work() -> None:
        said, failure = None, None
        try:
            said = ask()
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, said, failure)

    threading.Thread(target=work, name="siss-scan", daemon=True).start()
    return await answer


def _send(file: Path, connection: socket.socket) -> None:
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            connection.sendall(struct.pack("!L", len(piece)) + piece)
    connection.sendall(struct.pack("!L", 0))


def _hear(connection: socket.socket) -> str:
    """Up to the zero that ends an answer: after it may come that clamd hung up on what it had not read."""
    said = b""
    while b"\0" not in said and len(said) < _LONGEST_ANSWER and (more := connection.recv(_LONGEST_ANSWER)):
        said += more
    return said.rstrip(b"\0\n").decode("utf-8", "replace")


def _read_url(url: str) -> tuple[str, str, int]:
    """Socket's path, or host and port."""
    if url.startswith("unix:"):
        return url.removeprefix("unix:").removeprefix("//"), "", 0
    parts = urlsplit(url)
    try:
        if parts.scheme == "clamd" and parts.hostname:
            return "", parts.hostname, parts.port or DEFAULT_PORT
    except ValueError:
        pass
    raise ConfigError(
        f"SISS_SCANNER_URL: {url} is neither clamd://HOST:PORT nor unix:/run/clamav/clamd.ctl",
        variable="SISS_SCANNER_URL",
    )
