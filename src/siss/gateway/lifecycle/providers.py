"""How the instance that the gateway runs on is stopped: not at all, on GCP, or by a command of the operator's.

Nothing here runs, and nobody is asked anything, until a stop is due (criterion 3).
"""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

import aiohttp

from siss.errors import UnavailableError
from siss.gateway.config import LifecycleTable
from siss.logs import get_logger

_log: Final = get_logger("siss.gateway.lifecycle")
_METADATA: Final = "http://metadata.google.internal/computeMetadata/v1"
_COMPUTE: Final = "https://compute.googleapis.com/compute/v1"
_SECONDS: Final = 30.0


class Provider(Protocol):
    """Whoever can stop the instance."""

    async def stop(self) -> None:
        """Stop it. Raises ``UnavailableError`` where that did not work."""
        ...


class LocalProvider:
    """A machine that nobody pays for by the hour: it stays up."""

    async def stop(self) -> None:
        """Nothing."""


class CommandProvider:
    """Any other machine: a program with arguments, without a shell."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command

    async def stop(self) -> None:
        """Run it; a status other than 0 is a failure."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
            )
        except OSError as error:
            raise UnavailableError(f"{self._command[0]} cannot be run: {error}") from error
        if status := await process.wait():
            raise UnavailableError(f"{self._command[0]} ended with {status}")


class GcpProvider:
    """Google Compute Engine, with the instance's own service account.

    What the configuration leaves out is asked of the metadata service, when a stop is due and not before.
    """

    def __init__(self, config: LifecycleTable, metadata: str = _METADATA, compute: str = _COMPUTE) -> None:
        self._config = config
        self._metadata = metadata
        self._compute = compute

    async def stop(self) -> None:
        """Have the instance stopped."""
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session:
                project = self._config.project or await self._ask(session, "project/project-id")
                zone = self._config.zone or (await self._ask(session, "instance/zone")).rpartition("/")[2]
                name = self._config.instance or await self._ask(session, "instance/name")
                token = await self._token(session)
                url = f"{self._compute}/projects/{project}/zones/{zone}/instances/{name}/stop"
                async with session.post(url, headers={"Authorization": f"Bearer {token}"}):
                    _log.info("instance stopping", project=project, zone=zone, instance=name)
        except (aiohttp.ClientError, TimeoutError, OSError, KeyError, ValueError) as error:
            raise UnavailableError(f"GCP did not stop the instance: {error or type(error).__name__}") from error

    async def _ask(self, session: aiohttp.ClientSession, path: str) -> str:
        async with session.get(f"{self._metadata}/{path}", headers={"Metadata-Flavor": "Google"}) as response:
            return (await response.text()).strip()

    async def _token(self, session: aiohttp.ClientSession) -> str:
        url = f"{self._metadata}/instance/service-accounts/default/token"
        async with session.get(url, headers={"Metadata-Flavor": "Google"}) as response:
            return str((await response.json())["access_token"])


def make_provider(config: LifecycleTable) -> Provider:
    """The configured one; ``local`` unless the flag says as well that the instance may be stopped."""
    if not config.enable_instance_stop:
        return LocalProvider()
    match config.provider:
        case "gcp":
            return GcpProvider(config)
        case "command":
            return CommandProvider(config.command)
        case _:
            return LocalProvider()
