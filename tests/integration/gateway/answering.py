"""A gateway for tests: on a port of its own, in this loop, or as a process."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import openai

from commands import Command, run_command, start_command
from integration.gateway.hosting import Hosting
from siss.gateway.app import GatewayApp
from siss.gateway.config_file import load_config
from siss.gateway.server import address_of, bind, make_server
from siss.gateway.wiring import Gateway, open_gateway

WAIT_SECONDS = 120.0


def write_config(
    *hosts: Hosting, more: str = "", server: str = "", host_more: str = "", health_interval: float = 0.1
) -> str:
    """A file in which each host serves a model of its own name; ``more``: further tables."""
    tables = [f"[server]\nport = 0\n{server}"]
    for host in hosts:
        tables.append(f'[hosts.{host.name}]\nurl = "{host.url}"\nhealth_interval = {health_interval}\n{host_more}')
        tables.append(f'[models.{host.name}]\nhosts = ["{host.name}"]')
    return "\n\n".join([*tables, more])


@dataclass
class Answering:
    """A gateway that answers."""

    url: str
    gateway: Gateway
    http: httpx.AsyncClient
    clients: contextlib.AsyncExitStack

    async def client(self, key: str = "none", **options: Any) -> openai.AsyncOpenAI:
        """The real SDK, which does not retry unless a test asks for it."""
        options.setdefault("max_retries", 0)
        made = openai.AsyncOpenAI(base_url=f"{self.url}/v1", api_key=key, **options)
        return await self.clients.enter_async_context(made)

    async def chat(
        self, text: str = "hello", model: str = "stella", headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """A chat request as it goes over the wire."""
        body = {"model": model, "temperature": 0, "messages": [{"role": "user", "content": text}], **more}
        return await self.http.post("/v1/chat/completions", json=body, headers=headers)


@contextlib.asynccontextmanager
async def answering(text: str, folder: Path | None = None) -> AsyncIterator[Answering]:
    """A gateway in this loop, as ``siss gateway`` runs it; ``text``: its file."""
    config = load_config_text(text, folder)
    with contextlib.closing(bind(config)) as listening:
        async with open_gateway(config) as gateway:
            server = make_server(GatewayApp(gateway), config)
            running = asyncio.create_task(server.serve(sockets=[listening]))
            url = address_of(listening)
            limits = httpx.Limits(max_connections=None)
            try:
                async with (
                    httpx.AsyncClient(base_url=url, timeout=WAIT_SECONDS, limits=limits, trust_env=False) as http,
                    contextlib.AsyncExitStack() as clients,
                ):
                    yield Answering(url, gateway, http, clients)
            finally:
                server.should_exit = True
                await running


def load_config_text(text: str, folder: Path | None, environ: dict[str, str] | None = None) -> Any:
    """What a file with this text means; it is written beside the cache's folder where there is one."""
    if folder is None:
        import tempfile

        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            return load_config(Path(file.name), environ, None)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "gateway.toml"
    file.write_text(text)
    return load_config(file, environ, folder / "cache")


@dataclass
class Running:
    """A gateway that is a process."""

    process: Command
    url: str

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(WAIT_SECONDS)


def command(*arguments: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """``siss gateway ...`` to its end."""
    given = clean_environment() | (environ or {})
    return run_command("gateway", *arguments, environment=given, timeout=WAIT_SECONDS)


def clean_environment() -> dict[str, str]:
    """The environment without anything of SISS."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SISS_")}


def read_address(said: IO[str]) -> str:
    """What a process says once it answers."""
    lines = []
    for line in said:
        lines.append(line)
        if line.startswith("Answering at "):
            return line.split()[2].rstrip(":").removesuffix("/v1")
    raise AssertionError("".join(lines))


@contextlib.asynccontextmanager
async def running(file: Path, folder: Path, **environ: str) -> AsyncIterator[Running]:
    """A process that answers, killed at the end where it still runs."""
    arguments = ("gateway", "--config", str(file), "--data-dir", str(folder))
    ours, theirs = os.pipe()
    with os.fdopen(ours, encoding="utf-8") as said:
        with os.fdopen(theirs, "wb") as err:
            process = start_command(*arguments, environment=clean_environment() | environ, out=1, err=err)
        try:
            yield Running(process, await asyncio.to_thread(read_address, said))
        finally:
            process.kill()
            process.wait(WAIT_SECONDS)
