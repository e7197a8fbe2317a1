"""Uploads before ClamAV's daemon: the real one with a signature of our own, and a double that misbehaves."""

import asyncio
import contextlib
import shutil
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from siss.adapters.clamav.scanner import PLACES, ClamavScanner
from siss.app.malware import require_clean
from siss.errors import ConfigError, MalwareError, ScannerUnavailableError, TooLargeError

SIGNATURE = b"siss-test-signature-that-harms-nobody"
CLAMD = shutil.which("clamd")

needs_clamd = pytest.mark.skipif(CLAMD is None, reason="clamd is not installed (Debian: clamav-daemon)")
Double = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
async def clamd(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ClamavScanner]:
    folder = tmp_path_factory.mktemp("clamd")
    (folder / "signatures").mkdir()
    (folder / "signatures" / "own.ndb").write_text(f"Siss.Test:0:*:{SIGNATURE.hex()}\n")
    (folder / "clamd.conf").write_text(
        f"DatabaseDirectory {folder}/signatures\nLocalSocket {folder}/clamd.ctl\nForeground yes\n"
        "User root\nStreamMaxLength 1M\nMaxThreads 2\nConcurrentDatabaseReload no\n"
    )
    assert CLAMD is not None
    process = await asyncio.create_subprocess_exec(
        CLAMD, f"--config-file={folder}/clamd.conf", stdout=asyncio.subprocess.DEVNULL
    )
    scanner = ClamavScanner(f"unix:{folder}/clamd.ctl", 60.0)
    until = time.monotonic() + 120
    while time.monotonic() < until and process.returncode is None:
        with contextlib.suppress(ScannerUnavailableError):
            await scanner.ping()
            break
        await asyncio.sleep(0.05)
    yield scanner
    process.terminate()
    await process.wait()


@needs_clamd
async def test_what_is_known_is_found_and_refused(clamd: ClamavScanner, tmp_path: Path):
    bad, good = tmp_path / "upload-1", tmp_path / "upload-2"
    bad.write_bytes(b"x" * 200_000 + SIGNATURE + b"x" * 70_000)
    good.write_bytes(b"an honest configuration\n" * 1000)
    assert await clamd.scan(good) is None
    assert await clamd.scan(bad) == "Siss.Test.UNOFFICIAL"
    await require_clean(clamd, good, "good.conf")
    with pytest.raises(MalwareError, match=r"bad\.conf was refused.*Siss\.Test") as refused:
        await require_clean(clamd, bad, "bad.conf")
    assert refused.value.kind.status == 422
    assert (tmp_path / "upload-1").exists(), "deleting it is the upload's business"


@needs_clamd
async def test_an_empty_file_and_several_at_once(clamd: ClamavScanner, tmp_path: Path):
    (tmp_path / "empty").touch()
    (tmp_path / "bad").write_bytes(SIGNATURE)
    found = await asyncio.gather(*(clamd.scan(tmp_path / name) for name in ("empty", "bad") * 8))
    assert found == [None, "Siss.Test.UNOFFICIAL"] * 8


@needs_clamd
async def test_a_file_that_is_not_looked_at_whole_is_not_taken(clamd: ClamavScanner, tmp_path: Path):
    (tmp_path / "large").write_bytes(b"x" * 3_000_000)
    with pytest.raises(TooLargeError):
        await require_clean(clamd, tmp_path / "large", "large")


@contextlib.asynccontextmanager
async def pretending(folder: Path, answer: Double, seconds: float = 60.0) -> AsyncIterator[ClamavScanner]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_unix_server(serve, folder / "double.ctl")
    try:
        yield ClamavScanner(f"unix:{folder / 'double.ctl'}", seconds)
    finally:
        server.close()
        await server.wait_closed()


async def test_a_scanner_that_hangs_holds_up_nothing_else(tmp_path: Path):
    free, waiting = asyncio.Event(), asyncio.Semaphore(0)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        waiting.release()
        await free.wait()
        writer.write(b"stream: OK\0")

    (tmp_path / "file").write_bytes(b"x")
    many = 3 * PLACES
    async with pretending(tmp_path, hang, 60.0) as scanner:
        scans = [asyncio.create_task(scanner.scan(tmp_path / "file")) for _ in range(many)]
        for _ in range(PLACES):
            await waiting.acquire()
        # The threads that searches and all else run on: as many as the loop has, and then one more.
        await asyncio.wait_for(asyncio.gather(*(asyncio.to_thread(int) for _ in range(100))), 60)
        assert not any(scan.done() for scan in scans)
        free.set()
        assert await asyncio.gather(*scans) == [None] * many


async def test_who_waits_for_a_scanner_too_long_is_told(tmp_path: Path):
    async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    (tmp_path / "file").write_bytes(b"x")
    async with pretending(tmp_path, hang, 0.2) as scanner:
        scans = (scanner.scan(tmp_path / "file") for _ in range(2 * PLACES))
        told = await asyncio.wait_for(asyncio.gather(*scans, return_exceptions=True), 60)
    assert {type(each) for each in told} == {ScannerUnavailableError}


async def test_what_is_sent_is_the_file(tmp_path: Path):
    heard = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        while size := struct.unpack("!L", await reader.readexactly(4))[0]:
            heard.extend(await reader.readexactly(size))
        writer.write(b"stream: OK\0")

    content = bytes(range(256)) * 1000
    (tmp_path / "file").write_bytes(content)
    async with pretending(tmp_path, listen) as scanner:
        assert await scanner.scan(tmp_path / "file") is None
    assert bytes(heard) == content


@pytest.mark.parametrize(
    "said", [b"", b"stream: Some trouble. ERROR\0", b"HTTP/1.1 400 Bad Request\r\n", b"\xff\xfe"]
)
async def test_no_answer_is_not_a_good_answer(said: bytes, tmp_path: Path):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(said)

    (tmp_path / "file").write_bytes(b"x" * 1_000_000)
    async with pretending(tmp_path, answer) as scanner:
        with pytest.raises(ScannerUnavailableError):
            await require_clean(scanner, tmp_path / "file", "file")
        with pytest.raises(ScannerUnavailableError):
            await scanner.ping()


async def test_an_answer_counts_though_the_scanner_hangs_up_on_what_comes(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"x" * 10_000)
    sent = len(b"zINSTREAM\0") + 4 + 10_000 + 4
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "rude.ctl"))
        listening.listen(1)

        def answer_and_hang_up() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(sent, socket.MSG_PEEK | socket.MSG_WAITALL)
                connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")

        answering = asyncio.create_task(asyncio.to_thread(answer_and_hang_up))
        with pytest.raises(TooLargeError):
            await ClamavScanner(f"unix:{tmp_path}/rude.ctl", 60.0).scan(tmp_path / "file")
        await answering


async def test_a_scanner_that_says_nothing_is_away(tmp_path: Path):
    hung_up = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        hung_up.set()

    (tmp_path / "file").write_bytes(b"x")
    async with pretending(tmp_path, wait, seconds=0.05) as scanner:
        with pytest.raises(ScannerUnavailableError, match="in time"):
            await scanner.scan(tmp_path / "file")
        await asyncio.wait_for(hung_up.wait(), 60)


async def test_a_scanner_that_is_not_there(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"x")
    for url in (f"unix:{tmp_path}/none.ctl", "clamd://127.0.0.1:9"):
        with pytest.raises(ScannerUnavailableError, match="does not answer"):
            await ClamavScanner(url, 1.0).scan(tmp_path / "file")
    await require_clean(None, tmp_path / "file", "file")


@pytest.mark.parametrize("url", ["", "clamd://", "tcp://127.0.0.1:3310", "clamd://host:none", "/run/clamav.ctl"])
def test_other_urls_are_refused(url: str):
    with pytest.raises(ConfigError, match="SISS_SCANNER_URL"):
        ClamavScanner(url, 1.0)
