"""A span for each request: around everything, only where somebody collects them."""

from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from siss.api.guard import QUIET
from siss.api.links import PREFIX
from siss.logs import trace_id
from siss.traces.span import span

_CONTEXT: Final = {b"traceparent": "traceparent", b"tracestate": "tracestate"}
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Traced:
    """The outermost ASGI application. A trace that the client began goes on; the log has its id either way.

    ``redact``: for the path, which may name anything. The query string is no part of a span.
    """

    def __init__(self, app: ASGIApp, redact: Callable[[str], str]) -> None:
        self.app = app
        self._redact = redact

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in QUIET:
            await self.app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        with span(method, "server", _parent(scope)) as request:
            token = trace_id.set(request.trace_id)

            async def send_seen(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status = message["status"]
                    request.set("http.response.status_code", status)
                    if status >= 500:
                        request.fail(str(status))
                    if (ident := _header(message, b"x-request-id")) is not None:
                        request.set("siss.request_id", ident)
                await send(message)

            try:
                await self.app(scope, receive, send_seen)
            finally:
                request.set("http.request.method", method)
                request.set("url.path", self._redact(scope["path"]))
                if (route := _route(scope)) is not None:
                    request.set("http.route", route)
                    request.rename(f"{method} {route}")
                trace_id.reset(token)


def _route(scope: Scope) -> str | None:
    """The template of the path, whole: a route below the API's prefix knows only what follows it."""
    route: str | None = getattr(scope.get("route"), "path_format", None)
    below = route is not None and scope["path"].startswith(f"{PREFIX}/") and not route.startswith(PREFIX)
    return f"{PREFIX}{route}" if below else route


def _parent(scope: Scope) -> dict[str, str]:
    return {_CONTEXT[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _CONTEXT}


def _header(message: Message, wanted: bytes) -> str | None:
    headers: list[tuple[bytes, bytes]] = message.get("headers", [])
    return next((value.decode("latin-1") for name, value in headers if name.lower() == wanted), None)
