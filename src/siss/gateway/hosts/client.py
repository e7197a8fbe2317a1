"""HTTP to one host; outside errors become ours here.

A ``HostFailure`` says whether another try may help, and whether it tells something about the host: that is what the
breaker counts. The gateway's errors are made of the last failure when nobody is left to ask.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from io import BytesIO
from typing import Any, Final, Protocol

import aiohttp
import orjson

from siss.errors import HostAnswerError
from siss.gateway.config import HostTable
from siss.gateway.model.request import Endpoint

_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_OURS: Final = frozenset({401, 403})
"""Statuses by which a host refuses the gateway rather than the client's request."""

_NOT_ITS_TASK: Final = 501
"""llama-server's answer to an endpoint that its model is not for: the host is well."""

_TOO_LONG: Final = "too large to process"
"""llama-server blames itself (500) for an embedding's text that is longer than its physical batch."""

_MOST_SHOWN: Final = 300
_LARGE: Final = 1 << 18
_END_SECONDS: Final = 0.1
_KEEP_ALIVE_SECONDS: Final = 4.0
"""Less than llama-server and uvicorn wait (5 s): who closes last never loses a request to a connection that ended."""


class HostFailure(Exception):  # noqa: N818 - becomes an error only when no other host answers
    """A host that did not answer. ``loading``: it will, so the breaker does not count it.

    ``said``: the beginning of what came instead of an answer. It may be part of one, so it is for whoever asked, and
    never for a log.
    """

    def __init__(
        self, message: str, *, retry: bool = True, loading: bool = False, garbage: bool = False, said: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.said = said
        self.retry = retry
        self.loading = loading
        self.garbage = garbage


class Refusal(Exception):  # noqa: N818 - an answer, and the client's to read
    """The host found the request wrong. ``status``: 4xx or 501; ``body``: OpenAI's error object."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(str(status))
        self.status = status
        self.body = body


class Transport(Protocol):
    """How a host is spoken to. Both raise ``HostFailure`` and ``Refusal``, and end when they are cancelled."""

    async def ask(self, endpoint: Endpoint, body: Mapping[str, Any]) -> dict[str, Any]:
        """The whole JSON object of an answer."""
        ...

    def stream(
        self, endpoint: Endpoint, body: Mapping[str, Any]
    ) -> contextlib.AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes of an event stream as they come, once the host has said 200."""
        ...

    async def get(self, path: str, seconds: float) -> tuple[int, Any]:
        """Status and JSON (None where it is none) of a GET. Raises ``HostFailure`` only."""
        ...


class HttpTransport:
    """The real one, on the gateway's one ``aiohttp`` session."""

    def __init__(self, session: aiohttp.ClientSession, name: str, config: HostTable, max_reply: int) -> None:
        self._session = session
        self._name = name
        self._url = config.url
        self._max_reply = max_reply
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=config.connect_timeout)
        key = config.api_key.get_secret_value()
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})

    async def ask(self, endpoint: Endpoint, body: Mapping[str, Any]) -> dict[str, Any]:
        """See ``Transport``."""
        async with self._post(endpoint, body) as response:
            data = await self._read(response)
        return self._parse(data)

    @contextlib.asynccontextmanager
    async def stream(self, endpoint: Endpoint, body: Mapping[str, Any]) -> AsyncIterator[AsyncIterator[bytes]]:
        """See ``Transport``."""
        async with self._post(endpoint, body) as response:
            if response.content_type != "text/event-stream":
                said = await self._read(response)
                raise self._garbage(f"{response.content_type} where an event stream was asked for", said)
            async with contextlib.aclosing(self._chunks(response)) as chunks:
                yield chunks
            await _read_end(response)

    async def get(self, path: str, seconds: float) -> tuple[int, Any]:
        """See ``Transport``."""
        limit = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.get(self._url + path, headers=self._headers, timeout=limit) as response:
                data = await self._read(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error
        try:
            return response.status, orjson.loads(data)
        except orjson.JSONDecodeError:
            return response.status, None

    @contextlib.asynccontextmanager
    async def _post(self, endpoint: Endpoint, body: Mapping[str, Any]) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self._session.post(
                self._url + endpoint.value,
                data=_as_payload(_dump(body)),
                headers=self._headers,
                timeout=self._timeout,
                allow_redirects=False,  # what is asked goes where the operator said, and nowhere else
            ) as response:
                if response.status != 200:
                    raise self._refused(response.status, await self._read(response))
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        data = bytearray()
        async for part in response.content.iter_any():
            data += part
            if len(data) > self._max_reply:
                raise self._garbage(f"an answer of more than {self._max_reply} bytes")
        return bytes(data)

    async def _chunks(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        received = 0
        async for part in response.content.iter_any():
            received += len(part)
            if received > self._max_reply:
                raise self._garbage(f"a stream of more than {self._max_reply} bytes")
            yield part

    def _parse(self, data: bytes) -> dict[str, Any]:
        try:
            body = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise self._garbage("what is not JSON", data) from error
        if not isinstance(body, dict):
            raise self._garbage("JSON that is no object")
        if isinstance(body.get("error"), dict | str):
            raise self._garbage("an error with status 200", data)
        return body

    def _refused(self, status: int, data: bytes) -> Exception:
        body = error_body(data, status)
        said = str(body["message"])[:_MOST_SHOWN]
        if _TOO_LONG in said:
            return Refusal(400, body | {"type": "invalid_request_error", "code": "input_too_long"})
        if status in _BUSY:
            return HostFailure(f"{self._name} answered {status}: {said}", loading=status == 503 and is_loading(body))
        if status in _OURS:
            return HostFailure(f"{self._name} refused the gateway's own key ({status}): {said}", retry=False)
        if not 400 <= status < 500 and status != _NOT_ITS_TASK:
            return self._garbage(f"status {status}")
        return Refusal(status, body)

    def _garbage(self, what: str, said: bytes = b"") -> HostFailure:
        return HostFailure(f"{self._name} sent {what}", retry=False, garbage=True, said=show(said))

    def _unreachable(self, error: Exception) -> HostFailure:
        said = str(error) or type(error).__name__
        return HostFailure(f"{self._name} cannot be reached or broke off: {said}")


async def _read_end(response: aiohttp.ClientResponse) -> None:
    """The end of a body whose last word was read: a connection that is read to its end serves the next request."""
    with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
        async with asyncio.timeout(_END_SECONDS):
            await response.content.readany()


def _dump(body: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError as error:  # it reads 1,024 levels, and writes 254
        said = {"message": f"the body cannot be sent on: {error}", "type": "invalid_request_error"}
        raise Refusal(400, {**said, "param": None, "code": None}) from error


def _as_payload(data: bytes) -> bytes | BytesIO:
    """As aiohttp wants it: what is large is sent in pieces, so that the loop is not held up."""
    return data if len(data) < _LARGE else BytesIO(data)


def error_body(data: bytes, status: int) -> dict[str, Any]:
    """OpenAI's error object from whatever a host sent with a 4xx or 5xx."""
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        body = None
    said = body.get("error", body) if isinstance(body, dict) else None
    if isinstance(said, dict) and isinstance(said.get("message"), str):
        return {"type": "invalid_request_error", "param": None, "code": None, **said}
    text = said if isinstance(said, str) else data[:_MOST_SHOWN].decode("utf-8", "replace")
    text = text.strip() or f"status {status}, and no reason was given"
    return {"message": text, "type": "invalid_request_error", "param": None, "code": None}


def show(data: bytes) -> str:
    """The beginning of what a host sent, for the client."""
    return repr(data[:_MOST_SHOWN].decode("utf-8", "replace")) if data else ""


def is_loading(body: Mapping[str, Any]) -> bool:
    """Whether a 503 says that the model is still being loaded, as llama-server does."""
    return "loading" in str(body.get("message", "")).lower()


def as_answer_error(failure: HostFailure) -> HostAnswerError:
    """What a client is told of garbage."""
    said = f": {failure.said}" if failure.said else ""
    return HostAnswerError(f"The model's host gave no usable answer: {failure.message}{said}")


def open_session() -> aiohttp.ClientSession:
    """The session that all hosts share. Slots bound the connections, so it does not."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=30, keepalive_timeout=_KEEP_ALIVE_SECONDS),
        auto_decompress=True,
        cookie_jar=aiohttp.DummyCookieJar(),
        loop=asyncio.get_running_loop(),
        trust_env=False,
    )
