"""Two ways of sending a ``Call``: now, and when it is awaited."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final, Self, TypeVar

import httpx

from siss.client.call import Call
from siss.errors import ConfigError, UnavailableError

T = TypeVar("T")
TIMEOUT: Final = httpx.Timeout(60.0, connect=5.0)


def _options(url: str, key: str | None, options: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return {"base_url": url.rstrip("/"), "headers": headers, "timeout": TIMEOUT, **options}


class Client:
    """Sends calls and waits. ``options``: of ``httpx.Client``. A context manager."""

    def __init__(self, url: str, key: str | None = None, **options: Any) -> None:
        self._where = url
        with _told(url):
            self._http = httpx.Client(**_options(url, key, options))

    def ask(self, call: Call[T]) -> T:
        """The answer to a call. Raises what the service raised, ``UnavailableError`` where it does not answer."""
        with _told(self._where):
            response = self._http.send(call.request(self._http))
        return call.read(response, self._where)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()


class AsyncClient:
    """Sends calls for whoever awaits them. ``options``: of ``httpx.AsyncClient``. An asynchronous context manager."""

    def __init__(self, url: str, key: str | None = None, **options: Any) -> None:
        self._where = url
        with _told(url):
            self._http = httpx.AsyncClient(**_options(url, key, options))

    async def ask(self, call: Call[T]) -> T:
        """The answer to a call. Raises as ``Client.ask``."""
        with _told(self._where):
            response = await self._http.send(call.request(self._http))
        return call.read(response, self._where)

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
    except httpx.TransportError as error:
        raise UnavailableError(f"{where} cannot be reached: {error}.") from error
    except httpx.InvalidURL as error:
        raise ConfigError(f"{where} is no URL: {error}.", variable="SISS_API_URL") from error
