"""Two ways of sending a ``Call``: now, and when it is awaited."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, Self, TypeVar

import httpx

from siss.client.call import Call
from siss.client.events import EventLines, StreamEvent
from siss.errors import ConfigError, UnavailableError

T = TypeVar("T")
TIMEOUT: Final = httpx.Timeout(60.0, connect=5.0)


def _options(url: str, key: str | None, options: dict[str, Any]) -> dict[str, Any]:
    key = (key or "").strip()  # a file or a secret's store may end it with a line end
    if not (key.isascii() and key.isprintable()):
        told = "SISS_API_KEY: the key has characters that none has: copy it anew."
        raise ConfigError(told, variable="SISS_API_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return {"base_url": url.rstrip("/"), "headers": headers, "timeout": TIMEOUT, **options}


class Client:
    """Sends calls and waits. ``options``: of ``httpx.Client``. A context manager."""

    def __init__(self, url: str, key: str | None = None, **options: Any) -> None:
        self.where = url
        with _told(url):
            self._http = httpx.Client(**_options(url, key, options))

    def ask(self, call: Call[T]) -> T:
        """The answer to a call. Raises what the service raised, ``UnavailableError`` where it does not answer."""
        return call.read(self._send(call), self.where)

    def ask_json(self, call: Call[Any]) -> dict[str, Any]:
        """The same as it came: no type is loaded, and what a newer service says besides is there."""
        return call.read_json(self._send(call), self.where)

    def stream(self, call: Call[Any]) -> Iterator[StreamEvent]:
        """Events while they happen, until the service ends the stream."""
        lines = EventLines()
        with _told(self.where):
            response = self._http.send(call.request(self._http), stream=True)
            with contextlib.closing(response):
                if not response.is_success:
                    response.read()
                    call.check(response, self.where)
                for line in response.iter_lines():
                    if (event := lines.take(line)) is not None:
                        yield event

    def _send(self, call: Call[Any]) -> httpx.Response:
        with _told(self.where):
            return self._http.send(call.request(self._http))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()


class AsyncClient:
    """Sends calls for whoever awaits them. ``options``: of ``httpx.AsyncClient``. An asynchronous context manager.

    ``where``: what errors call the service.
    """

    def __init__(self, url: str, key: str | None = None, **options: Any) -> None:
        self.where = url
        with _told(url):
            self._http = httpx.AsyncClient(**_options(url, key, options))

    async def ask(self, call: Call[T]) -> T:
        """The answer to a call. Raises as ``Client.ask``."""
        return call.read(await self._send(call), self.where)

    async def ask_json(self, call: Call[Any]) -> dict[str, Any]:
        """The same as it came; see ``Client.ask_json``."""
        return call.read_json(await self._send(call), self.where)

    async def stream(self, call: Call[Any]) -> AsyncIterator[StreamEvent]:
        """Events while they happen, until the service ends the stream."""
        lines = EventLines()
        with _told(self.where):
            response = await self._http.send(call.request(self._http), stream=True)
            async with contextlib.aclosing(response):
                if not response.is_success:
                    await response.aread()
                    call.check(response, self.where)
                async for line in response.aiter_lines():
                    if (event := lines.take(line)) is not None:
                        yield event

    async def _send(self, call: Call[Any]) -> httpx.Response:
        with _told(self.where):
            return await self._http.send(call.request(self._http))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._http.aclose()


@contextlib.contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException as error:
        raise UnavailableError(f"{where} did not answer in time.") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise ConfigError(
            f"{where} is not the URL of a service, such as http://127.0.0.1:8080.", variable="SISS_API_URL"
        ) from error
    except httpx.TransportError as error:
        raise UnavailableError(f"{where} cannot be reached: {error}.") from error
