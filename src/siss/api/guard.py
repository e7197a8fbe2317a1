"""What every request passes first: ids, the Host header, cross-site writes, the size of the body; then the log.

Plain ASGI around the whole application, so that nothing is answered without it, and cheap, because every search
pays for it.
"""

import asyncio
import functools
import ipaddress
import re
import time
import uuid
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote_plus, urlsplit

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from siss.api.errors import error_response, internal_response
from siss.api.links import PREFIX
from siss.app.ingest.reading.extraction import Extractors, load_extraction
from siss.errors import (
    ForbiddenError,
    HostRefusedError,
    InvalidRequestError,
    LongAddressError,
    MediaTypeError,
    SissError,
    SlowRequestError,
    TooLargeError,
    UnavailableError,
)
from siss.logs import get_logger, request_id, trace_id
from siss.settings import Settings

MAX_BODY: Final = 1 << 20
MAX_PATH: Final = 8 << 10
MAX_QUERY: Final = 52 << 10
"""Bytes of the address; a path of 16,384 characters as a parameter may be three times as long."""

_KNOWN_PATHS: Final = 256
"""Paths whose redacted form is remembered: most requests are for a few of them."""

_log = get_logger("siss.access")

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
"""Half a character beyond the first 65,536, as JSON writes it: nothing that is text can hold it without the other."""
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
_UPLOADS: Final = frozenset({f"{PREFIX}/files", f"{PREFIX}/files/batch"})
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""What machines ask every few seconds: logged for who debugs, and not traced."""

_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ("Cache-Control", "no-store"),
)
"""For every response that does not set them itself (the documentation page has a policy of its own)."""


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Guard:
    """The outermost ASGI application.

    ``any_host``: a page that was made to look like this service's (DNS rebinding) has no key, so where keys are
    required the name in ``Host`` proves nothing.
    """

    def __init__(self, app: ASGIApp, settings: Settings, *, any_host: bool = False) -> None:
        self.app = app
        self._any_host = any_host
        self._allowed = frozenset(name.lower().rstrip(".") for name in _own_names(settings))
        self._query_logged = settings.search_log
        self._body_timeout = settings.body_timeout
        self._request_timeout = settings.request_timeout or None
        extractors = Extractors(load_extraction(settings, make_key=False))
        self._redact_question = extractors.redact_question
        self._redact_path = functools.lru_cache(_KNOWN_PATHS)(extractors.redact)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        ident = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        trace = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
        tokens = request_id.set(ident), trace_id.set(trace_id.get() or (trace[1] if trace else None))
        status = 0
        limited = False
        limit = asyncio.timeout(None if _is_upload(scope) else self._request_timeout)

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if limited:
                    limit.reschedule(None)  # what has begun may take as long as the client reads
                self._add_headers(message, ident)
            await send(message)

        try:
            try:
                self._check(scope["method"], headers)
                _check_length(scope)
                body = receive
                if scope["method"] not in _SAFE and not _is_upload(scope):
                    body = await self._read_body(headers, receive)
                async with limit:
                    limited = True
                    await self.app(scope, body, send_guarded)
                limited = False
            except SissError as error:
                limited = False
                if status:
                    raise  # the answer began: breaking off is the only way to say that it is not whole
                await error_response(error)(scope, receive, send_guarded)
            except Exception as error:  # noqa: BLE001 - the last place that can answer
                limited = False
                if isinstance(error, TimeoutError) and limit.expired() and not status:
                    await error_response(took_too_long(self._request_timeout))(scope, receive, send_guarded)
                    return
                # Starlette answers first and raises then; what remains is to write it down once.
                _log.exception("request failed", path=self._redact_path(scope["path"]))
                if not status:
                    await internal_response()(scope, receive, send_guarded)
        finally:
            self._log_request(scope, status, began)
            request_id.reset(tokens[0])
            trace_id.reset(tokens[1])

    @staticmethod
    def _add_headers(message: Message, ident: str) -> None:
        sent = MutableHeaders(scope=message)
        sent["X-Request-ID"] = ident
        for name, value in _HEADERS:
            sent.setdefault(name, value)

    async def _read_body(self, headers: Headers, receive: Receive) -> Receive:
        try:
            async with asyncio.timeout(self._body_timeout):
                return await _read_body(headers, receive)
        except TimeoutError as error:
            raise SlowRequestError(f"The request's body did not come within {self._body_timeout:g} s.") from error

    def _check(self, method: str, headers: Headers) -> None:
        hosts = headers.getlist("host")
        name = _host_name(hosts[0]) if len(hosts) == 1 else None
        if name is None or not (self._any_host or name in self._allowed or _is_loopback(name)):
            raise HostRefusedError(
                f"This service does not answer to the name {name or '(none)'}; SISS_ALLOWED_HOSTS can add it.",
                host=name,
            )
        if method in _SAFE:
            return
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise MediaTypeError("Bodies are taken as they are: no Content-Encoding.")
        site = headers.get("sec-fetch-site")
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc.lower() != hosts[0].strip().lower()
        if (site is not None and site not in {"same-origin", "none"}) or foreign:
            raise ForbiddenError("A web page of another site may not change anything here.", origin=origin)

    def _log_request(self, scope: Scope, status: int, began: float) -> None:
        write = _log.debug if scope["path"] in QUIET else _log.info
        fields: dict[str, Any] = {
            "method": scope["method"],
            "path": self._redact_path(scope["path"]),
            "status": status,
            "duration_ms": round((time.perf_counter() - began) * 1000, 2),
        }
        if self._query_logged and scope["query_string"]:
            asked = unquote_plus(scope["query_string"].decode("ascii", "backslashreplace"))
            fields["query"] = self._redact_question(asked)
        write("request", **fields)


def _check_length(scope: Scope) -> None:
    for name, given, most in (
        ("path", scope.get("raw_path") or b"", MAX_PATH),
        ("query", scope["query_string"], MAX_QUERY),
    ):
        if len(given) > most:
            raise LongAddressError(f"The address's {name} is over {most:,} bytes.", limit=most)


def took_too_long(seconds: float | None) -> UnavailableError:
    """What an answer is that does not come in time."""
    return UnavailableError(f"The answer took longer than {seconds:g} s and was given up.", retry_after=1)


def _is_upload(scope: Scope) -> bool:
    """Whether the route reads the body itself, as it comes, under limits of its own."""
    return scope["method"] == "POST" and scope["path"] in _UPLOADS


def _own_names(settings: Settings) -> Iterable[str]:
    yield from ("localhost", "127.0.0.1", "::1", settings.host.strip("[]"))
    yield from settings.allowed_hosts


@functools.lru_cache(maxsize=16)
def _host_name(value: str) -> str | None:
    """The name in a Host header, without port and brackets; None for what is not one."""
    try:
        parts = urlsplit(f"//{value.strip()}")
        _ = parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment or not parts.hostname:
        return None
    return parts.hostname.rstrip(".")


async def _read_body(headers: Headers, receive: Receive) -> Receive:
    """The body, read up to the limit, to be received again as one piece."""
    announced = headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > MAX_BODY:
        raise TooLargeError(f"The request's body is over {MAX_BODY:,} bytes.", limit=MAX_BODY)
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_BODY:
            raise TooLargeError(f"The request's body is over {MAX_BODY:,} bytes.", limit=MAX_BODY)
    if "json" in headers.get("content-type", "") and _HALF.search(body):
        _check_halves(body)
    whole: Message | None = {"type": "http.request", "body": bytes(body), "more_body": False}

    async def receive_again() -> Message:
        nonlocal whole
        if whole is not None:
            message, whole = whole, None
            return message
        return await receive()

    return receive_again


def _check_halves(body: bytearray) -> None:
    """Refuse what some parsers take for a text and no database, engine or file name does."""
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequestError(f"The body is not JSON: {error}.", field="body") from error
