"""Sending over HTTP to addresses that users name, guarded against server-side request forgery.

What connects (``guarded``) is loaded with the first URL: most processes never send anything.
"""

import asyncio
import functools
import ipaddress
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from siss.errors import ConfigError, ForbiddenError, InvalidRequestError

if TYPE_CHECKING:
    from aiohttp.abc import AbstractResolver

    from siss.adapters.http.guarded import GuardedResolver

SECONDS: Final = 10.0
MOST_URL: Final = 2000
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Allowed:
    """Which addresses may be sent to besides the public ones: names, addresses and networks from the settings."""

    def __init__(self, entries: Sequence[str]) -> None:
        self._names: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for entry in entries:
            try:
                self._networks.append(ipaddress.ip_network(entry))
            except ValueError:
                if "/" in entry:
                    raise ConfigError(
                        f"SISS_WEBHOOK_ALLOW: {entry} is no network.", variable="SISS_WEBHOOK_ALLOW"
                    ) from None
                self._names.add(entry.lower().rstrip("."))

    def name(self, name: str) -> bool:
        """Whether a host may be sent to, wherever it is."""
        return name.lower().rstrip(".") in self._names

    def address(self, text: str) -> bool:
        """Whether an address may be connected to."""
        found = _embedded(ipaddress.ip_address(text.partition("%")[0]))
        if any(found.version == network.version and found in network for network in self._networks):
            return True
        site_local = isinstance(found, ipaddress.IPv6Address) and found.is_site_local
        return found.is_global and not (found.is_multicast or found.is_reserved or site_local)


def _embedded(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 one leads to."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class HttpSender:
    """Implements ``siss.ports.sender.Sender``. ``allow``: of ``SISS_WEBHOOK_ALLOW``."""

    def __init__(self, allow: Sequence[str], version: str, resolver: "AbstractResolver | None" = None) -> None:
        self._allowed = Allowed(allow)
        self._inner = resolver
        self._agent = f"siss/{version}"

    @functools.cached_property
    def _resolver(self) -> "GuardedResolver":
        from siss.adapters.http.guarded import GuardedResolver

        return GuardedResolver(self._check_address, self._inner)

    async def check(self, url: str) -> None:
        """Raise for what is no URL to send to, or one that is not allowed."""
        host, port = self._check_form(url)
        if not _is_address(host):
            try:
                async with asyncio.timeout(SECONDS):
                    await self._resolver.resolve(host, port)
            except (OSError, TimeoutError, UnicodeError) as error:  # the last: a label that is empty or too long
                raise InvalidRequestError(f"The host {host} cannot be found.", field="url") from error

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """POST a body; the HTTP status of the answer."""
        self._check_form(url)
        from siss.adapters.http.guarded import post

        return await post(self._resolver, url, body, {**headers, "User-Agent": self._agent}, SECONDS)

    def _check_address(self, host: str, address: str) -> None:
        if not self._allowed.name(host) and not self._allowed.address(address):
            raise _refused(host)

    def _check_form(self, url: str) -> tuple[str, int]:
        if len(url) > MOST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            raise InvalidRequestError(f"A URL has at most {MOST_URL:,} ASCII characters, no blanks.", field="url")
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise InvalidRequestError("This is no URL.", field="url") from error
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidRequestError("The URL begins with https:// or http:// and a host.", field="url")
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise InvalidRequestError("The URL holds no user, password or fragment.", field="url")
        host = parts.hostname
        if _is_address(host) and not self._allowed.address(host):
            raise _refused(host)
        if not _is_address(host) and _looks_numeric(host):
            raise _refused(host)  # 127.1, 0x7f000001, 2130706433: whatever a resolver makes of it
        if (host == "localhost" or host.endswith(".localhost")) and not self._allowed.name(host):
            raise _refused(host)
        return host, port


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _looks_numeric(host: str) -> bool:
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.lower().startswith("0x")


def _refused(host: str) -> ForbiddenError:
    return ForbiddenError(
        f"{host} is an address of this machine or of a private network; SISS_WEBHOOK_ALLOW can allow it.", field="url"
    )
