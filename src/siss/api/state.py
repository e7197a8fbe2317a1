"""What routes share: one value, made when the application is made."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from siss.api.authentication import note, principal_of
from siss.api.links import PREFIX
from siss.api.metrics import Metrics
from siss.api.render.encode import to_bytes
from siss.api.render.files import Renderer
from siss.app.access import AccessControl
from siss.app.cursors import Item, Page
from siss.app.events import Feed
from siss.app.raw import NasReader
from siss.app.rights import show_hidden
from siss.app.services import Services
from siss.errors import NotFoundError
from siss.model.principal import Principal

__all__ = [
    "ApiState",
    "access_of",
    "asking",
    "json_response",
    "note",
    "page_response",
    "principal_of",
    "state_of",
    "timed_response",
]


@dataclass(frozen=True, slots=True)
class ApiState:
    """Services, and what turns their answers into responses."""

    services: Services
    render: Renderer
    nas: NasReader
    metrics: Metrics
    feed: Feed
    access: AccessControl | None = None


def state_of(request: Request) -> ApiState:
    """The application's state."""
    state: ApiState = request.app.state.siss
    return state


def access_of(request: Request) -> AccessControl:
    """Keys and the audit log. Raises ``NotFoundError`` in a service that has none."""
    access = state_of(request).access
    if access is None:
        raise NotFoundError("This service has no keys.")
    return access


def asking(request: Request, *, hidden: bool) -> Principal:
    """The same, who may have asked for files with critical secrets; raises ``ForbiddenError`` for who may not."""
    principal = principal_of(request)
    return show_hidden(principal) if hidden else principal


def json_response(value: object, status: int = 200) -> Response:
    """A response that was rendered already: FastAPI neither validates nor encodes it again."""
    return Response(to_bytes(value), status, media_type="application/json")


def made_response(value: Mapping[str, Any], among: str, status: int = 201) -> Response:
    """What was made (202: queued), and where it is: ``among`` those of this route, such as ``jobs``."""
    return located_response(to_bytes(value), status, among, value["id"])


def located_response(body: bytes, status: int, among: str, key: str) -> Response:
    """The same for a body that was kept as it was sent."""
    return Response(body, status, {"Location": f"{PREFIX}/{among}/{key}"}, media_type="application/json")


def page_response(request: Request, page: Page[Item], render: Callable[[Item], Any]) -> Response:
    """A page of a list, each item rendered."""
    note(request, results=len(page.items))
    return json_response({"cursor": page.cursor, "items": [render(item) for item in page.items]})


def timed_response(request: Request, body: dict[str, Any], began: float) -> Response:
    """An answer with ``took_ms``; ``began``: as ``time.perf_counter`` had it."""
    if "items" in body:
        note(request, results=body.get("total", len(body["items"])))
    return json_response({**body, "took_ms": round((time.perf_counter() - began) * 1000, 2)})
