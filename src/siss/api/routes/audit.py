"""The audit log, for admins."""

import uuid
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from siss.api.actions import NAMES
from siss.api.errors import documented
from siss.api.models.access import AuditPageItem
from siss.api.models.parameters import Cursor, Moment
from siss.api.render.access import audit_entry
from siss.api.state import access_of, page_response, principal_of
from siss.app.audit import MAX_PAGE, read_audit
from siss.model.audit import AuditFilter

router = APIRouter(tags=["audit"])


def _known(action: str) -> str:
    """A misspelt one would find nothing, as if nobody had done it."""
    if action not in NAMES:
        raise ValueError(f"there is no action {action[:50]!r}; there are {', '.join(NAMES)}")
    return action


Known = Annotated[str, Field(json_schema_extra={"enum": [*NAMES]}), AfterValidator(_known)]


class AuditParams(BaseModel):
    """What ``GET /audit`` takes. Different parameters must all hold."""

    model_config = ConfigDict(extra="forbid")

    subject: str | None = Field(None, max_length=200, examples=["local"])
    action: Known | None = Field(None, examples=["download"])
    resource_id: uuid.UUID | None = Field(None, description="A file's id, for example.")
    since: Moment | None = Field(None, description="Inclusive.", examples=["2026-11-01T00:00:00Z"])
    until: Moment | None = Field(None, description="Exclusive.")
    cursor: Cursor = None
    size: int = Field(100, ge=1, le=MAX_PAGE)


@router.get("/audit", response_model=AuditPageItem, responses=documented(400, 403, 503), summary="Who did what")
async def get_audit(request: Request, params: Annotated[AuditParams, Query()]) -> Response:
    """Every request of the last 90 days, the latest first; an entry appears within a second."""
    where = AuditFilter(params.subject, params.action, params.resource_id, _aware(params.since), _aware(params.until))
    page = await read_audit(access_of(request).audit, principal_of(request), where, params.cursor, params.size)
    return page_response(request, page, audit_entry)


def _aware(time: datetime | None) -> datetime | None:
    """A time without a zone is UTC."""
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time
