"""Anomalies: what is unusual about files among those of their schema, and what people say of it."""

import time
import uuid
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from siss.api.errors import documented
from siss.api.models.anomalies import AnomalyItem, AnomalyPage, FileAnomalyPage
from siss.api.models.parameters import PageParams
from siss.api.render import anomalies as render
from siss.api.state import json_response, principal_of, state_of, timed_response
from siss.app.anomalies import find_anomaly, judge_anomaly, list_anomalies, list_file_anomalies
from siss.model.anomaly import AnomalyKind, AnomalyStatus, Severity
from siss.ports.anomalies import AnomalyFilter

router = APIRouter(tags=["anomalies"])

STANDING: Final = (AnomalyStatus.OPEN, AnomalyStatus.ACKNOWLEDGED)
"""What is listed unless another status is asked for."""


class FileAnomaliesParams(PageParams):
    """What ``GET /files/{id}/anomalies`` takes. A list of values of one parameter means any of them."""

    severity: list[Severity] = Field([], examples=[["critical", "high"]])
    status: list[AnomalyStatus] = Field([], description="Default: `open` and `acknowledged`.")
    type: list[AnomalyKind] = Field([], examples=[["missing_fields"]])

    def where(self) -> AnomalyFilter:
        """The filter."""
        return AnomalyFilter(tuple(self.status) or STANDING, tuple(self.type) or None, tuple(self.severity) or None)


class AnomaliesParams(FileAnomaliesParams):
    """What ``GET /anomalies`` takes."""

    # Pydantic's own classes have a method of this name, which is not used here.
    schema_id: uuid.UUID | None = Field(None, alias="schema", description="Only of files with this schema.")

    def where(self) -> AnomalyFilter:
        """The filter."""
        found = super().where()
        return AnomalyFilter(found.statuses, found.kinds, found.severities, self.schema_id)


class Judgement(BaseModel):
    """What ``PATCH /anomalies/{id}`` takes."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["open", "acknowledged", "dismissed"] = Field(
        description="`dismissed`: it is none; its kind is not raised again for this field and value in the schema."
    )


@router.get("/anomalies", response_model=AnomalyPage, responses=documented(400, 503), summary="List what is unusual")
async def get_anomalies(request: Request, params: Annotated[AnomaliesParams, Query()]) -> Response:
    """What is unusual about files among those of their schema, and credentials in files; the worst first.

    Worked out among the files that the key may see. Admins are told of files that a critical secret hides.
    """
    began = time.perf_counter()
    found = await list_anomalies(
        state_of(request).services, principal_of(request), params.where(), params.cursor, params.size
    )
    return timed_response(request, render.anomaly_list(found), began)


@router.get("/anomalies/{id}", response_model=AnomalyItem, responses=documented(400, 404, 503), summary="One anomaly")
async def get_anomaly(request: Request, id: uuid.UUID) -> Response:
    """What is unusual, what the siblings have, and how rare it is."""
    found = await find_anomaly(state_of(request).services, principal_of(request), id)
    return json_response(render.anomaly(found))


@router.patch(
    "/anomalies/{id}",
    response_model=AnomalyItem,
    responses=documented(400, 403, 404, 409, 503),
    summary="Acknowledge or dismiss an anomaly",
)
async def patch_anomaly(
    request: Request,
    id: uuid.UUID,
    body: Judgement,
) -> Response:
    """For editors. An anomaly is `resolved` by itself when its file is mended.

    Dismissing a critical credential does not show its file: an entry in the baseline of secrets does.
    """
    found = await judge_anomaly(state_of(request).services, principal_of(request), id, AnomalyStatus(body.status))
    return json_response(render.anomaly(found))


@router.get(
    "/files/{id}/anomalies",
    response_model=FileAnomalyPage,
    responses=documented(400, 404, 503),
    summary="What is unusual about a file",
)
async def get_file_anomalies(
    request: Request,
    id: uuid.UUID,
    params: Annotated[FileAnomaliesParams, Query()],
) -> Response:
    """What is unusual about one file among those of its schema, and its credentials; the worst first."""
    began = time.perf_counter()
    file, found = await list_file_anomalies(
        state_of(request).services, principal_of(request), id, params.where(), params.cursor, params.size
    )
    return timed_response(request, render.file_anomalies(file, found), began)
