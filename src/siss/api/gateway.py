"""The LLM gateway inside of the main service, below ``/llm``: a second door to the same process."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp

from siss.errors import ConfigError
from siss.gateway.config import GatewayConfig
from siss.gateway.config_file import load_config
from siss.gateway.server import open_app
from siss.settings import Settings

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
    _load(settings)


@contextlib.asynccontextmanager
async def open_mounted(settings: Settings) -> AsyncIterator[ASGIApp | None]:
    """The gateway where the settings name its file; None where they do not."""
    if not settings.gateway_config:
        yield None
        return
    async with open_app(_load(settings)) as app:
        yield app


def _load(settings: Settings) -> GatewayConfig:
    file = Path(settings.gateway_config).expanduser()
    return load_config(file, os.environ, settings.data_dir / "gateway")
