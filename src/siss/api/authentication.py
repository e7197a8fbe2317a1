"""Who sends a request, before any route sees it, and the entry in the audit log after it was answered.

Plain ASGI between the guard and the routes. What a route knows of its answer (how many results, which query) it adds
with ``note``; which thing a request made is read from ``Location``.
"""

import time
import uuid
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote_plus

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from siss.access.sessions import SIGN_IN
from siss.api.actions import action_of
from siss.api.errors import error_response
from siss.api.links import PREFIX
from siss.app.access import AccessControl
from siss.app.authenticate import Admission
from siss.errors import SissError, UnauthenticatedError
from siss.model.audit import AuditEntry
from siss.model.ids import new_public_id
from siss.model.principal import LOCAL, Principal

OPEN: Final = frozenset({"/", "/docs", "/openapi.json", "/healthz", "/readyz"})
"""What anybody may ask: whether the service lives, and what it could be asked. It says nothing of any file."""

SESSION: Final = "siss_session"
"""The cookie of a browser that is signed in."""

_PRINCIPAL: Final = "siss.principal"
_NOTES: Final = "siss.audit"
ANONYMOUS: Final = Principal("anonymous", scopes=())
"""Who is not known, where anybody may ask: sees nothing."""


class Authentication:
    """The ASGI application around the routes."""

    def __init__(self, app: ASGIApp, access: AccessControl) -> None:
        self.app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises ``UnauthenticatedError`` and ``RateError``."""
        if scope["type"] != "http" or _is_open(scope):
            scope[_PRINCIPAL] = ANONYMOUS
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0
        scope[_NOTES] = notes = dict[str, Any]()
        admission: Admission | None = None

        async def send_with_limits(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                made = Headers(raw=message["headers"]).get("location", "")
                notes.setdefault("made", made.rpartition("/")[2] if made.startswith(PREFIX) else None)
                if admission is not None:
                    _state_limits(admission, message)
            await send(message)

        try:
            admission = await self._admit(scope)
            scope[_PRINCIPAL] = admission.principal
            app = self.app if admission.refused is None else error_response(admission.refused)
            await app(scope, receive, send_with_limits)
        except SissError as error:
            status = status or error.kind.status
            raise
        except Exception:
            status = status or 500
            raise
        finally:
            who = ANONYMOUS if admission is None else admission.principal
            self._access.writer.note(_entry(scope, notes.pop("subject", who.subject), status, began, notes))

    async def _admit(self, scope: Scope) -> Admission:
        if scope["path"] == SIGN_IN:
            return Admission(ANONYMOUS)
        return await self._access.authenticator.admit(_credential(scope), _address(scope), _session(scope))


def _is_open(scope: Scope) -> bool:
    return scope["path"] in OPEN and b"verbose" not in scope["query_string"]


def principal_of(request: Request) -> Principal:
    """Who asks; without access control the person at this machine."""
    found: Principal = request.scope.get(_PRINCIPAL, LOCAL)
    return found


async def require_admitted(request: Request) -> None:
    """Look again whether who asks may still ask, for answers that take long. Raises ``UnauthenticatedError``."""
    access: AccessControl | None = request.app.state.siss.access
    if access is not None:
        scope = request.scope
        who = await access.authenticator.readmit(_credential(scope), _address(scope), _session(scope))
        if who != principal_of(request):
            raise UnauthenticatedError("The key may not do any more what it might before: begin again.")


async def sign_in(request: Request, access: AccessControl, code: str) -> str:
    """The session of a browser that brings the code of a link. Raises ``UnauthenticatedError``, ``RateError``."""
    principal, session = await access.authenticator.sign_in(code, _address(request.scope))
    note(request, subject=principal.subject)
    return session


def note(request: Request, *, results: int | None = None, **details: Any) -> None:
    """Say more of this request in the audit log. Texts are redacted before they are written."""
    notes: dict[str, Any] | None = request.scope.get(_NOTES)
    if notes is not None:
        notes.update(details)
        if results is not None:
            notes["results"] = results


def _credential(scope: Scope) -> str | None:
    """What follows ``Bearer``. Raises ``UnauthenticatedError`` for any other scheme."""
    given = Headers(scope=scope).getlist("authorization")
    if not given:
        return None
    scheme, _, credential = given[0].partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer" or not credential.strip():
        raise UnauthenticatedError("The header is `Authorization: Bearer siss_…`, once.")
    return credential.strip()


def _session(scope: Scope) -> str | None:
    given = Headers(scope=scope).get("cookie")
    return None if given is None else cookie_parser(given).get(SESSION)


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _state_limits(admission: Admission, message: Message) -> None:
    """Headers of draft-ietf-httpapi-ratelimit-headers."""
    if admission.limit is None or admission.verdict is None:
        return
    headers = MutableHeaders(scope=message)
    headers["RateLimit-Policy"] = f'"key";q={admission.limit.burst};w={admission.limit.seconds:.0f}'
    headers["RateLimit"] = f'"key";r={admission.verdict.remaining};t={-int(-admission.verdict.reset // 1)}'


def _entry(scope: Scope, subject: str, status: int, began: float, notes: dict[str, Any]) -> AuditEntry:
    route = scope.get("route")
    path = getattr(route, "path_format", None)
    action, resource_type = action_of(scope["method"], path)
    parameters = {name: str(value) for name, value in scope.get("path_params", {}).items()}
    made = notes.pop("made", None)
    resource_id = _uuid(parameters.pop("id", made))
    results = notes.pop("results", None)
    details = {**parameters, **{name: value for name, value in notes.items() if value is not None}}
    if path is None:
        details["path"] = scope["path"]
    elif scope["path"].startswith(PREFIX) and scope["query_string"] and "query" not in notes:
        details["parameters"] = unquote_plus(scope["query_string"].decode("ascii", "backslashreplace"))
    return AuditEntry(
        new_public_id(),
        datetime.now(UTC),
        subject,
        action,
        resource_type,
        resource_id,
        status,
        results,
        _address(scope),
        round((time.perf_counter() - began) * 1000, 2),
        details,
    )


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return None if text is None else uuid.UUID(text)
    except ValueError:
        return None
