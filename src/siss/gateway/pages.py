"""Everything that no model answers: models, health, metrics, and the administration of the cache."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Final

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from siss.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    MethodError,
    NotFoundError,
    SissError,
)
from siss.gateway.failures import error_headers, error_object
from siss.gateway.guard import Guard
from siss.gateway.hosts.host import Health
from siss.gateway.metrics import CONTENT_TYPE
from siss.gateway.model.entry import Filter
from siss.gateway.report import build_stats
from siss.gateway.tenants import Tenant
from siss.gateway.wiring import Gateway

Handler = Callable[[Request], Awaitable[Response]]
_MOST_LISTED: Final = 1000
_FILTERS: Final = ("tenant", "model", "route", "tag")


def build_pages(gateway: Gateway, guard: Guard) -> Starlette:
    """The Starlette application for all paths but the models' own."""
    pages = _Pages(gateway, guard)
    routes = [
        Route("/v1/models", pages.models),
        Route("/v1/models/{name:path}", pages.model),
        Route("/healthz", pages.healthz),
        Route("/readyz", pages.readyz),
        Route("/metrics", pages.metrics),
        Route("/admin/cache/entries", pages.entries, methods=["GET", "DELETE"]),
        Route("/admin/cache/shadow", pages.shadow),
        Route("/admin/stats", pages.stats),
    ]
    return Starlette(routes=routes, exception_handlers={SissError: _on_siss_error, HTTPException: _on_http_error})


class _Pages:
    def __init__(self, gateway: Gateway, guard: Guard) -> None:
        self._gateway = gateway
        self._guard = guard

    async def models(self, request: Request) -> Response:
        """The models that the caller may ask, and their aliases."""
        tenant = self._enter(request)
        return _json({"object": "list", "data": [self._describe(name) for name in self._names(tenant)]})

    async def model(self, request: Request) -> Response:
        """One of them."""
        tenant = self._enter(request)
        name = request.path_params["name"]
        if name not in self._names(tenant):
            raise NotFoundError(f"There is no model {name!r}; /v1/models lists what there is", field="model")
        return _json(self._describe(name))

    async def healthz(self, _request: Request) -> Response:
        """The process lives."""
        return _json({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        """Whether a host answers; 503 where none does. Cached answers are served either way."""
        hosts = {name: host.health.value for name, host in self._gateway.pool.hosts.items()}
        ready = Health.READY.value in hosts.values()
        status = "ok" if all(health == Health.READY for health in hosts.values()) else "degraded"
        return _json({"status": status if ready else "unavailable", "hosts": hosts}, 200 if ready else 503)

    async def metrics(self, _request: Request) -> Response:
        """For Prometheus."""
        return Response(self._gateway.metrics.render(), media_type=CONTENT_TYPE)

    async def entries(self, request: Request) -> Response:
        """List entries, newest first, or purge them."""
        self._administer(request)
        which = Filter(**{name: value for name in _FILTERS if (value := request.query_params.get(name))})
        if request.method == "DELETE":
            if which == Filter() and request.query_params.get("all") != "true":
                raise ConflictError("Purge what? Name tenant, model, route or tag, or say all=true")
            return _json({"purged": await self._gateway.cache.purge(which)})
        limit = min(_whole(request, "limit", 100), _MOST_LISTED)
        before = _whole(request, "before", 0) or None
        found = await self._gateway.cache.list_entries(which, before=before, limit=limit)
        more = found[-1].id if len(found) == limit else None
        return _json({"entries": [asdict(entry) for entry in found], "before": more})

    async def stats(self, request: Request) -> Response:
        """Hosts, cache and tenants as they are now."""
        self._administer(request)
        return _json(await build_stats(self._gateway))

    async def shadow(self, request: Request) -> Response:
        """What the semantic tier would have served."""
        self._administer(request)
        return _json(asdict(await self._gateway.cache.shadow_report(request.query_params.get("route") or None)))

    def _enter(self, request: Request) -> Tenant:
        headers = request.headers
        self._guard.check(headers.get("host", ""), headers.get("sec-fetch-site", ""), headers.get("origin", ""))
        return self._gateway.tenants.authenticate(request.headers.get("authorization"))

    def _administer(self, request: Request) -> None:
        if not self._enter(request).admin:
            raise ForbiddenError("This key is not an administrator's")

    def _names(self, tenant: Tenant) -> list[str]:
        models = self._gateway.pool.models
        mine = [name for name in models if tenant.may_ask(name)]
        return [each for name in mine for each in (name, *models[name].aliases)]

    def _describe(self, name: str) -> dict[str, Any]:
        model = self._gateway.pool.resolve(name) or name
        return {"id": name, "object": "model", "created": 0, "owned_by": "siss", "root": model}


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise InvalidRequestError(f"{name}: must be a whole number", field=name)
    return int(text)


async def _on_siss_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SissError)
    return Response(
        orjson.dumps({"error": error_object(error)}),
        error.kind.status,
        error_headers(error),
        media_type="application/json",
    )


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "GET")
        said = MethodError(f"{request.url.path} does not take {request.method}", allowed=allowed)
        return await _on_siss_error(request, said)
    return await _on_siss_error(request, NotFoundError(f"There is no {request.url.path} here"))
