"""A real service in processes of its own, over a folder of files, and the command line beside it."""

import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from commands import Command, run_command, start_command
from siss.adapters.postgres.embedded.server import DATABASE, EmbeddedServer
from siss.api.models.access import NewKey
from siss.state import local_token_file

_numbers = itertools.count()
WAIT_SECONDS = 120.0


def make_corpus(folder: Path) -> None:
    """Files of several kinds, with a copy, a name that is not plain, and something to skip."""
    (folder / "logs").mkdir(parents=True)
    lines = [f"2026-11-0{n % 9 + 1}T10:00:00Z ERROR disk /dev/sd{n} failed on db-prod-{n:02}" for n in range(60)]
    (folder / "logs" / "app.log").write_text("\n".join(lines) + "\n")
    (folder / "conf.json").write_text(json.dumps({"server": {"host": "db-prod-01.example.com", "port": 5432}}))
    shutil.copy(folder / "conf.json", folder / "copy.json")
    (folder / "grüße & co.txt").write_text("wichtige Grüße aus der Konfiguration\n")
    (folder / "blob.bin").write_bytes(bytes(range(256)) * 20)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("disk")


@dataclass(frozen=True)
class Installation:
    """An environment for commands: state folder, database, files."""

    environment: dict[str, str]
    corpus: Path
    state: Path

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return run_command(*arguments, environment=self.environment, timeout=WAIT_SECONDS, **options)

    def start(self, *arguments: str) -> Command:
        """Start a command."""
        with (self.state.parent / "command.log").open("a") as log:
            return start_command(*arguments, environment=self.environment, out=log, err=log)


def wait_for(condition: Any, process: Command | None = None) -> Any:
    """The first true answer of a condition. Fails when the process ends or too much time goes by."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        assert process is None or process.poll() is None, "the service ended"
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {WAIT_SECONDS} s")


@contextlib.asynccontextmanager
async def installing(server: EmbeddedServer, folder: Path) -> AsyncIterator[Installation]:
    """Files and an empty state folder in a folder, and a database of their own on a server."""
    make_corpus(folder / "nas")
    name = f"installation_{os.getpid()}_{next(_numbers)}"
    admin = server.dsn.replace(f"/{DATABASE}?", "/postgres?")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SISS_")}
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE} STRATEGY file_copy")
        yield Installation(
            {
                **kept,
                "SISS_DATA_DIR": str(folder / "state"),
                "SISS_DATABASE_URL": server.dsn.replace(f"/{DATABASE}?", f"/{name}?"),
                "SISS_PORT": "0",
                "SISS_INDEX_WORKERS": "1",
                "SISS_NICE": "0",
            },
            folder / "nas",
            folder / "state",
        )
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
async def installation(
    postgres_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """Of this module's own."""
    async with installing(postgres_server, tmp_path_factory.mktemp("installation")) as made:
        yield made


@pytest.fixture
async def own_installation(postgres_server: EmbeddedServer, tmp_path: Path) -> AsyncIterator[Installation]:
    """Of one test's own: a database has one owner."""
    async with installing(postgres_server, tmp_path) as made:
        yield made


@contextlib.contextmanager
def serving(installation: Installation) -> Iterator[str]:
    """A service that has read everything and takes uploads; its URL. It ends well."""
    installation.environment["SISS_UPLOAD_ROOT"] = str(installation.corpus / "uploads")
    (installation.corpus / "uploads").mkdir()
    process = installation.start("serve", str(installation.corpus))

    def address() -> str | None:
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError):
            return json.loads((installation.state / "owner.json").read_bytes())["address"]
        return None

    try:
        url = wait_for(address, process)
        token = local_token_file(installation.state)
        headers = {"Authorization": f"Bearer {token.read_text()}"} if token.exists() else {}
        with httpx.Client(base_url=url, headers=headers, timeout=WAIT_SECONDS) as client:

            def is_read() -> bool:
                status = client.get("/api/v1/ingest/status").json()
                waits = status["pending"] or status["outbox"]
                files = client.get("/api/v1/stats").json()["files"]
                return status["phase"] == "idle" and not waits and files >= 5

            wait_for(is_read, process)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_SECONDS) == 0, (installation.state.parent / "command.log").read_text()


@pytest.fixture(scope="module")
def service(installation: Installation) -> Iterator[str]:
    """The URL of a service that has read everything."""
    with serving(installation) as url:
        yield url


@pytest.fixture
def client(service: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service, timeout=WAIT_SECONDS) as opened:
        yield opened


@pytest.fixture(scope="module")
def keyed_service(installation: Installation) -> Iterator[str]:
    """The URL of a service that wants keys and has read everything."""
    installation.environment["SISS_KEYS"] = "required"
    with serving(installation) as url:
        yield url
    assert not local_token_file(installation.state).exists()


@pytest.fixture(scope="module")
def admin(keyed_service: str, installation: Installation) -> Iterator[httpx.Client]:
    """The holder of the first key, which the service showed when it started."""
    (key,) = [line for line in (installation.state.parent / "command.log").read_text().split() if line[:5] == "siss_"]
    with httpx.Client(
        base_url=keyed_service, headers={"Authorization": f"Bearer {key}"}, timeout=WAIT_SECONDS
    ) as client:
        yield client


def make_key(admin: httpx.Client, name: str, **wanted: object) -> tuple[NewKey, dict[str, str]]:
    response = admin.post("/api/v1/keys", json={"name": name, **wanted})
    assert response.status_code == 201, response.text
    made = NewKey.model_validate_json(response.content)
    return made, {"Authorization": f"Bearer {made.key}"}
