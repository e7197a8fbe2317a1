"""What happens to files, as a stream of server-sent events."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Receive, Scope, Send

from siss.api.authentication import require_admitted
from siss.api.errors import documented
from siss.api.links import file_link
from siss.api.models.parameters import Folder
from siss.api.render.encode import to_bytes
from siss.api.state import ApiState, principal_of, state_of
from siss.app.events import Feed, Lost, Reached, describe_event, follow_events
from siss.errors import SissError
from siss.model.event import Event, EventFilter, EventKind

router = APIRouter(tags=["events"])

IDLE_SECONDS: Final = 15.0
"""How often it is told how far the stream has come: proxies close what is silent, and a key may have ended."""
RETRY_MS: Final = 3000


class EventsParams(BaseModel):
    """What ``GET /events`` takes."""

    model_config = ConfigDict(extra="forbid")

    kind: list[EventKind] | None = Field(None, description="Again for several.")
    folder: Folder = None
    tag: str | None = Field(None, max_length=64, pattern=r"^[^\x00]+$")
    after: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Number of the event to go on after, as `id:` and `Last-Event-ID` have it; 0: all that are kept.",
    )


_EXAMPLE: Final = """retry: 3000
id: 233

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

    At its beginning and every 15 seconds a stream says how far it has come (an `id:` alone), so that who comes again
    misses nothing. For a key with scopes numbers are texts, which do not tell how much happened elsewhere. An event
    `lost` says that those between two numbers are kept no more: look at the files themselves.
    """
    state = state_of(request)
    principal = principal_of(request)
    where = EventFilter(None if params.kind is None else tuple(params.kind), params.folder, params.tag)
    given = request.headers.get("last-event-id") or params.after
    after = None if given is None else state.services.event_ids.number(principal, given)
    await state.services.events.bounds()  # what is away is told before the stream begins
    state.feed.enter(principal.subject)
    return _Stream(_stream(request, state, where, after), state.feed, principal.subject)


class _Stream(StreamingResponse):
    """Has a place in the feed until it ends, also where nobody ever reads it."""

    def __init__(self, content: AsyncIterator[bytes], feed: Feed, subject: str) -> None:
        super().__init__(content, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        self._feed = feed
        self._subject = subject

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._feed.leave(self._subject)


async def _stream(request: Request, state: ApiState, where: EventFilter, after: int | None) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MS}\n".encode()
    principal = principal_of(request)
    name = partial(state.services.event_ids.name, principal)
    try:
        async for news in follow_events(state.services, state.feed, principal, where, after, IDLE_SECONDS):
            await require_admitted(request)  # each time: a key that was revoked is told of nothing more
            match news:
                case Reached():
                    yield f"id: {name(news.number)}\n\n".encode()
                case Lost():
                    lost = {"after": name(news.after), "before": name(news.before)}
                    yield b"event: lost\ndata: " + to_bytes(lost) + b"\n\n"
                case _:
                    yield b"".join(_show(event, name(event.seq)) for event in news)
    except SissError as error:
        body = {"code": error.kind.code, "message": error.message}
        yield b"event: error\ndata: " + to_bytes(body) + b"\n\n"


def _show(event: Event, name: int | str) -> bytes:
    told = to_bytes({**describe_event(event), "url": file_link(event.public_id)})
    return f"id: {name}\nevent: {event.kind}\ndata: ".encode() + told + b"\n\n"
