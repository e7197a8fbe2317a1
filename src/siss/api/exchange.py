"""What client and service agree on for an answer: whether it changed, how it is packed, how errors look.

The outermost layer, so that it holds for every answer. Answers of a fixed size get an ``ETag`` where the route gives
none; what took how long does not count as a change. Large texts are packed as the client likes best. Where a client
asks for ``application/problem+json`` errors have the body of RFC 9457.
"""

import hashlib
import zlib
from collections.abc import Iterable
from typing import Any, Final, Protocol

import orjson
import zstandard
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from siss.api.links import PREFIX

PROBLEM: Final = "application/problem+json"
LEAST_BYTES: Final = 1024
"""Smaller answers fit into a packet as they are."""
ERRORS_PAGE: Final = "/docs#"
_GZIP_LEVEL: Final = 5
_ZSTD_LEVEL: Final = 3
_TEXTS: Final = ("text/", "application/json", PROBLEM, "application/xml", "application/graphml+xml")
_NUMBER: Final = b"-+.0123456789eE"
_REVALIDATE: Final = "private, no-cache"


class _Packer(Protocol):
    """Packs a stream piece by piece."""

    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class Exchange:
    """The ASGI application around everything."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        try:
            await self.app(scope, receive, answer.send)
        except BaseException:
            await answer.break_off()
            raise


class _Answer:
    """One answer on its way: held back while it is whole and small, or let through in pieces."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._headers = Headers(scope=scope)
        self._method = scope["method"]
        self._api = scope["path"].startswith(PREFIX)
        self._send = send
        self._start: Message | None = None
        self._packer: _Packer | None = None

    async def send(self, message: Message) -> None:
        """Take what the application sends."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message["type"] != "http.response.body" or self._start is None:
            await self._pass_on(message)
            return
        start, self._start = self._start, None
        if message.get("more_body", False):
            self._begin_stream(start)
            await self._send(start)
            await self._pass_on(message)
        else:
            await self._send_whole(start, message.get("body", b""))

    async def break_off(self) -> None:
        """What began and fails must look cut off, not as if it had never begun."""
        if self._start is not None:
            start, self._start = self._start, None
            await self._send(start)

    async def _pass_on(self, message: Message) -> None:
        if self._packer is not None and message["type"] == "http.response.body":
            more = message.get("more_body", False)
            body = self._packer.compress(message.get("body", b"")) + (b"" if more else self._packer.flush())
            if not body and more:
                return
            message = {**message, "body": body}
        await self._send(message)

    def _begin_stream(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        coding = self._coding(headers)
        # An event must not wait in a packer for the next one, and a range counts the bytes of the file.
        if coding is None or "event-stream" in headers["content-type"] or self._method == "HEAD":
            return
        self._packer = _make_packer(coding)
        _mark_packed(headers, coding)
        del headers["content-length"]

    async def _send_whole(self, start: Message, body: bytes) -> None:
        headers = MutableHeaders(scope=start)
        if start["status"] >= 400:
            body = self._as_problem(start, headers, body)
        elif self._is_tagged(start, headers):
            headers.setdefault("ETag", _tag_of(body))
            headers["Cache-Control"] = _REVALIDATE
            if is_known(self._headers.get("if-none-match"), headers["etag"]):
                start["status"], body = 304, b""
                for name in ("content-length", "content-type"):
                    del headers[name]
        coding = self._coding(headers) if len(body) >= LEAST_BYTES else None
        if coding is not None:
            body = pack(coding, body)
            _mark_packed(headers, coding)
        if body or (self._method != "HEAD" and start["status"] not in {204, 304}):
            headers["Content-Length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})

    def _is_tagged(self, start: Message, headers: MutableHeaders) -> bool:
        kind = headers.get("content-type", "")
        return self._method == "GET" and start["status"] == 200 and self._api and kind.startswith("application/json")

    def _coding(self, headers: MutableHeaders) -> str | None:
        """How to pack an answer; None: as it is."""
        packable = headers.get("content-type", "").startswith(_TEXTS)
        if not packable or "content-encoding" in headers or "accept-ranges" in headers:
            return None
        headers.add_vary_header("Accept-Encoding")
        return choose_coding(self._headers.getlist("accept-encoding"))

    def _as_problem(self, start: Message, headers: MutableHeaders, body: bytes) -> bytes:
        if not headers.get("content-type", "").startswith("application/json"):
            return body
        headers.add_vary_header("Accept")
        if not wants_problem(self._headers.getlist("accept")):
            return body
        problem = to_problem(start["status"], body, headers.get("x-request-id"))
        if problem is None:
            return body
        headers["Content-Type"] = PROBLEM
        return problem


def _tag_of(body: bytes) -> str:
    """A weak tag of what an answer says, without how long it took."""
    first, *others = body.split(b'"took_ms":')
    kept = hashlib.blake2b(first, digest_size=12)
    for part in others:
        kept.update(part.lstrip(_NUMBER))
    return f'W/"{kept.hexdigest()}"'


def is_known(given: str | None, etag: str) -> bool:
    """Whether a client has the answer with this tag (weak comparison, RFC 9110, section 8.8.3.2)."""
    if given is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags


def choose_coding(given: Iterable[str]) -> str | None:
    """The coding that ``Accept-Encoding`` likes best of those there are; of equals the better one."""
    weights: dict[str, float] = {}
    for part in ",".join(given).split(","):
        name, _, parameters = part.strip().lower().partition(";")
        weights[name.strip()] = _weight(parameters)
    best, chosen = 0.0, None
    for coding in ("zstd", "gzip"):
        weight = weights.get(coding, weights.get("*", 0.0))
        if weight > best and weight >= weights.get("identity", 0.0):
            best, chosen = weight, coding
    return chosen


def wants_problem(given: Iterable[str]) -> bool:
    """Whether ``Accept`` names ``application/problem+json`` and likes ``application/json`` no better."""
    weights: dict[str, float] = {}
    for part in ",".join(given).split(","):
        name, _, parameters = part.strip().lower().partition(";")
        weights[name.strip()] = _weight(parameters)
    return weights.get(PROBLEM, 0.0) > 0 and weights[PROBLEM] >= weights.get("application/json", 0.0)


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                found = float(value)
            except ValueError:
                return 0.0
            return found if 0.0 <= found <= 1.0 else 0.0
    return 1.0


def to_problem(status: int, body: bytes, request_id: str | None) -> bytes | None:
    """The body of RFC 9457 for an error; None for a body that is none of ours."""
    try:
        error: dict[str, Any] = orjson.loads(body)["error"]
        code = error["code"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return orjson.dumps(
        {
            "type": ERRORS_PAGE + str(code).lower().replace("_", "-"),
            "title": str(code).replace("_", " ").capitalize(),
            "status": status,
            "detail": error["message"],
            "instance": None if request_id is None else f"urn:siss:request:{request_id}",
            "code": code,
            "details": error["details"],
        }
    )


def pack(coding: str, body: bytes) -> bytes:
    """A whole body, packed."""
    packer = _make_packer(coding)
    return packer.compress(body) + packer.flush()


def _make_packer(coding: str) -> _Packer:
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()
    return zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)


def _mark_packed(headers: MutableHeaders, coding: str) -> None:
    headers["Content-Encoding"] = coding
    etag = headers.get("etag")
    if etag is not None and not etag.startswith("W/"):
        headers["ETag"] = f"W/{etag}"  # these bytes are others
