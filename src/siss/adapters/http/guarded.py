"""Connections to allowed addresses only.

A name is resolved once for each connection, every address that it has is looked at, and only these addresses are
connected to: a name that means another machine a moment later gains nothing. Redirects and proxies are not followed.
"""

import socket
from collections.abc import Callable, Mapping

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from siss.errors import UnavailableError


class GuardedResolver(AbstractResolver):
    """Resolves names to addresses that may be connected to.

    ``check`` is given a host and an address of it, and raises where it may not be connected to.
    """

    def __init__(self, check: Callable[[str, str], None], inner: AbstractResolver | None = None) -> None:
        self._check = check
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a name, each of which is allowed."""
        found = await self._inner.resolve(host, port, family)
        for each in found:
            self._check(host, each["host"])
        return found

    async def close(self) -> None:
        """Let go of the resolver."""
        await self._inner.close()


async def post(resolver: GuardedResolver, url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> int:
    """POST JSON over a connection of its own; the HTTP status of the answer. Raises ``UnavailableError``."""
    connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True)
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(seconds),
                trust_env=False,
                auto_decompress=False,
            ) as session,
            session.post(
                url,
                data=body,
                headers={**headers, "Content-Type": "application/json"},
                allow_redirects=False,
            ) as response,
        ):
            return response.status  # what else it says does not matter, however much that is
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise UnavailableError(f"no answer: {type(error).__name__}") from error
