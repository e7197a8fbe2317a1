"""The application: routes, errors, guard, documentation."""

from dataclasses import replace
from typing import Any, Final

from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp

import siss
from siss.api.authentication import Authentication
from siss.api.counted_cache import CountedCache
from siss.api.docs import DOCS_POLICY, render_docs
from siss.api.errors import install_error_handlers
from siss.api.examples import complete_examples
from siss.api.exchange import Exchange
from siss.api.guard import Guard
from siss.api.head import HeadAsGet
from siss.api.links import PREFIX
from siss.api.metrics import Metrics
from siss.api.parameters import check_parameters
from siss.api.render.files import Renderer
from siss.api.routes import (
    anomalies,
    audit,
    content,
    entities,
    events,
    files,
    health,
    ingest,
    keys,
    maintenance,
    relationships,
    schemas,
    search,
    searches,
    sign_in,
    stats,
    structure,
    synonyms,
    uploads,
    webhooks,
)
from siss.api.state import ApiState
from siss.api.traced import Traced
from siss.app.access import AccessControl
from siss.app.events import Feed
from siss.app.raw import NasReader
from siss.app.services import Services
from siss.search.dsl import SearchBody
from siss.traces.span import is_traced

_ABOUT: Final = """\
Search a folder full of logs, configs and exports, and see what of it could not be read.

Every error has the body `{"error": {"code", "message", "details"}}`; the codes stand in the documentation of
errors. Every response carries `X-Request-ID`, which the log has too. Times are UTC, sizes and spans bytes.
"""

_QUIET_TELEMETRY: Final[dict[str, Any]] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI would hand exception messages, which can hold query texts, to whatever exporter is installed.

``siss.api.traced`` makes our own spans."""


def create_app(
    services: Services, access: AccessControl | None = None, feed: Feed | None = None, api: FastAPI | None = None
) -> ASGIApp:
    """The whole service as one ASGI application. Without ``access`` every caller is the local user, who may do all.

    ``feed``: wakes the streams of events; the caller closes it. ``api``: the result of an earlier ``build_api``.
    """
    api = create_api(services, access, feed, api)
    inner: ASGIApp = api if access is None else Authentication(api, access)
    any_host = access is not None and access.authenticator.required
    app = Exchange(Guard(inner, services.settings, any_host=any_host))
    return Traced(app, services.redact) if is_traced() else app


def create_api(
    services: Services, access: AccessControl | None = None, feed: Feed | None = None, api: FastAPI | None = None
) -> FastAPI:
    """The application without the layers around it, which guard and authenticate."""
    api = api or build_api()
    metrics = Metrics()
    api.state.siss = ApiState(
        replace(services, cache=CountedCache(services.cache, metrics.observe_cache)),
        Renderer(services.settings.path_map),
        NasReader(services.settings.nas_timeout, metrics.observe_nas),
        metrics,
        feed or Feed(services.events),
        access,
    )
    return api


def build_api() -> FastAPI:
    """Routes and error handlers, without services: enough for the OpenAPI document."""
    api = FastAPI(
        title="SISS",
        version=siss.__version__,
        description=_ABOUT,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url="/openapi.json",
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        telemetry=_QUIET_TELEMETRY,  # type: ignore[arg-type]
    )
    install_error_handlers(api)
    api.add_middleware(HeadAsGet)
    for module in (
        search,
        files,
        uploads,
        content,
        entities,
        relationships,
        structure,
        schemas,
        anomalies,
        ingest,
        stats,
        events,
        synonyms,
        searches,
        webhooks,
        keys,
        audit,
        maintenance,
    ):
        api.include_router(module.router, prefix=PREFIX, dependencies=[Depends(check_parameters)])
    api.include_router(health.router)
    api.include_router(sign_in.router)

    _complete_document(api)

    @api.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        """The documentation, until there is a web page."""
        return RedirectResponse("/docs")

    @api.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        """The OpenAPI document as one page that loads nothing from anywhere."""
        return HTMLResponse(render_docs(api.openapi()), headers={"Content-Security-Policy": DOCS_POLICY})

    return api


def _complete_document(api: FastAPI) -> None:
    """Add to the OpenAPI document what FastAPI cannot know: that a key may be required, and the body of a search.

    The search route parses its body itself, to say more precisely what is wrong with it.
    """
    make = api.openapi

    def openapi() -> dict[str, Any]:
        document = make()
        document["components"]["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer", "description": "An API key; none where none is wanted."}
        }
        document["security"] = [{"key": []}, {}]
        schemas = document["components"]["schemas"]
        if "SearchBody" not in schemas:
            body = SearchBody.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(body.pop("$defs", {}))
            schemas["SearchBody"] = body
            complete_examples(document)
        return document

    api.openapi = openapi  # type: ignore[method-assign]
