"""The product through its public doors: the command, its JSON, its HTTP."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from commands import Command, run_command, start_command
from siss.state import find_owner

PATIENCE = 120.0
"""Seconds after which a condition that is waited for counts as failed, on a slow and busy machine."""


class Product:
    """One state folder, and commands over it.

    ``started``: its services are interpreters of their own, as users have them, and not forked (``commands``).
    """

    def __init__(self, data_dir: Path, *, started: bool = False) -> None:
        self.data_dir = data_dir
        self.started = started
        self.said = data_dir.with_name(f"{data_dir.name}.log")
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SISS_")},
            "SISS_DATA_DIR": str(data_dir),
            "SISS_SCAN_INTERVAL": "3600",
            "NO_COLOR": "1",
        }

    def run(self, *arguments: str | Path, expect: int = 0) -> str:
        done = run_command(*map(str, arguments), environment=self.environ, timeout=2 * PATIENCE)
        assert done.returncode == expect, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str | Path, expect: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", expect=expect))

    @contextmanager
    def serving(self, *roots: Path, **settings: str) -> Iterator["Server"]:
        arguments = ("serve", *map(str, roots), "--port", "0")
        environ = {**self.environ, **{f"SISS_{name.upper()}": value for name, value in settings.items()}}
        with self.said.open("ab") as said:
            if self.started:
                command = [sys.executable, "-m", "siss", *arguments]
                process = subprocess.Popen(command, env=environ, stdout=said, stderr=said)
            else:
                process = start_command(*arguments, environment=environ, out=said, err=said)
        server = Server(self, process)
        try:
            server.wait_ready()
            yield server
        finally:
            server.stop()


class Server:
    """A running ``siss serve``."""

    def __init__(self, product: Product, process: "Command | subprocess.Popen[bytes]") -> None:
        self.product = product
        self.process = process
        self.http = httpx.Client(timeout=PATIENCE)

    def wait_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"siss serve ended: {self.product.said.read_text()[-2000:]}")
            owner = find_owner(self.product.data_dir)
            if owner is not None and owner.address and owner.pid == self.process.pid:
                self.http.base_url = httpx.URL(owner.address)
                return
            time.sleep(0.05)
        raise AssertionError("siss serve did not answer")

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.http.get(f"/api/v1{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def search(self, query: str, **parameters: Any) -> Any:
        return self.get("/search", q=query, **parameters)

    def paths(self, query: str) -> set[str]:
        answer = self.search(query, size=100)
        found = [item for item in answer["items"] if not item["relaxed"]]
        return {path for item in found for path in (item["path"], *item["other_paths"])}

    def wait_for(self, query: str, paths: set[str]) -> None:
        """Until a query finds just these paths, exactly."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.paths(query)) != paths:
            assert time.monotonic() < deadline, f"{query!r} found {found}, not {paths}"
            time.sleep(0.02)

    def wait_idle(self) -> None:
        """Until everything that was found is indexed."""
        deadline = time.monotonic() + PATIENCE
        quiet = 0
        while quiet < 3:
            status = self.get("/ingest/status")
            quiet = quiet + 1 if status["phase"] == "idle" and not status["pending"] else 0
            assert time.monotonic() < deadline, f"still busy: {status}"
            time.sleep(0.3)

    def family(self) -> list[psutil.Process]:
        """This process and all below it."""
        return [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]

    def stop(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=PATIENCE)
            raise
