"""Files are streamed to clamd (``INSTREAM``), which need not see the folder they lie in, nor run on this machine."""

import asyncio
import contextlib
import socket
import struct
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from siss.errors import ConfigError, ScannerUnavailableError, TooLargeError

DEFAULT_PORT: Final = 3310
_PIECE: Final = 1 << 16
_FOUND: Final = " FOUND"
_TOO_LARGE: Final = "size limit exceeded"
_LONGEST_ANSWER: Final = 1 << 16


class ClamavScanner:
    """Implements ``siss.ports.scanner.Scanner``.

    ``url``: ``clamd://HOST:PORT``, or ``unix:PATH`` of its socket; ``timeout``: seconds without progress.
    Raises ``ConfigError`` for another URL.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._timeout = timeout
        self._path, self._host, self._port = _read_url(url)
        self._where = url

    async def scan(self, file: Path) -> str | None:
        """What clamd finds in a file."""
        said = await asyncio.to_thread(self._ask, b"zINSTREAM\0", file)
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
        said = await asyncio.to_thread(self._ask, b"zPING\0")
        if said != "PONG":
            raise ScannerUnavailableError(f"{self._where} is not clamd: it said {said[:80]!r}.")
        return time.perf_counter() - began

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
