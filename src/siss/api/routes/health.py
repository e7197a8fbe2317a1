"""Whether the service lives, whether it can answer, and its metrics. Outside of the API's prefix."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

import siss
from siss.api.errors import documented
from siss.api.metrics import CONTENT_TYPE
from siss.api.models.stats import Alive, Ready
from siss.api.render.status import readiness
from siss.api.state import json_response, principal_of, state_of
from siss.app.rights import require_everything
from siss.app.stats import check_readiness

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=Alive, summary="Is the process alive?")
async def healthz() -> Response:
    """Always 200 while the process answers."""
    return json_response({"status": "ok", "version": siss.__version__})


@router.get(
    "/readyz",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "Searches cannot be answered now"}, **documented(403)},
    summary="Can it answer searches?",
)
async def readyz(request: Request, verbose: Annotated[bool, Query()] = False) -> Response:
    """200 while database and full-text engine answer, 503 otherwise.

    A root that is away makes it `degraded` and still 200: search needs no NAS. `verbose=true` shows each component
    with its latency; roots are shown as last probed, so that this never waits for a NAS either.
    """
    if verbose:
        require_everything(principal_of(request), "The state of each component")
    found = await check_readiness(state_of(request).services)
    return json_response(readiness(found, verbose=verbose), 200 if found.ready else 503)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **documented(403)},
    summary="Prometheus metrics",
)
async def metrics(request: Request) -> Response:
    """The metrics of all worker processes in Prometheus' text format."""
    require_everything(principal_of(request), "Reading the metrics")
    state = state_of(request)
    return Response(await state.metrics.render(state.services), headers={"Content-Type": CONTENT_TYPE})
