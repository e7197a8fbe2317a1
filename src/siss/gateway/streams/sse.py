"""Server-sent events: the bytes of a host's stream taken apart, and ours put together.

The format is WHATWG's (HTML, section 9.2), as far as OpenAI's API uses it: ``data`` lines, comments, and the
``error`` lines of llama-server. Bytes may be cut anywhere, inside of a character or of a line end too.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

import orjson

from siss.gateway.hosts.client import HostFailure, show

DONE: Final = b"data: [DONE]\n\n"
_MOST_LINE: Final = 8 << 20
_MOST_SHOWN: Final = 200


class EventParser:
    """Feed it bytes, get the data of the events that are whole."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of each event that ended in this chunk, its lines joined with a line feed.

        Raises ``ValueError`` for a line longer than 8 MiB.
        """
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _MOST_LINE:
            raise ValueError("a line of more than 8 MiB")
        events = []
        for line in lines:
            event = self._take(line.removesuffix(b"\r"))
            if event is not None:
                events.append(event)
        return events

    def finish(self) -> list[bytes]:
        """The last event, where the stream ended without the empty line that should follow it."""
        rest, self._rest = self._rest, b""
        return [event for event in (self._take(rest.removesuffix(b"\r")), self._take(b"")) if event is not None]

    def _take(self, line: bytes) -> bytes | None:
        if not line:
            data, self._data = self._data, []
            return b"\n".join(data) if data else None
        name, _, value = line.partition(b":")
        if name in {b"data", b"error"}:
            self._data.append(value.removeprefix(b" "))
        return None


async def read_events(chunks: AsyncIterator[bytes], host: str) -> AsyncGenerator[dict[str, Any], None]:
    """The JSON objects of a stream until its ``[DONE]``.

    Raises ``HostFailure`` for what is not JSON, for the error that a host sends in its stream, and for a stream that
    ends without a word: only ``[DONE]`` tells a whole answer from one that was cut off.
    """
    parser = EventParser()
    async for chunk in chunks:
        try:
            found = parser.feed(chunk)
        except ValueError as error:
            raise HostFailure(f"{host} sent {error} in its stream", retry=False, garbage=True) from error
        for data in found:
            if data == b"[DONE]":
                return
            yield _parse(data, host)
    for data in parser.finish():
        if data == b"[DONE]":
            return
        yield _parse(data, host)
    raise HostFailure(f"{host} ended its stream before the answer was whole")


def event(body: Any) -> bytes:
    """One event with a JSON object."""
    return b"data: " + orjson.dumps(body) + b"\n\n"


def _parse(data: bytes, host: str) -> dict[str, Any]:
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise HostFailure(f"{host} sent what is not JSON in its stream", garbage=True, said=show(data)) from error
    if not isinstance(body, dict):
        raise HostFailure(f"{host} sent JSON that is no object in its stream", garbage=True)
    if body.get("error") is not None or ("choices" not in body and isinstance(body.get("message"), str)):
        said = body.get("error", body)
        message = said.get("message", said) if isinstance(said, dict) else said
        raise HostFailure(f"{host} broke off with an error: {str(message)[:_MOST_SHOWN]}")
    return body
