"""The product, through its public doors only: its command line, its HTTP API and signals.

Every assumption about the shapes of these stands in this module, so that a change of shape is a change here.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import psutil

from bench.load import Connection
from bench.processes import BenchError, Finished, end_tree, folder_size, run

READY_TIMEOUT = 300.0
_POLL = 0.02
_POLL_STATUS = 0.2
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Indexed:
    """What ``siss index --json`` said, and what was seen from outside while it ran."""

    files: int
    bytes: int
    chunks: int
    seconds: float
    skipped: dict[str, int]
    run: Finished


@dataclass(frozen=True, slots=True)
class Status:
    """``GET /ingest/status``: whether work was left at ``updated_at``; the product writes it once a second."""

    phase: str
    waiting: int
    indexed: int
    updated_at: datetime

    @property
    def idle(self) -> bool:
        """Nothing was left to do."""
        return self.waiting == 0 and self.phase == "idle"


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan of all roots. ``seconds``: as the product timed it; ``waited``: from the request to the job's end."""

    seconds: float
    waited: float


class Product:
    """The product over one state folder."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.command = str(Path(sys.executable).with_name("siss"))
        self.env = os.environ | {"SISS_DATA_DIR": str(state)}

    def index(self, root: Path, *, timeout: float = 7200) -> Indexed:
        """Index a folder and exit. Raises ``BenchError`` where the command fails or answers in another shape."""
        done = run([self.command, "index", str(root), "--json"], env=self.env, folder=self.state, timeout=timeout)
        try:
            answer = orjson.loads(done.stdout)
            files, size, chunks = (int(answer[name]) for name in ("indexed", "bytes", "chunks"))
            return Indexed(files, size, chunks, float(answer["seconds"]), dict(answer["skipped"]), done)
        except (KeyError, TypeError, ValueError) as error:
            raise BenchError(f"siss index --json answered in another shape: {done.stdout[:300]}") from error

    @contextlib.asynccontextmanager
    async def serving(
        self, root: Path, *, idle: bool = True, settings: Mapping[str, str] | None = None
    ) -> AsyncIterator["Server"]:
        """A server that is ready, and idle where asked for; stopped with its whole tree at the end."""
        server = await self.start(root, settings)
        try:
            if idle:
                await server.scan()
                await server.wait_idle()
            yield server
        finally:
            await server.stop()

    async def start(self, root: Path, settings: Mapping[str, str] | None = None) -> "Server":
        """Start ``siss serve`` and wait until it says that it is ready. ``settings``: variables that it needs."""
        port = _free_port()
        log = (self.state.parent / f"{self.state.name}.log").open("ab")
        begun = time.perf_counter()
        with log:
            process = subprocess.Popen(  # noqa: ASYNC220  # a moment; waiting for it is done by polling its port
                [self.command, "serve", str(root), "--port", str(port)],
                env=self.env | dict(settings or {}),
                stdout=log,
                stderr=log,
            )
        server = Server(process, port, self.state, Path(log.name))
        try:
            server.ready_seconds = await server.wait_ready(begun)
        except BaseException:
            await server.kill()
            raise
        return server


class Server:
    """A running ``siss serve``."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, state: Path, log: Path) -> None:
        self._process = process
        self._state = state
        self._log = log
        self.address = ("127.0.0.1", port)
        self.ready_seconds = 0.0
        self._connection = Connection(*self.address)

    @property
    def pid(self) -> int:
        """Of the process that we started; its tree is below it."""
        return self._process.pid

    async def get(self, path: str) -> Any:
        """The answer to a GET as JSON. Raises ``BenchError`` where the status is not 200."""
        status, body = await self._connection.request(path)
        if status != 200:
            raise BenchError(f"GET {path.partition('?')[0]} answered {status}: {body[:200]!r}")
        return orjson.loads(body)

    async def total(self, query: str) -> int:
        """How many files match: ``query`` is URL-encoded already."""
        return int((await self.get(f"/api/v1/search?q={query}&size=1"))["total"])

    async def finds(self, word: str) -> bool:
        """Whether a file has the word as it is: respelt and partial matches do not count."""
        answer = await self.get(f"/api/v1/search?q={word}&size=1")
        return any(not item["relaxed"] for item in answer["items"])

    async def scan(self) -> Scan:
        """Ask for a scan of all roots and wait for its end; what it found may still have to be indexed."""
        begun = time.perf_counter()
        job = await self._done("/api/v1/ingest/scan")
        return Scan(sum(float(root["seconds"]) for root in job["result"]["roots"]), time.perf_counter() - begun)

    async def maintain(self, task: str) -> None:
        """Have a task of maintenance done that it would come to by itself."""
        await self._done(f"/api/v1/maintenance/{task}")

    async def _done(self, path: str) -> Any:
        """Ask for a job, and the job when it is done. Raises ``BenchError`` where it fails."""
        status, body = await self._connection.request(path, "POST", b"{}")
        if status not in {200, 202}:
            raise BenchError(f"POST {path} answered {status}: {body[:200]!r}")
        job = orjson.loads(body)
        while job["state"] not in {"done", "failed"}:
            await self._pause(_POLL)
            job = await self.get(f"/api/v1/jobs/{job['id']}")
        if job["state"] == "failed":
            raise BenchError(f"POST {path}: the job failed: {job['error']}")
        return job

    async def status(self) -> Status:
        """What indexing does now."""
        answer = await self.get("/api/v1/ingest/status")
        waiting = sum(int(answer[name]) for name in ("pending", "in_flight", "outbox"))
        at = answer["updated_at"]
        return Status(answer["phase"], waiting, int(answer["indexed"]), datetime.fromisoformat(at) if at else _NEVER)

    async def wait_ready(self, begun: float) -> float:
        """Seconds from ``begun`` until ``/readyz`` says yes."""
        while time.perf_counter() - begun < READY_TIMEOUT:
            if self._process.poll() is not None:
                raise BenchError(f"siss serve ended with {self._process.returncode}: {self._last_words()}")
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                status, _ = await self._connection.request("/readyz")
                if status == 200:
                    return time.perf_counter() - begun
            await asyncio.sleep(_POLL)
        raise BenchError(f"siss serve was not ready after {READY_TIMEOUT:.0f} s: {self._last_words()}")

    async def wait_idle(self, patience: float = 7200) -> None:
        """Until nothing is left to index, by a status that was written after this was called."""
        begun, asked = time.perf_counter(), datetime.now(UTC)
        while not (now := await self.status()).idle or now.updated_at < asked:
            if time.perf_counter() - begun > patience:
                raise BenchError(f"siss serve was not idle after {patience:.0f} s")
            await self._pause(_POLL_STATUS)

    async def wait_busy(self, patience: float = 30) -> None:
        """Until there is something to index (which may be over again when this returns)."""
        begun = time.perf_counter()
        before = (await self.status()).indexed
        while (now := await self.status()).waiting == 0 and now.indexed == before:
            if time.perf_counter() - begun > patience:
                raise BenchError(f"siss serve did not notice new files within {patience:.0f} s")
            await self._pause(_POLL)

    async def _pause(self, seconds: float) -> None:
        if self._process.poll() is not None:
            raise BenchError(f"siss serve ended with {self._process.returncode}: {self._last_words()}")
        await asyncio.sleep(seconds)

    async def stop(self) -> float:
        """End it as a service manager does, and return the seconds that it took."""
        begun = time.perf_counter()
        await self._connection.close()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, 60)
        await asyncio.to_thread(end_tree, self.pid, self._state)
        self._process.wait()
        return time.perf_counter() - begun

    async def kill(self) -> None:
        """End all its processes at once, as a power failure would."""
        await self._connection.close()
        await asyncio.to_thread(end_tree, self.pid, self._state)
        self._process.wait()

    def faults(self) -> list[str]:
        """What its log calls an error."""
        return [line for line in self._log.read_text("utf-8", "replace").splitlines() if '"level": "error"' in line]

    def _last_words(self) -> str:
        return "\n".join(self._log.read_text("utf-8", "replace").strip().splitlines()[-8:])


def role_of(process: psutil.Process, owner: int) -> str:
    """What a process of the product's tree is for."""
    if process.pid == owner:
        return "owner"
    name = command = ""
    with contextlib.suppress(psutil.Error):
        name, command = process.name(), " ".join(process.cmdline())
    # Those that are forked have the command line of the process that they come from.
    parts = {
        "siss-reader": "reader",
        "siss-lister": "lister",
        "siss-evaluator": "evaluator",
        "siss-api": "api",
        "api.loaded": "template",
        "ingest.worker": "template",
        "app.evaluators": "evaluator",
        "postgres": "postgres",
    }
    return next((role for part, role in parts.items() if part in f"{name} {command}"), "other")


def hits_of(answer: Any) -> list[str]:
    """The paths of a search's hits, best first."""
    return [str(item["path"]) for item in answer["items"]]


def settle_seconds() -> float:
    """How long the product waits for a local file to be still: its default, or the setting of this run."""
    return float(os.environ.get("SISS_SETTLE_SECONDS", "0.3"))


def shown_settings() -> dict[str, str]:
    """Settings that this run was given by the environment, without those that may hold a secret or a place."""
    hidden = ("_URL", "_DIR", "_CONFIG", "_ROOTS", "_MAP", "_KEY")
    return {
        name: value for name, value in os.environ.items() if name.startswith("SISS_") and not name.endswith(hidden)
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def parts_of(state: Path) -> dict[str, int]:
    """Bytes on disk by folder of the state, the database's write-ahead log apart (``is_log_of_writes``)."""
    sizes: dict[str, int] = {}
    for entry in sorted(state.iterdir()):
        whole = folder_size(entry) if entry.is_dir() else entry.lstat().st_blocks * 512
        logs = sum(folder_size(found) for found in entry.rglob("pg_wal")) if entry.is_dir() else 0
        sizes[entry.name] = whole - logs
        if logs:
            sizes[f"{entry.name} write-ahead log"] = logs
    return sizes


def is_log_of_writes(part: str) -> bool:
    """Whether a part is the write-ahead log, which the budget leaves out: it is capped whatever the corpus."""
    return part.endswith("write-ahead log")
