"""Jobs, indexing, numbers and readiness as JSON. ``siss.api.models`` describes the same shapes."""

from dataclasses import asdict

from siss.api.render.encode import Json
from siss.app.stats import IndexStats, Readiness
from siss.model.job import Job
from siss.model.stats import IngestStatus


def job(found: Job) -> Json:
    """``GET /jobs/{id}``, and what requests for work answer."""
    return {**asdict(found), "id": str(found.id), "kind": found.kind.value, "state": found.state.value}


def ingest(status: IngestStatus, *, paused: bool) -> Json:
    """``GET /ingest/status``."""
    return {**asdict(status), "paused": paused}


def stats(found: IndexStats) -> Json:
    """``GET /stats``."""
    return {**asdict(found.corpus), "ingest": asdict(found.ingest)}


def readiness(found: Readiness, *, verbose: bool) -> Json:
    """``/readyz``."""
    body: Json = {"status": found.status}
    if verbose:
        body["components"] = [asdict(component) for component in found.components]
    return body
