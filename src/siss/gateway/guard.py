"""What a request passes before it is read: who may call an open gateway, and how large a body may be.

A gateway without tenants would answer everybody on this machine, and so the web pages in their browsers too: it looks
at ``Host`` (DNS rebinding) and at where a request comes from.
"""

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator, Iterable
from typing import Final

from starlette.types import Message, Receive

from siss.errors import ForbiddenError, HostRefusedError, InvalidRequestError, TooLargeError

BODY_SECONDS: Final = 30.0
"""A body of which nothing arrives for so long is given up: who waits for it counts as activity, and as a request."""


class ClientGone(Exception):  # noqa: N818 - not an error: nobody waits for the answer
    """The client closed its connection before its request was whole."""


class Guard:
    """``open``: without tenants. ``names``: further values of ``Host`` that are this service's."""

    def __init__(self, names: Iterable[str], *, open: bool) -> None:  # noqa: A002 - as the configuration calls it
        self._open = open
        self._names = {name.lower() for name in names}

    def check(self, host: str, site: str, origin: str) -> None:
        """Raise ``HostRefusedError`` or ``ForbiddenError``. ``site``: the header ``Sec-Fetch-Site``."""
        if not self._open:
            return
        if host not in self._names:
            name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
            if not _is_loopback(name.strip("[]").lower()):
                raise HostRefusedError(f"{host!r} is not a name of this gateway: see server.allowed_hosts")
            if len(self._names) < 1000:
                self._names.add(host)
        if site in {"cross-site", "same-site"} or (origin and origin.lower().partition("://")[2] != host.lower()):
            raise ForbiddenError("This gateway has no keys, so it does not answer the pages of other sites")


async def read_body(receive: Receive, most: int) -> bytes:
    """A request's body. Raises ``TooLargeError``, ``InvalidRequestError`` and ``ClientGone``."""
    message = await _receive(receive)
    body: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body") and len(body) <= most:
        return body
    parts = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts += message.get("body", b"")
        if len(parts) > most:
            raise TooLargeError(f"The body has more than {most} bytes: see server.max_body")
        if not message.get("more_body"):
            return bytes(parts)
        message = await _receive(receive)


async def _receive(receive: Receive) -> Message:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await receive()
    except TimeoutError as error:
        raise InvalidRequestError(f"The body stopped arriving for {BODY_SECONDS:.0f} s") from error


@contextlib.asynccontextmanager
async def while_client_waits(receive: Receive) -> AsyncIterator[None]:
    """Do what is inside as long as the client is there: it is cancelled when the connection is closed.

    Raises ``ClientGone`` in that case. The server says the same when the answer has gone out whole, so nothing may be
    awaited between that and the end of the block.
    """
    serving = asyncio.current_task()
    assert serving is not None
    left = False

    async def watch() -> None:
        nonlocal left
        while (await receive())["type"] != "http.disconnect":
            pass
        left = True
        serving.cancel()

    watching = asyncio.get_running_loop().create_task(watch(), name="client")
    try:
        yield
    except asyncio.CancelledError:
        if left and not serving.uncancel():  # otherwise the server stops the request, too
            raise ClientGone from None
        raise
    finally:
        watching.cancel()


def read_tags(header: str) -> tuple[str, ...]:
    """Tags of ``X-Siss-Tags``. Raises ``InvalidRequestError``."""
    tags = tuple(tag.strip() for tag in header.split(",") if tag.strip())
    if len(tags) > 16 or any(len(tag) > 64 for tag in tags):
        raise InvalidRequestError("X-Siss-Tags: at most 16 tags of 64 letters", field="X-Siss-Tags")
    return tags


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
