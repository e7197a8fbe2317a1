"""HTTP: requests in, answers and errors out. Plain ASGI for what models answer, Starlette for the rest (``pages``).

A hit takes the short way: nothing is spawned, no body is parsed twice, the stored bytes go out as they are.
"""

import contextlib
import itertools
import secrets
import time
from typing import Final

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from siss.errors import MethodError, SissError
from siss.gateway.failures import FAULT, error_headers, error_object, is_ours
from siss.gateway.guard import ClientGone, Guard, read_body, read_tags, while_client_waits
from siss.gateway.model.directives import NO_DIRECTIVES, parse_cache_control
from siss.gateway.model.lookup import Hit, Miss
from siss.gateway.model.request import Endpoint
from siss.gateway.pages import build_pages
from siss.gateway.pipeline import Answer, Asked
from siss.gateway.wiring import Gateway
from siss.logs import get_logger, request_id

_log: Final = get_logger("siss.gateway.access")
_ENDPOINTS: Final = {endpoint.value: endpoint for endpoint in Endpoint}
_PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines, all the time: no activity."""

_READ: Final = frozenset({b"authorization", b"cache-control", b"host", b"origin", b"sec-fetch-site", b"x-siss-tags"})


class _Seen:
    """What became of a request: for the metrics, and to know whether an error can still be said."""

    __slots__ = ("code", "model", "number", "started", "state")

    def __init__(self, number: str) -> None:
        self.number = number
        self.model = ""
        self.state = ""
        self.code = ""
        self.started = False


class GatewayApp:
    """The whole gateway as one ASGI application, alone or mounted below a path."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._guard = Guard(gateway.config.server.allowed_hosts, open=gateway.tenants.open)
        self._pages: ASGIApp = build_pages(gateway, self._guard)
        self._prefix = f"req_{secrets.token_hex(6)}"
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            endpoint = _ENDPOINTS.get(path)
            if endpoint is not None:
                await self._serve(endpoint, scope, receive, send)
                return
            if path not in _PROBES:
                with self._gateway.activity:
                    await self._pages(scope, receive, send)
                return
        await self._pages(scope, receive, send)

    async def _serve(self, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        seen = _Seen(f"{self._prefix}{next(self._numbers):x}")
        request_id.set(seen.number)  # the server has made a context for each request
        try:
            await self._answer(endpoint, scope, receive, send, seen)
        except ClientGone:
            seen.code = "client_gone"
        except SissError as error:
            seen.code = error.kind.code.lower()
            if not is_ours(error):
                _log.error("request failed", code=error.kind.code, error=error.message)
            await self._send_error(error if is_ours(error) else SissError(FAULT), send, seen)
        except Exception:
            seen.code = "internal"
            _log.exception("request failed")
            if seen.started:
                raise  # the server breaks the connection off: a cut answer must not look whole
            await self._send_error(SissError(FAULT), send, seen)
        finally:
            self._gateway.metrics.answered(endpoint, seen.model, seen.state, seen.code, time.perf_counter() - began)

    async def _answer(self, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send, seen: _Seen) -> None:
        gateway = self._gateway
        headers = {name: value for name, value in scope["headers"] if name in _READ}
        self._guard.check(_text(headers, b"host"), _text(headers, b"sec-fetch-site"), _text(headers, b"origin"))
        if scope["method"] != "POST":
            raise MethodError(f"{endpoint.value} does not take {scope['method']}", allowed="POST")
        tenant = gateway.tenants.authenticate(_text(headers, b"authorization"))
        with gateway.activity, gateway.budgets.of(tenant.name).request():
            data = await read_body(receive, gateway.config.server.max_body)
            tags = read_tags(_text(headers, b"x-siss-tags")) if b"x-siss-tags" in headers else ()
            asked = gateway.pipeline.take_in(endpoint, data, tenant, tags)
            seen.model = asked.question.model_name
            control = headers.get(b"cache-control")
            found = await gateway.pipeline.look_up(
                asked, NO_DIRECTIVES if control is None else parse_cache_control(control.decode("latin-1"))
            )
            if isinstance(found, Hit):
                await self._send(gateway.pipeline.serve_hit(asked, found), send, seen)
            else:
                await self._ask(asked, found, receive, send, seen)

    async def _ask(self, asked: Asked, missed: Miss, receive: Receive, send: Send, seen: _Seen) -> None:
        """Ask a host, as long as the client is there."""
        async with while_client_waits(receive), self._gateway.pipeline.ask(asked, missed) as answer:
            await self._send(answer, send, seen)

    async def _send(self, answer: Answer, send: Send, seen: _Seen) -> None:
        seen.state = answer.state.value
        headers = [
            (b"x-siss-cache", answer.state.value.encode()),
            (b"x-request-id", seen.number.encode()),
        ]
        if (hit := answer.hit) is not None:
            headers.append((b"age", b"%d" % hit.age_seconds))
            headers.append((b"x-siss-similarity", b"%.4f" % hit.similarity))
            if hit.stale:
                headers.append((b"x-siss-stale", b"true"))
        if (outcome := answer.outcome) is not None and outcome.origin is not None:
            headers.append((b"x-siss-host", outcome.origin.host.encode()))
            headers.append((b"x-siss-model", outcome.origin.model.name.encode()))
            if not outcome.fits:
                headers.append((b"x-siss-schema", b"mismatch"))
        if (reply := answer.reply) is not None:
            headers.append((b"content-type", b"application/json"))
            headers.append((b"content-length", b"%d" % len(reply.data)))
            if reply.status != 200:
                headers.append((b"x-should-retry", b"false"))
                seen.code = f"host_{reply.status}"
            seen.started = True
            await send({"type": "http.response.start", "status": reply.status, "headers": headers})
            await send({"type": "http.response.body", "body": reply.data})
            return
        assert answer.events is not None
        headers.append((b"content-type", b"text/event-stream; charset=utf-8"))
        headers.append((b"cache-control", b"no-cache"))
        seen.started = True
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async with contextlib.aclosing(answer.events) as events:
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _send_error(self, error: SissError, send: Send, seen: _Seen) -> None:
        if seen.started:
            return
        body = orjson.dumps({"error": error_object(error)})
        headers = [(name.lower().encode(), value.encode()) for name, value in error_headers(error).items()]
        headers.append((b"content-type", b"application/json"))
        headers.append((b"content-length", b"%d" % len(body)))
        headers.append((b"x-request-id", seen.number.encode()))
        await send({"type": "http.response.start", "status": error.kind.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _text(headers: dict[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")
