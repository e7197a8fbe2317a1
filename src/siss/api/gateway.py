"""The LLM gateway inside of the main service, below ``/llm``: a second door to the same process.

It stands outside of the service's guard: it has keys, tenants and limits of its own, and bodies a service of searches
would refuse. Its code is loaded where a file of its own names hosts: most services have none.
"""

import contextlib
import ipaddress
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from siss.errors import ConfigError
from siss.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from siss.gateway.config import GatewayConfig

MOUNT: Final = "/llm"


def check_gateway(settings: Settings) -> None:
    """Raise ``ConfigError`` where the gateway cannot be mounted: before anything is started."""
    if not settings.gateway_config:
        return
    if settings.api_workers != 1:
        raise ConfigError(
            f"SISS_API_WORKERS: the mounted gateway has one cache and one queue for each host, so it takes 1 worker "
            f"(given: {settings.api_workers}); or run `siss gateway` beside the service",
            variable="SISS_API_WORKERS",
        )
    if not _load(settings).tenants and not _is_loopback(settings.host):
        raise ConfigError(
            f"SISS_GATEWAY_CONFIG: {settings.host} is not loopback, and the gateway's file has no [tenants], so "
            "anybody who can reach the port could use every model",
            variable="SISS_GATEWAY_CONFIG",
        )


@contextlib.asynccontextmanager
async def with_gateway(service: "ASGIApp", settings: Settings) -> AsyncIterator["ASGIApp"]:
    """The service, with the gateway below ``/llm`` where the settings name its file."""
    if not settings.gateway_config:
        yield service
        return
    from siss.gateway.server import open_app

    async with open_app(_load(settings)) as gateway:
        yield _mount(service, gateway)


def _mount(service: "ASGIApp", gateway: "ASGIApp") -> "ASGIApp":
    async def app(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] == "http" and scope["path"].startswith(f"{MOUNT}/"):
            await gateway({**scope, "root_path": scope.get("root_path", "") + MOUNT}, receive, send)
        else:
            await service(scope, receive, send)

    return app


def _load(settings: Settings) -> "GatewayConfig":
    from siss.gateway.config_file import load_config

    file = Path(settings.gateway_config).expanduser()
    return load_config(file, os.environ, settings.data_dir / "gateway")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(socket.getaddrinfo(host, None)[0][4][0]).is_loopback
    except OSError:
        return False  # which the service says itself, when it listens
