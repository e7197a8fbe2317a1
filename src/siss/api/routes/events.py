"""What happens to files, as a stream of server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from siss.api.authentication import require_admitted
from siss.api.errors import documented
from siss.api.models import Folder
from siss.api.render import PREFIX, to_bytes
from siss.api.state import ApiState, principal_of, state_of
from siss.app.events import Lost, describe_event, follow_events
from siss.errors import InvalidRequestError, RateError, SissError
from siss.model.event import Event, EventFilter, EventKind

router = APIRouter(tags=["events"])

MOST_STREAMS: Final = 100
"""Open at once in one process."""
IDLE_SECONDS: Final = 15.0
"""After so long without an event a comment is sent: proxies close what is silent, and a key may have ended."""
RETRY_MS: Final = 3000
_MOST_NUMBER: Final = (1 << 63) - 1


class EventsParams(BaseModel):
    """What ``GET /events`` takes."""

    model_config = ConfigDict(extra="forbid")

    kind: list[EventKind] | None = Field(None, description="Again for several.")
    folder: Folder = None
    tag: str | None = Field(None, max_length=64, pattern=r"^[^\x00]+$")
    after: int | None = Field(
        None, ge=0, le=_MOST_NUMBER, description="Number of the event to go on after, as `Last-Event-ID` says it."
    )


_EXAMPLE: Final = """retry: 3000

id: 234
event: indexed
data: {"id":"0192f7c1-9a1b-7c3e-8f00-5b1f0a7d3c11","kind":"indexed","what":"","path":"/nas/logs/app.log","tags":[]}

"""


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {"example": _EXAMPLE}}, "description": "Events as they come"},
        **documented(400, 503),
    },
    summary="What happens to files",
)
async def get_events(request: Request, params: Annotated[EventsParams, Query()]) -> StreamingResponse:
    """Events `indexed`, `changed` and `removed`, each with a number (`id:`) to go on after (`Last-Event-ID`).

    An event `lost` says that those between two numbers are kept no more: look at the files themselves.
    """
    state = state_of(request)
    where = EventFilter(None if params.kind is None else tuple(params.kind), params.folder, params.tag)
    after = _last_seen(request, params.after)
    if state.feed.streams >= MOST_STREAMS:
        raise RateError(f"This process has {MOST_STREAMS} streams open already.", retry_after=10)
    await state.services.events.bounds()  # what is away is told before the stream begins
    return StreamingResponse(
        _stream(request, state, where, after), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _stream(request: Request, state: ApiState, where: EventFilter, after: int | None) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MS}\n\n".encode()
    principal = principal_of(request)
    try:
        async for event in follow_events(state.services, state.feed, principal, where, after, IDLE_SECONDS):
            match event:
                case None:
                    yield b": \n\n"
                    await require_admitted(request)
                case Lost():
                    yield b"event: lost\ndata: " + to_bytes({"after": event.after, "before": event.before}) + b"\n\n"
                case Event():
                    head = f"id: {event.seq}\nevent: {event.kind}\ndata: ".encode()
                    yield (
                        head
                        + to_bytes({**describe_event(event), "url": f"{PREFIX}/files/{event.public_id}"})
                        + b"\n\n"
                    )
    except SissError as error:
        body = {"code": error.kind.code, "message": error.message}
        yield b"event: error\ndata: " + to_bytes(body) + b"\n\n"


def _last_seen(request: Request, after: int | None) -> int | None:
    given = request.headers.get("last-event-id")
    if given is None or given == "":
        return after
    if not given.isascii() or not given.isdigit() or len(given) > 19 or int(given) > _MOST_NUMBER:
        raise InvalidRequestError("Last-Event-ID is not a number that this service gave.", field="Last-Event-ID")
    return int(given)
